# target 0.05: $(function)
f() {
	printf '%s\n' "$1"
}
i=0
while [ $i -lt 2000 ]; do
	i=$((i + 1))
	x=$(f $i)
done
