# target 0.8: sourcing 10,000 lines
f=${TMPDIR:-/tmp}/bench-source.$$
i=0
while [ $i -lt 2500 ]; do
	i=$((i + 1))
	echo "v$i='value $i' # a comment"
	echo "f$i() { echo \"\$1 \${v$i:-none}\" | cat >/dev/null; }"
	echo "if [ \"\$v$i\" = x ]; then echo 'never'; fi"
	echo "case \$v$i in [xyz]*) echo no ;; esac"
done >"$f"
for n in 1 2 3 4 5 6 7 8; do
	. "$f"
done
rm -f "$f"
