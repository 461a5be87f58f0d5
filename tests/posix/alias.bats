# SPDX-License-Identifier: GPL-3.0-or-later
# XCU 2.3.1 Alias substitution, alias, unalias

load helper

@test "an alias is replaced by its value" {
	check $'alias e="echo x"\ne y' 'x y'
}

@test "an alias takes effect at the next line" {
	check -s $'alias e="echo x"; command -v e >/dev/null && echo ok\ne y' $'ok\nx y'
}

@test "an alias is not known to a line that is already read" {
	check -n -s -e '0' $'alias nosuchx="echo wrong"; nosuchx\necho end' 'end'
}

@test "an alias that is not the command word is not replaced" {
	check $'alias a="echo wrong"\necho a a' 'a a'
}

@test "a quoted alias name is not replaced" {
	check $'alias echo="printf wrong"\n"echo" a; \\echo b; ec"ho" c; \'echo\' d' $'a\nb\nc\nd'
}

@test "an alias is replaced after assignments" {
	check $'alias e="echo x"\na=1 e y' 'x y'
}

@test "an alias is replaced after a redirection" {
	check $'alias e="echo x"\n>f e y; cat f' 'x y'
}

@test "an alias is replaced in each command of a pipeline and list" {
	check $'alias e=echo c=cat\ne a | c && e b; e c | c' $'a\nb\nc'
}

@test "an alias is replaced in compound commands, functions and substitutions" {
	check $'alias e="echo x"\n{ e 1; }; (e 2); if e 3; then e 4; fi; for i in 5; do e $i; done; case a in a) e 6; esac; f() { e 7; }; f; echo $(e 8)' \
		$'x 1\nx 2\nx 3\nx 4\nx 5\nx 6\nx 7\nx 8'
}

@test "an alias ending in a blank makes the next word subject to alias substitution" {
	check $'alias e="echo " w="x y"\ne w w' 'x y w'
	check $'alias e="echo\t" w="x y"\ne w' 'x y'
}

@test "a chain of aliases ending in blanks goes on" {
	check $'alias e="echo " w="x " v="z"\ne w v v' 'x z v'
}

@test "an alias not ending in a blank does not touch the next word" {
	check $'alias e=echo w="x y"\ne w' 'w'
}

@test "an alias may name another alias" {
	check $'alias a=b b=c c="echo x"\na y' 'x y'
}

@test "an alias is not replaced inside its own value" {
	check $'alias echo="echo x"\necho y' 'x y'
}

@test "aliases that name each other end" {
	check -n -e 127 $'alias aax=bbx bbx=aax\naax' ''
}

@test "an alias may hold operators and reserved words" {
	check $'alias begin="{" end="}" ifx="if true; then" fix="fi"\nbegin echo a; end\nifx echo b; fix' $'a\nb'
	check $'alias p="| cat"; alias x="echo a;"\nx echo b' $'a\nb'
}

@test "an alias may hold half of a compound command" {
	check $'alias forever="while true; do" stop="break; done"\nforever echo once; stop' 'once'
}

@test "an alias may hold quotes and a redirection" {
	check $'alias q="echo \'a  b\'" r=">f echo"\nq c; r d; cat f' $'a  b c\nd'
}

@test "an alias may open a quote that the script closes" {
	check $'alias q="echo \'a  "\nq b\' c' 'a   b c'
}

@test "an alias may be an assignment" {
	check $'alias s="x=1"\ns; echo $x; alias t="y=2 "\nt env | grep y=' $'1\ny=2'
}

@test "an alias may be a reserved word in its command position" {
	check $'alias mywhile=while\nmywhile false; do :; done; echo ok' 'ok'
}

@test "an alias with an empty value vanishes" {
	check $'alias none=\nnone echo a' 'a'
	check $'alias none=""\nnone\necho b' 'b'
}

@test "a blank alias lets the next word be an alias" {
	check $'alias none=" " e="echo x"\nnone e y' 'x y'
}

@test "an alias defined in a substitution stays there" {
	check -n -e 127 $'(alias a1x="echo wrong")\na1x' ''
}

@test "an alias is inherited by a subshell" {
	check $'alias e="echo x"\n(e y)\necho $(e z)' $'x y\nx z'
}

@test "a function body is read with the aliases known then" {
	check $'alias e="echo old"\nf() { e; }\nalias e="echo new"\nf; e' $'old\nnew'
}

@test "eval sees an alias that was defined before it" {
	check $'alias e="echo x"; eval "e y"' 'x y'
}

@test "an alias in a sourced file is seen by the lines after it" {
	check $'echo \'alias e="echo x"\' >f; echo "e in" >>f\n. ./f\ne out' $'x in\nx out'
}

