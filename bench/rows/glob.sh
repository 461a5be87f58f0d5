# target 0.8: pathname expansion
# In memory where that is to be had: what a disk's file system does is the same for all.
d=/dev/shm
[ -w "$d" ] || d=${TMPDIR:-/tmp}
d=$d/bench-glob.$$
mkdir -p "$d" && cd "$d" || exit
i=0
while [ $i -lt 1000 ]; do
	i=$((i + 1))
	: >file$i.c
done
i=0
while [ $i -lt 200 ]; do
	i=$((i + 1))
	set -- *.c
	set -- *[13579]*.c
done
cd / && rm -rf "$d"
