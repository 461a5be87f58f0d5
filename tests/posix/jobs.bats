# SPDX-License-Identifier: GPL-3.0-or-later
# wait, kill, jobs, fg, bg, set -m

load helper

@test "wait without operands waits for all and succeeds" {
	check '(until [ -e f ]; do sleep 0.02; done; echo a; exit 3) & (echo b; : >f; exit 4) & wait; echo $?' $'b\na\n0'
}

@test "wait with nothing to wait for succeeds" {
	check 'wait; echo $?' '0'
}

@test "wait gives the status of a process" {
	check '(exit 3) & wait $!; echo $?; true & wait $!; echo $?' $'3\n0'
}

@test "wait gives the status of a process that ended before" {
	check "$waits"'(exit 3) & p=$!; ended $p; /bin/true; wait $p; echo $?' '3'
	check "$waits"'(exit 3) & a=$!; (exit 4) & b=$!; (exit 5) & c=$!; ended $a; ended $b; ended $c; wait $b; echo $?; wait $a; echo $?; wait $c; echo $?' $'4\n3\n5'
}

@test "wait of several processes gives the status of the last" {
	check '(exit 3) & a=$!; (exit 4) & b=$!; wait $a $b; echo $?; (exit 5) & c=$!; (exit 6) & d=$!; wait $d $c; echo $?' $'4\n5'
}

@test "wait of an unknown process gives 127" {
	check -n 'wait 1; echo $?; wait 999999; echo $?' $'127\n127'
}

@test "wait in a subshell does not know the processes of its parent" {
	check -n '(exit 3) & p=$!; (wait $p; echo $?); wait $p; echo $?' $'127\n3'
}

@test "wait gives a status above 128 for a process killed by a signal" {
	check -n 'sleep 5 & p=$!; kill -TERM $p; wait $p; s=$?; test $s -gt 128 && kill -l $s' 'TERM'
	check -n 'sleep 5 & p=$!; kill -KILL $p; wait $p; kill -l $?' 'KILL'
}

@test "wait knows a job id" {
	check -t -n 'set -m; (exit 3) & wait %1; echo $?' '3'
	check -n '(exit 4) & wait %1; echo $?' '4'
	check -n 'sleep 0.05 & (exit 5) & wait %%; echo $?; wait' '5'
}

@test "wait of an unknown job id is an error" {
	check -n 'wait %9; test $? -gt 0 && echo failed' 'failed'
}

@test "wait does not end for processes that are not asked for" {
	check 'sleep 5 & p=$!; (exit 2) & wait $!; echo $?; kill $p' '2'
}

@test "waiting twice for a process gives 127 or its status" {
	check -n -p '(exit 3) & p=$!; wait $p; echo $?; wait $p; echo $?' '3
@(127|3)'
}

@test "wait with two dashes" {
	check '(exit 3) & wait -- $!; echo $?' '3'
}

@test "foreground commands do not take the status of a background process" {
	check '(exit 3) & p=$!; (exit 4); echo $?; x=$(exit 5); echo $?; echo a | cat >/dev/null; wait $p; echo $?' $'4\n5\n3'
}

@test "kill sends a signal by name and number" {
	check -n 'for s in -s\ TERM -TERM -15 -s\ term "" -n\ 15; do [ "$s" = "-s term" ] && continue; [ "$s" = "-n 15" ] && continue; sleep 5 & kill $s $!; wait $!; kill -l $?; done' $'TERM\nTERM\nTERM\nTERM'
}

@test "kill to several processes" {
	check -n 'sleep 5 & a=$!; sleep 5 & b=$!; kill $a $b; wait $a; s=$?; wait $b; t=$?; kill -l $s; kill -l $t' $'TERM\nTERM'
}

@test "kill with signal zero tests for a process" {
	check 'kill -0 $$ && echo alive; kill -s 0 $$ && echo alive' $'alive\nalive'
	check -d 'true & p=$!; wait $p; kill -0 $p || echo gone' 'gone'
}

@test "kill of a process that is not there fails" {
	check -d -e '[1-9]*' 'true & p=$!; wait; kill $p' ''
}

