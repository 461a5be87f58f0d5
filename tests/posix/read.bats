# SPDX-License-Identifier: GPL-3.0-or-later
# read

load helper

@test "read assigns a line" {
	check -i $'hello\nworld\n' 'read x; echo "$x"; read x; echo "$x"' $'hello\nworld'
}

@test "read splits by IFS and gives the rest to the last variable" {
	check -i $'a b  c d \n' 'read x y z; echo "[$x][$y][$z]"' '[a][b][c d]'
}

@test "read sets surplus variables to empty" {
	check -i $'a\n' 'z=1; read x y z; echo "[$x][$y][$z]"' '[a][][]'
	check -i $'\n' 'x=1 y=2; read x y; echo "[$x][$y]"' '[][]'
}

@test "read strips leading and trailing IFS white space" {
	check -i $'  a b \t\n' 'read x; echo "[$x]"' '[a b]'
}

@test "read keeps all with an empty IFS" {
	check -i $'  a\\ b \n' 'IFS= read -r x; echo "[$x]"' '[  a\ b ]'
}

@test "read with a non-blank IFS" {
	check -i $'a:b:c:d\n' 'IFS=: read x y z; echo "[$x][$y][$z]"' '[a][b][c:d]'
	check -i $'a::b\n' 'IFS=: read x y z; echo "[$x][$y][$z]"' '[a][][b]'
	check -i $':a\n' 'IFS=: read x y; echo "[$x][$y]"' '[][a]'
}

@test "read keeps separators within the last variable" {
	check -i $'a:b:c::\n' 'IFS=: read x y; echo "[$x][$y]"' '[a][b:c::]'
	check -i $'a : b : c\n' 'IFS=": " read x y; echo "[$x][$y]"' '[a][b : c]'
}

@test "read drops one trailing separator when it ends the last field" {
	check -i $'a:b:\n' 'IFS=: read x y; echo "[$x][$y]"' '[a][b]'
	check -i $'a:\n' 'IFS=: read x; echo "[$x]"' '[a]'
	check -i $'a:b::\n' 'IFS=: read x y; echo "[$x][$y]"' '[a][b::]'
}

@test "a backslash quotes a separator and is removed" {
	check -i $'a\\ b c\n' 'read x y; echo "[$x][$y]"' '[a b][c]'
	check -i $'a\\bc\\\\d\n' 'read x; echo "[$x]"' '[abc\d]'
	check -i $'a\\:b:c\n' 'IFS=: read x y; echo "[$x][$y]"' '[a:b][c]'
}

@test "a backslash and newline continue the line" {
	check -i $'a\\\nb c\nd\n' 'read x y; echo "[$x][$y]"' '[ab][c]'
}

@test "an escaped blank at the end stays" {
	check -i $'a \\ \n' 'read x; echo "[$x]"' '[a  ]'
	check -i $'\\ a\n' 'read x; echo "[$x]"' '[ a]'
}

@test "read -r keeps backslashes" {
	check -i $'a\\ b\\\nc\n' 'read -r x y; echo "[$x][$y]"; read z; echo $z' $'[a\\][b\\]\nc'
}

@test "read at the end of file fails and empties the variables" {
	check 'x=1 y=2; read x y; echo $? "[$x][$y]"' '1 [][]'
}

@test "read of a line without a newline assigns and fails" {
	check -i 'a b' 'read x y; echo $? "[$x][$y]"' '1 [a][b]'
}

@test "read takes no more than its line" {
	check -i $'1\n2\n3\n' 'read x; sh -c "read y; echo \$y"; cat' $'2\n3'
}

@test "read in a loop" {
	check -i $'a 1\nb 2\n' 'while read x y; do echo "$y$x"; done' $'1a\n2b'
}

@test "read in a pipeline and from a file" {
	check 'echo a b | { read x y; echo $y $x; }; echo c >f; read z <f; echo $z' $'b a\nc'
}

@test "read does not expand or glob what it reads" {
	check -i $'$x `y` * ~\n' 'touch f; read a b c d; echo "$a" "$b" "$c" "$d"' '$x `y` * ~'
}

@test "read -d ends at another character" {
	check -i 'a:b:c' 'read -d : x; echo "$x"; read -d: y; echo "$y"' $'a\nb'
	check -i $'a\nb;c' "read -d ';' x; printf '[%s]' \"\$x\"" $'[a\nb]'
}

@test "read -d with an empty delimiter ends at NUL" {
	check "printf 'a b\\0c\\0' >f; { IFS= read -r -d '' x; IFS= read -r -d '' y; echo \"[\$x][\$y]\"; } <f" '[a b][c]'
}

@test "read -d with a backslash before the delimiter" {
	check -i 'a\:b:c' 'read -d : x; echo "[$x]"' '[a:b]'
	check -i 'a\:b' 'read -r -d : x; echo "[$x]"' '[a\]'
}

@test "read -p is no requirement but read accepts two dashes" {
	check -i $'a\n' 'read -- x; echo $x' 'a'
}

@test "read into a bad name fails" {
	check -i $'a\n' -d -e '[1-9]*' 'read 1a' ''
}

@test "read into a readonly variable fails and does not end the shell" {
	check -i $'a\n' -n 'readonly x=1; read x; test $? -ne 0 && echo failed; echo $x' $'failed\n1'
}

@test "read -u and others aside, reading a closed descriptor fails" {
	check -n 'read x <&-; test $? -gt 0 && echo failed' 'failed'
}

@test "read of a very long line" {
	check 'head -c 100000 /dev/zero | tr "\0" x >f; echo >>f; read x <f; echo ${#x}' '100000'
}

@test "read of a line with many fields" {
	check -i "$(seq 1000 | tr '\n' ' ')
" 'read a b rest; set -- $rest; echo $a $b $#' '1 2 998'
}

@test "read with default IFS when it is unset" {
	check -i $' a\tb \n' 'unset IFS; read x y; echo "[$x][$y]"' '[a][b]'
}

@test "read with IFS white space that is not the default" {
	check -i $' a\tb c\n' "IFS='	' read x y; echo \"[\$x][\$y]\"" '[ a][b c]'
}

@test "read sets the status above one for an error only" {
	check -i $'a\n' 'read x; echo $?' '0'
	check 'read x </dev/null; echo $?' '1'
}

@test "read multibyte text in UTF-8" {
	check -l -i $'é ü\n' 'read x y; echo "$y $x"' 'ü é'
	check -l -i $'aébéc\n' 'IFS=é read x y; echo "[$x][$y]"' '[a][béc]'
}

@test "read through a fifo" {
	check 'mkfifo p; echo hello >p & read x <p; echo $x; wait' 'hello'
}

@test "read does not lose what follows in the script on standard input" {
	check -s $'read x\nthis line is data\necho "[$x]"' '[this line is data]'
}

@test "an exported variable read into is exported" {
	check -i $'v\n' 'export x; read x; env | grep ^x=' 'x=v'
}

@test "read the same variable twice" {
	check -i $'a b\n' 'read x x; echo $x' 'b'
}

@test "a trapped signal ends a read that waits, and one of a line without an end" {
	check 'trap "echo got" USR1; mkfifo p
		{ sleep 30 & echo $! >pid; wait; } >p &
		exec 3<p; while [ ! -s pid ]; do sleep 0.01; done
		{ sleep 0.1; kill -USR1 $$; } & read x <&3; echo $(($? - $(kill -l USR1))); kill $(cat pid)' $'got\n128'
	check 'trap "echo got" USR1; { sleep 0.1; kill -USR1 $$; } & read x </dev/zero; echo $(($? - $(kill -l USR1)))' $'got\n128'
}
