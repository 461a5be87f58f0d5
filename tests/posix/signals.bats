# SPDX-License-Identifier: GPL-3.0-or-later
# XCU 2.12 Signals: the actions of the shell, its subshells and its programs

load helper

# In each kind of place, a command that sends SIG to the shell process running it.
# The process is found through a child's parent.
suicide='$SH -c "kill -$s \$PPID"'

@test "fatal signals end a shell that is not interactive" {
	check -n "for s in HUP INT QUIT ALRM TERM USR1 USR2 PIPE; do \$SH -c \"kill -\$s \\\$\\\$; echo wrong\"; kill -l \$?; done" $'HUP\nINT\nQUIT\nALRM\nTERM\nUSR1\nUSR2\nPIPE'
}

@test "signals that are ignored by default do nothing" {
	check "for s in CHLD URG WINCH CONT; do \$SH -c \"kill -\$s \\\$\\\$; echo \$s\"; done" $'CHLD\nURG\nWINCH\nCONT'
}

@test "fatal signals end a subshell" {
	check -n "for s in HUP INT QUIT ALRM TERM USR1 USR2; do ($suicide; sleep 1; echo wrong); kill -l \$?; done" $'HUP\nINT\nQUIT\nALRM\nTERM\nUSR1\nUSR2'
}

@test "fatal signals end a program" {
	check -n 'for s in HUP INT QUIT ALRM TERM USR1 USR2 PIPE; do sh -c "kill -$s \$\$; echo wrong"; kill -l $?; done' $'HUP\nINT\nQUIT\nALRM\nTERM\nUSR1\nUSR2\nPIPE'
}

@test "ignored signals are ignored by the shell, subshells and programs" {
	check "for s in HUP INT QUIT ALRM TERM USR1 USR2 PIPE TSTP TTIN TTOU; do trap '' \$s; kill -\$s \$\$; ($suicide); x=\$($suicide); sh -c \"kill -\$s \\\$\\\$; echo \$s\"; done" \
		$'HUP\nINT\nQUIT\nALRM\nTERM\nUSR1\nUSR2\nPIPE\nTSTP\nTTIN\nTTOU'
}

@test "trapped signals are default in programs" {
	check -n 'for s in HUP INT QUIT ALRM TERM USR1 USR2 PIPE; do trap "echo trapped >&2" $s; sh -c "kill -$s \$\$; echo wrong"; kill -l $?; done' $'HUP\nINT\nQUIT\nALRM\nTERM\nUSR1\nUSR2\nPIPE'
}

@test "trapped signals are default in subshells" {
	check -n "for s in HUP INT QUIT ALRM TERM USR1 USR2; do trap 'echo trapped' \$s; ($suicide; sleep 1; echo wrong); kill -l \$?; done" $'HUP\nINT\nQUIT\nALRM\nTERM\nUSR1\nUSR2'
}

@test "traps of a subshell act in it" {
	check "for s in HUP INT QUIT ALRM TERM USR1 USR2; do (trap \"echo \$s\" \$s; $suicide); done" $'HUP\nINT\nQUIT\nALRM\nTERM\nUSR1\nUSR2'
}

@test "interrupt and quit are ignored in a background list" {
	check 'for s in INT QUIT; do sh -c "kill -$s \$\$; echo $s" & wait $!; done' $'INT\nQUIT'
	check "for s in INT QUIT; do ($suicide; echo \$s) & wait \$!; done" $'INT\nQUIT'
	check 'for s in INT QUIT; do true | sh -c "kill -$s \$\$; echo $s" & wait $!; done' $'INT\nQUIT'
}

@test "other signals end a background list" {
	check -n 'for s in HUP ALRM TERM USR1 USR2; do sh -c "kill -$s \$\$; echo wrong" & wait $!; kill -l $?; done' $'HUP\nALRM\nTERM\nUSR1\nUSR2'
	check -n "for s in HUP ALRM TERM USR1 USR2; do ($suicide; sleep 1; echo wrong) & wait \$!; kill -l \$?; done" $'HUP\nALRM\nTERM\nUSR1\nUSR2'
}

@test "with monitor interrupt and quit end a background list" {
	check -t -n 'set -m; for s in INT QUIT; do sh -c "kill -$s \$\$; echo wrong" & wait $!; kill -l $?; done' $'INT\nQUIT'
}

@test "with a trap interrupt and quit stay ignored in a background program" {
	check 'trap "echo trapped" INT QUIT; for s in INT QUIT; do sh -c "kill -$s \$\$; echo $s" & wait $!; done' $'INT\nQUIT'
}

@test "signals ignored on entry stay ignored in all places" {
	check "trap '' USR1 TERM; \$SH -c 'kill -USR1 \$\$; (\$SH -c \"kill -TERM \\\$PPID\"); sh -c \"kill -USR1 \\\$\\\$; echo alive\"'" 'alive'
}

@test "signals ignored on entry stay ignored after a reset" {
	check "trap '' USR1; \$SH -c 'trap - USR1; sh -c \"kill -USR1 \\\$\\\$; echo alive\"'" 'alive'
}

@test "an interactive shell does not die of terminal signals" {
	check -n -s -o '-i +m' $'kill -TERM $$\nkill -QUIT $$\necho alive' 'alive'
}

