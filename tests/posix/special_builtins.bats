# SPDX-License-Identifier: GPL-3.0-or-later
# XCU 2.15 Special built-in utilities: : . break continue eval exec exit export readonly return times unset

load helper

@test "colon succeeds and expands its arguments" {
	check 'false; : a b -c --; echo $?; : ${x=1}; echo $x' $'0\n1'
}

@test "colon with a redirection creates a file" {
	check ': >f; test -f f && echo made' 'made'
}

@test "dot runs a file in the current environment" {
	check 'echo "x=1; f() { echo f; }; cd /" >d; . ./d; echo $x; f; pwd' $'1\nf\n/'
}

@test "dot finds a file without a slash in PATH" {
	check 'mkdir p; echo "echo found" >p/script; PATH=$PWD/p:$PATH; . script' 'found'
}

@test "dot needs no execute permission and prefers no directory" {
	check 'mkdir -p a/script b; echo "echo b" >b/script; chmod 444 b/script; PATH=$PWD/a:$PWD/b:$PATH; . script' 'b'
}

@test "dot has the status of its last command" {
	check 'echo "(exit 3)" >d; . ./d; echo $?; >e; false; . ./e; echo $?' $'3\n0'
}

@test "dot sees the status before it" {
	check 'echo "echo \$?" >d; (exit 4); . ./d' '4'
}

@test "return leaves a dot script" {
	check 'echo "echo a; return 3; echo wrong" >d; . ./d; echo $?' $'a\n3'
	check 'printf "for i in 1 2; do\n{ return 4; }\ndone\necho wrong\n" >d; . ./d; echo $?' '4'
}

@test "return in a dot script in a function leaves only the dot script" {
	check 'echo "return 3" >d; f() { . ./d; echo $?; return 5; }; f; echo $?' $'3\n5'
}

@test "dot scripts nest" {
	check 'echo ". ./b; echo a" >a; echo "echo b; return; echo wrong" >b; . ./a' $'b\na'
}

@test "exit in a dot script ends the shell" {
	check -e 6 'echo "exit 6" >d; . ./d; echo wrong' ''
}

@test "break in a dot script does not hurt" {
	check -n -p 'echo "for i in 1 2; do break; done; echo in" >d; for j in a b; do . ./d; done; echo end' $'in\nin\nend'
}

@test "dot of a file that does not exist ends the shell" {
	check -d -e '[1-9]*' '. ./nosuchfile; echo wrong' ''
	check -d -e '[1-9]*' '. nosuchfilex; echo wrong' ''
}

@test "dot of an unreadable or unparsable file ends the shell" {
	check -d -e '[1-9]*' 'echo "if" >d; . ./d; echo wrong' ''
}

@test "dot runs what stands before a syntax error" {
	check -n -e '[1-9]*' 'printf "echo a\nfi\n" >d; . ./d; echo wrong' 'a'
}

@test "dot reads a file without a newline at its end" {
	check 'printf "echo a" >d; . ./d; printf "x=1 # c" >d; . ./d; echo $x' $'a\n1'
}

@test "dot with a here-document and an alias" {
	check $'printf "cat <<E\\nx\\nE\\nalias e=echo\\ne y\\n" >d; . ./d' $'x\ny'
}

@test "dot accepts two dashes" {
	check 'echo "echo a" >d; . -- ./d' 'a'
}

@test "dot of an empty or comment file succeeds" {
	check '>d; false; . ./d; echo $?; echo "# c" >e; false; . ./e; echo $?' $'0\n0'
}

@test "break leaves the innermost loop" {
	check 'for i in 1 2; do for j in a b; do break; echo wrong; done; echo $i; done' $'1\n2'
	check 'while :; do break; done; until false; do break; done; echo ok' 'ok'
}

@test "break leaves as many loops as said" {
	check 'for i in 1 2; do while :; do until false; do break 3; done; echo wrong; done; echo wrong; done; echo ok' 'ok'
	check 'for i in 1 2; do for j in a b; do break 2; done; echo wrong; done; echo $i$j' '1a'
	check 'for i in 1 2; do for j in a b; do break 1; done; echo $i; done' $'1\n2'
}

@test "break of more loops than there are leaves all" {
	check 'for i in 1 2; do for j in a b; do break 9; done; echo wrong; done; echo ok' 'ok'
}

