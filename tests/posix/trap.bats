# SPDX-License-Identifier: GPL-3.0-or-later
# XCU 2.12 Signals and error handling, trap

load helper

@test "an exit trap runs at the end" {
	check 'trap "echo bye" EXIT; echo hi' $'hi\nbye'
	check 'trap "echo bye" 0; echo hi' $'hi\nbye'
	check -s $'trap "echo bye" EXIT\necho hi' $'hi\nbye'
	check -f $'trap "echo bye" EXIT\necho hi' $'hi\nbye'
}

@test "an exit trap runs at exit and keeps its status" {
	check -e 3 'trap "echo bye" EXIT; exit 3' 'bye'
	check -e 3 'trap "false" EXIT; exit 3' ''
	check -e 3 'trap "true" EXIT; (exit 3)' ''
}

@test "an exit in the exit trap sets the status" {
	check -e 5 'trap "exit 5" EXIT; exit 3' ''
	check -e 3 'trap "exit" EXIT; exit 3' ''
	check -e 3 'trap "(exit 9); exit" EXIT; exit 3' ''
}

@test "the exit trap sees the status" {
	check -e 3 'trap "echo \$?" EXIT; exit 3' '3'
	check -e 1 'trap "echo \$?" EXIT; false' '1'
}

@test "the exit trap runs once" {
	check 'trap "echo bye; exit" EXIT; exit' 'bye'
}

@test "the exit trap of a subshell runs at its end" {
	check '(trap "echo bye" EXIT; echo hi); echo after' $'hi\nbye\nafter'
	check '(trap "echo bye" EXIT; exit 3); echo $?' $'bye\n3'
}

@test "the exit trap of the shell does not run in a subshell" {
	check 'trap "echo bye" EXIT; (echo hi); (exit); echo | cat; : & wait' $'hi\n\nbye'
}

@test "an exit trap set in an exit trap" {
	check -p 'trap "trap \"echo second\" EXIT; echo first" EXIT' 'first?(
second)'
}

@test "a trap runs when its signal arrives" {
	check 'trap "echo got" USR1; kill -USR1 $$; echo after' $'got\nafter'
	check 'trap "echo got" INT; kill -INT $$; echo after' $'got\nafter'
	check 'for s in HUP INT QUIT ALRM TERM USR1 USR2 PIPE CONT; do trap "echo $s" $s; kill -$s $$; done' $'HUP\nINT\nQUIT\nALRM\nTERM\nUSR1\nUSR2\nPIPE\nCONT'
}

@test "a trap runs after the command in the foreground has finished" {
	check 'trap "echo got" USR1; sh -c "kill -USR1 $$; echo child"; echo after' $'child\ngot\nafter'
	check 'trap "echo got" USR1; { kill -USR1 $$; } ; (sleep 0.05; echo child); echo after' $'got\nchild\nafter' 
}

@test "a trap may have several conditions" {
	check 'trap "echo got" USR1 USR2 TERM; kill -USR1 $$; kill -TERM $$; kill -USR2 $$' $'got\ngot\ngot'
}

@test "a condition may be a number" {
	check 'trap "echo one" 1; trap "echo two" 2; trap "echo fifteen" 15; kill -1 $$; kill -2 $$; kill -15 $$' $'one\ntwo\nfifteen'
}

@test "the action is read when the trap runs" {
	check 'x=1; trap "echo \$x" USR1; x=2; kill -USR1 $$' '2'
	check "trap 'echo \"a  b\"; echo c' USR1; kill -USR1 \$\$" $'a  b\nc'
}

@test "the status before a trap is restored after it" {
	check 'trap "false" USR1; kill -USR1 $$; echo $?; trap "(exit 4)" USR1; (exit 0); kill -USR1 $$; echo $?' $'0\n0'
	check 'trap ":" USR1; f() { kill -USR1 $$; return 7; }; f; echo $?' '7'
}

