# target 0.8: case
i=0
while [ $i -lt 150000 ]; do
	i=$((i + 1))
	case $i in
	*[!0-9]*) x=1 ;;
	*00) x=2 ;;
	1*5 | 2?7) x=3 ;;
	[4-6]*) x=4 ;;
	*) x=5 ;;
	esac
done
