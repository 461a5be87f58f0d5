# target 0.8: function calls
add() {
	r=$(($1 + $2))
}
i=0
while [ $i -lt 150000 ]; do
	add $i 1
	i=$r
done
