# target 0.8: here-documents
i=0
while [ $i -lt 40000 ]; do
	i=$((i + 1))
	read -r x <<-E
		$i and some text
		and more
	E
done
