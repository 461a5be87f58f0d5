# target 0.39: programs started by a shell with much memory
x=0123456789abcdef
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21; do
	x=$x$x
done
i=0
while [ $i -lt 300 ]; do
	i=$((i + 1))
	/bin/true
done
