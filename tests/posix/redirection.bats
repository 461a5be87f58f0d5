# SPDX-License-Identifier: GPL-3.0-or-later
# XCU 2.7 Redirection

load helper

@test "greater-than writes a file and truncates it" {
	check 'echo a long line >f; echo b >f; cat f' 'b'
}

@test "two greater-thans append and create" {
	check 'echo a >>f; echo b >>f; cat f' $'a\nb'
}

@test "less-than reads a file" {
	check 'echo a >f; cat <f; read x <f; echo $x' $'a\na'
}

@test "a redirection may stand anywhere in a simple command" {
	check '>f echo a b; echo >g c d; <f cat; cat g; ec=1 >h echo e; cat h' $'a b\nc d\ne'
	check 'echo a >f b >g c; cat f; cat g' 'a b c'
}

@test "redirections without a command open and create" {
	check '>f; test -f f && echo made; echo a >f; >f; cat f; >>f; <f; echo ok' $'made\nok'
}

@test "a redirection without a command does not read its input" {
	check -s $'</dev/null\necho ok' 'ok'
}

@test "blanks may follow the operator" {
	check $'echo a > f; cat < f; echo b >>\tf; cat f' $'a\na\nb'
}

@test "a descriptor number chooses the descriptor" {
	check 'echo a 1>f; { echo b >&2; } 2>>f; cat 0<f; exec 5>g; echo c >&5; exec 5>&-; cat g' $'a\nb\nc'
}

@test "each of the descriptors zero to nine may be used" {
	check 'for i in 3 4 5 6 7 8 9; do eval "exec $i>f$i; echo $i >&$i; exec $i>&-; cat f$i"; done' $'3\n4\n5\n6\n7\n8\n9'
}

@test "redirections are done from the left" {
	check 'echo a >f >g; cat f; cat g' 'a'
	check '{ echo out; echo err >&2; } >f 2>&1; cat f' $'out\nerr'
	check -E 'err' '{ { echo out; echo err >&2; } 2>&1 >f; } >&2; cat f' 'out'
}

@test "duplicating an output descriptor" {
	check '{ echo a >&3; } 3>&1; exec 4>&1; echo b >&4; { echo c 1>&4; } >/dev/null' $'a\nb\nc'
}

@test "duplicating an input descriptor" {
	check 'echo a >f; exec 3<f; cat <&3; echo b >f; { cat <&4; } 4<f' $'a\nb'
}

@test "a duplicated descriptor shares its offset" {
	check 'printf "a\nb\nc\n" >f; exec 3<f 4<&3; read x <&3; read y <&4; read z <&3; echo $x$y$z' 'abc'
	check 'exec 3>f 4>&3; echo a >&3; echo b >&4; echo c >&3; cat f' $'a\nb\nc'
}

@test "the descriptor of a duplication may come from an expansion" {
	check 'exec 5>&1; fd=5; echo a >&$fd; echo b >&$(echo 5); echo c >&"${fd}"' $'a\nb\nc'
}

@test "closing a descriptor" {
	check -d -e '[1-9]*' 'echo a >&-' ''
	check -d 'exec 3>f; exec 3>&-; echo a >&3 || echo closed' 'closed'
	check -d 'echo x >f; exec 3<f; exec 3<&-; read a <&3 || echo closed' 'closed'
}

@test "closing a descriptor that is not open is no error" {
	check 'echo a 7>&-; : 8<&-; exec 9>&-; echo ok' $'a\nok'
}

@test "a closed standard output makes echo fail" {
	check -n '(echo a >&-); test $? -ne 0 && echo failed' 'failed'
}

@test "duplicating a closed descriptor is an error" {
	check -d 'echo a >&7 || echo failed' 'failed'
	check -d 'cat <&7 || echo failed' 'failed'
}

@test "less-greater opens for reading and writing without truncating" {
	check 'echo abc >f; exec 3<>f; read x <&3; echo def >&3; echo $x; cat f' $'abc\nabc\ndef'
	check 'printf xyz >f; printf A 1<>f; cat f' 'Ayz'
	check 'cat <>new; test -f new && echo made' 'made'
}

@test "less-greater defaults to standard input" {
	check 'echo in >f; cat <>f' 'in'
}

@test "the redirections of a command do not last" {
	check 'echo a >f; echo b; { echo c; } >g; echo d; (echo e) >h; echo f; read x <f; read -r y </dev/null || echo eof' $'b\nd\nf\neof'
}

@test "the redirections of a built-in are undone after an error" {
	check -n 'cd /nosuchdir >f 2>&1; echo out; test -s f && echo text' $'out\ntext'
}

@test "exec makes redirections last" {
	check 'exec 3>&1 >f; echo a; exec >&3 3>&-; echo b; cat f' $'b\na'
	check 'echo x >f; exec <f; read y; echo $y' 'x'
}