@test "kill with an unknown signal fails" {
	check -d -e '[1-9]*' 'kill -NOSUCH $$' ''
	check -d -e '[1-9]*' 'kill -s NOSUCH $$' ''
}

@test "kill without operands or with a bad one fails" {
	check -d -e '[1-9]*' 'kill' ''
	check -d -e '[1-9]*' 'kill nosuch' ''
	check -d -e '[1-9]*' 'kill ""' ''
}

@test "kill goes on after a process that is not there" {
	check -n 'true & a=$!; wait $a; sleep 5 & b=$!; kill $a $b; test $? -gt 0 && echo failed; wait $b; kill -l $?' $'failed\nTERM'
}

@test "kill -l lists the signals" {
	check 'x=$(kill -l); for s in HUP INT QUIT ABRT KILL ALRM TERM USR1 USR2 PIPE CHLD CONT STOP TSTP TTIN TTOU; do case " "$(echo $x)" " in *[\ IGS]$s[\ \)]*) ;; *) echo $s ;; esac; done' ''
}

@test "kill -l of a number is the name without SIG" {
	check 'kill -l 1; kill -l 2; kill -l 3; kill -l 6; kill -l 9; kill -l 14; kill -l 15' $'HUP\nINT\nQUIT\nABRT\nKILL\nALRM\nTERM'
}

@test "kill -l of an exit status is the name" {
	check 'kill -l 129; kill -l 137; kill -l 143; sh -c "kill -HUP \$\$"; kill -l $?' $'HUP\nKILL\nTERM\nHUP'
}

@test "kill with two dashes" {
	check -n 'sleep 5 & kill -- $!; wait $!; kill -l $?; sleep 5 & kill -s KILL -- $!; wait $!; kill -l $?; sleep 5 & kill -HUP -- $!; wait $!; kill -l $?' $'TERM\nKILL\nHUP'
}

@test "kill of the shell itself by its process id" {
	check -n -e 143 'kill $$; echo wrong' ''
	check -n 'trap "echo got" TERM; kill $$; echo end' $'got\nend'
}

@test "kill of a process group" {
	check -t -n 'set -m; sleep 5 & p=$!; kill -TERM -$p; wait $p; kill -l $?' 'TERM'
}

@test "kill knows a job id" {
	check -t -n 'set -m; sleep 5 & kill %1; wait %1; kill -l $?' 'TERM'
	check -t -n 'set -m; sleep 5 | cat & kill %%; wait $!; echo $? | grep -c .' '1'
}

@test "kill with an unknown job id fails" {
	check -d -e '[1-9]*' 'kill %5' ''
}

@test "jobs lists a running job" {
	check -p 'sleep 5 & jobs; kill $!' '*1*+*Running*sleep 5*'
}

@test "jobs lists a finished job once" {
	check -t -n -p 'set -m; (exit 3) & wait $! ; jobs >f; jobs' ''
	check -p "$waits"'true & ended $!; jobs; jobs' '*1*+*Done*'
}

@test "jobs tells an exit status" {
	check -p "$waits"'(exit 3) & ended $!; jobs' '*1*3*'
}

@test "jobs -p writes process ids only" {
	check 'sleep 5 & p=$!; test "$(jobs -p)" = $p && echo ok; kill $p' 'ok'
}

@test "jobs -l writes process ids too" {
	check -p 'sleep 5 & p=$!; jobs -l | grep -c "$p"; kill $p' '1'
}

@test "jobs in a substitution lists the jobs of the shell" {
	check -p 'sleep 5 & x=$(jobs); kill $!; echo "$x"' '*Running*'
}

@test "jobs of a job id" {
	check -p 'sleep 5 & a=$!; sleep 6 & jobs %1; kill $a $!' '*1*sleep 5*'
}

@test "jobs of an unknown job id fails" {
	check -n -e '[1-9]*' 'jobs %4 >/dev/null' ''
}

