# SPDX-License-Identifier: GPL-3.0-or-later
# test, [, printf, echo

load helper

# Expressions, one in each argument, that are true; after -- false.
holds() {
	local script= expression want=0
	for expression; do
		if [ "$expression" = -- ]; then
			want=1
			continue
		fi
		script="$script
test $expression; s=\$?; [ \$s -eq $want ] || printf '%s\n' \"wrong: \$s\" '${expression//\'/}'
[ $expression ]; s=\$?; [ \$s -eq $want ] || printf '%s\n' \"wrong: [ \$s\" '${expression//\'/}'"
	done
	check "mkdir d; >f; echo a >full; chmod 600 f; ln -s f l; ln -s nosuch dangling; mkfifo p; echo x >exe; chmod 755 exe$script" ''
}

@test "test without operands is false" {
	check -e 1 'test' ''
	check -e 1 '[ ]' ''
}

@test "test of one string is true when it is not empty" {
	holds a '" "' '-n' '-z' '!' '=' '-f' '"("' -- '""' '"$u"'
}

@test "test of string length" {
	holds '-n a' '-z ""' '-n " "' -- '-n ""' '-z a'
}

@test "test of string equality" {
	holds 'a = a' '"" = ""' 'a != b' '"a b" = "a b"' '= = =' '-n = -n' '! != a' -- 'a = b' 'a != a' 'a = ""'
}

@test "test of string order" {
	holds 'a \< b' 'b \> a' 'a \< aa' '"" \< a' '10 \< 9' -- 'b \< a' 'a \> b' 'a \< a' 'a \> a'
}

@test "test of integers" {
	holds '1 -eq 1' '1 -ne 2' '1 -lt 2' '1 -le 1' '2 -gt 1' '2 -ge 2' '-1 -lt 0' '010 -eq 10' '" 1" -eq 1' '+1 -eq 1' '0 -eq -0' \
		-- '1 -eq 2' '1 -ne 1' '2 -lt 1' '2 -le 1' '1 -gt 2' '1 -ge 2'
}

@test "test of large integers" {
	holds '9223372036854775807 -gt 9223372036854775806' '-9223372036854775808 -lt 0'
}

@test "test of an invalid integer is an error above one" {
	check -d '[ a -eq 1 ]; [ $? -gt 1 ] && echo error' 'error'
	check -d '[ 1 -lt "" ]; [ $? -gt 1 ] && echo error' 'error'
	check -d '[ 1x -lt 2 ]; [ $? -gt 1 ] && echo error' 'error'
}

@test "test of file kinds" {
	holds '-e f' '-e d' '-f f' '-d d' '-p p' '-h l' '-L l' '-L dangling' '-f l' '-c /dev/null' '-d /' '-e /dev/null' \
		-- '-e nosuch' '-f d' '-d f' '-p f' '-h f' '-L f' '-e dangling' '-f nosuch' '-b f' '-c f' '-S f' '-d ""' '-f ""'
}

@test "test of file properties" {
	holds '-s full' '-r f' '-w f' '-x exe' '-x d' '-r l' -- '-s f' '-x f' '-s nosuch' '-r nosuch' '-w nosuch' '-x nosuch' '-u f' '-g f' '-u nosuch'
	check 'for i in u g; do >f; chmod $i+s f; test -$i f && echo $i; done' $'u\ng'
}

@test "test of file ages and identity" {
	holds 'full -ef full' 'f -ef l' './f -ef f' -- 'f -ef d' 'f -ef nosuch' 'nosuch -ef nosuch'
	check 'touch -t 202001010000 old; touch -t 202101010000 new; test new -nt old && echo 1; test old -ot new && echo 2; test old -nt new || echo 3; test new -ot old || echo 4; test old -nt old || echo 5; test new -nt nosuch && echo 6; test nosuch -ot new && echo 7; test nosuch -nt new || echo 8' $'1\n2\n3\n4\n5\n6\n7\n8'
}

@test "test of a terminal" {
	check -e 1 'test -t 0' ''
	check -e 1 'test -t 9' ''
}

@test "what is no number of a descriptor is no terminal" {
	check -e 1 'test -t ""' ''
	check -e 1 '[ -t x ]' ''
	check -e 1 'test -t -10' ''
	check '! test -t 12323454234578326584376438' ''
}

@test "an exclamation mark negates" {
	holds '! ""' '! -z a' '! a = b' '! -f nosuch' -- '! a' '! -n a' '! a = a'
}

@test "test with four operands" {
	holds '! a = b' '! 1 -eq 2' -- '! a = a'
}

@test "operands that look like operators are decided by their number" {
	holds '-n = -n' '! = !' '-f = -f' '"(" = "("' '! -n ""' '-a != b' '-e = -e' -- '-n = -z' '! = a'
	holds '"(" != ")"' '"-" = -'
}

@test "two operands with an exclamation mark" {
	holds '! ""' -- '! x' '! !'
}

@test "a bracket without its end is an error" {
	check -d '[ a; [ $? -gt 1 ] && echo error' 'error'
	check -d '[ a = a; [ $? -gt 1 ] && echo error' 'error'
}

@test "a bracket needs blanks" {
	check -n -e 127 '[a = a]' ''
}

@test "an unknown operator is an error" {
	check -d '[ a -foo b ]; [ $? -gt 1 ] && echo error' 'error'
	check -d '[ -Y a ] ; [ $? -gt 1 ] && echo error' 'error'
}

@test "a pattern is no pattern in test" {
	holds '"a*" = "a*"' -- 'abc = "a*"'
}

