# SPDX-License-Identifier: GPL-3.0-or-later
# XCU 2.6.4 Arithmetic expansion

load helper

@test "an expression is replaced by its value" {
	check 'echo $((1+2)) a$((3))b "$((4 * 5))"' '3 a3b 20'
}

@test "decimal, octal and hexadecimal constants" {
	check 'echo $((10)) $((010)) $((0x10)) $((0XfF)) $((0))' '10 8 16 255 0'
}

@test "unary operators" {
	check 'echo $((-5)) $((+5)) $((!0)) $((!7)) $((~0)) $((~5)) $((- -3)) $((!!2)) $((-(-4)))' '-5 5 1 0 -1 -6 3 1 4'
}

@test "multiplication, division and remainder" {
	check 'echo $((6*7)) $((7/2)) $((-7/2)) $((7/-2)) $((7%3)) $((-7%3)) $((7%-3))' '42 3 -3 -3 1 -1 1'
}

@test "addition and subtraction associate to the left" {
	check 'echo $((10-3-2)) $((10-3+2)) $((1-2-3))' '5 9 -4'
}

@test "shifts" {
	check 'echo $((1<<4)) $((256>>4)) $((1<<2<<3)) $((-8>>1)) $((1+1<<2))' '16 16 32 -4 8'
}

@test "comparisons give one or zero" {
	check 'echo $((1<2)) $((2<1)) $((1<=1)) $((2>1)) $((1>2)) $((1>=2)) $((1==1)) $((1==2)) $((1!=2)) $((1!=1))' '1 0 1 1 0 0 1 0 1 0'
}

@test "bitwise operators" {
	check 'echo $((6&3)) $((6|3)) $((6^3)) $((6&~2)) $((1|2^3&4))' '2 7 5 4 3'
}

@test "logical operators give one or zero" {
	check 'echo $((2&&3)) $((2&&0)) $((0||5)) $((0||0)) $((1||0&&0))' '1 0 1 0 1'
}

@test "logical operators do not evaluate what is decided" {
	check 'x=1; echo $((0&&(x=2))) $((1||(x=3))) $x' '0 1 1'
	check 'echo $((0 && 1/0)) $((1 || 1/0))' '0 1'
}

@test "the conditional operator" {
	check 'echo $((1?2:3)) $((0?2:3)) $((0?1:0?2:3)) $((1?0?4:5:6))' '2 3 3 5'
}

@test "the conditional operator evaluates only one side" {
	check 'x=1; echo $((1?2:(x=9))) $((0?(x=8):3)) $x $((1 ? 7 : 1/0))' '2 3 1 7'
}

@test "precedence is that of C" {
	check 'echo $((1+2*3)) $(((1+2)*3)) $((2*3%4)) $((1<<1+1)) $((1<2==1)) $((4&6==6)) $((1|0&&0)) $((-2*-3)) $((!1+1)) $((~1+2))' \
		'7 9 2 4 1 0 0 6 1 0'
	check 'echo $((5-2<3+1)) $((1==1&1)) $((3^1|4)) $((1?2:3+10)) $((0||1?5:6)) $((7 - 3 > 1 && 2 < 3))' '1 1 6 2 5 1'
}

@test "assignment gives a value and changes the variable" {
	check 'echo $((x=5)) $x $((y = x + 1)) $y' '5 5 6 6'
}

@test "every assignment operator" {
	check 'x=10; echo $((x+=5)) $((x-=3)) $((x*=2)) $((x/=5)) $((x%=3)) $((x+=7)) $((x<<=2)) $((x>>=1)) $((x&=28)) $((x|=3)) $((x^=5)) $x' \
		'15 12 24 4 1 8 32 16 16 19 22 22'
}

@test "assignment associates to the right" {
	check 'echo $((x=y=3)) $x $y' '3 3 3'
}

@test "an assignment in an unset variable starts from zero" {
	check 'echo $((x+=2)) $((y-=1)) $x $y' '2 -1 2 -1'
}

@test "a variable may be named with and without a dollar" {
	check 'x=5; echo $((x)) $(($x)) $((${x})) $((x+$x)) $((x*x))' '5 5 5 10 25'
}

@test "a variable may hold a signed, octal or hexadecimal number" {
	check 'x=-5 y=010 z=0x1F w=+3; echo $((x)) $((y)) $((z)) $((w)) $((x+y)) $((-x))' '-5 8 31 3 3 5'
}

@test "an unset or empty variable is zero" {
	check 'x=; echo $((x+1)) $((nosuch+1)) $((nosuch))' '1 1 0'
}

@test "a dollar expansion is text before it is an expression" {
	check 'x=1+2; echo $(($x*3)) $((3*$x))' '7 5'
}

@test "parameters, commands and other arithmetic expand inside" {
	check 'set 4; echo $(($1+$#)) $(($(echo 5)+`echo 6`)) $(( $((1+1)) * ${u:-3} )) $((${#1}))' '5 11 6 1'
}

@test "an operator may come from an expansion" {
	check 'op=+; echo $((1 $op 2)); e="3 * 4"; echo $(($e))' $'3\n12'
}

@test "blanks, tabs and newlines are ignored" {
	check $'echo $(( 1\t+\n2 ))$((3+4))$((\n5\n))' '375'
}

@test "no blanks are needed" {
	check 'x=1; echo $((x+1))$((x-1))$((x<2))$((x?2:3))' '2012'
}

@test "parentheses nest" {
	check 'echo $((((1+2))*((3)))) $(( (1+(2*(3+4))) ))' '9 15'
}