@test "jobs marks the current and the previous job" {
	check 'sleep 5 & sleep 5 & sleep 5 & jobs >f; kill %1 %2 %3 2>/dev/null; grep -c "^\[3\] *+" f; grep -c "^\[2\] *-" f; grep -c "^\[1\]  *[^-+]" f' $'1\n1\n1'
}

@test "jobs without jobs writes nothing" {
	check 'jobs; echo $?' '0'
}

@test "with monitor a background job has a process group of its own" {
	check -t -n 'set -m; sleep 5 & p=$!; g=$(ps -o pgid= -p $p | tr -d " "); test "$g" = $p && echo own; kill $p' 'own'
}

@test "without monitor a background job shares the group" {
	check -n 'sleep 5 & p=$!; g=$(ps -o pgid= -p $p | tr -d " "); h=$(ps -o pgid= -p $$ | tr -d " "); test "$g" = "$h" && echo same; kill $p' 'same'
}

@test "with monitor each foreground pipeline has a group of its own" {
	check -t -n 'set -m; h=$(ps -o pgid= -p $$ | tr -d " "); sh -c "ps -o pgid= -p \$\$" | tr -d " " >f; read g <f; test "$g" != "$h" && echo own' 'own'
}

@test "with monitor a background job's input is not taken from /dev/null" {
	check -n -i $'data\n' 'set -m; cat & wait $!' 'data'
}

@test "fg waits for a job and gives its status" {
	check -t -n 'set -m; (sleep 1; exit 3) & fg >/dev/null; echo $?' '3'
	check -t -n 'set -m; (sleep 1; exit 3) & (exit 4) & fg %1 >/dev/null; echo $?; wait' '3'
}

@test "fg writes the command" {
	check -t -n -p 'set -m; sleep 1 & fg' '*sleep 1*'
}

@test "fg without jobs fails" {
	check -t -n -e '[1-9]*' 'set -m; fg' ''
}

@test "fg and bg without monitor fail" {
	check -n -e '[1-9]*' 'sleep 0 & fg' ''
	check -n -e '[1-9]*' 'sleep 0 & bg' ''
}

@test "a stopped job is continued by bg" {
	check -t -n -p "$waits"'set -m; sh -c "kill -STOP \$\$; echo resumed" & stopped $!; jobs >f; grep -c Stopped f; bg >/dev/null; wait $!; echo $?' '1
resumed
0'
}

@test "a stopped job is continued by fg" {
	check -t -n "$waits"'set -m; sh -c "kill -STOP \$\$; echo resumed; exit 5" & stopped $!; fg >/dev/null; echo $?' $'resumed\n5'
}

@test "a foreground job that stops gives control back" {
	check -t -n -p 'set -m; sh -c "kill -STOP \$\$; echo resumed"; test $? -gt 128 && echo stopped; jobs | grep -c Stopped; fg >/dev/null' 'stopped
1
resumed'
}

@test "bg of a job that runs succeeds and without jobs fails" {
	check -t -n -e '[1-9]*' 'set -m; bg' ''
}

@test "a job id may be given by the beginning of its command or a part" {
	check -t -n 'set -m; sleep 5 & sleep 6 & kill "%?eep 6"; wait $!; kill -l $?; kill %1' 'TERM'
}

@test "monitor can be turned on and off" {
	check -t -n 'set -m; case $- in *m*) echo on ;; esac; set +m; case $- in *m*) ;; *) echo off ;; esac' $'on\noff'
}

@test "with monitor a subshell is no longer job-controlled by tty errors" {
	check -t -n 'set -m; (echo a); x=$(echo b); echo $x; { echo c; } | cat' $'a\nb\nc'
}

@test "an asynchronous subshell with a trap and wait" {
	check -n '(trap "exit 9" TERM; : >f; while :; do sleep 0.02; done) & p=$!; until [ -e f ]; do sleep 0.02; done; kill $p; wait $p; echo $?' '9'
}

@test "an interactive shell on a terminal has job control" {
	check -t -n -s -o -i $'case $- in *m*) echo on ;; esac\nsleep 5 & kill %1; wait %1; kill -l $?' $'on\nTERM'
}

