# target 0.8: a loop over words
w='a b c d e f g h i j'
for z in 1 2 3 4; do for a in $w; do for b in $w; do for c in $w; do for d in $w; do for e in $w; do
	:
done; done; done; done; done; done