@test "a redirection that cannot be opened is an error and the command does not run" {
	check -d 'echo wrong >/nosuchdir/f || echo failed' 'failed'
	check -d 'echo wrong </nosuchfile || echo failed' 'failed'
	check -d '/bin/echo wrong </nosuchfile || echo failed' 'failed'
	check -d -e '[1-9]*' '</nosuchfile' ''
}

@test "the status of a failed redirection is between 1 and 125" {
	check -d 'cat </nosuchfile; s=$?; test $s -ge 1 && test $s -le 125 && echo ok' 'ok'
}

@test "later redirections are not done after one that failed" {
	check -n 'echo a >/nosuchdir/f >g; test -f g || echo none' 'none'
}

@test "a failed redirection of a compound command does not run it" {
	check -n '({ echo wrong; } </nosuchfile); test $? -ne 0 && echo failed; (for i in 1; do echo wrong; done >/nosuchdir/f) ; test $? -ne 0 && echo failed' $'failed\nfailed'
}

@test "a failed redirection of a function does not run it" {
	check -n 'f() { echo wrong; }; (f >/nosuchdir/f); test $? -ne 0 && echo failed' 'failed'
}

@test "a failed redirection of a special built-in ends the shell" {
	check -d -e '[1-9]*' ': >/nosuchdir/f; echo wrong' ''
	check -d -e '[1-9]*' 'exec </nosuchfile; echo wrong' ''
	check -d -e '[1-9]*' 'set -f </nosuchfile; echo wrong' ''
}

@test "a failed redirection of another built-in does not end the shell" {
	check -d -p 'true </nosuchfile; echo $?; command : </nosuchfile; echo ok' '[1-9]*ok'
}

@test "noclobber refuses to overwrite a regular file" {
	check -d 'echo a >f; set -C; echo b >f || echo refused; cat f' $'refused\na'
}

@test "noclobber allows new files, appending, devices and the override" {
	check 'set -C; echo a >f; echo b >>f; echo c >/dev/null; echo d >|g; echo e >|g; cat f g' $'a\nb\ne'
	check 'set -o noclobber; mkfifo p; cat p & echo x >p; wait; set +C; echo a >f; echo b >f; cat f' $'x\nb'
}

@test "noclobber refuses a regular file through a symbolic link" {
	check -d 'echo a >f; ln -s f l; set -C; echo b >l || echo refused; cat f' $'refused\na'
}

@test "noclobber does not concern less-greater" {
	check 'echo abc >f; set -C; printf X 1<>f; cat f' 'Xbc'
}

@test "the override operator without noclobber truncates" {
	check 'echo a >f; echo b >|f; cat f' 'b'
}

@test "the target undergoes expansions but no splitting" {
	check 'x="a b"; echo y >$x; cat "a b"; echo z >"$x"; cat "a b"; HOME=$PWD; echo t >~/g; cat g; echo n >$((1+1)); cat 2; echo c >$(echo h); cat h' $'y\nz\nt\nn\nc'
}

@test "a quoted target is literal" {
	check "echo a >'x y'; echo b >\\\$f; echo c >\"*\"; cat 'x y' '\$f' '*'" $'a\nb\nc'
}

@test "an empty target is an error" {
	check -d 'echo a >"" || echo failed' 'failed'
}

@test "redirections on every compound command" {
	check 'if true; then echo a; fi >f1; while echo b; do break; done >f2; for i in c; do echo $i; done >f3; case x in x) echo d; esac >f4; { echo e; } >f5; (echo f) >f6; until echo g; do :; done >f7; cat f1 f2 f3 f4 f5 f6 f7' \
		$'a\nb\nc\nd\ne\nf\ng'
}

@test "several redirections on a compound command" {
	check 'echo in >i; { cat; echo err >&2; } <i >o 2>e; cat o e' $'in\nerr'
}

@test "redirections nest" {
	check '{ echo a; { echo b; echo c >h; } >g; echo d; } >f; cat f g h' $'a\nd\nb\nc'
}

@test "a variable assigned in a redirected group lasts" {
	check 'echo 5 >f; { read x; y=2; } <f; echo $x$y; while read z; do w=$z; done <f; echo $w' $'52\n5'
}

@test "cd in a redirected group does not change where the file is" {
	check 'mkdir d; { cd d; echo a; } >f; cd ..; cat f' 'a'
}

@test "a program inherits the descriptors of its redirections" {
	check '/bin/sh -c "echo a >&3" 3>f; cat f; exec 4>g; /bin/sh -c "echo b >&4"; exec 4>&-; cat g' $'a\nb'
}

@test "a program does not inherit descriptors the shell keeps for itself" {
	check -f 'exec ls /proc/self/fd' $'0\n1\n2\n3'
	check -f 'ls /proc/self/fd; { ls /proc/self/fd; } >f 2>&1; cat f' $'0\n1\n2\n3\n0\n1\n2\n3'
}

@test "a program does not inherit a descriptor that was closed" {
	check -n '/bin/sh -c "echo a >&3" 3>&- || echo failed; exec 3>f; /bin/sh -c "echo a >&3" 3>&- || echo failed' $'failed\nfailed'
}

