# SPDX-License-Identifier: GPL-3.0-or-later
# XCU 2.9.1 Simple commands

load helper

@test "assignments before a command go to its environment only" {
	check 'x=1 y="a b" env | grep "^[xy]=" | sort; echo "[$x$y]"' $'x=1\ny=a b\n[]'
}

@test "assignments without a command change the shell" {
	check 'x=1 y=2; echo $x$y; z=; echo "[$z]"' $'12\n[]'
}

@test "assignments are done from the left" {
	check 'x=1 y=$x z=$y$x; echo $x$y$z; x=5 x=6; echo $x' $'1111\n6'
}

@test "an assignment before a command does not change the words of that command" {
	check 'x=old; x=new echo $x; echo $x' $'old\nold'
}

@test "an assignment before a regular built-in does not last" {
	check 'x=1; x=2 true; echo $x; x=3 echo hi; echo $x; y=1 true; echo ${y-unset}' $'1\nhi\n1\nunset'
}

@test "an assignment before a special built-in lasts" {
	check 'x=1 :; echo $x; y=2 eval "echo \$y"; echo $y; z=3 set a; echo $z; w=4 export v=5; echo $w$v' $'1\n2\n2\n3\n45'
	check 'echo : >f; a=1 . ./f; echo $a; b=2 exec 3>&1; echo $b; c=3 unset d; echo $c; d=4 readonly e; echo $d; g=5 trap - INT; echo $g; h=6 times >/dev/null; echo $h' $'1\n2\n3\n4\n5\n6'
}

@test "an assignment before a special built-in through command does not last" {
	check 'x=1 command :; echo ${x-unset}; y=2 command eval "echo \$y"; echo ${y-unset}' $'unset\n2\nunset'
}

@test "an assignment before a function is seen in it and exported" {
	check 'f() { echo $x; env | grep ^x=; }; x=1 f' $'1\nx=1'
}

@test "an assignment before read or cd is in effect for it" {
	check -i $'a:b\n' 'IFS=: read x y; echo "$x $y"; mkdir d; HOME=$PWD/d cd; echo ${PWD##*/}' $'a b\nd'
}

@test "an assignment to PATH before a command finds that command" {
	check 'mkdir d; printf "#!/bin/sh\necho mine\n" >d/mycmd; chmod +x d/mycmd; PATH=$PWD/d:$PATH mycmd; mycmd 2>/dev/null || echo gone' $'mine\ngone'
}

@test "an exported variable assigned before a command is back after it" {
	check 'export x=1; x=2 env | grep ^x=; env | grep ^x=' $'x=2\nx=1'
}

@test "an assignment of an exported variable reaches programs" {
	check 'export x; x=1; env | grep ^x=; x=2; env | grep ^x=' $'x=1\nx=2'
}

@test "a quoted name or an equals sign from an expansion makes no assignment" {
	check -n -e 127 'n=x; $n=1' ''
	check -n -e 127 "'x'=1" ''
	check -n -e 127 'e="x=1"; $e' ''
}

@test "a word with an equals sign after the command is an argument" {
	check 'echo x=1 y=2; echo "[$x]"' $'x=1 y=2\n[]'
}

@test "a value is expanded, not split, not globbed" {
	check 'touch f; a="b  c"; x=$a y=* z="$a"$(echo "  d"); echo "$x$y$z"' 'b  c*b  c  d'
}

@test "an assignment to a readonly variable is an error that ends the shell" {
	check -d -e '[1-9]*' 'readonly x=1; x=2; echo wrong' ''
	check -d -e '[1-9]*' 'readonly x=1; x=2 :; echo wrong' ''
	check -n -e '[1-9]*' 'readonly x=1; (x=2; echo wrong)' ''
}

@test "a readonly assignment before a program or built-in is an error" {
	check -d -p -e '*' 'readonly x=1; x=2 env | grep ^x=2; x=2 true && echo wrong' ''
}

@test "the name of a command may come from expansions" {
	check 'x=echo; $x a; "$x" b; $(echo echo) c; y="echo d e"; $y; ec"h"o f' $'a\nb\nc\nd e\nf'
}

@test "expansions that vanish leave the next word as the command" {
	check '$u echo a; $u $v echo b; $(true) echo c' $'a\nb\nc'
}

@test "an empty command name is not found" {
	check -d -e 127 '""' ''
	check -d -e 127 "''" ''
}

@test "assignments with a command name that vanishes change the shell" {
	check 'x=1 $u; echo $x; y=2 $(true); echo $y' $'1\n2'
}

@test "redirections with a command name that vanishes are done" {
	check '$u >f; test -f f && echo made' 'made'
}

@test "a command that is not found gives status 127 and a diagnostic" {
	check -d -e 127 'nosuchcommandx' ''
	check -d -e 127 './nosuchfile' ''
	check -d -e 127 '/nosuchdir/x' ''
}

@test "a command that cannot be executed gives status 126" {
	check -d -e 126 'echo echo >f; chmod 644 f; ./f' ''
	check -d -e 126 'mkdir d; ./d' ''
	check -d -e 126 '/' ''
}

@test "a script goes on after a command that is not found" {
	check -n 'nosuchcommandx; echo $?; ./nosuchfile; echo $?' $'127\n127'
}

@test "a name with a slash is not searched in PATH" {
	check 'mkdir d; printf "echo wrong\n" >d/x; chmod +x d/x; printf "echo right\n" >x; chmod +x x; PATH=$PWD/d:$PATH; ./x; d/x' $'right\nwrong'
}

