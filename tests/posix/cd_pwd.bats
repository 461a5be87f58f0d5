# SPDX-License-Identifier: GPL-3.0-or-later
# cd, pwd

load helper

@test "cd changes the working directory, PWD and OLDPWD" {
	check 'mkdir d; a=$PWD; cd d; test "$PWD" = "$a/d" && test "$OLDPWD" = "$a" && test "$(pwd -P)" = "$(/bin/pwd -P)" && echo ok' 'ok'
}

@test "cd without operand goes to HOME" {
	check 'mkdir h; HOME=$PWD/h; cd; echo ${PWD##*/}' 'h'
}

@test "cd without operand and HOME fails" {
	check -d 'unset HOME; cd || echo failed' 'failed'
}

@test "cd - goes back and writes the directory" {
	check 'cd /; cd /usr; cd -; echo $PWD $OLDPWD; cd - >/dev/null; echo $PWD' $'/\n/ /usr\n/usr'
}

@test "cd - without OLDPWD fails" {
	check -d 'unset OLDPWD; cd - || echo failed' 'failed'
}

@test "cd to an absolute directory" {
	check 'cd /usr/bin; echo $PWD; cd /; echo $PWD' $'/usr/bin\n/'
}

@test "cd to dot and dotdot" {
	check 'cd /usr/bin; cd .; echo $PWD; cd ..; echo $PWD; cd ../usr/./bin/..; echo $PWD; cd ..; echo $PWD' $'/usr/bin\n/usr\n/usr\n/'
}

@test "cd simplifies slashes" {
	check 'cd /usr//bin///; echo $PWD; cd /usr/; echo $PWD; cd ..//usr/./; echo $PWD' $'/usr/bin\n/usr\n/usr'
}

@test "cd follows symbolic links logically by default" {
	check 'mkdir -p a/b; ln -s a/b l; p=$PWD; cd l; test "$PWD" = "$p/l" && cd .. && test "$PWD" = "$p" && echo ok' 'ok'
	check 'mkdir -p a/b; ln -s a/b l; p=$PWD; cd -L l/..; test "$PWD" = "$p" && echo ok' 'ok'
}

@test "cd -P resolves symbolic links" {
	check 'mkdir -p a/b; ln -s a/b l; p=$(pwd -P); cd -P l; test "$PWD" = "$p/a/b" && cd -P .. && test "$PWD" = "$p/a" && echo ok' 'ok'
	check 'mkdir -p a/b; ln -s a/b l; p=$(pwd -P); cd -P l/..; test "$PWD" = "$p/a" && echo ok' 'ok'
}

@test "the last of -L and -P wins" {
	check 'mkdir d; ln -s d l; cd -P -L l; echo ${PWD##*/}; cd ..; cd -LP l; echo ${PWD##*/}' $'l\nd'
}

@test "cd to a directory that does not exist fails and stays" {
	check -d 'p=$PWD; cd nosuchdir || test "$PWD" = "$p" && echo stayed' 'stayed'
}

@test "cd to a file fails" {
	check -d '>f; cd f || echo failed' 'failed'
}

@test "cd through a directory that does not exist fails" {
	check -d 'mkdir d; cd nosuchdir/../d || echo failed' 'failed'
}

@test "cd to an empty operand fails" {
	check -d 'cd "" || echo failed' 'failed'
}

@test "cd searches CDPATH and writes where it went" {
	check 'mkdir -p a/x b/y; p=$PWD; CDPATH=$PWD/a:$PWD/b; cd y >out; test "$(cat "$p/out")" = "$p/b/y" && test "$PWD" = "$p/b/y" && echo ok' 'ok'
}

@test "an empty element of CDPATH is the working directory and writes nothing" {
	check 'mkdir -p a/x x; p=$PWD; CDPATH=:$PWD/a; cd x; test "$PWD" = "$p/x" && echo ok' 'ok'
}

@test "CDPATH is tried before the working directory" {
	check 'mkdir -p a/x x; p=$PWD; CDPATH=$PWD/a; cd x >/dev/null; test "$PWD" = "$p/a/x" && echo ok' 'ok'
}