@test "break gives status zero" {
	check 'for i in 1; do false; break; done; echo $?; while (exit 3); do :; done; while :; do false; break; done; echo $?' $'0\n0'
}

@test "break works in the condition of a loop" {
	check 'while break; do echo wrong; done; until break; do echo wrong; done; for i in 1 2; do while break 2; do :; done; echo wrong; done; echo $i' '1'
}

@test "break works in if, case, groups, and-or lists and eval" {
	check 'for i in 1 2 3; do if [ $i = 2 ]; then break; fi; echo $i; done; for i in 1 2; do case $i in 1) break ;; esac; done; echo $i; for i in 1 2; do { break; }; done; echo $i; for i in 1 2; do true && break || :; done; echo $i; for i in 1 2; do eval break; done; echo $i' \
		$'1\n1\n1\n1\n1'
}

@test "continue begins the next round" {
	check 'for i in 1 2 3; do [ $i = 2 ] && continue; echo $i; done; i=0; while [ $i -lt 3 ]; do i=$((i+1)); [ $i = 2 ] && continue; echo w$i; done; i=0; until [ $i -ge 2 ]; do i=$((i+1)); continue; echo wrong; done; echo $i' $'1\n3\nw1\nw3\n2'
}

@test "continue of an outer loop" {
	check 'for i in 1 2; do for j in a b; do echo $i$j; continue 2; done; echo wrong; done; echo end' $'1a\n2a\nend'
	check 'for i in 1 2; do while :; do until false; do continue 3; done; done; done; echo $i' '2'
}

@test "continue of more loops than there are continues the outermost" {
	check 'for i in 1 2; do for j in a b; do echo $i$j; continue 9; done; done' $'1a\n2a'
}

@test "continue gives status zero" {
	check 'for i in 1; do false; continue; done; echo $?' '0'
}

@test "continue works in the condition of a loop" {
	check 'i=0; while i=$((i+1)); [ $i -lt 3 ] && continue; [ $i -lt 5 ]; do echo $i; done' $'3\n4'
}

@test "an invalid operand of break and continue is an error" {
	check -n -e '[1-9]*' 'for i in 1 2; do break 0; done; exit $?' ''
	check -n '(for i in 1; do break x; done; echo "$?") >f 2>&1; echo end' 'end'
}

@test "break and continue through command" {
	check 'for i in 1 2; do command break; done; echo $i; for i in 1 2; do command continue; echo wrong; done; echo $i' $'1\n2'
}

@test "break and continue with two dashes" {
	check 'for i in 1 2; do break -- 1; done; echo $i; for i in 1 2; do continue --; echo wrong; done; echo $i' $'1\n2'
}

@test "break outside a loop is harmless" {
	check -n -p -e '*' 'break; echo after' '?(after)'
}

@test "eval runs its arguments joined by spaces" {
	check "eval echo a 'b  c' '; echo d'" $'a b c\nd'
}

@test "eval expands twice" {
	check 'x=y y=1; eval echo \$$x; n=3; eval "v$n=three"; echo $v3' $'1\nthree'
}

@test "eval has the status of what it runs" {
	check 'eval "(exit 3)"; echo $?; eval; echo $?; false; eval ""; echo $?; false; eval " "; echo $?; eval "false; true"; echo $?' $'3\n0\n0\n0\n0'
}

@test "eval sees the status before it" {
	check '(exit 5); eval "echo \$?"' '5'
}

@test "eval works with several lines, here-documents and comments" {
	check $'eval "echo a\necho b # c\ncat <<E\nd\nE"' $'a\nb\nd'
}

@test "eval may define functions, return and exit" {
	check 'eval "f() { echo f; }"; f; g() { eval "return 4"; echo wrong; }; g; echo $?; (eval "exit 6"); echo $?' $'f\n4\n6'
}

@test "eval with two dashes and redirections" {
	check 'eval -- echo a; eval "echo b" >f; cat f' $'a\nb'
}

@test "eval nests" {
	check "eval 'eval \"eval echo deep\"'" 'deep'
}

@test "exec replaces the shell" {
	check 'exec echo a; echo wrong' 'a'
	check -e 3 'exec sh -c "exit 3"; echo wrong' ''
}

@test "exec keeps the process id" {
	check 'a=$$; exec sh -c "test \$\$ = $a && echo same"' 'same'
}

@test "exec in a subshell ends only it" {
	check '(exec echo a; echo wrong); echo b' $'a\nb'
}

