# target 0.8: pathname expansion
d=${TMPDIR:-/tmp}/bench-glob.$$
mkdir -p "$d" && cd "$d" || exit
i=0
while [ $i -lt 1000 ]; do
	i=$((i + 1))
	: >file$i.c
done
i=0
while [ $i -lt 100 ]; do
	i=$((i + 1))
	set -- *.c
	set -- *[13579]*.c
done
cd / && rm -rf "$d"