@test "a symbolic link loop does not exist" {
	check -e 1 'ln -s b a; ln -s a b; test -e a' ''
}

@test "echo writes its arguments with spaces and a newline" {
	check "echo a 'b  c' d; echo; echo '' x" $'a b  c d\n\n x'
}

@test "echo does not take two dashes as an option" {
	check 'echo -- a; echo - b; echo a -n' $'-- a\n- b\na -n'
}

@test "printf writes its format" {
	check "printf abc; printf 'a b\\n'; printf '%%\\n'" $'abca b\n%'
}

@test "printf knows the escapes of its format" {
	check "printf '\\a\\b\\f\\n\\r\\t\\v\\\\\\101\\1018' | od -An -to1 | tr -s ' \\n' ' '" ' 007 010 014 012 015 011 013 134 101 101 070 '
}

@test "printf writes strings" {
	check "printf '[%s]' a 'b c' ''; printf '[%5s][%-5s][%.2s][%5.1s]' abc abc abc abc" '[a][b c][][  abc][abc  ][ab][    a]'
}

@test "printf writes integers" {
	check "printf '[%d]' 0 42 -42 +7 010 0x1F; printf '[%i]' 5; printf '[%u]' 7" '[0][42][-42][7][8][31][5][7]'
}

@test "printf writes octal and hexadecimal" {
	check "printf '[%o][%x][%X][%#o][%#x][%#X]' 8 255 255 8 255 255" '[10][ff][FF][010][0xff][0XFF]'
}

@test "printf knows flags, widths and precisions" {
	check "printf '[%5d][%-5d][%05d][%+d][% d][%.3d][%8.3d][%-8.3d]' 42 42 42 42 42 42 42 42" '[   42][42   ][00042][+42][ 42][042][     042][042     ]'
}

@test "printf takes width and precision from arguments" {
	check "printf '[%*d][%-*d][%.*s][%*.*s]' 5 42 5 42 2 abc 5 1 xyz; printf '[%*d]' -5 42" '[   42][42   ][ab][    x][42   ]'
}

@test "printf writes a character's number for a quote" {
	check "printf '%d %d %x\\n' \"'A\" '\"B' \"'a\"" '65 66 61'
	check -l "printf '%d\\n' \"'é\"" '233'
}

@test "printf repeats its format while arguments are left" {
	check "printf '%s\\n' a b c; printf '%s-%s\\n' a b c; printf '%d,' 1 2 3" $'a\nb\nc\na-b\nc-\n1,2,3,'
}

@test "printf without enough arguments uses empty and zero" {
	check "printf '[%s][%d][%x][%c][%b]'; printf '[%s][%s]' a; printf '%s %d|' a" '[][0][0][][][a][]a 0|'
}

@test "printf ignores arguments when its format uses none" {
	check "printf 'x\\n' a b c" 'x'
}

@test "printf writes the first character with c" {
	check "printf '[%c]' abc d; printf '[%3c][%-3c]' a b" '[a][d][  a][b  ]'
}

@test "printf expands escapes of an argument with b" {
	check "printf '[%b]' 'a\\tb\\n' 'c\\\\d' '\\0101'; printf '[%5b]' ab" $'[a\tb\n][c\\d][A][   ab]'
}

@test "printf stops at a c escape in b" {
	check "printf 'a%bc' 'x\\cy' z; echo; printf '%b%b' a '\\c' b" $'ax\na'
}

@test "printf does not expand escapes in s" {
	check "printf '%s\\n' 'a\\tb'" 'a\tb'
}

@test "printf writes floating point" {
	check "printf '[%f][%.2f][%e][%g][%8.3f]' 1.5 3.14159 12345.678 0.0001 2.5" '[1.500000][3.14][1.234568e+04][0.0001][   2.500]'
}

@test "printf of an invalid number fails and goes on" {
	check -d 'printf "%d\n" abc; test $? -ne 0 && echo failed' $'0\nfailed'
	check -d 'printf "%d\n" 12x; test $? -ne 0 && echo failed' $'12\nfailed'
	check -d 'printf "%d %d\n" x 5; test $? -ne 0 && echo failed' $'0 5\nfailed'
}

@test "printf of an integer out of range fails" {
	check -n 'printf "%d\n" 99999999999999999999 >f; test $? -ne 0 && echo failed' 'failed'
}

@test "printf numbered arguments" {
	check "printf '%2\$s %1\$s\\n' a b c d; printf '%1\$s %1\$s|' x y" $'b a\nd c\nx x|y y|'
}

@test "printf with two dashes" {
	check "printf -- '%s\\n' -a; printf -- '-x\\n'" $'-a\n-x'
}

@test "printf without operands is an error" {
	check -d -e '[1-9]*' 'printf' ''
}

@test "printf with an invalid conversion is an error" {
	check -n 'printf "%z\n" a >f; test $? -ne 0 && echo failed' 'failed'
}

@test "printf writes what NUL and high bytes are asked" {
	check "printf 'a\\000b\\377' | od -An -to1 | tr -d '\\n'" ' 141 000 142 377'
}

@test "printf reports an error of writing" {
	check -d 'printf abc >/dev/full || echo failed' 'failed'
}

@test "printf of a long string" {
	check 'x=$(head -c 100000 /dev/zero | tr "\0" x); printf "%s" "$x" | wc -c | tr -d " "; printf "%100000d" 1 | wc -c | tr -d " "' $'100000\n100000'
}

@test "printf in a function, a pipeline and a substitution" {
	check "f() { printf '%s,' \"\$@\"; }; x=\$(f a b); echo \$x; f c d | cat" $'a,b,\nc,d,'
}