@test "an interactive shell starts its foreground jobs in the foreground of the terminal" {
	check -t -n 'set -m; sh -c "ps -o pgid=,tpgid= -p \$\$" >f; read a b <f; test $a = $b && echo foreground' 'foreground'
}

@test "a background job is not in the foreground of the terminal" {
	check -t -n 'set -m; sh -c "ps -o pgid=,tpgid= -p \$\$" >f & wait; read a b <f; test $a != $b && echo background' 'background'
}

@test "the shell has its terminal back after a foreground job" {
	check -t -n 'set -m; sh -c :; ps -o pgid=,tpgid= -p $$ >f; sed 1d f >g; ps -o pgid= -p $$ >g; ps -o tpgid= -p $$ >h; (:); read a <g; echo $? $(test -n "$a" && echo ok)' '0 ok'
}

@test "a background job that reads the terminal stops" {
	check -t -n 'set -m; cat & p=$!; i=0; while [ $i -lt 400 ]; do case $(jobs %1) in *[Ss]topped*) echo stopped; break ;; esac; sleep 0.05; i=$((i+1)); done; kill -KILL $p' 'stopped'
}

@test "a pipeline under monitor is one job" {
	check -t -n 'set -m; sleep 5 | sleep 5 | sleep 5 & jobs | grep -c "^\["; kill %1; wait' '1'
}

@test "a job of a finished pipeline reports the status of its last command" {
	check -t -n 'set -m; true | (exit 3) & wait %1; echo $?' '3'
}

@test "a stopped foreground job gives a status of its signal" {
	check -t -n 'set -m; sh -c "kill -TSTP \$\$"; kill -l $?; kill -KILL %1' 'TSTP'
}

@test "current and previous jobs have names" {
	check -t -n 'set -m; (sleep 0.1; exit 3) & (sleep 0.1; exit 4) & wait %-; echo $?; wait %+; echo $?' $'3\n4'
}

@test "an unsuspended job can be killed by its signal while stopped" {
	check -t -n "$waits"'set -m; sh -c "kill -STOP \$\$; echo wrong" & stopped $!; kill -KILL %1; wait %1; kill -l $?' 'KILL'
}

@test "the process of an asynchronous pipeline is that of its last command" {
	check 'mkfifo f; : | { trap "echo trapped; exit 3" USR1; : >f; while :; do sleep 0.05; done; } & : <f; kill -USR1 $!; wait $!; echo $?' $'trapped\n3'
	check ': | exit 4 & wait $!; echo $?; set -o pipefail; exit 5 | : & wait $!; echo $?' $'4\n5'
	check 'echo in >i; cat - i | cat & wait; read x; echo "[$x]"' $'in\n[]'
}

@test "wait knows a job that was reported" {
	check -n -s -o '-im' $'mkfifo s\nexec >s && exit 17 &\np=$!\ncat s\n:\n:\n:\nwait $p; echo $?' '17'
}

@test "a subshell stops its shell and continues it" {
	check '(kill -STOP $$; s=$?; kill -s CONT $$; exit $s); echo $?' '0'
}

@test "an asynchronous list may set traps for what it ignores" {
	check -n '(trap "echo trapped" INT; $SH -c "kill -INT \$PPID"; trap - QUIT; $SH -c "kill -QUIT \$PPID"; echo wrong) & wait $!; kill -l $?' $'trapped\nQUIT'
}

@test "a child that has ended is no target of kill, its status is kept" {
	check '(exit 5) & p=$!; while kill -0 $p 2>/dev/null; do :; done; wait $p; echo $?' '5'
	check ': & while kill -s 0 $! 2>/dev/null; do :; done; echo gone' 'gone'
}

@test "wait -n waits for the next of its operands" {
	check 'sleep 30 & a=$!; (exit 3) & b=$!; (exit 4) & c=$!; wait $c; wait -n $a $b; echo $?; kill $a' '3'
	check '(exit 3) & wait; wait -n $!; echo $?' '127'
	check -n 'sleep 30 & wait -n 999999; echo $?; wait -n abc; echo $?; wait -n %9; echo $?; kill $!' $'127\n2\n127'
}