@test "the working directory is tried after CDPATH" {
	check 'mkdir x; p=$PWD; CDPATH=/nosuchdir; cd x; test "$PWD" = "$p/x" && echo ok' 'ok'
}

@test "CDPATH is not used for operands that begin with a slash, dot or dotdot" {
	check 'mkdir -p a/x a/b x; p=$PWD; CDPATH=$PWD/a; cd ./x; test "$PWD" = "$p/x"; cd ../x; test "$PWD" = "$p/x"; cd "$p/x"; cd ..; test "$PWD" = "$p" && echo ok' 'ok'
}

@test "cd with two dashes" {
	check 'mkdir -- -d; cd -- -d; echo ${PWD##*/}; cd -- ..; cd -P -- ./-d; echo ${PWD##*/}' $'-d\n-d'
}

@test "cd gives zero and writes nothing" {
	check 'false; cd /; echo $?' '0'
}

@test "cd exports what was exported" {
	check 'export PWD OLDPWD; cd /; cd /usr; env | grep "^PWD=\|^OLDPWD=" | sort' $'OLDPWD=/\nPWD=/usr'
}

@test "cd with a readonly PWD does not crash" {
	check -n -p -e '*' '(readonly PWD; cd /; echo $?); echo end' '*end'
}

@test "cd in a function, a subshell and a pipeline" {
	check 'f() { cd /; }; (f; echo $PWD); p=$PWD; cd / | cat; test "$PWD" = "$p" && f && echo $PWD' $'/\n/'
}

@test "cd -e with -P succeeds when the directory is known" {
	check 'mkdir d; cd -Pe d; echo $? ${PWD##*/}' '0 d'
}

@test "cd to a directory that was removed and back" {
	check -n 'mkdir d; cd d; rmdir ../d; cd ..; echo $?' '0'
	check -n 'mkdir d; cd d; rmdir ../d; cd /; echo $PWD' '/'
}

@test "cd with an unsearchable directory fails" {
	[ "$(id -u)" != 0 ] || skip "root may search everything"
	check -d 'mkdir d; chmod 0 d; cd d || echo failed' 'failed'
}

@test "cd to a name with blanks and special characters" {
	check "mkdir 'a b' '*' \"c'd\"; cd 'a b'; echo \${PWD##*/}; cd ../'*'; echo \"\${PWD##*/}\"; cd \"../c'd\"; echo \${PWD##*/}" $'a b\n*\nc\'d'
}

@test "pwd writes the working directory" {
	check 'cd /usr/bin; pwd; pwd -L; pwd -P | grep -c "/bin$"' $'/usr/bin\n/usr/bin\n1'
}

@test "pwd -P resolves symbolic links and -L does not" {
	check 'mkdir d; ln -s d l; cd l; p=$(pwd -P); echo ${p##*/}; p=$(pwd -L); echo ${p##*/}; p=$(pwd); echo ${p##*/}; pwd -PL | sed "s,.*/,,"; pwd -LP | sed "s,.*/,,"' $'d\nl\nl\nl\nd'
}

@test "pwd does not trust a PWD that was assigned" {
	check 'cd /usr; PWD=/nowhere; pwd -P; (PWD=; pwd -P)' $'/usr\n/usr'
}

@test "pwd fails when it cannot write" {
	check -d 'pwd >/dev/full || echo failed >&2; :' ''
}

@test "pwd -P leaves PWD alone" {
	check 'mkdir d; ln -s d l; cd l; pwd -P >/dev/null; echo ${PWD##*/}' 'l'
}

@test "cd then a relative program and a relative file" {
	check 'mkdir d; echo "echo run" >d/s; chmod +x d/s; cd d; ./s; cat <s' $'run\necho run'
}

@test "a very long path can be entered" {
	check 'n=$(printf "%0200d" 0); i=0; while [ $i -lt 15 ]; do mkdir $n && cd $n || break; i=$((i+1)); done; echo $i; test ${#PWD} -gt 3000 && echo long' $'15\nlong'
}