@test "exec passes assignments and redirections" {
	check 'x=1 exec env | grep ^x=; (exec >f echo a); cat f' $'x=1\na'
}

@test "exec without a command keeps redirections and succeeds" {
	check 'false; exec; echo $?; exec 3>f; echo a >&3; cat f; exec 3>&-' $'0\na'
}

@test "exec does not run functions or built-ins in place of programs" {
	check 'echo() { printf wrong; }; exec echo a' 'a'
}

@test "exec with two dashes" {
	check 'exec -- echo a' 'a'
}

@test "exec resets traps and passes ignored signals" {
	check 'trap "" TERM; exec sh -c "kill -TERM \$\$; echo alive"' 'alive'
	check -n -e 143 'trap "echo wrong" TERM; exec sh -c "kill -TERM \$\$; echo wrong"' ''
}

@test "exec of a script without interpreter line runs it" {
	check 'echo "echo in \$1" >s; chmod +x s; exec ./s a' 'in a'
}

@test "exit ends with its operand" {
	check -e 0 'exit 0; echo wrong' ''
	check -e 7 'exit 7; echo wrong' ''
	check -e 255 'exit 255' ''
}

@test "exit without operand uses the last status" {
	check -e 3 '(exit 3); exit' ''
	check -e 0 'true; exit' ''
	check -e 0 'exit' ''
}

@test "exit leaves subshells, functions, loops, eval and dot scripts" {
	check '(exit 3); echo $?; (f() { exit 4; }; f); echo $?; (for i in 1; do exit 5; done); echo $?; (eval exit 6); echo $?' $'3\n4\n5\n6'
}

@test "exit does not run the rest of the line or file" {
	check -s -e 2 $'echo a; exit 2; echo wrong\necho wrong' 'a'
}

@test "export marks variables for programs" {
	check 'x=1; export x; env | grep ^x=; export y=2 z; z=3; env | grep "^[yz]=" | sort' $'x=1\ny=2\nz=3'
}

@test "export of an unset variable makes it exported when it is assigned" {
	check 'export x; env | grep ^x= || echo none; x=1; env | grep ^x=' $'none\nx=1'
}

@test "export of an unset name does not set it" {
	check 'export x; echo ${x-unset}' 'unset'
}

@test "export -p lists exported variables as reusable input" {
	check "export x='a  b' y=\"it's\"; export -p >f; unset x y; . ./f; env | grep '^[xy]=' | sort" $'x=a  b\ny=it\'s'
	check -p "export xq=1; export -p | grep 'xq='" "export xq=?([\"'])1?([\"'])"
}

@test "export -p lists a name that is unset" {
	check 'export xq; export -p | grep xq' 'export xq'
}

@test "export -p does not list what is not exported" {
	check -e 1 'xq=1; export -p | grep xq' ''
}

@test "export of several values with expansions" {
	check 'a=1; export x=$a y="$a b" z=$(echo c); echo $x $y $z' '1 1 b c'
}

@test "export with an invalid name is an error" {
	check -d -e '[1-9]*' 'export 1a; echo wrong' ''
	check -d -e '[1-9]*' 'export a-b=1; echo wrong' ''
	check -d -e '[1-9]*' 'export =x; echo wrong' ''
}

@test "export in a subshell does not last" {
	check '(export x=1); echo ${x-unset}; y=1; (export y); env | grep ^y= || echo none' $'unset\nnone'
}

@test "export gives status zero" {
	check 'false; export x; echo $?; export x=$(false); echo $?' $'0\n0'
}

@test "export of a function's name does not concern the function" {
	check 'f() { :; }; export f=1; env | grep ^f=' 'f=1'
}

@test "export with two dashes" {
	check 'export -- x=1; env | grep ^x=' 'x=1'
}

@test "readonly keeps a value" {
	check -n 'readonly x=1; (x=2); echo $x; (unset x); echo $x' $'1\n1'
}

@test "readonly of a set variable keeps its value" {
	check 'x=1; readonly x; echo $x; readonly y=2 z; echo $y${z-unset}' $'1\n2unset'
}

@test "readonly of an unset name keeps it unset" {
	check -n 'readonly x; (x=1) && echo wrong; echo ${x-unset}' 'unset'
}

