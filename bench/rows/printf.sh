# target 0.8: printf
i=0
while [ $i -lt 60000 ]; do
	i=$((i + 1))
	printf '%s %d\n' word $i
	printf '%5d|%-8s|%x\n' $i abc $i
done >/dev/null