@test "the action sees the status of the command before" {
	check -p 'trap "echo \$?" USR1; kill -USR1 $$' '0'
}

@test "exit in a trap without operand uses the status before the trap" {
	check -p -e '*' 'trap "false; exit" USR1; kill -USR1 $$; echo wrong' ''
	check -e 0 'trap "(exit 9); exit" USR1; kill -USR1 $$; echo wrong' ''
}

@test "exit in a trap ends the shell and runs the exit trap" {
	check -e 4 'trap "echo bye" EXIT; trap "exit 4" TERM; kill -TERM $$; echo wrong' 'bye'
}

@test "variables, functions and options changed in a trap last" {
	check 'trap "x=2; f() { echo f; }; set -f" USR1; kill -USR1 $$; f; echo $x *' $'f\n2 *'
}

@test "an empty action ignores the signal" {
	check 'trap "" USR1 TERM INT HUP; kill -USR1 $$; kill -TERM $$; kill -INT $$; kill -HUP $$; echo alive' 'alive'
}

@test "an ignored signal is ignored in programs" {
	check 'trap "" TERM; sh -c "kill -TERM \$\$; echo alive"; (sh -c "kill -TERM \$\$; echo alive")' $'alive\nalive'
}

@test "a trapped signal is the default in programs" {
	check -n 'trap "echo wrong" TERM; sh -c "kill -TERM \$\$; echo wrong"; kill -l $?' 'TERM'
}

@test "a hyphen resets to the default" {
	check -n 'trap "echo wrong" TERM; trap - TERM; $SH -c ":"; (trap "echo wrong" USR1; trap - USR1; kill -USR1 $($SH -c "echo \$PPID"); echo wrong) ; kill -l $?' 'USR1'
	check -e 0 'trap "echo wrong" EXIT; trap - EXIT' ''
	check -n -e 143 'trap "" TERM; trap - TERM; kill -TERM $$; echo wrong' ''
}

@test "an operand that is a number alone resets" {
	check 'trap "echo wrong" USR1 EXIT; trap 0; trap "echo no" 2 15; trap 2 15; trap - USR1; trap' ''
	check 'trap "echo wrong" 0; trap 0 2>/dev/null; echo end' 'end'
}

@test "an unset trap kills the shell by its signal" {
	check -n -e 143 'kill -TERM $$; echo wrong' ''
	check -n -e 129 'kill -HUP $$; echo wrong' ''
}

@test "traps of a subshell are reset" {
	check -n 'trap "echo wrong" TERM; (trap) >/dev/null; ($SH -c "kill -TERM \$PPID"; echo wrong); kill -l $?' 'TERM'
}

@test "ignored signals stay ignored in a subshell" {
	check 'trap "" TERM; ($SH -c "kill -TERM \$PPID"; echo alive)' 'alive'
}

@test "a subshell may set its own traps" {
	check 'trap "echo outer" USR1; (trap "echo inner" USR1; $SH -c "kill -USR1 \$PPID"); kill -USR1 $$' $'inner\nouter'
}

@test "a substitution has its own traps" {
	check 'x=$(trap "echo t" EXIT; echo a); echo $x' 'a t'
}

@test "trap in a substitution shows the traps of the shell" {
	check 'trap "echo x" EXIT USR1; y=$(trap); trap - EXIT USR1; case $y in *EXIT*USR1*) echo ok ;; esac' 'ok'
	check 'trap "echo x" USR1; y=$(trap -p); trap - USR1; eval "$y"; kill -USR1 $$' 'x'
}

@test "trap in a subshell shows the traps of the shell until one is set" {
	check -e '[01]' "trap 'echo x' USR1; (trap) | grep -c USR1" '1'
}

@test "trap lists its traps as reusable input" {
	check "trap 'echo \"it'\\''s\"; :' USR1; trap >f; trap - USR1; . ./f; kill -USR1 \$\$" "it's"
	check -p "trap 'a b' TERM; trap" "trap -- 'a b' ?(SIG)TERM"
}

