# SPDX-License-Identifier: GPL-3.0-or-later
# XCU 2.8 Exit status and errors

load helper

# The shell must end with an error at $1: what follows does not run, nor an enclosing construct.
fatal() {
	check -d -e '[1-9]*' "$1
echo wrong" ''
	check -n -p "($1
echo wrong); s=\$?; test \$s -ne 0 && test \$s -lt 128 && echo survived" 'survived'
}

# The shell must go on after $1, which fails.
survived() {
	check -d "$1
s=\$?; test \$s -ne 0 && test \$s -lt 128 && echo survived" 'survived'
}

# An interactive shell goes on after $1.
interactive() {
	check -n -s -o '-i +m' "$1
echo survived" 'survived'
}

@test "a syntax error ends the shell" {
	check -s -d -e '[1-9]*' $'if; then\necho wrong\nfi' ''
}

@test "a syntax error in eval ends the shell" {
	fatal 'eval "if"'
	fatal 'eval "echo )"'
}

@test "a syntax error in a dot script ends the shell" {
	fatal 'echo "fi" >f; . ./f'
}

@test "an expansion error ends the shell" {
	fatal 'echo ${x?}'
	fatal 'echo ${x:?msg}'
	fatal 'x=${y?}'
	fatal 'set -u; echo $nosuch'
	fatal 'echo $((1/0))'
	check -d -e '[1-9]*' 'echo ${x!}; echo wrong' ''
	fatal 'for i in ${x?}; do :; done'
	fatal 'case ${x?} in *) ;; esac'
	fatal 'echo a >${x?}'
	fatal 'true ${x?}'
	fatal '/bin/echo ${x?}'
	fatal 'f() { echo ${x?}; }; f'
}

@test "a variable assignment error ends the shell" {
	fatal 'readonly r; r=1'
	fatal 'readonly r; r=1 :'
	fatal 'readonly r; export r=1'
	fatal 'readonly r; readonly r=1'
	fatal 'readonly r; for r in a; do :; done'
	fatal 'readonly r; : $((r=1))'
	fatal 'readonly r; : ${r=1}'
}

@test "unsetting a readonly variable ends the shell" {
	fatal 'readonly r=1; unset r'
}

@test "an error of a special built-in ends the shell" {
	fatal '. ./nosuchfile'
	fatal '. nosuchfilex'
	fatal 'set -o nosuchoption'
	fatal 'export 1a=b'
	fatal 'readonly a-b=c'
	fatal 'set -Z'
	fatal 'unset -Z x'
}

@test "an error of an exec that finds nothing ends the shell" {
	check -d -e 127 'exec nosuchcommandx; echo wrong' ''
	check -d -e 127 'exec ./nosuchfile; echo wrong' ''
	check -d -e 126 '>f; exec ./f; echo wrong' ''
}

@test "a redirection error of a special built-in ends the shell" {
	for command in : 'eval :' 'export x=1' 'readonly x=1' 'set a' 'shift 0' 'times' 'trap - INT' 'unset x' 'exec'; do
		fatal "$command </nosuchfile"
	done
}

@test "a redirection error of . ends the shell" {
	fatal '>f; . ./f </nosuchfile'
}

@test "a redirection error of break, continue and return ends the shell" {
	fatal 'for i in 1; do break </nosuchfile; done'
	fatal 'for i in 1; do continue </nosuchfile; done'
	fatal 'f() { return </nosuchfile; }; f'
}

@test "command keeps the errors of a special built-in from ending the shell" {
	survived 'command . ./nosuchfile'
	survived 'command set -o nosuchoption'
	survived 'command export 1a=b'
	survived 'readonly r=1; command unset r'
	survived 'command eval "if"'
	survived 'command : </nosuchfile'
	survived 'command exec </nosuchfile'
	survived 'readonly r=1; command export r=2'
	survived 'readonly r=1; command readonly r=2'
}

@test "an error of a regular utility does not end the shell" {
	survived 'cd /nosuchdir'
	survived 'kill -NOSUCH 1'
	survived 'umask nosuch'
	survived 'test 1 -eq a'
	survived 'unalias nosuchaliasx'
	survived 'command nosuchcommandx'
	survived 'nosuchcommandx'
	survived 'getopts'
	survived 'ls /nosuchdir'
	survived 'wait -nosuch'
	survived 'read 1a </dev/null'
	survived 'printf %d x >f'
	survived 'hash nosuchcommandx'
	survived 'type nosuchcommandx || { echo error >&2; false; }'
}

