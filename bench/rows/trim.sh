# target 0.8: ${x#y} and its kind
p=/usr/local/share/doc/package/file.tar.gz i=0
while [ $i -lt 80000 ]; do
	i=$((i + 1))
	b=${p##*/} d=${p%/*} e=${p%%.*} f=${b#*.} g=${p#/usr} l=${#p}
done
