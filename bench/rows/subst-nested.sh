# target 0.05: nested command substitution
f() {
	echo "$(echo "$1")"
}
i=0
while [ $i -lt 1000 ]; do
	i=$((i + 1))
	x=$(f "$(f $i)")
done
