# SPDX-License-Identifier: GPL-3.0-or-later
# XCU 2.9.5 Function definition command, local

load helper

@test "a function runs when it is called" {
	check 'f() { echo a; }; f; f' $'a\na'
}

@test "a definition succeeds and runs nothing" {
	check 'false; f() { echo wrong; false; }; echo $?' '0'
}

@test "a definition expands nothing" {
	check 'f() { echo $x; }; x=1; f; x=2; f; g() { echo ${nosuch?}; }; echo ok' $'1\n2\nok'
}

@test "any compound command may be a body" {
	check 'f() (echo a); g() if true; then echo b; fi; h() for i in c; do echo $i; done; j() case $1 in d) echo d; esac; k() while echo e; do break; done; f; g; h; j d; k' $'a\nb\nc\nd\ne'
}

@test "newlines and blanks may stand between the parentheses and the body" {
	check $'f()\n\n{ echo a; }\nf; g ( ) { echo b; }; g; h () { echo c; }; h' $'a\nb\nc'
}

@test "arguments become the positional parameters" {
	check "f() { printf '[%s]' \"\$#\" \"\$@\"; }; f a 'b c' ''; f" '[3][a][b c][][0]'
}

@test "the caller's positional parameters come back" {
	check 'f() { shift; set x y z; echo $*; }; set a b; f 1 2; echo $*' $'x y z\na b'
}

@test "variables are shared with the caller" {
	check 'f() { x=2; y=3; }; x=1; f; echo $x $y' '2 3'
}

@test "the status is that of the last command or return" {
	check 'f() { true; false; }; f; echo $?; g() { return 7; echo wrong; }; g; echo $?; h() { (exit 4); return; }; h; echo $?' $'1\n7\n4'
}

@test "return leaves loops and groups of the function" {
	check 'f() { while :; do for i in 1; do { return 3; }; done; done; echo wrong; }; f; echo $?' '3'
}

@test "return leaves only the innermost function" {
	check 'f() { g; echo f$?; }; g() { return 2; }; f' 'f2'
}

@test "functions may call functions defined later and themselves" {
	check 'f() { g; }; g() { echo g; }; f; r() { [ $1 -gt 0 ] || return; echo $1; r $(($1-1)); }; r 3 || :' $'g\n3\n2\n1'
}

@test "recursion keeps each call's parameters" {
	check 'fact() { if [ $1 -le 1 ]; then echo 1; else echo $(($1 * $(fact $(($1 - 1))))); fi; }; fact 10' '3628800'
	check 'f() { [ $1 = 0 ] || f $(($1-1)); echo $1; }; f 3' $'0\n1\n2\n3'
}

@test "a thousand nested calls work" {
	check 'f() { [ $1 = 0 ] && return 5; f $(($1-1)); }; f 1000; echo $?' '5'
}

@test "a function may be redefined even by itself" {
	check 'f() { echo a; }; f() { echo b; }; f; g() { g() { echo new; }; echo old; }; g; g' $'b\nold\nnew'
}

@test "a function defined in a function or a condition is global" {
	check 'f() { g() { echo g; }; }; f; g; if true; then h() { echo h; }; fi; h' $'g\nh'
}

@test "a function defined in a subshell stays there" {
	check -n -e 127 '(zf() { :; }); zf' ''
}

@test "a function that unsets itself finishes" {
	check -n 'f() { unset -f f; echo still; }; f; f || echo gone' $'still\ngone'
}

@test "functions and variables have separate name spaces" {
	check 'x=1; x() { echo func; }; x; echo $x; unset -f x; echo $x' $'func\n1\n1'
}

@test "a function overrides a program and a regular built-in" {
	check 'true() { echo mine; }; true; ls() { echo myls; }; ls; unset -f true ls; true' $'mine\nmyls'
}

@test "redirections of the definition are made at each call" {
	check 'f() { echo $1; } >>g; f a; f b; cat g' $'a\nb'
	check 'f() { cat; } <g; echo 1 >g; f; echo 2 >g; f' $'1\n2'
}

@test "redirections of the definition are expanded at each call" {
	check 'f() { echo hi; } >$1; f a; f b; cat a b' $'hi\nhi'
	check 'n=1; f() { echo x$n; } >f$n; f; n=2; f; cat f1 f2' $'x1\nx2'
}

@test "a failed redirection of the definition fails the call" {
	check -n 'f() { echo wrong; } </nosuchfile; (f); test $? -ne 0 && echo failed' 'failed'
}

@test "assignments before a call are variables in the function" {
	check 'f() { echo $x; x=3; }; x=1; x=2 f' '2'
}

