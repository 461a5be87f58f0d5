# SPDX-License-Identifier: GPL-3.0-or-later
# XCU 2.7.4 Here-document

load helper

@test "a here-document is the standard input of the command" {
	check $'cat <<E\na\n  b\tc\n\nE\necho d' $'a\n  b\tc\n\nd'
}

@test "a here-document may be empty" {
	check $'cat <<E\nE\necho a' 'a'
}

@test "a blank may follow the here-document operator" {
	check $'cat << \tE\na\nE' 'a'
}

@test "a here-document expands parameters, commands and arithmetic" {
	check - '1 ${x} two three 7 dflt' <<'EOF'
x=1
cat <<E
$x \${x} $(echo two) `echo three` $((3+4)) ${u:-dflt}
E
EOF
}

@test "a here-document with any part of its delimiter quoted expands nothing" {
	check - $'$x `y` $(z) \\a \\\\ \\$\nb\\\nc\n$x\n$x\n$x' <<'EOF'
cat <<'E'
$x `y` $(z) \a \\ \$
b\
c
E
cat <<E"N"D
$x
END
cat <<\E
$x
E
cat <<""E
$x
E
EOF
}

@test "a here-document keeps quotes" {
	check - $'"a" \'b\' "1" \'1\'' <<'EOF'
x=1
cat <<E
"a" 'b' "$x" '$x'
E
EOF
}

