# target 0.8: read from a here-document and a file
f=${TMPDIR:-/tmp}/bench-read.$$
i=0
while [ $i -lt 40000 ]; do
	i=$((i + 1))
	echo "line $i of the file"
done >"$f"
while read -r a b c; do
	x=$b
done <"$f"
while IFS=: read -r a; do
	x=$a
done <"$f"
rm -f "$f"