@test "a function in a pipeline, in the background and in a substitution" {
	check 'f() { echo f; }; f | cat; f & wait; echo $(f)' $'f\nf\nf'
}

@test "exit in a function ends the shell" {
	check -e 3 'f() { exit 3; }; f; echo wrong' ''
}

@test "a function with a subshell body keeps its changes" {
	check 'f() (x=2; cd /; exit 4); x=1; f; echo $? $x; test "$PWD" != / && echo same' $'4 1\nsame'
}

@test "return in a subshell body ends the subshell" {
	check 'f() (return 3; echo wrong); f; echo $?' '3'
}

@test "a name must be followed by both parentheses" {
	check -d -e '[1-9]*' 'f( { echo a; }' ''
	check -d -e '[1-9]*' 'f( a ) { echo a; }' ''
}

@test "a function body must be a compound command" {
	check -d -e '[1-9]*' 'f()' ''
	check -d -e '[1-9]*' 'f() ;' ''
}

@test "an exit trap set in a function is the shell's" {
	check 'f() { trap "echo bye" EXIT; echo f; }; f; echo after' $'f\nafter\nbye'
}

@test "set options in a function last" {
	check 'f() { set -f; }; f; echo *; set +f' '*'
}

@test "the positional parameters of a dot script in a function are the function's" {
	check 'echo "echo \$1; set z" >d; f() { . ./d; echo $1; }; f a' $'a\nz'
}

@test "break and continue work in a loop of the function" {
	check 'f() { for i in 1 2 3; do [ $i = 2 ] && continue; echo $i; done; while :; do break; done; echo end; }; f' $'1\n3\nend'
}

@test "local makes a variable of the function" {
	check 'f() { local x; x=2; echo $x; }; x=1; f; echo $x' $'2\n1'
	check 'f() { local x=3 y; y=4; echo $x$y; }; x=1; f; echo $x${y-unset}' $'34\n1unset'
}

@test "local has dynamic scope" {
	check 'f() { local x=2; g; echo $x; }; g() { echo $x; x=3; }; x=1; f; echo $x' $'2\n3\n1'
}

@test "nested locals come back in order" {
	check 'f() { local x=$1; [ $1 = 0 ] || f $(($1-1)); echo $x; }; x=g; f 2; echo $x' $'0\n1\n2\ng'
}

@test "a function name may be used as a variable, a loop variable and an argument" {
	check 'f() { echo f; }; for f in a; do echo $f; done; f=1; f; echo f' $'a\nf\nf'
}

@test "an unset function is not found" {
	check -n -e 127 'zf() { :; }; unset -f zf; zf' ''
}

@test "question mark at the start of a function is the status before" {
	check 'f() { echo $?; }; (exit 3); f; true; f' $'3\n0'
}

@test "a body with a here-document, comments and quotes" {
	check - $'a b\nc\'d' <<'EOF'
f() { # comment }
	cat <<E
$1 b
E
	echo "c'd" # }
}
f a
EOF
}

@test "a long function is called often" {
	check 'f() { n=$((n+1)); }; n=0; i=0; while [ $i -lt 20000 ]; do f; i=$((i+1)); done; echo $n' '20000'
}

@test "under the name sh a function with a special built-in's name is never called" {
	check 'ln -s $SH sh; ./sh -c "break() { echo wrong; }; for i in 1 2; do echo \$i; break; done"' '1'
}

@test "declare lists variables with what they are, and functions as they were written" {
	check 'declare -i n=3; declare -r q="a b"; declare -a l=(1 2); declare -A m=([k]=v)
		declare | grep -E "[ ](n|q|l|m|PATH)=" | sed "s/PATH=.*/PATH/"' \
		$'declare -x PATH\ndeclare -a l=([0]=1 [1]=2)\ndeclare -A m=([k]=v)\ndeclare -i n=3\ndeclare -r q=\'a b\''
	check 'declare -i n=3; declare -ir m=4; declare -ir; declare -i' \
		$'declare -ir m=4\ndeclare -ir m=4\ndeclare -i n=3'
	check 'f() { echo $1; } >&2
		g() (x)
		declare -f; declare -F; declare -F g; declare -f g' \
		$'f() { echo $1; } >&2\ng() (x)\ndeclare -f f\ndeclare -f g\ng\ng() (x)'
	check -e 1 'declare -f nosuch' ''
}

@test "declare refuses names of names, which there are not" {
	check -de 2 'declare -n r=x' ''
}

@test "declare does not take a constant back" {
	check -d 'readonly r=1; declare +r r; echo $?; (r=2); declare +r x; echo $?' $'1\n0'
}
