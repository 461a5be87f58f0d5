# target 0.8: arithmetic
i=0 s=0
while [ $i -lt 100000 ]; do
	i=$((i + 1))
	s=$(((s * 31 + (i << 2) ^ i % 7) & 0xffffff))
	t=$(($s / 3 - $i))
	: $((t > s ? t : s + 1))
done
