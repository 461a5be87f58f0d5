# SPDX-License-Identifier: GPL-3.0-or-later
# XCU 2.3 Token recognition, 2.4 Reserved words, comments

load helper

@test "a comment runs from a hash to the end of the line" {
	check $'echo a # b; echo c\n# d\necho e #' $'a\ne'
}

@test "a comment may follow an operator at once" {
	check $'echo a;#b\necho c&&#d\necho e' $'a\nc\ne'
}

@test "a comment may stand between the parts of a compound command" {
	check $'if # a\ntrue # b\nthen # c\necho yes # d\nfi # e' 'yes'
	check $'for i # a\nin 1 2 # b\ndo # c\necho $i # d\ndone # e' $'1\n2'
	check $'case a # a\nin # b\n# c\na) # d\necho yes ;; # e\nesac # f' 'yes'
}

@test "quotes in a comment mean nothing" {
	check $'# it\'s "a `comment $(\necho ok' 'ok'
}

@test "a script of comments and empty lines succeeds" {
	check $'\n\n# nothing\n   \n\t# more\n' ''
}

@test "an empty script succeeds" {
	check '' ''
	check -s '' ''
	check -f '' ''
}

@test "operators need no blanks around them" {
	check 'echo a;echo b&&echo c||echo d|cat' $'a\nb\nc'
	check '(echo a)>f;cat<f;{ echo b;}>>f;cat f' $'a\na\nb'
}

@test "the longest operator is taken" {
	check 'echo a>f;echo b>>f;cat f' $'a\nb'
	check 'case a in a)echo 1;;b)echo 2;;esac' '1'
}

@test "a digit string belongs to a redirection only when it touches it" {
	check 'echo 1>f; cat f; echo 1 >f; cat f' $'\n1'
}

@test "a digit string after other characters is part of the word" {
	check 'echo a2>f; cat f; echo 2a>f; cat f' $'a2\n2a'
}

@test "blanks are spaces and tabs" {
	check $'echo\ta \t b\t' 'a b'
}

@test "a newline ends a command" {
	check $'echo a\necho b' $'a\nb'
}

@test "newlines are allowed after a list operator" {
	check $'true &&\n\necho a\nfalse ||\n\n echo b\necho c |\n\ncat' $'a\nb\nc'
}

@test "newlines are allowed inside compound commands" {
	check $'if\n\ntrue\n\nthen\n\necho a\n\nfi\n{\n\necho b\n\n}\n(\n\necho c\n\n)' $'a\nb\nc'
	check $'while\n\nfalse\n\ndo\n\n:\n\ndone\nuntil\n\ntrue\n\ndo\n\n:\n\ndone\nfor i\n\ndo\n\n:\n\ndone' ''
	check $'case a\n\nin\n\na)\n\necho yes\n\n;;\n\nesac' 'yes'
}

@test "a reserved word is known only where a command may begin" {
	check 'echo if then else elif fi do done case esac while until for in { } !' \
		'if then else elif fi do done case esac while until for in { } !'
}

@test "a reserved word may be an assigned name, a loop variable or a case word" {
	check 'if=1; echo $if; for for in a b; do echo $for; done; case case in case) echo c ;; esac' $'1\na\nb\nc'
	check 'for in in in; do echo $in; done; case in in in) echo y; esac' $'in\ny'
	check 'for do in do; do echo $do; done' 'do'
}

@test "a reserved word is not known after an assignment or a redirection" {
	check -n -e 127 'a=1 if' ''
	check -n -e 127 '>f {' ''
}

@test "a reserved word is not known inside a longer word" {
	check -n -e 127 'iftrue' ''
	check -n -e 127 '{echo a' ''
}

@test "a closing brace is a reserved word only where a command may begin" {
	check '{ echo }; }' '}'
}

@test "reserved words may follow one another without a separator" {
	check 'if if true; then true; fi then if true; then echo a; fi fi' 'a'
	check '{ { { echo a; } } }; ( ( echo b ) )' $'a\nb'
	check 'while ! { false; } do echo once; break; done' 'once'
}

@test "a reserved word may follow a closing parenthesis" {
	check 'if (true) then (echo a) else (echo b) fi' 'a'
	check '{ (echo a) }' 'a'
	check 'for i in 1; do (echo $i) done' '1'
}

@test "a reserved word that results from an expansion is no reserved word" {
	check -n -e 127 'x=if; $x true' ''
	check -n -e 127 'x={; $x true' ''
}

@test "a parenthesis ends a word" {
	check '(echo a)' 'a'
	check 'f()(echo b);f' 'b'
}

@test "a lone closing reserved word is a syntax error" {
	for word in then else elif fi do done esac '}'; do
		check -d -e '[1-9]*' "$word" ''
	done
}

@test "a lone closing parenthesis is a syntax error" {
	check -d -e '[1-9]*' ')' ''
}

