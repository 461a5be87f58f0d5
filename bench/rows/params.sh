# target 0.8: set -- and shift
i=0
while [ $i -lt 40000 ]; do
	i=$((i + 1))
	set -- a b c d e f
	while [ $# -gt 0 ]; do
		shift
	done
done
