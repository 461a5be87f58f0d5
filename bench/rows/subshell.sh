# target 0.05: ( ... ) of builtins
i=0
while [ $i -lt 2000 ]; do
	i=$((i + 1))
	(x=$i; cd /; : "$x")
done