@test "the word of a case and of a for loop is no command word" {
	check $'alias a="echo wrong"\ncase a in a) echo ok; esac; for i in a; do echo $i; done' $'ok\na'
}

@test "alias without operands lists every alias as reusable input" {
	check - $'b c\nit\'s\nok' <<'EOF'
alias a='printf "%s\n" "b c"' d="echo it\\'s"
alias >f
unalias -a
while IFS= read -r line; do
	eval "alias $line"
done <f
eval a
eval d
alias e=echo
eval 'e ok'
EOF
}

@test "alias with a name writes that one" {
	check -p $'alias foo=bar other=x\nalias foo' '*foo=*bar*'
}

@test "alias quotes the value it writes" {
	check $'alias a="b  c"\nx=$(alias a); unalias a; eval "alias $x"; alias a >/dev/null && echo same' 'same'
}

@test "alias of an unknown name fails with a diagnostic" {
	check -d -e '[1-9]*' 'alias nosuchaliasx' ''
}

@test "alias goes on after an unknown name" {
	check -n $'alias k1=v1\nalias nosuchaliasx k1 >f; echo $?; grep -c k1 f' $'1\n1'
}

@test "alias may define and show in one command" {
	check -p 'alias a1=b1 a1' '*a1=*b1*'
}

@test "an alias value is not split or globbed when it is defined" {
	check $'touch x; alias a="echo [*]  z"\na' '[*] z'
}

@test "an alias name may hold the portable characters" {
	check $'alias a_1!%,@=\'echo ok\'\na_1!%,@' 'ok'
}

@test "unalias removes an alias" {
	check -n -e 127 $'alias zzx=true\nunalias zzx\nzzx' ''
}

@test "unalias removes several aliases" {
	check $'alias a=x b=y c=z\nunalias a b\nalias | grep -c .' '1'
}

@test "unalias -a removes all" {
	check $'alias a=x b=y\nunalias -a\nalias' ''
}

@test "unalias of an unknown name fails with a diagnostic" {
	check -d -e '[1-9]*' 'unalias nosuchaliasx' ''
}

@test "unalias goes on after an unknown name" {
	check -n $'alias k=v\nunalias nosuchaliasx k; echo $?; alias' '1'
}

@test "unalias of an alias used on the same line does not undo it" {
	check -s $'alias e="echo x"\nunalias e; e y' 'x y'
}

@test "unalias without operands is an error" {
	check -d -e '[1-9]*' 'unalias' ''
}

@test "alias and unalias accept two dashes" {
	check $'alias -- a="echo x"\na\nunalias -- a\nalias' 'x'
}

@test "an alias of a special built-in name works" {
	check $'alias set="echo x"\nset y' 'x y'
}

@test "an alias is not replaced when it follows a reserved word used as a word" {
	check $'alias a="echo wrong"\necho if a' 'if a'
}

@test "a command name that results from an expansion is not an alias" {
	check -n -e 127 $'alias zzx=true\nx=zzx\n$x' ''
}

@test "an alias value may hold a newline" {
	check $'alias two="echo a\necho b"\ntwo c' $'a\nb c'
}

@test "an alias value may hold a comment" {
	check $'alias c="echo a #"\nc b' 'a'
}

@test "an alias value may start a here-document" {
	check $'alias h="cat <<E"\nh\na\nE' 'a'
}

@test "command -v prints an alias" {
	check -p $'alias foo="bar baz"\ncommand -v foo' 'alias ?(-- )foo=*bar baz*'
}

@test "an alias may stand for an opening of a subshell" {
	check $'alias open="(" close=")"\nopen echo a; close' 'a'
}

@test "an alias ending in a blank reaches a word on the same line only in command text" {
	check $'alias e="echo " x=wrong\ne "x" \\x' 'x x'
}

@test "an alias is replaced after a reserved word" {
	check $'alias t=true\nif t; then t; elif t; then t; else t; fi && while t; do break; done && ! t || echo ok' 'ok'
}

@test "a name with equals sign after a blank alias is not an assignment to alias" {
	check $'alias e="echo "\ne a=b' 'a=b'
}

@test "an alias of blanks before a newline where a command may follow" {
	check - 'ok' <<'EOF'
alias b=' '
echo ok | b
cat
EOF
}

@test "after an alias that ends in a blank, words that are no commands are substituted too" {
	check "alias Echo='echo ' while=While
	while false; do echo hi; done
	Echo while" 'While'
	check "alias X='case ' Y=Z
	X Y in Y) echo is y ;; Z) echo is z ;; esac" 'is z'
	check "alias a='for ' b='i in'
	a b hi ; do echo \$i ; done" 'hi'
	check "alias e='echo '
	e if then fi; if e else; then e; fi" $'if then fi\nelse'
}