@test "a redirection error of a regular utility does not end the shell" {
	survived 'true </nosuchfile'
	survived 'echo a >/nosuchdir/f'
	survived '/bin/true </nosuchfile'
	survived 'nosuchcommandx </nosuchfile'
	survived 'command true </nosuchfile'
	survived 'cat <&9'
}

@test "a regular utility with a readonly operand fails" {
	survived 'readonly r=1; echo a | read r'
	survived 'readonly r=1; read r <<E
a
E'
	survived 'readonly r=1; getopts a r -a'
}

@test "an error in a subshell ends only the subshell" {
	check -n '(echo ${x?}); echo a; (. ./nosuchfile); echo b; (readonly r; r=1); echo c; (set -u; echo $x); echo d' $'a\nb\nc\nd'
}

@test "an error in a substitution, pipeline part or background list does not end the shell" {
	check -n 'x=$(echo ${y?}); echo a; echo ${y?} | cat; echo b; { echo ${y?}; } & wait; echo c' $'a\nb\nc'
}

@test "an error in a function or a dot script ends the shell" {
	fatal 'f() { readonly r=1; r=2; }; f'
	fatal 'echo "echo \${x?}" >f; . ./f'
	fatal 'eval "echo \${x?}"'
}

@test "an error through command eval ends at most the eval" {
	check -n -p -e '*' 'command eval "echo \${x?}"; echo on' '?(on)'
}

@test "an interactive shell survives a syntax error" {
	interactive ')'
	interactive 'eval "if"'
}

@test "an interactive shell survives an expansion error" {
	interactive 'echo ${x?}; echo wrong'
	interactive 'set -u; echo $nosuch; echo wrong'
	interactive 'echo $((1/0)); echo wrong'
}

@test "an interactive shell survives an assignment error" {
	interactive 'readonly r; r=1; echo wrong'
}

@test "an interactive shell survives a special built-in's error" {
	interactive '. ./nosuchfile'
	interactive 'set -o nosuchoption'
	interactive 'readonly r=1; unset r'
	interactive 'exec nosuchcommandx'
	interactive ': </nosuchfile'
	interactive 'exec </nosuchfile'
}

@test "an interactive shell stops a compound command at an error" {
	interactive 'for i in 1 2; do echo ${x?}; echo wrong; done'
	interactive '{ echo ${x?}; echo wrong; }'
	interactive 'f() { echo ${x?}; echo wrong; }; f; echo wrong'
}

@test "an interactive shell sets a status after an error" {
	check -n -s -o '-i +m' $'echo ${x?}\ntest $? -ne 0 && echo nonzero' 'nonzero'
	check -n -s -o '-i +m' $')\ntest $? -ne 0 && echo nonzero' 'nonzero'
}

@test "a diagnostic goes to standard error and names something" {
	check -d -e 127 'nosuchcommandx' ''
	check 'nosuchcommandx 2>f; grep -c nosuchcommandx f; cd /nosuchdir 2>f; grep -c nosuchdir f' $'1\n1'
}

@test "the status of a shell with a syntax error is greater than zero" {
	check -n '$SH -c "if" ; test $? -gt 0 && test $? -lt 126 && echo ok' 'ok'
}

@test "the status of a script is that of its last command" {
	check -e 5 '(exit 5)' ''
	check -e 1 'true; false' ''
	check -f -e 3 'sh -c "exit 3"' ''
	check -s -e 4 '(exit 4)' ''
	check -s -e 1 $'false\n\n# comment\n' ''
}

@test "exit runs the exit trap after a fatal error" {
	check -n -e '[1-9]*' 'trap "echo trapped" EXIT; echo ${x?}; echo wrong' 'trapped'
	check -n -e '[1-9]*' 'trap "echo trapped" EXIT; set -o nosuchoption; echo wrong' 'trapped'
	check -n -e '[1-9]*' 'trap "echo trapped" EXIT; readonly r; r=1; echo wrong' 'trapped'
}

@test "a command killed by each signal reports it" {
	check -n 'for s in HUP INT QUIT KILL TERM USR1 USR2 PIPE ALRM; do $SH -c "kill -$s \$\$; sleep 1"; kill -l $?; done' $'HUP\nINT\nQUIT\nKILL\nTERM\nUSR1\nUSR2\nPIPE\nALRM'
}

@test "an interactive shell reads on in its script after an error" {
	check -n $'printf "readonly a=1\\necho one\\na=2\\necho two\\n" >s; $SH -i s' $'one\ntwo'
}
