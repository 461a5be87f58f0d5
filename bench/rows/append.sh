# target 0.55: appending to a variable
i=0 x=
while [ $i -lt 10000 ]; do
	i=$((i + 1))
	x=${x}word
done
i=0 x=
while [ $i -lt 10000 ]; do
	i=$((i + 1))
	x="$x $i"
done
