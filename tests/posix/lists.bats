# SPDX-License-Identifier: GPL-3.0-or-later
# XCU 2.9.2 Pipelines, 2.9.3 Lists

load helper

@test "a pipeline connects output to input" {
	check 'echo a | cat; echo b | tr b c | tr c d' $'a\nd'
}

@test "a pipeline of built-ins, functions and compound commands" {
	check 'f() { read x; echo "f$x"; }; echo a | f | { read y; echo "g$y"; } | (read z; echo "h$z") | while read w; do echo "i$w"; done | if true; then cat; fi' 'ihgfa'
}

@test "the status of a pipeline is that of its last command" {
	check 'false | true; echo $?; true | false; echo $?; (exit 3) | (exit 4) | (exit 5); echo $?' $'0\n1\n5'
}

@test "all parts of a pipeline are waited for" {
	check '{ sleep 0.1; echo a >f; } | true; cat f' 'a'
}

@test "the pipe is connected before the redirections of a command" {
	check '{ echo out; echo err >&2; } 2>&1 | tr a-z A-Z' $'OUT\nERR'
	check 'echo a >f | cat; cat f; echo b | cat <f' $'a\na'
}

@test "each part of a pipeline but maybe the last is a subshell" {
	check -p 'x=1; x=2 | x=3 | cat; echo $x' '1'
	check 'x=1; { x=2; cd /; } | true; echo $x; test "$PWD" != / && echo same' $'1\nsame'
}

@test "exit in a part of a pipeline does not end the shell" {
	check 'exit 3 | cat; echo a; { exit 4; } | cat; echo b' $'a\nb'
}

@test "a pipeline part that ends early does not block the writer" {
	check 'yes | head -n 1; i=0; while :; do echo $i; i=$((i+1)); done 2>/dev/null | head -n 2' $'y\n0\n1'
}

@test "a large amount of data passes a pipeline" {
	check 'head -c 1000000 /dev/zero | cat | { cat; } | wc -c | tr -d " "' '1000000'
}

@test "newlines may follow a pipe" {
	check $'echo a |\n\n# comment\n  cat' 'a'
}

@test "an exclamation mark inverts the status" {
	check '! true; echo $?; ! false; echo $?; ! (exit 5); echo $?' $'1\n0\n0'
}

@test "an exclamation mark inverts a whole pipeline" {
	check '! true | false; echo $?; ! false | true; echo $?' $'0\n1'
}

@test "an exclamation mark works in lists and conditions" {
	check '! false && echo a; ! true || echo b; if ! false; then echo c; fi; while ! true; do :; done; ! { false; } && echo d' $'a\nb\nc\nd'
}

@test "an exclamation mark with a subshell and a blank" {
	check '! (false) && echo a; ! ( true ) || echo b' $'a\nb'
}

@test "an exclamation mark that is quoted or an argument is a word" {
	check -n -e 127 '\! true' ''
	check 'echo ! a' '! a'
}

@test "pipefail gives the last status that is not zero" {
	check 'set -o pipefail; false | true; echo $?; (exit 3) | (exit 4) | true; echo $?; true | true; echo $?; true | (exit 5); echo $?' $'1\n4\n0\n5'
}

@test "pipefail may be turned off" {
	check 'set -o pipefail; set +o pipefail; false | true; echo $?' '0'
}

@test "pipefail and an exclamation mark" {
	check 'set -o pipefail; ! false | true; echo $?; ! true | true; echo $?' $'0\n1'
}

@test "the pipefail in force is that when the pipeline began" {
	check 'set -o pipefail; false | { set +o pipefail; true; }; echo $?' '1'
	check 'false | { set -o pipefail; true; }; echo $?' '0'
}

@test "pipefail is inherited by a subshell" {
	check 'set -o pipefail; (false | true; echo $?); x=$(false | true); echo $?' $'1\n1'
}

@test "pipefail can be given at invocation" {
	check -o '-o pipefail' 'false | true; echo $?' '1'
}

@test "pipefail concerns a background pipeline" {
	check 'set -o pipefail; (exit 3) | true & wait $!; echo $?' '3'
}

@test "a semicolon and a newline run commands in turn" {
	check $'echo a; echo b\necho c;' $'a\nb\nc'
}

@test "the status of a sequential list is that of the last" {
	check -e 1 'true; false' ''
	check 'false; true' ''
}

@test "and runs the next after success only" {
	check 'true && echo a; false && echo wrong; echo $?; true && true && echo b' $'a\n1\nb'
}

@test "or runs the next after failure only" {
	check 'false || echo a; true || echo wrong; echo $?; false || false || echo b' $'a\n0\nb'
}