@test "a backslash in a here-document escapes dollar, backquote and backslash" {
	check - '$x `a` \ \\ \a \" \'"'" <<'EOF'
x=1
cat <<E
\$x \`a\` \\ \\\\ \a \" \'
E
EOF
}

@test "a backslash and newline in a here-document join lines" {
	check $'cat <<E\na\\\nb\nE' 'ab'
}

@test "a line that is joined to another does not end a here-document" {
	check $'cat <<E\na\\\nE\nb\nE' $'aE\nb'
}

@test "a backslash and newline in a quoted here-document stay" {
	check $'cat <<\\E\na\\\nE' 'a\'
}

@test "an expansion in a here-document is not split, globbed or tilde expanded" {
	check - $'a  b * ~ ~/x' <<'EOF'
x='a  b *'
cat <<E
$x ~ ~/x
E
EOF
}

@test "the result of an expansion in a here-document is not expanded again" {
	check - '$y `z` \$ "' <<'EOF'
x='$y `z` \$ "'
cat <<E
$x
E
EOF
}

@test "a delimiter is not expanded" {
	check - 'a' <<'EOF'
E=F
cat <<$E
a
$E
EOF
}

@test "the delimiter must be the whole line" {
	check $'cat <<E\n E\nE \nEE\nxE\n\\E\nE' $' E\nE \nEE\nxE\n\\E'
}

@test "quotes are removed from a delimiter" {
	check $'cat <<"a b"\nx\na b\ncat <<\'a"b\'\ny\na"b\ncat <<a\\ b\nz\na b' $'x\ny\nz'
}

@test "an empty delimiter ends a here-document at an empty line" {
	check $'cat <<""\na\n\necho b' $'a\nb'
}

@test "a dash strips the leading tabs of lines and delimiter" {
	check $'cat <<-E\n\ta\n\t\tb\n\t c\td\n\tE\necho e' $'a\nb\n c\td\ne'
}

@test "a dash strips no spaces" {
	check $'cat <<-E\n  a\n \tb\nE' $'  a\n \tb'
}

@test "a dash with a quoted delimiter strips tabs and expands nothing" {
	check $'cat <<-\\E\n\t$a\n\t\t`b`\n\tE\n' $'$a\n`b`'
}

@test "a dash does not strip tabs that come from an expansion" {
	check $'x="\t1\n\t2"\ncat <<-E\n\t$x\nE' $'\t1\n\t2'
}

@test "without a dash tabs stay and a tabbed delimiter does not end" {
	check $'cat <<E\n\ta\n\tE\nE' $'\ta\n\tE'
}

@test "several here-documents on a line are read in order" {
	check $'cat <<A; cat <<B\na\nA\nb\nB\necho c' $'a\nb\nc'
	check $'cat <<A - <<B\na\nA\nb\nB' 'b'
	check $'cat <<A && cat <<-\\B && cat <<C\na\nA\n\t$b\n\tB\nc\nC' $'a\n$b\nc'
}

@test "here-documents on several descriptors are kept apart" {
	check $'{ cat; cat <&3; cat <&4; } <<A 3<<B 4<<C\na\nA\nb\nB\nc\nC' $'a\nb\nc'
}

@test "a here-document may have a descriptor number" {
	check $'cat 3<<E <&3\na\nE' 'a'
}

@test "words and redirections may follow a here-document operator" {
	check $'cat <<E - >f\na\nE\ncat f' 'a'
	check $'<<E cat\na\nE' 'a'
}

@test "the rest of a command line follows the here-document operator" {
	check $'cat <<E | tr a b\na\nE' 'b'
	check $'if cat <<E; then echo yes; fi\na\nE' $'a\nyes'
	check $'cat <<E || echo no; echo end\na\nE' $'a\nend'
}

@test "a here-document may be given to each kind of compound command" {
	check $'{ cat; } <<E\n1\nE\n(cat) <<E\n2\nE\nif cat; then :; fi <<E\n3\nE\nfor i in 1; do cat; done <<E\n4\nE' $'1\n2\n3\n4'
	check $'while read x; do echo "<$x>"; done <<E\na\nb\nE\ncase a in a) cat; esac <<E\nc\nE\nuntil ! read x; do echo "[$x]"; done <<E\nd\nE' \
		$'<a>\n<b>\nc\n[d]'
}

@test "a here-document inside a compound command is read before the line after" {
	check $'if true; then cat <<E; else :; fi\na\nE\necho b' $'a\nb'
	check $'for i in 1 2; do cat <<E; done\n$i\nE' $'1\n2'
	check $'while cat <<E; do\na\nE\nbreak; done' 'a'
	check $'case x in x) cat <<E ;; esac\na\nE' 'a'
	check $'{ cat <<E\na\nE\n}; (cat <<E\nb\nE\n)' $'a\nb'
}

@test "a here-document on a function belongs to each call" {
	check - $'1\n2' <<'EOF'
f() { cat; } <<E
$1
E
f 1
f 2
EOF
}

@test "a here-document in a function is expanded at each call" {
	check - $'1 a\n2 a' <<'EOF'
f() {
	cat <<E
$1 $x
E
}
x=a
f 1
f 2
EOF
}

@test "a here-document may hold a command substitution with a here-document" {
	check - $'a in b' <<'EOF'
cat <<A
a $(cat <<B
in
B
) b
A
EOF
}

@test "a here-document in a command substitution ends there" {
	check - $'x a y' <<'EOF'
echo x $(cat <<E
a
E
) y
EOF
}

@test "a here-document in backquotes is read there" {
	check - $'x a 1 y' <<'EOF'
v=1
echo x `cat <<E
a $v
E
` y
EOF
}

@test "a command substitution in a quoted here-document is text" {
	check - '$(cat <<B)' <<'EOF'
cat <<'A'
$(cat <<B)
A
EOF
}

@test "quotes in an expansion with a default in a here-document" {
	check - $'a  b }' <<'EOF'
cat <<E
${u:-a  b} ${u:-\}}
E
EOF
}

@test "a multi-line expansion in a here-document" {
	check - $'a\nb c 3' <<'EOF'
cat <<E
${u:-a
b} $(
echo c
) $((1 +
2))
E
EOF
}

@test "an assignment expansion in a here-document acts in the current shell" {
	check - $'new\nnew' <<'EOF'
: <<E
${x:=new}
E
read y <<E
$x
E
echo $x
echo $y
EOF
}

@test "read takes one line of a here-document that a loop shares" {
	check - $'1 a\n2 b\n3 c' <<'EOF'
n=0
while read line; do
	n=$((n + 1))
	echo $n $line
done <<E
a
b
c
E
EOF
}

@test "commands of a group share a here-document" {
	check $'{ read a; read b; cat; } <<E\n1\n2\n3\n4\nE\necho $a$b' $'3\n4\n12'
}

@test "an external program reads a here-document after the shell read a line of it" {
	check $'{ read a; /bin/cat; } <<E\n1\n2\n3\nE\necho $a' $'2\n3\n1'
}

@test "a large here-document is delivered whole" {
	check - '200000 200000' <<'EOF'
x=0123456789
for i in 1 2 3 4; do x=$x$x$x$x$x$x$x$x$x$x; done
x=$x$x
a=$(cat <<E | wc -c
$x
E
)
b=$(: <<E; cat <<E | wc -c
E
$x
E
)
echo $((a - 1)) $((b - 1))
EOF
}

@test "a large here-document that nobody reads does not block" {
	check - 'done' <<'EOF'
x=0123456789
for i in 1 2 3 4; do x=$x$x$x$x$x$x$x$x$x$x; done
: <<E
$x$x
E
true <<E
$x$x
E
/bin/true <<E
$x$x
E
echo done
EOF
}

@test "a here-document read by eval and by dot" {
	check - $'a\nb' <<'EOF'
eval 'cat <<E
a
E'
echo 'cat <<E
b
E' >f
. ./f
EOF
}

@test "a here-document after a pipe belongs to that command" {
	check $'echo x | cat - <<E\na\nE' 'a'
	check $'cat <<A | cat - <<B\na\nA\nb\nB' 'b'
}

@test "a here-document on a list in the background" {
	check $'cat <<E &\na\nE\nwait' 'a'
}

@test "a here-document ends at the delimiter even in the last line without a newline" {
	check -f $'cat <<E\na\nE' 'a'
	check $'cat <<E\na\nE' 'a'
}

@test "the delimiter word may look like an operator when quoted" {
	check $'cat <<"|"\na\n|\ncat <<\\&\nb\n&' $'a\nb'
}

@test "special parameters expand in a here-document" {
	check -a 'a b' -a c - $'2 a b a b c\na b c 0' <<'EOF'
cat <<E
$# $1 $*
$@ $?
E
EOF
}

@test "the length of a parameter and a removal work in a here-document" {
	check - '5 he lo' <<'EOF'
x=hello
cat <<E
${#x} ${x%llo} ${x#hel}
E
EOF
}

@test "the exit status before a here-document is seen inside it" {
	check $'false\ncat <<E\n$?\nE' '1'
}

@test "a here-document in a trap action" {
	check - 'bye 1' <<'EOF'
x=1
trap 'cat <<E
bye $x
E
' EXIT
EOF
}

@test "a here-document line may be longer than a page" {
	check - '9000' <<'EOF'
x=aaaaaaaaa
eval "cat <<E | tr -d '\n' | wc -c | tr -d ' '
$x$(printf '%08991d' 0)
E"
EOF
}

@test "a here-document that begins on the last line of a brace group in a substitution" {
	check - $'[a]' <<'EOF'
echo "[$({ cat <<E
a
E
})]"
EOF
}

@test "an unquoted here-document keeps a dollar sign that begins nothing" {
	check $'cat <<E\n$ a$ $% $\nE' '$ a$ $% $'
}

@test "nested parameter expansion braces in a here-document" {
	check $'cat <<E\n${a:-${b:-${c:-x}}}\nE' 'x'
}

@test "the script on standard input goes on after a here-document" {
	check -s $'cat <<E\na\nE\necho b' $'a\nb'
}

@test "a backquoted command in a here-document is quoted as in double quotes" {
	check - $'1\n" 2 "' <<'EOF'
cat <<END
`echo \"1\"`
" `echo \"2\"` "
END
EOF
}