@test "an interactive shell with job control ignores stops" {
	check -t -n -s -o '-i' $'kill -TSTP $$\nkill -TTIN $$\nkill -TTOU $$\necho alive' 'alive'
}

@test "programs of an interactive shell have default actions" {
	check -n -s -o '-i +m' $'for s in QUIT TERM; do sh -c "kill -$s \\$\\$; echo wrong"; kill -l $?; done' $'QUIT\nTERM'
}

@test "an interrupt ends the foreground command list of an interactive shell" {
	check -n -s -o '-i +m' $'kill -INT $$; echo wrong\necho next' 'next'
}

@test "a stop and continue of a subshell is invisible without monitor" {
	check '(sleep 0.05; echo a) & p=$!; kill -STOP $p; kill -CONT $p; wait $p; echo $?' $'a\n0'
}

@test "the shell survives a signal while it waits for a program" {
	check 'trap "echo trapped" USR1; sh -c "kill -USR1 $$; sleep 0.1; echo child"; echo after' $'child\ntrapped\nafter'
}

@test "traps that came during a program run in order of the signals or all" {
	check 'trap "echo u1" USR1; trap "echo u2" USR2; sh -c "kill -USR1 $$; kill -USR2 $$" ; echo end' $'u1\nu2\nend'
}

@test "a trap during a substitution runs after it" {
	check 'trap "echo trapped" USR1; x=$(kill -USR1 $$; echo inner); echo $x' $'trapped\ninner'
}

@test "a signal sent by a pipeline's part to the shell is trapped" {
	check 'trap "echo trapped" USR1; kill -USR1 $$ | cat; { kill -USR1 $$; } | cat; echo end' $'trapped\ntrapped\nend'
}

@test "a child's death by signal in a pipeline counts for its status" {
	check -n 'true | sh -c "kill -TERM \$\$"; kill -l $?; sh -c "kill -TERM \$\$" | true; echo $?' $'TERM\n0'
}

@test "a signal to the process group reaches all of a pipeline" {
	check -t -n 'set -m; sleep 5 | sleep 5 & kill -TERM %1; wait; echo ended' 'ended'
}

@test "an exit status of a killed program can be passed on" {
	check -n -e 143 'sh -c "kill -TERM \$\$"' ''
	check -n -e 143 'sh -c "kill -TERM \$\$"; exit' ''
	check -n -e 143 'sh -c "kill -TERM \$\$"; exit $?' ''
}

@test "the exit trap runs when a trapped signal ends the shell" {
	check -e 3 'trap "echo exit" EXIT; trap "exit 3" INT; kill -INT $$; echo wrong' 'exit'
}

@test "a broken pipe ends a built-in writer quietly" {
	check -n '{ while echo y; do :; done; } | head -n 1' 'y'
}

@test "a shell that ignores CHLD, or was started so, still learns how its children ended" {
	check 'trap "" CHLD; sh -c "exit 3"; echo $?; (exit 4) & wait $!; echo $?; x=$(sh -c "exit 5"); echo $?' $'3\n4\n5'
	check '(trap "" CHLD; exec "$SH" -c "sh -c \"exit 3\"; echo \$?; (exit 4) & wait \$!; echo \$?")' $'3\n4'
}

@test "a stop signal that a trap ignores is ignored in a job too" {
	check -t -n 'set -m; trap "" TSTP TTOU; "$SH" -c "kill -TSTP \$\$; kill -TTOU \$\$; echo went on"' 'went on'
}

@test "what an ignored signal is to a job was settled when the shell started" {
	check -t -n '(trap "" INT TSTP; exec "$SH" -c "set -m; (trap - INT; \$SH -c \"kill -INT \\\$\\\$; echo int\"); \$SH -c \"kill -TSTP \\\$\\\$; echo tstp\"")' $'int\ntstp'
}

@test "a default action set again is the default in what a job's subshell executes" {
	check -t -n 'set -m; trap - TSTP; (exec "$SH" -c "kill -TSTP \$\$; echo went on"); echo stopped; fg >/dev/null' $'stopped\nwent on'
}

@test "an interactive shell may trap and reset what was ignored when it started" {
	check -n '(trap "" USR1; exec "$SH" -i +m -c "trap \"echo trapped\" USR1; kill -USR1 \$\$; trap - USR1; \$SH -c \"kill -USR1 \\\$\\\$; echo wrong\"; kill -l \$?")' $'trapped\nUSR1'
	check -n '(trap "" USR1; exec "$SH" -i +m -c "(trap - USR1; \$SH -c \"kill -USR1 \\\$\\\$; echo wrong\"; kill -l \$?)")' 'USR1'
	check -n '(trap "" USR1; exec "$SH" -i +m -c "\$SH -c \"kill -USR1 \\\$\\\$; echo ignored\"")' 'ignored'
}

@test "a subshell of an interactive shell resets what a trap of the shell ignores" {
	check -n -o '-i +m' 'trap "" INT; (trap - INT; "$SH" -c "kill -INT \$\$; echo wrong"; kill -l $?)' 'INT'
}

@test "an interactive shell's trap for INT is not for a child that INT ended" {
	check -n -o '-i +m' 'trap "echo wrong" INT; "$SH" -c "kill -INT \$\$"; kill -l $?' 'INT'
	check -t -n -o '-i -m' 'trap "echo wrong" INT; "$SH" -c "kill -INT \$\$"; kill -l $?' 'INT'
}