@test "trap lists ignored signals" {
	check -p "trap '' USR2; trap" "trap -- '' ?(SIG)USR2"
}

@test "trap without traps lists nothing" {
	check 'trap' ''
	check 'trap "echo a" USR1; trap - USR1; trap' ''
}

@test "trap -p lists every condition or those named" {
	check -p "trap 'echo a' USR1; trap -p USR1" "trap -- 'echo a' ?(SIG)USR1"
	check -p "trap 'echo a' USR1; trap -p TERM" "trap -- - ?(SIG)TERM"
	check -p 'trap "echo a" USR1; trap -p | grep -c "^trap -- .* [A-Z]"' '[1-9]*'
}

@test "what trap -p writes restores the traps" {
	check "trap 'echo a' USR1; trap '' USR2; save=\$(trap -p USR1 USR2 TERM EXIT); trap 'echo b' USR1 USR2 TERM EXIT; eval \"\$save\"; kill -USR1 \$\$; kill -USR2 \$\$; echo end" $'a\nend'
}

@test "a trap may be changed while it runs" {
	check 'trap "echo one; trap \"echo two\" USR1" USR1; kill -USR1 $$; kill -USR1 $$' $'one\ntwo'
}

@test "an invalid condition is an error" {
	check -d 'trap "echo a" NOSUCH || echo failed' 'failed'
	check -d 'trap : 999 || echo failed' 'failed'
}

@test "trap goes on with other conditions after an invalid one" {
	check -n -p 'trap "echo got" NOSUCH USR1; (kill -USR1 $$) 2>/dev/null; echo end' '?(got
)end'
}

@test "KILL and STOP cannot be trapped" {
	check -n -p -e '*' 'trap "echo wrong" KILL; trap "echo wrong" STOP; :' ''
}

@test "the signal names need no SIG" {
	check 'trap "echo a" HUP INT QUIT ABRT ALRM TERM USR1 USR2 PIPE CHLD CONT TSTP TTIN TTOU; trap - HUP INT QUIT ABRT ALRM TERM USR1 USR2 PIPE CHLD CONT TSTP TTIN TTOU; echo ok' 'ok'
}

@test "signals ignored on entry cannot be trapped in a script" {
	check "trap '' USR1; \$SH -c 'trap \"echo wrong\" USR1; kill -USR1 \$\$; echo alive'" 'alive'
	check "trap '' USR1; \$SH -c 'trap - USR1; kill -USR1 \$\$; echo alive'" 'alive'
}

@test "setting a trap for a signal that was ignored on entry is no error" {
	check "trap '' USR1; \$SH -c 'trap \"echo wrong\" USR1; echo \$?'" '0'
}

@test "a trap for CHLD does not disturb" {
	check 'trap ":" CHLD; x=$(/bin/echo a); /bin/echo $x | cat; sh -c "exit 3"; echo $?' $'a\n3'
}

@test "wait is interrupted by a trapped signal" {
	check "$waits"'trap "echo got" USR1; sleep 100 & p=$!; (asleep $$; kill -USR1 $$) & wait $p; s=$?; test $s -gt 128 && echo big; kill $p' $'got\nbig'
	check "$waits"'trap "echo got" USR1; sleep 100 & p=$!; (asleep $$; kill -USR1 $$) & wait; test $? -gt 128 && echo big; kill $p' $'got\nbig'
}

@test "the status of an interrupted wait names the signal" {
	check "$waits"'trap : USR1; sleep 100 & p=$!; (asleep $$; kill -USR1 $$) & wait $p; kill -l $?; kill $p' 'USR1'
}

@test "a trap that runs during wait lets it be called again" {
	check "$waits"'trap "echo got; : >f" USR1; (until [ -e f ]; do sleep 0.02; done; exit 7) & p=$!; (asleep $$; kill -USR1 $$) & wait $p; wait $p; echo $?' $'got\n7'
}

