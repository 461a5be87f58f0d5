# target 0.9: a loop of external commands
i=0
while [ $i -lt 1000 ]; do
	i=$((i + 1))
	/bin/true
done
