# target 0.8: echo
i=0
while [ $i -lt 150000 ]; do
	i=$((i + 1))
	echo "number $i"
done >/dev/null