@test "read is not lost by a trap" {
	check 'trap "echo got" USR1; { sleep 0.1; kill -USR1 $$; sleep 0.1; echo data; } | { trap "echo inner" USR1; read x; echo $x; }' $'data\ngot'
}

@test "a trap in a loop runs between commands" {
	check 'trap "x=done" USR1; (sleep 0.05; kill -USR1 $$) & x=; while [ -z "$x" ]; do :; done; echo $x' 'done'
}

@test "a trap action may hold a compound command, a function call and a return" {
	check 'f() { echo f$1; }; trap "if true; then f 1; fi; for i in 2 3; do f \$i; done" USR1; kill -USR1 $$' $'f1\nf2\nf3'
	check 'trap "return 3" USR1; f() { kill -USR1 $$; echo wrong; }; f; echo $?' '3'
}

@test "break in a trap action outside its loop is harmless" {
	check -n -p 'trap "break" USR1; for i in 1 2; do kill -USR1 $$; echo $i; done; echo end' '*end'
}

@test "an exit trap runs when the shell is ended by set -e, nounset and errors" {
	check -e 1 'trap "echo bye" EXIT; set -e; false' 'bye'
	check -n -e '[1-9]*' 'trap "echo bye" EXIT; set -u; echo $nosuch' 'bye'
}

@test "an exit trap and exec" {
	check 'trap "echo wrong" EXIT; exec echo a' 'a'
}

@test "an exit trap in a function, a loop and a dot script" {
	check 'f() { trap "echo bye" EXIT; exit 0; }; for i in 1; do f; done; echo wrong' 'bye'
	check -e 2 'echo "exit 2" >d; trap "echo bye" EXIT; . ./d' 'bye'
}

@test "a syntax error in an action is reported when it runs" {
	check -n -p -e '*' 'trap "if" USR1; kill -USR1 $$; echo end' '?(end)'
}

@test "signals that arrive together each run their trap" {
	check 'trap "echo u1" USR1; trap "echo u2" USR2; kill -USR1 $$; kill -USR2 $$; echo end' $'u1\nu2\nend'
}

@test "an ignored signal stays ignored after a trap in a child" {
	check 'trap "" USR1; (trap "echo wrong" USR2; $SH -c "kill -USR1 \$PPID"; echo alive)' 'alive'
}

@test "trap accepts two dashes" {
	check 'trap -- "echo got" USR1; kill -USR1 $$; trap -- - USR1; trap' 'got'
}

@test "a non-interactive shell does not ignore TERM, QUIT and INT" {
	check -n -e 130 'kill -INT $$; echo wrong' ''
	check -n -e 131 'ulimit -c 0; kill -QUIT $$; echo wrong' ''
}

@test "an interactive shell ignores TERM and survives INT and QUIT" {
	check -n -s -o '-i +m' $'kill -TERM $$\necho one\nkill -INT $$\necho two\nkill -QUIT $$\necho three' $'one\ntwo\nthree'
}

@test "a program killed by INT does not kill a script that traps it" {
	check -n 'trap "echo trapped" INT; sh -c "kill -INT \$\$"; echo $?' '130'
}

@test "return in a function of a signal's action gives the status from before" {
	check 'f() { true; return; }; trap "f; echo \$?" USR1; (kill -s USR1 $$; exit 19); :' '19'
}

@test "a trapped signal ends wait also when the child ends right after it" {
	check 'trap "echo got" USR1
	for i in 1 2 3 4 5; do
		{ # when the shell sleeps it waits
			while read -r pid name state rest </proc/$$/stat && [ "$state" != S ]; do :; done
			kill -s USR1 $$
		} &
		wait
		echo $(($? > 128))
		wait
	done' $'got\n1\ngot\n1\ngot\n1\ngot\n1\ngot\n1'
}
