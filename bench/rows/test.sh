# target 0.8: test
i=0
while [ $i -lt 60000 ]; do
	i=$((i + 1))
	[ -n "$i" ] && [ "$i" != x ] && test $i -gt 0 && [ ! -z "$i" ]
	[ -d / -a -e /tmp ]
done
