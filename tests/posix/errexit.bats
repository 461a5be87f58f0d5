# SPDX-License-Identifier: GPL-3.0-or-later
# set -e, in every context of XCU 2.15 set

load helper

# With errexit, $1 must end the shell with status $2 (default 1).
ends() {
	check -n -e "${2:-1}" "set -e
$1
echo wrong" ''
}

# With errexit, the shell must reach the end of $1.
lives() {
	check "set -e
$1
echo end" 'end'
}

@test "errexit ends the shell when a simple command fails" {
	ends 'false'
	ends '(exit 3)' 3
	ends 'sh -c "exit 4"' 4
	ends 'true; true; false; true'
}

@test "errexit ends the shell when a command is not found" {
	ends 'nosuchcommandx' 127
}

@test "errexit ends the shell when an assignment's substitution fails" {
	ends 'x=$(exit 3)' 3
	ends 'x=$(true) y=$(false)'
}

@test "errexit does not concern a failing substitution in an argument" {
	lives ': $(false); x=$(false)$(true)'
}

@test "errexit ends the shell when a redirection fails" {
	ends 'true </nosuchfile' '[1-9]*'
	ends '</nosuchfile' '[1-9]*'
}

@test "errexit ends the shell when a pipeline's last command fails" {
	ends 'true | false'
	lives 'false | true'
}

@test "errexit with pipefail ends the shell when any part fails" {
	ends 'set -o pipefail; false | true'
}

@test "errexit is ignored in the condition of if and elif" {
	lives 'if false; then :; elif false; then :; fi'
	lives 'if false; true; then :; fi'
	lives 'if (false; true); then :; else echo wrong; fi'
}

@test "errexit is ignored in the condition of while and until" {
	lives 'while false; do :; done; until false; true; do :; done'
	lives 'until (false; true); do echo wrong; done'
}

@test "errexit works in the branches and bodies" {
	ends 'if true; then false; fi'
	ends 'if false; then :; else false; fi'
	ends 'while true; do false; done'
	ends 'until false; do false; done'
	ends 'for i in 1 2; do false; done'
	ends 'case a in a) false; echo wrong ;; esac'
	ends '{ false; echo wrong; }'
}

@test "errexit is ignored before and and or" {
	lives 'false && true'
	lives 'false || true'
	lives 'true && false || true'
	lives 'false && false && true'
	lives '{ false; true; } && true'
}

@test "errexit works for the last command of an and-or list" {
	ends 'true && false'
	ends 'false || false'
	ends 'true && (exit 3)' 3
}

@test "errexit is ignored after an exclamation mark" {
	lives '! true'
	lives '! false'
	lives '! { false; true; }'
	lives '! (false; true) || :'
}

@test "errexit is ignored in a function called in a condition" {
	lives 'f() { false; true; }; if f; then :; fi; f && :; f || :; ! f; while ! f; do :; done'
	check "set -e; f() { false; echo reached; }; if f; then :; fi; f && echo and" $'reached\nreached\nand'
}

@test "errexit works in a function called plainly" {
	ends 'f() { false; echo wrong; }; f'
	ends 'f() { true; return 3; }; f' 3
}

@test "errexit works in eval and a dot script" {
	ends 'eval "false; echo wrong"'
	ends 'echo "false; echo wrong" >f; . ./f'
	ends 'eval false'
}

@test "errexit is ignored in eval and a dot script in a condition" {
	check 'set -e; echo "false; echo reached" >f; if . ./f; then :; fi; eval "false; echo reached" && echo and' $'reached\nreached\nand'
}

@test "errexit ends a subshell and then the shell" {
	ends '(false; echo wrong)'
	ends '(exit 5; echo wrong)' 5
	check -n 'set -e; (false; echo inside) || echo caught' 'inside'
}

@test "errexit is ignored inside a subshell in a condition" {
	check 'set -e; if (false; echo inside); then echo yes; fi' $'inside\nyes'
	check 'set -e; (false; echo inside) && echo and' $'inside\nand'
	check 'set -e; ! (false; echo inside) || :' 'inside'
}

@test "errexit in a subshell of a failing list does not act twice" {
	lives '(false && true) || true'
	ends '(false && true)'
}

@test "errexit sees a compound command that failed only by an ignored command" {
	lives '{ false && true; }'
	lives 'if true; then false && true; fi'
	lives 'for i in 1; do false && true; done'
	lives 'case a in a) false && true ;; esac'
	lives 'while :; do false && true; break; done'
}

@test "errexit ends the shell when a function fails only by an ignored command" {
	check -n -p -e '[01]' 'set -e; f() { false && true; }; f; echo on' '?(on)'
}

@test "errexit works in a substitution" {
	check -n -p 'set -e; x=$(false; echo inside) || echo caught; echo "[$x]"' '*'
	ends 'x=$(false; true; exit 4)' '[14]'
}

@test "errexit does not concern a background list" {
	lives 'false & wait'
	lives '(exit 3) & true'
}

@test "errexit concerns wait" {
	ends 'false & wait $!'
	ends '(exit 3) & wait $!' 3
}

@test "errexit inside a background list ends it" {
	check 'set -e; { false; echo wrong; } & wait $! || echo caught' 'caught'
}

@test "errexit in a part of a pipeline ends that part" {
	check 'set -e; { echo a; false; echo wrong; } | cat; echo end' $'a\nend'
}

@test "errexit runs the exit trap" {
	check -e 3 'trap "echo bye \$?" EXIT; set -e; (exit 3); echo wrong' 'bye 3'
}

@test "errexit in a trap action" {
	check -e 1 'set -e; trap "false; echo wrong" USR1; kill -USR1 $$; echo wrong' ''
}

@test "errexit may be turned off and on" {
	check -e 1 'set -e; set +e; false; echo a; set -e; false; echo wrong' 'a'
}

@test "errexit given at invocation and by name" {
	check -o '-e' -e 1 'false; echo wrong' ''
	check -o '-o errexit' -e 1 'false; echo wrong' ''
	check -e 1 'set -o errexit; false; echo wrong' ''
}

@test "errexit turned on inside a condition takes effect after it" {
	check -e 1 'if set -e; false; then :; fi; echo a; false; echo wrong' 'a'
}

@test "errexit does not act on a failing test in while with break" {
	lives 'while :; do [ a = b ] && break || break; done'
}

@test "errexit acts on built-ins" {
	ends 'cd /nosuchdir' '[1-9]*'
	ends '[ a = b ]'
	ends 'read x </dev/null'
	ends 'unalias nosuchaliasx' '[1-9]*'
}

@test "errexit through command" {
	ends 'command false'
	lives 'command false || true'
}

@test "errexit with an exec failure and a return" {
	ends 'f() { return 1; }; f; echo wrong'
	lives 'f() { return 1; }; f || true'
}

@test "errexit of a function in a pipeline" {
	check 'set -e; f() { false; echo wrong; }; f | cat; echo end' 'end'
}

@test "errexit in a nested condition keeps being ignored" {
	check 'set -e; f() { g; echo f; }; g() { false; echo g; }; if f; then echo yes; fi' $'g\nf\nyes'
	check 'set -e; if { (false; echo a); { false; echo b; }; }; then echo yes; fi' $'a\nb\nyes'
}

@test "errexit does not act on a case or loop that ended well" {
	lives 'case a in b) false ;; esac; for i in; do false; done; if false; then :; fi'
}