@test "the result is split by IFS when it is unquoted" {
	check "IFS=2; printf '[%s]' \$((121)) \"\$((121))\"" '[1][1][121]'
	check "IFS=-; printf '[%s]' \$((-5))" '[][5]'
}

@test "arithmetic is at least of long size" {
	check 'echo $((2147483647+1)) $((9223372036854775807)) $((-9223372036854775807-1)) $((4294967296*2))' \
		'2147483648 9223372036854775807 -9223372036854775808 8589934592'
}

@test "the smallest number divided by minus one does not kill the shell" {
	check -n -p 'x=$((-9223372036854775807-1)); (echo $((x/-1))); (echo $((x%-1))); echo ok' '*ok'
}

@test "an overflowing constant does not kill the shell" {
	check -n -p '(echo $((99999999999999999999))); echo ok' '*ok'
}

@test "a division by zero is an error that ends the shell" {
	check -d -e '[1-9]*' 'echo $((1/0)); echo wrong' ''
	check -d -e '[1-9]*' 'echo $((1%0)); echo wrong' ''
	check -d -e '[1-9]*' 'x=5; : $((x/=0)); echo wrong' ''
}

@test "a division by zero in a subshell ends only it" {
	check -n '(echo $((1/0)); echo wrong); test $? -ne 0 && echo ok' 'ok'
}

@test "an invalid expression is an error that ends the shell" {
	for e in '1+' '*2' '1 2' '(1' '1)' '1=2' '1?2' 'x y' '1+=2' '@' '1 ++ ' '&& 1' '08' '1:2' '0x' '1a' '()'; do
		check -d -e '[1-9]*' "echo \$(($e)); echo wrong" ''
	done
}

@test "a variable whose value is no number is an error" {
	check -n -e '[1-9]*' 'x=@; echo $((x)); echo wrong' ''
	check -n -e '[1-9]*' 'x="1 2"; echo $((x)); echo wrong' ''
}

@test "an assignment to a readonly variable is an error" {
	check -d -e '[1-9]*' 'readonly x=1; echo $((x=2)); echo wrong' ''
	check -d -e '[1-9]*' 'readonly x=1; echo $((x+=2)); echo wrong' ''
}

@test "an unset variable under nounset is an error" {
	check -d -e '[1-9]*' 'set -u; echo $(($x)); echo wrong' ''
	check -d -e '[1-9]*' 'set -u; echo $((x)); echo wrong' ''
}

@test "an assignment to an unset variable under nounset works" {
	check 'set -u; echo $((x=3)) $x' '3 3'
}

@test "an assigned variable is a decimal string" {
	check ': $((x=010)) $((y=0x1f)) $((z=-3)); echo $x $y $z' '8 31 -3'
}

@test "an assigned variable is exported under allexport" {
	check 'set -a; : $((x=5)); env | grep ^x=' 'x=5'
}

@test "an arithmetic expansion in a here-document and in double quotes" {
	check $'x=2; cat <<E\n$((x*3)) $(( $x + ${x} ))\nE\necho "a$((x+1))b"' $'6 4\na3b'
}

@test "an arithmetic expansion in an assignment, a case word and a redirection" {
	check 'x=$((1+2)); case $((x)) in 3) echo yes ;; esac; echo a >f$((x)); cat f3' $'yes\na'
}

@test "a side effect is seen in the next word" {
	check 'x=1; echo $((x+=1)) $x $((x+=1)) $x' '2 2 3 3'
}

@test "an arithmetic side effect in a substitution stays there" {
	check 'x=1; y=$(echo $((x=5))); echo $x $y' '1 5'
}

@test "a backslash and newline in an expression is removed" {
	check $'echo $((1 + \\\n2)) $((12\\\n34))' '3 1234'
}

@test "an arithmetic expansion in a loop counts" {
	check 'i=0; while [ $i -lt 5 ]; do i=$((i+1)); done; echo $i; j=10; until [ $((j-=3)) -lt 0 ]; do :; done; echo $j' $'5\n-2'
}

@test "comparison chains and mixed logic" {
	check 'a=3 b=4; echo $((a<b&&b<5||0)) $((a>b?a:b)) $((!(a==b))) $((a!=b)) $(( (a&1) && (b&1) ))' '1 4 1 1 0'
}

@test "a conditional may hold assignments in parentheses" {
	check 'x=0; echo $((1?(x=5):(x=6))) $x' '5 5'
	check 'x=0 y=0; echo $((x?1:(y=2))) $x $y' '2 0 2'
}

@test "increment and decrement when a shell has them" {
	check -n -p 'x=5; (echo $((x++)) $((++x)) $((x--)) $((--x))) || echo none' '@(5 7 7 5|none)'
}

@test "two minus or plus signs apart are unary" {
	check 'x=5; echo $((1 - -x)) $((1 + +x)) $((- - x)) $((-x))' '6 6 5 -5'
}

@test "a positional parameter is used with a dollar" {
	check 'f() { echo $(($1 * $2)); }; f 6 7; f 1+1 3' $'42\n4'
}

@test "a name may hold digits and underscores" {
	check '_a1=3 B_2=4; echo $((_a1*B_2)) $((_a1-B_2))' '12 -1'
}

@test "whitespace around a number in a variable is allowed" {
	check -n 'x=" 7"; echo $((x+1)) $(($x+1))' '8 8'
}

@test "the comma is no requirement but parentheses always group" {
	check 'echo $((2*(3+4)*5)) $((((((1))))))' '70 1'
}

@test "a parenthesis in a nested substitution does not end the expression" {
	check 'echo $(( $(echo "(1+2)") * 2 )) $((${x-(3)} + 1))' '6 4'
}