@test "readonly -p lists readonly variables as reusable input" {
	check "readonly x='a  b'; readonly -p | grep ' x=' >f; \$SH -c '. ./f; echo \"\$x\"; (x=2) 2>/dev/null || echo ro'" $'a  b\nro'
	check 'readonly xq; readonly -p | grep xq' 'readonly xq'
}

@test "readonly and export combine" {
	check -n 'readonly x=1; export x; env | grep ^x=; export y=2; readonly y; env | grep ^y=; (y=3) || echo ro' $'x=1\ny=2\nro'
}

@test "readonly in a subshell does not last" {
	check '(readonly x=1); x=2; echo $x' '2'
}

@test "a readonly variable may be made readonly again" {
	check 'readonly x=1; readonly x; export x; echo $x' '1'
}

@test "readonly in a function is global" {
	check -n 'f() { readonly x=1; }; f; (x=2) || echo ro; echo $x' $'ro\n1'
}

@test "return gives its operand or the last status" {
	check 'f() { return 3; }; f; echo $?; g() { (exit 4); return; }; g; echo $?; h() { return 0; }; false; h; echo $?; i() { return $1; }; i 255; echo $?' $'3\n4\n0\n255'
}

@test "return at once gives the status before the call" {
	check 'f() { return; }; (exit 5); f; echo $?; true; f; echo $?' $'5\n0'
}

@test "return in a trap action of a function's time" {
	check 'f() { (exit 3); return; }; trap "f; echo \$?" EXIT' '3'
}

@test "return in a loop condition" {
	check 'f() { while return 3; do :; done; echo wrong; }; f; echo $?; g() { if return 4; then :; fi; echo wrong; }; g; echo $?; h() { ! return 5; }; h; echo $?' $'3\n4\n5'
}

@test "return through command" {
	check 'f() { command return 3; echo wrong; }; f; echo $?' '3'
}

@test "times writes two lines of user and system times" {
	check -p 'times' '+([0-9])m+([0-9]).+([0-9])s +([0-9])m+([0-9]).+([0-9])s
+([0-9])m+([0-9]).+([0-9])s +([0-9])m+([0-9]).+([0-9])s'
}

@test "unset removes a variable" {
	check 'x=1; unset x; echo ${x-unset}; y=1 z=2; unset -v y z; echo ${y-u}${z-u}' $'unset\nuu'
}

@test "unset of what is not set is no error" {
	check 'unset nosuch; echo $?; unset -v nosuch; echo $?; unset -f nosuch; echo $?' $'0\n0\n0'
}

@test "unset -f removes a function and keeps the variable" {
	check -n 'f() { :; }; f=1; unset -f f; echo $f; f || echo gone' $'1\ngone'
}

@test "unset -v keeps the function" {
	check 'f() { echo f; }; f=1; unset -v f; f; echo ${f-unset}' $'f\nunset'
}

@test "unset without option keeps the function when there is a variable" {
	check 'f() { echo f; }; f=1; unset f; f; echo ${f-unset}' $'f\nunset'
}

@test "unset drops the export of a variable" {
	check 'export x=1; unset x; x=2; env | grep ^x= || echo none' 'none'
}

@test "unset of a readonly variable fails and keeps it" {
	check -n 'readonly x=1; (unset x) && echo wrong; echo $x' '1'
}

@test "unset of a positional or bad name is an error" {
	check -d 'command unset 1a || echo failed' 'failed'
	check -n 'set a; (unset 1) ; echo $1' 'a'
}

@test "unset in a subshell does not last" {
	check 'x=1; (unset x; echo ${x-unset}); echo $x' $'unset\n1'
}

@test "unset of special variables" {
	check 'unset IFS; x="a b"; set -- $x; echo $#; unset PATH; echo ok; unset OPTIND HOME; echo ${HOME-unset}' $'2\nok\nunset'
}

@test "unset with two dashes" {
	check 'x=1; unset -- x; echo ${x-unset}' 'unset'
}

@test "a special built-in may be found by command -v" {
	check 'for i in : . break continue eval exec exit export readonly return set shift times trap unset; do command -v $i >/dev/null || echo $i; done' ''
}

@test "special built-ins need no PATH" {
	check 'PATH=; : a; eval ":"; x=1; export x; readonly y; set a; shift; unset x; trap - INT; exit 0' ''
}

@test "a special builtin that cannot write fails as the others do" {
	check -d 'command times >/dev/full; echo $?; command export -p >/dev/full; echo $?; pwd >/dev/full; echo $?' $'1\n1\n1'
}
