# SPDX-License-Identifier: GPL-3.0-or-later
# XCU 2.13 Shell execution environment

load helper

@test "a program does not change the shell's environment" {
	check 'x=1; export x; sh -c "x=2; cd /; umask 0; exit 0"; echo $x; test "$PWD" != / && echo same' $'1\nsame'
}

@test "a program gets exported variables only" {
	check 'a=1; export b=2; sh -c "echo \"\$a\$b\""' '2'
}

@test "a program gets the working directory and the umask" {
	check 'umask 022; cd /usr; umask 027; sh -c "pwd; umask -S"' $'/usr\nu=rwx,g=rx,o='
}

@test "a subshell has copies of variables, functions, options, traps and parameters" {
	check 'x=1; set a b; f() { echo f; }; (x=2; set c; f() { echo g; }; f; echo $x $*); f; echo $x $*' $'g\n2 c\nf\n1 a b'
}

@test "every kind of subshell leaves the parent alone" {
	check 'x=1; (x=2); echo $(x=3) $x; x=4 | x=5 | cat; { x=6; } & wait; echo $x' $'1\n1'
}

@test "a subshell in a subshell leaves its parent alone" {
	check 'x=1; (x=2; (x=3; cd /; umask 077); echo $x; test "$PWD" != / && echo same); echo $x' $'2\nsame\n1'
}

@test "a working directory changed in nested subshells comes back" {
	check 'mkdir -p a/b; (cd a; (cd b; echo ${PWD##*/}; ls -d ../b); echo ${PWD##*/}; ls); echo ${PWD##*/}; ls' $'b\n../b\na\nb\ncwd\na'
}

@test "a working directory changed in a substitution comes back" {
	check 'mkdir a; >a/f; x=$(cd a && ls); echo $x; ls; y=$(cd a; z=$(cd ..; echo *); echo * $z); echo $y' $'f\na\nf a'
}

@test "an error in a subshell after cd still comes back" {
	check -n 'mkdir a; (cd a; echo ${x?}); ls; (cd a; exit 3); ls; x=$(cd a; readonly r=1; r=2); ls' $'a\na\na'
}

@test "loops, break and return around subshells with cd come back" {
	check 'mkdir a b; for d in a b; do (cd $d; pwd | sed "s,.*/,,"); done; for d in a b; do (cd $d); continue; done; f() { (cd a; return 3); echo $?; }; f; ls' $'a\nb\n3\na\nb'
}

@test "descriptors of the parent are seen in a subshell and new ones do not last" {
	check -n 'exec 3>f; (echo a >&3; exec 4>g); cat f; { echo x >&4; } 2>/dev/null || echo closed' $'a\nclosed'
	check 'exec 3>f; (exec 3>g; echo in >&3); echo out >&3; cat f g' $'out\nin'
}

@test "closing a descriptor in a subshell does not close the parent's" {
	check 'exec 3>f; (exec 3>&-); echo a >&3; x=$(exec 3>&- 1>&2); echo b >&3; cat f' $'a\nb'
}

@test "a background list in a subshell belongs to it" {
	check '(sleep 0.05 & wait; echo done); wait; echo end' $'done\nend'
}

@test "readonly and exported marks are inherited by a subshell" {
	check -n 'readonly r=1; export e=2; (r=3) || echo ro; (env | grep ^e=); x=$(r=3; echo wrong); echo "[$x]"' $'ro\ne=2\n[]'
}

@test "positional parameters shifted in a subshell come back" {
	check 'set a b c; (shift; echo $*); echo $*; x=$(shift 2; echo $*); echo $x $*' $'b c\na b c\nc a b c'
}

@test "OPTIND of a subshell does not change the parent's" {
	check 'set -- -a -b -c; getopts abc o; (getopts abc o; echo $o; getopts abc o; echo $o); getopts abc o; echo $o' $'b\nc\nb'
}

@test "an alias made or removed in a subshell does not last" {
	check $'alias a="echo x"\n(unalias a; alias b=c)\na\nalias b 2>/dev/null || echo none' $'x\nnone'
}

