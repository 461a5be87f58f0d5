# target 0.9: pipelines
i=0
while [ $i -lt 300 ]; do
	i=$((i + 1))
	echo word $i | /bin/cat | /bin/cat
done >/dev/null
