# SPDX-License-Identifier: GPL-3.0-or-later
# XCU 2.2 Quoting

load helper

@test "a backslash keeps every special character literal" {
	check - $'[|]\n[&]\n[;]\n[<]\n[>]\n[(]\n[)]\n[$x]\n[`]\n[\\]\n["]\n[\']\n[ ]\n[*]\n[?]\n[[]\n[#]\n[~]\n[=]\n[%]' <<'EOF'
printf '[%s]\n' \| \& \; \< \> \( \) \$x \` \\ \" \' \  \* \? \[ \# \~ \= \%
EOF
}

@test "a backslash before an ordinary character is removed" {
	check 'echo \a\b\-\1\_\.' 'ab-1_.'
}

@test "a backslash keeps a tab literal" {
	check $'printf "[%s]\\n" a\\\tb' $'[a\tb]'
}

@test "a backslash and newline are removed before tokens are made" {
	check $'ec\\\nho a\\\nb c\\\n d' 'ab c d'
}

@test "a backslash and newline may split an operator" {
	check $'false |\\\n| echo yes; true &\\\n& echo and; echo x >\\\n> f; cat f' $'yes\nand\nx'
}

@test "a backslash and newline may split a reserved word" {
	check $'i\\\nf true; th\\\nen echo yes; f\\\ni' 'yes'
}

@test "a backslash and newline may split a parameter expansion" {
	check $'abc=1; echo $\\\nabc $a\\\nbc ${\\\nabc} ${a\\\nbc} ${abc\\\n} ${abc:\\\n-x} ${u:-\\\nx} $\\\n{abc}' \
		'1 1 1 1 1 1 x 1'
}

@test "a backslash and newline may split a command substitution" {
	check $'echo $\\\n(echo a) $(\\\necho b) `\\\necho c` $(echo d\\\n)' 'a b c d'
}

@test "a backslash and newline may split an arithmetic expansion" {
	check $'echo $\\\n((1+2)) $(\\\n(1+2)) $((1\\\n+2)\\\n) $((1\\\n1))' '3 3 3 11'
}

@test "a backslash and newline inside double quotes are removed" {
	check $'echo "a\\\nb"' 'ab'
}

@test "a backslash and newline inside single quotes stay" {
	check $'echo \'a\\\nb\'' $'a\\\nb'
}

@test "a backslash and newline in a comment do not continue it" {
	check $'# comment \\\necho printed' 'printed'
}

@test "an escaped backslash before a newline does not continue the line" {
	check $'echo a\\\\\necho b' $'a\\\nb'
}

@test "a backslash and newline may split an assignment" {
	check $'a\\\nb\\\n=\\\nc\\\nd; echo $ab' 'cd'
}

@test "a backslash and newline may split the number of a redirection" {
	check $'{ echo a >&2; } 2\\\n>f; cat f' 'a'
}

@test "an escaped newline at the end of the script is removed" {
	check $'echo a\\\n' 'a'
}

@test "single quotes keep everything but a single quote" {
	check - 'a$b`c`"\d*?[x]~#&|;<>(){}' <<'EOF'
echo 'a$b`c`"\d*?[x]~#&|;<>(){}'
EOF
}

@test "single quotes keep newlines, blanks and tabs" {
	check $'printf "%s|" \'a\nb  c\td\'' $'a\nb  c\td|'
}

@test "a backslash does not escape a closing single quote" {
	check "echo 'a\\'" 'a\'
}

@test "empty single quotes are an empty field" {
	check "printf '[%s]' '' a '' ''" '[][a][][]'
}

@test "empty double quotes are an empty field" {
	check 'printf "[%s]" "" a ""' '[][a][]'
}

@test "quoted parts join with what is next to them" {
	check "echo a'b'\"c\"d\\e''f\"\"" 'abcdef'
}

@test "double quotes keep blanks, operators and single quotes" {
	check "echo \"a  b | & ; < > ( ) ' # ~ * ? [a]\"" "a  b | & ; < > ( ) ' # ~ * ? [a]"
}

@test "double quotes let a parameter expand without being split" {
	check 'x="a  b *"; printf "[%s]" "$x" "${x}"' '[a  b *][a  b *]'
}

@test "double quotes let a command substitution expand without being split" {
	check 'printf "[%s]" "$(echo "a  b")" "`echo "c  d"`"' '[a  b][c  d]'
}

@test "double quotes let an arithmetic expansion expand" {
	check 'echo "$((1 + 2))"' '3'
}

@test "a backslash in double quotes escapes dollar, backquote, quote and backslash" {
	check - '$x `y` "z" \' <<'EOF'
echo "\$x \`y\` \"z\" \\"
EOF
}

@test "a backslash in double quotes stays before any other character" {
	check - '\a \1 \* \( \} \'"'"' \ \~ \# \!' <<'EOF'
printf '%s\n' "\a \1 \* \( \} \' \ \~ \# \!"
EOF
}

@test "a dollar sign that begins no expansion is literal" {
	check - '$ $ a$ $+ $% $= a$/b' <<'EOF'
echo $ "$" a$ $+ "$%" $= a$/b
EOF
}

@test "a dollar sign before a closing double quote is literal" {
	check 'echo "a$"' 'a$'
}

@test "a command substitution in double quotes has quotes of its own" {
	check - 'a "b" c  d' <<'EOF'
echo "a $(echo '"b"' "c  d")"
EOF
}

@test "double quotes in an expansion in double quotes may nest" {
	check 'echo "${x:-"a  b"}" "${x:-$(echo "c  d")}"' 'a  b c  d'
}

@test "single quotes in a default inside double quotes are literal" {
	check - "'a  b' 'c'" <<'EOF'
echo "${x:-'a  b'}" "${x-'c'}"
EOF
}

@test "single quotes in an unquoted default quote" {
	check - '[a  b][c*]' <<'EOF'
printf '[%s]' ${x:-'a  b'} ${x-'c*'}
EOF
}

@test "an escaped brace in a default inside double quotes loses its backslash" {
	check - 'a}b' <<'EOF'
echo "${x:-a\}b}"
EOF
}

@test "an escaped brace in an unquoted default loses its backslash" {
	check 'echo ${x:-a\}b}' 'a}b'
}

@test "a quoted brace in an unquoted default does not end it" {
	check - 'a}b a}b' <<'EOF'
echo ${x:-a'}'b} ${x:-a"}"b}
EOF
}

@test "single quotes quote in the pattern of a removal inside double quotes" {
	check - 'a} a' <<'EOF'
x='a}b' y='a*b'
echo "${x%'b'}" "${y%'*b'}"
EOF
}

@test "a brace in single quotes does not end a removal inside double quotes" {
	check - 'a' <<'EOF'
x='a}b'
echo "${x%'}b'}"
EOF
}

@test "a quote character that results from an expansion is not quote removed" {
	check - "\"a\" 'b' \\c" <<'EOF'
x="\"a\" 'b' \\c"
printf '%s\n' "$x"
EOF
}

@test "quotes that result from an unquoted expansion do not quote" {
	check - "[\"a][b\"]['c'][\\d]" <<'EOF'
x="\"a b\" 'c' \\d"
printf '[%s]' $x
EOF
}

@test "a quoted reserved word is a command name" {
	check -n -e 127 '"if" true' ''
}

@test "a backslashed reserved word is a command name" {
	check -n -e 127 '\while' ''
}

@test "a quoted equals sign or name makes no assignment" {
	check -n -e 127 'a\=b' ''
	check -n -e 127 '"a"=b' ''
	check -n -e 127 "'a=b'" ''
	check -n -e 127 '\a=b' ''
}

@test "a quoted tilde does not expand" {
	check 'echo \~ "~" '"'~'"' "~/a" \~/a ~\/a' '~ ~ ~ ~/a ~/a ~/a'
}

@test "a quoted number before a redirection is an argument" {
	check 'echo \2>f; cat f; echo "1">f; cat f' $'2\n1'
}

@test "an unterminated single quote is a syntax error" {
	check -d -e '[1-9]*' "echo 'a" ''
}

@test "an unterminated double quote is a syntax error" {
	check -d -e '[1-9]*' 'echo "a' ''
}

@test "an unterminated double quote with a finished command before it runs that first" {
	check -d -s -e '[1-9]*' $'echo first\necho "a' 'first'
}

@test "dollar single quotes know the C escapes" {
	check - '007 010 033 014 012 015 011 013 134 047 042' <<'EOF'
printf '%s' $'\a\b\e\f\n\r\t\v\\\'\"' | od -An -to1 | tr -s ' \n' ' ' | { read -r x; echo "$x"; }
EOF
}

@test "dollar single quotes know octal numbers of one to three digits" {
	check - 'A A8 	-S' <<'EOF'
printf '%s\n' $'\101 \1018 \11-\123'
EOF
}

@test "dollar single quotes know hexadecimal numbers" {
	check - 'AJj' <<'EOF'
printf '%s\n' $'\x41\x4a\x6A'
EOF
}

@test "dollar single quotes end a hexadecimal number at another character" {
	check - 'Az	-' <<'EOF'
printf '%s\n' $'\x41z\x9-'
EOF
}

@test "dollar single quotes know control characters" {
	check - '001 032 033 034 035 036 037 177 001' <<'EOF'
printf '%s' $'\cA\cZ\c[\c\\\c]\c^\c_\c?\ca' | od -An -to1 | tr -s ' \n' ' ' | { read -r x; echo "$x"; }
EOF
}

@test "dollar single quotes keep dollar, backquote and double quote" {
	check - '$x `y` "z" $(w)' <<'EOF'
echo $'$x `y` "z" $(w)'
EOF
}

@test "dollar single quotes may hold a newline" {
	check $'x=\'1 2\'; printf \'[%s]\' $\'a\nb\'' $'[a\nb]'
}

@test "dollar single quotes join with what is next to them" {
	check - 'a	b$c' <<'EOF'
printf '%s\n' a$'\t'b'$c'
EOF
}

@test "dollar single quotes are not special in double quotes" {
	check - "\$'a'" <<'EOF'
echo "$'a'"
EOF
}

@test "empty dollar single quotes are an empty field" {
	check "printf '[%s]' \$'' a" '[][a]'
}

@test "the result of dollar single quotes is neither split nor globbed" {
	check - '[a z *]' <<'EOF'
touch f
printf '[%s]' $'a\x20z \x2a'
EOF
}

@test "dollar single quotes work in a default outside double quotes" {
	check - '[a	b]' <<'EOF'
printf '[%s]' ${x:-$'a\tb'}
EOF
}

@test "dollar single quotes work in an assignment, a case pattern and a redirection" {
	check - $'a\tb\nyes\nok' <<'EOF'
x=$'a\tb'
echo "$x"
case $x in $'a\tb') echo yes ;; esac
echo ok >$'f\x31'
cat f1
EOF
}

@test "dollar single quotes work as a here-document delimiter and quote it" {
	check - '$x' <<'EOF'
cat <<$'E'
$x
E
EOF
}

@test "dollar single quotes work in a removal pattern inside double quotes" {
	check - 'a' <<'EOF'
x=$'a\tb'
echo "${x%$'\tb'}"
EOF
}

@test "an escaped quote does not end dollar single quotes" {
	check - "[it's][\\]" <<'EOF'
printf '[%s]' $'it\'s' $'\\'
EOF
}

@test "dollar double quotes are a literal dollar or a translated string" {
	check -p 'echo $"a"' '?(\$)a'
}

@test "a hash inside a word begins no comment" {
	check 'echo a#b a"#"c \#d' 'a#b a#c #d'
}

@test "backquotes in double quotes keep inner escaped double quotes" {
	check - 'a  b' <<'EOF'
echo "`echo \"a  b\"`"
EOF
}

@test "a backslash in backquotes escapes dollar, backquote and backslash only" {
	check - '$x \a b ' <<'EOF'
x=1
printf '%s ' `printf '%s\n' '\$x' '\a' \`echo b\``
EOF
}

@test "eight-bit characters pass through every kind of quote" {
	check -l $'echo é "ü" \'ß\' \\ñ' 'é ü ß ñ'
}

@test "quoting one character of a pattern makes that one literal" {
	check 'touch a1 "a*1"; echo a\*1 a"*"1 a*1' 'a*1 a*1 a*1 a1'
}