@test "a function made or removed in a subshell does not last" {
	check -n 'f() { echo f; }; (unset -f f; g() { :; }); f; g || echo none; x=$(f() { echo inner; }; f); f; echo $x' $'f\nnone\nf\ninner'
}

@test "a hash made in a subshell is harmless" {
	check '(hash cat); (cat /dev/null); hash -r; cat /dev/null; echo ok' 'ok'
}

@test "a limit changed in a subshell does not last" {
	check 'a=$(ulimit -n); (ulimit -n 30); test "$(ulimit -n)" = $a && echo same' 'same'
}

@test "variables set in nested substitutions do not leak" {
	check 'x=0; y=$(x=1; z=$(x=2; echo $x); echo $x$z); echo $x$y' '012'
}

@test "a variable unset in a subshell is still set" {
	check 'x=1; (unset x; echo "${x-unset}"); echo $x; y=$(unset x; echo "${x-unset}"); echo $x$y' $'unset\n1\n1unset'
}

@test "IFS changed in a subshell does not last" {
	check 'x=a:b; (IFS=:; set -- $x; echo $#); set -- $x; echo $#; y=$(IFS=:; set -- $x; echo $#); set -- $x; echo $#$y' $'2\n1\n12'
}

@test "local variables are seen in subshells of the function" {
	check 'f() { local x=2; (echo $x; x=3); echo $x $(echo $x; x=4); }; x=1; f; echo $x' $'2\n2 2\n1'
}

@test "a trap set in a function called in a substitution stays there" {
	check 'f() { trap "echo t" EXIT; echo f; }; x=$(f); echo $x; trap' 'f t'
}

@test "the last background process id of a subshell does not reach the parent" {
	check 'true & a=$!; (true & wait); test $! = $a && echo same; x=$(true & wait); test $! = $a && echo same; wait' $'same\nsame'
}

@test "exit in the middle of redirections of a subshell leaves descriptors right" {
	check '({ { exit 3; } >f; } >g); echo $?; x=$({ exit 4; } >f); echo $?; echo out' $'3\n4\nout'
	check 'f() { { return 3; } >f; }; f; echo $?; for i in 1; do { break; } >g; done; echo out' $'3\nout'
}

@test "a substitution in a redirected built-in writes where it should" {
	check -n 'x=$(echo a; echo b >f); echo $x; cat f' $'a\nb'
}

@test "standard output redirected with exec in a substitution goes there" {
	check 'x=$(exec >f; echo a); echo "[$x]"; cat f' $'[]\na'
	check 'exec 3>&1; x=$(exec >&3; echo a); echo "[$x]"' $'a\n[]'
}

@test "standard error of a subshell can be captured" {
	check -n 'x=$( (nosuchcommandx) 2>&1 ); case $x in *nosuchcommandx*) echo ok ;; esac' 'ok'
}

@test "input is shared between shell, subshells and programs" {
	check -i $'1\n2\n3\n4\n5\n' 'read a; (read b; echo $b); x=$(read c; echo $c); sh -c "read d; echo \$d"; read e; echo $a $x $e' $'2\n4\n1 3 5'
}

@test "a thousand subshells leave nothing behind" {
	check 'i=0; while [ $i -lt 1000 ]; do (x=$i; cd /; exec 5>/dev/null); i=$((i+1)); done; n=$(ls /proc/$$/fd | wc -l); test $n -lt 12 && echo ok' 'ok'
}

@test "PPID and the process id do not change in a subshell" {
	check 'a=$$.$PPID; b=$(echo $$.$PPID); (test $a = $b && test $a = $$.$PPID && echo same)' 'same'
}

@test "environment variables set for a function do not stay exported in a subshell" {
	check 'f() { (env | grep ^x=); }; x=1 f' 'x=1'
}

@test "a large environment passes through" {
	check 'x=$(head -c 50000 /dev/zero | tr "\0" y); export x; sh -c "echo \${#x}"' '50000'
}