@test "a lone or doubled separator is a syntax error" {
	for script in ';' '&' '|' '&&' '||' ';;' 'echo a;;' 'echo a ; ; echo b' 'echo a & ; echo b' \
		'echo a | | cat' '&& echo' '| cat' 'echo a &&' 'echo a ||' 'echo a |'; do
		check -d -e '[1-9]*' "$script" ''
	done
}

@test "an unfinished compound command is a syntax error" {
	for script in 'if' 'if true' 'if true; then' 'if true; then :' 'if true; then :; else' \
		'while' 'while true' 'while true; do' 'while true; do :' 'for' 'for i' 'for i in' 'for i in a' \
		'for i in a; do' 'for i in a; do :' 'case' 'case a' 'case a in' 'case a in a)' 'case a in a) :;;' \
		'{' '{ :' '{ :;' '(' '( :' 'f()'; do
		check -d -e '[1-9]*' "$script" ''
	done
}

@test "an empty compound list is a syntax error" {
	for script in 'if ; then :; fi' 'if true; then fi' 'if true; then :; else fi' 'while do :; done' \
		'while true; do done' 'for i in a; do done' '{ }' '( )' 'if true; then :; elif then :; fi'; do
		check -d -e '[1-9]*' "$script" ''
	done
}

@test "a misplaced reserved word is a syntax error" {
	for script in 'if true; do :; fi' 'while true; then :; done' 'for i in a; then :; done' \
		'if true; then :; done' '{ :; )' '( :; }' 'if true; then :; else :; else :; fi'; do
		check -d -e '[1-9]*' "$script" ''
	done
}

@test "a word after a compound command is a syntax error" {
	for script in '{ :; } a' '(:) a' 'if true; then :; fi a' 'for i in a; do :; done a' \
		'case a in a) ;; esac a' 'while false; do :; done a'; do
		check -d -e '[1-9]*' "$script" ''
	done
}

@test "a bad loop name is a syntax error" {
	check -d -e '[1-9]*' 'for 1a in b; do :; done' ''
	check -d -e '[1-9]*' 'for a-b in c; do :; done' ''
}

@test "a redirection without a word is a syntax error" {
	for script in 'echo >' 'echo <' 'echo >>' 'echo >&' 'echo > ; :' 'echo <<' 'echo > >a' 'echo > &'; do
		check -d -e '[1-9]*' "$script" ''
	done
}

@test "a syntax error keeps what was read before it" {
	check -s -d -e '[1-9]*' $'echo a\necho b; )\necho c' 'a'
	check -f -d -e '[1-9]*' $'echo a\nfi\necho c' 'a'
}

@test "a syntax error makes nothing of its own line run" {
	check -s -d -e '[1-9]*' $'echo a; fi' ''
}

@test "a very long word and a very long line are read whole" {
	check - '100000 20000' <<'EOF'
w=x
while [ ${#w} -lt 100000 ]; do w=$w$w$w$w$w$w$w$w$w$w; done
eval "v=$w"
printf '%s ' ${#v}
set -- $(i=0; while [ $i -lt 20000 ]; do echo $i; i=$((i + 1)); done)
eval "set -- $*"
echo $#
EOF
}

@test "nested structures end where they should" {
	check 'echo $(echo "$(echo ")" ; echo $(echo "a)b"))")' ') a)b'
	check 'echo "$(case a in a) echo ")";; esac)" "$(case b in (b) echo "(";; esac)"' ') ('
	check 'echo ${x:-$(echo "}")} ${y:-"}"} ${z:-`echo }`}' '} } }'
	check 'echo $((1 + $(echo 2) + ${u:-3} + `echo 4`))' '10'
}

@test "a comment inside a command substitution ends at its line" {
	check $'echo $(echo a # )\n) b' 'a b'
}

@test "dollar paren paren is a command substitution when it is not arithmetic" {
	check $'echo $((echo a); (echo b))' 'a b'
	check $'echo $( (echo a) )' 'a'
}

@test "an assignment needs a name before the equals sign" {
	check -n -e 127 '1a=b' ''
	check -n -e 127 'a-b=c' ''
	check -n -e 127 '=a' ''
}

@test "an io number does not come from an expansion" {
	check 'x=2; echo $x>f; cat f' '2'
}

@test "words may hold characters special only elsewhere" {
	check 'echo a!b {a} a{b}c ,% @ ^ +: [a ]' 'a!b {a} a{b}c ,% @ ^ +: [a ]'
	check 'echo !a a=b -x= ~a~' '!a a=b -x= ~a~'
}

@test "a here-document operator inside quotes or a comment is no operator" {
	check $'echo "<<E" \'<<E\' \\<\\<E # <<E\necho b' $'<<E <<E <<E\nb'
}

@test "a carriage return is an ordinary character" {
	check $'printf "%s|" a\r | od -An -c | tr -d " "' 'a\r|'
}