@test "a file that is executable but no program is run as a script" {
	check 'echo "echo script \$0 \$1 \$#" >f; chmod +x f; ./f a b' 'script ./f a 2'
}

@test "such a script does not see unexported variables, functions, aliases or options" {
	check -p 'echo "f 2>/dev/null || echo \"none\$x\"" >s; chmod +x s; x=1; f() { echo wrong; }; set -u; ./s' 'none'
}

@test "such a script found in PATH is run as a script" {
	check 'mkdir d; echo "echo found \$1" >d/mycmd; chmod +x d/mycmd; PATH=$PWD/d:$PATH; mycmd a' 'found a'
}

@test "a script with a bad interpreter is an error" {
	check -n -e '12[67]' 'printf "#!/nosuch/interp\n" >f; chmod +x f; ./f' ''
}

@test "PATH is searched in order and an empty element is the working directory" {
	check 'mkdir a b; for i in a b; do echo "echo $i" >$i/mycmd; chmod +x $i/mycmd; done; echo "echo here" >mycmd; chmod +x mycmd; p=$PATH; PATH=$PWD/b:$PWD/a:$p; mycmd; PATH=$PWD/a:$PWD/b:$p; mycmd; PATH=:$p; mycmd; PATH=$p:; mycmd; PATH=/nosuch::$p; mycmd' \
		$'b\na\nhere\nhere\nhere'
}

@test "PATH search skips what is not executable and directories" {
	check 'mkdir -p a/mycmd b c; echo "echo wrong" >b/mycmd; echo "echo right" >c/mycmd; chmod +x c/mycmd; PATH=$PWD/a:$PWD/b:$PWD/c:$PATH; mycmd' 'right'
}

@test "a found command is found again after PATH changes" {
	check 'mkdir a b; for i in a b; do echo "echo $i" >$i/mycmd; chmod +x $i/mycmd; done; p=$PATH; PATH=$PWD/a:$p; mycmd; mycmd; PATH=$PWD/b:$p; mycmd' $'a\na\nb'
}

@test "a found command that vanished is looked for again" {
	check 'mkdir a b; for i in a b; do echo "echo $i" >$i/mycmd; chmod +x $i/mycmd; done; PATH=$PWD/a:$PWD/b:$PATH; mycmd; rm a/mycmd; hash -r; mycmd' $'a\nb'
}

@test "a relative PATH element is relative to the working directory" {
	check 'mkdir -p d/bin; echo "echo rel" >d/bin/mycmd; chmod +x d/bin/mycmd; PATH=bin:$PATH; cd d; mycmd' 'rel'
}

@test "a function is found before a regular built-in and a program" {
	check 'echo() { printf "%s\n" "func $*"; }; echo a; cat() { printf "mycat\n"; }; cat' $'func a\nmycat'
}

@test "the zeroth argument of a program is the name as it was typed" {
	check 'cat /proc/self/cmdline | tr "\0" " "; echo; ln -s /bin/cat mycat; ./mycat /proc/self/cmdline | tr "\0" " "' $'cat /proc/self/cmdline \n./mycat /proc/self/cmdline '
}

@test "the status is that of the command" {
	check 'sh -c "exit 7"; echo $?; (exit 255); echo $?; sh -c "exit 256"; echo $?' $'7\n255\n0'
}

@test "a program killed by a signal gives a status above 128" {
	check -n 'sh -c "kill -TERM \$\$"; s=$?; test $s -gt 128 && kill -l $s; sh -c "kill -KILL \$\$"; kill -l $?' $'TERM\nKILL'
}

@test "a command of redirections and assignments only succeeds" {
	check 'false; x=1; echo $?; false; >f; echo $?; false; x=$(true) >f; echo $?' $'0\n0\n0'
}

@test "arguments may be empty or hold any byte" {
	check "printf '[%s]' '' 'a b' \"\$(printf '\\001')\" | od -An -c | tr -d ' \n'" '[][ab][001]'
}

@test "many arguments reach a program" {
	check 'set -- $(i=0; while [ $i -lt 5000 ]; do echo arg$i; i=$((i+1)); done); /bin/echo "$@" | wc -w | tr -d " "' '5000'
}

@test "arguments too long for a program are an error with a status of 126" {
	check -n -e '12[67]' 'x=$(head -c 4000000 /dev/zero | tr "\0" x); /bin/true "$x"' ''
}

@test "a variable with an empty value may be passed to a program" {
	check 'x= env | grep ^x=; export y=; env | grep ^y=' $'x=\ny='
}

@test "an assignment word in a simple command after its redirection" {
	check '>f x=1 env; grep ^x= f; >g y=2; echo $y' $'x=1\n2'
}

@test "the order of expansions: words then redirections then assignments" {
	check 'x=$(echo assign >>log; echo v) env >/dev/null $(echo word >>log); cat log' $'word\nassign'
}

@test "declaration utilities do not split the values of their assignments" {
	check 'touch f; a="b  c *"; export x=$a; readonly y=$a; echo "$x|$y"' 'b  c *|b  c *'
}

@test "command keeps a declaration utility a declaration utility" {
	check 'a="b  c"; command export x=$a; echo "$x"; command command readonly y=$a; echo "$y"' $'b  c\nb  c'
}

@test "a declaration utility name from an expansion may split" {
	check -n -p 'a="b c=d"; e=export; $e x=$a; echo "$x"' 'b*'
}

@test "words that are not assignments are split for declaration utilities" {
	check 'x=1 y=2 a="x y"; export $a; env | grep "^[xy]=" | sort' $'x=1\ny=2'
}