@test "a function's redirections apply to its whole body" {
	check 'f() { echo a; /bin/echo b; }; f >g; cat g; h() { echo c; } >i; h; cat i' $'a\nb\nc'
}

@test "a function may redirect at its call and its definition" {
	check 'f() { echo o; } >g; f >h; cat g; cat h' 'o'
}

@test "a redirected loop in a pipeline" {
	check 'printf "a\nb\n" | while read x; do echo $x; done >f; cat f' $'a\nb'
}

@test "standard error to standard output and back" {
	check '{ echo e >&2; echo o; } 2>&1 | sort' $'e\no'
	check '{ { echo o; echo e >&2; } 3>&1 1>&2 2>&3 3>&-; } 2>f; cat f' $'e\no'
}

@test "swapping descriptors leaves them in place afterwards" {
	check -E 'err2' '{ echo out; echo err >&2; } 3>&1 >&2 2>&3 2>/dev/null >/dev/null; echo out2; echo err2 >&2' 'out2'
}

@test "appending writes at the end whatever the offset" {
	check 'exec 3>>f; echo a >&3; echo b >>f; echo c >&3; cat f' $'a\nb\nc'
}

@test "reading and writing one descriptor in a loop" {
	check 'printf "1\n2\n3\n" >f; while read x; do echo $x; done <f >g; cat g; n=0; while read x <&3; do n=$((n+x)); done 3<f; echo $n' $'1\n2\n3\n6'
}

@test "a redirection to the same descriptor is no change" {
	check 'echo a >&1; echo b 1>&1; echo in >f; cat <f 0<&0' $'a\nb\nin'
}

@test "an ambiguous word after a duplication is an error" {
	check -n '(echo a >&nosuch/file/x); test $? -ne 0 && echo failed' 'failed'
}

@test "exec with only a redirection does not end the shell" {
	check 'exec 3>f; exec; echo on' 'on'
}

@test "a directory cannot be written" {
	check -d 'echo a >. || echo failed' 'failed'
}

@test "a file without permission cannot be opened" {
	[ "$(id -u)" != 0 ] || skip "root may open everything"
	check -d 'echo a >f; chmod 0 f; cat <f || echo failed' 'failed'
}

@test "new files get the mode of the umask" {
	check 'umask 027; >f; umask 0; >g; ls -l f g | cut -c1-10' $'-rw-r-----\n-rw-rw-rw-'
}

@test "a redirected background command" {
	check 'echo a >f & wait; cat f; cat <f >g & wait $!; cat g' $'a\na'
}

@test "expansion side effects in redirections of the shell itself last" {
	check ': >${x=f}; echo $x; echo a >${y=g}; echo $y' $'f\ng'
}

@test "a redirection in a substitution and an assignment-only command" {
	check 'x=1 >f; echo $x; test -f f && echo made; y=$(echo a >g; cat g) 2>/dev/null; echo $y' $'1\nmade\na'
}

@test "a failed redirection of an assignment is an error of the command" {
	check -n '(x=1 </nosuchfile); test $? -ne 0 && echo failed' 'failed'
}

@test "a broken pipe or full device is reported by built-ins" {
	check -d '{ echo a || echo failed >&3; } 3>&1 >/dev/full' 'failed'
	check -d '{ printf a || echo failed >&3; } 3>&1 >/dev/full' 'failed'
	check -d '{ pwd || echo failed >&3; } 3>&1 >/dev/full' 'failed'
}

@test "a descriptor above nine in a program's inheritance is not leaked" {
	check -f '{ { /bin/sh -c "ls /proc/self/fd | tr \"\n\" \" \""; } 2>&1; } 2>/dev/null' '0 1 2 3 '
}

@test "exec of descriptors in a subshell stays there" {
	check '(exec >f; echo a); echo b; cat f' $'b\na'
}

@test "the error of a redirection goes where standard error was before" {
	check '{ echo a >/nosuchdir/f; } 2>e; test -s e && echo text' 'text'
	check -n -p 'echo a 2>e </nosuchfile; test -s e; echo $?' '[01]'
}

@test "the words of redirections without a command are expanded in a subshell environment" {
	check -n '>${x=file}; ls; echo ${x-unset}' $'file\nunset'
	check '<<-END
	${x=foo}$((y = 1))
	END
	echo ${x-unset} ${y-unset}' 'unset unset'
	check -e 3 '>/dev/null$(exit 3)' ''
	check -d -e '[1-9]*' '>${x?}
	echo no' ''
}

@test "the shell's own descriptors by the names of the system" {
	check 'echo a >/dev/fd/1 | cat; echo b >/proc/self/fd/1 | cat; x=$(echo c >/dev/stdout); echo $x' $'a\nb\nc'
	check 'exec 3<<-END
	here
	END
	cat </proc/self/fd/3' 'here'
}
