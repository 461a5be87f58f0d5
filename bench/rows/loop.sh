# target 0.8: an empty loop
i=0
while [ $i -lt 300000 ]; do
	i=$((i + 1))
done
