# target 0.8: field splitting
l='/usr/bin:/bin:/usr/local/bin:/sbin:/usr/sbin:/opt/x/bin' i=0
while [ $i -lt 50000 ]; do
	i=$((i + 1))
	IFS=:
	set -- $l
	IFS=' '
	x="$*"
	set -- $x
done