@test "and and or have the same precedence from the left" {
	check 'true || echo wrong && echo a; false && echo wrong || echo b; true && false || echo c; false || true && echo d; true || false && echo e; false && true || false && echo wrong; echo $?' $'a\nb\nc\nd\ne\n1'
}

@test "and binds tighter than semicolon and ampersand" {
	check 'false && echo wrong; echo a; false || echo b & wait' $'a\nb'
}

@test "pipes bind tighter than and and or" {
	check 'echo a | cat && echo b | cat || echo wrong' $'a\nb'
	check 'true | false || echo c' 'c'
}

@test "an and-or list in a condition" {
	check 'if true && ! false || false; then echo a; fi; while false || false; do :; done; until true && true; do :; done' 'a'
}

@test "newlines may follow and and or" {
	check $'true &&\n\necho a\nfalse ||\n# comment\necho b' $'a\nb'
}

@test "the status of an and-or list is that of the last command run" {
	check '(exit 3) && true; echo $?; (exit 4) || (exit 5); echo $?; true && (exit 6); echo $?' $'3\n5\n6'
}

@test "an ampersand runs a list in the background" {
	check '{ until [ -e f ]; do sleep 0.02; done; echo b; } & echo a; : >f; wait' $'a\nb'
}

@test "an ampersand gives status zero at once" {
	check 'false & echo $?; (exit 3) & echo $?; wait' $'0\n0'
}

@test "an ampersand takes a whole and-or list" {
	check 'true && { until [ -e f ]; do sleep 0.02; done; echo b; } & echo a; : >f; wait; false || echo c & wait' $'a\nb\nc'
}

@test "an ampersand takes only the last and-or list" {
	check 'echo a; echo b & wait; echo c' $'a\nb\nc'
}

@test "an ampersand separates commands on a line" {
	check 'true & true & echo a; wait; echo b & wait' $'a\nb'
}

@test "a background list runs in a subshell" {
	check 'x=1; x=2 & wait; echo $x; f() { y=3; cd /; }; f & wait; echo ${y-unset}; test "$PWD" != / && echo same' $'1\nunset\nsame'
}

@test "standard input of a background list is empty without job control" {
	check -i $'data\n' 'cat & wait; read x; echo "[$x]"' '[data]'
	check -i $'data\n' '{ read x; echo "[$x]"; } & wait; (cat; echo end) & wait' $'[]\nend'
	check -i $'data\n' 'f() { cat; }; f & wait; echo a | cat & wait' 'a'
}

@test "an explicit redirection of a background list's input overrides" {
	check -i $'data\n' 'exec 3<&0; cat <&3 & wait' 'data'
}

@test "a background list in a redirected group reads nothing without a redirection of its own" {
	check 'echo data >f; { cat & wait; } <f' ''
}

@test "the first part of a background pipeline reads nothing and others read the pipe" {
	check -i $'data\n' 'cat | { cat; echo end; } & wait' 'end'
}

@test "exclamation mark is the id of the background list's process" {
	check '{ sleep 0.01; exit 7; } & p=$!; wait $p; echo $?' '7'
	check 'true | (exit 3) & wait $!; echo $?' '3'
}

@test "background lists of external programs" {
	check '/bin/echo a & wait; sh -c "exit 4" & wait $!; echo $?' $'a\n4'
}

@test "a background list ignores interrupt and quit without job control" {
	check -p 'sh -c "kill -INT \$\$; kill -QUIT \$\$; echo alive" & wait' 'alive'
	check '{ $SH -c "kill -INT \$\$; echo alive"; } & wait' 'alive'
}

@test "a background subshell may set a trap for what was not ignored" {
	check '(trap "echo got; exit" TERM; echo ready >f; while :; do sleep 0.01; done) & until [ -s f ]; do sleep 0.01; done; kill $!; wait $!; echo $?' $'got\n0'
}

@test "many background lists are all waited for" {
	check 'i=0; while [ $i -lt 40 ]; do (echo $i >f$i) & i=$((i+1)); done; wait; set -- f*; echo $#' '40'
}

@test "a background list in a subshell, a function and a loop" {
	check '(echo a & wait); f() { echo b & wait; }; f; for i in c d; do echo $i & wait; done' $'a\nb\nc\nd'
}

@test "background lists do not hold up the end of the shell" {
	check 'sleep 5 >/dev/null 2>&1 & echo done' 'done'
}

@test "the exclamation mark is inherited by a subshell" {
	check 'true & a=$!; (test "$a" = "$!" && echo same); wait' 'same'
}
