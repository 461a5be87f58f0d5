# target 0.05: $(builtin)
i=0
while [ $i -lt 2000 ]; do
	i=$((i + 1))
	x=$(echo $i)
done
