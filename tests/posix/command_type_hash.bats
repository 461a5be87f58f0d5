# SPDX-License-Identifier: GPL-3.0-or-later
# command, type, hash, true, false

load helper

@test "command runs a utility past functions" {
	check 'echo() { printf wrong; }; command echo a; cat() { printf wrong; }; printf "b\n" | command cat' $'a\nb'
}

@test "command gives the status of the utility" {
	check 'command true; echo $?; command false; echo $?; command sh -c "exit 3"; echo $?' $'0\n1\n3'
}

@test "command of an unknown utility gives 127" {
	check -d -e 127 'command nosuchcommandx' ''
}

@test "command of a file that cannot be executed gives 126" {
	check -d -e 126 '>f; command ./f' ''
}

@test "command without operands succeeds" {
	check 'command; echo $?' '0'
}

@test "command -p uses a default path" {
	check 'PATH=/nosuch; command -p ls /dev/null' '/dev/null'
}

@test "command -v writes what would be run" {
	check 'command -v cat | grep -c "^/.*/cat$"; command -v if; command -v export; command -v cd; f() { :; }; command -v f' $'1\nif\nexport\ncd\nf'
}

@test "command -v of a special built-in and an intrinsic utility is its name" {
	check 'for i in : . set trap cd read wait umask alias bg fg jobs getopts kill ulimit unalias hash type command fc; do x=$(command -v $i); [ "$x" = $i ] || echo "$i $x"; done' ''
}

@test "command -v of every reserved word is the word" {
	check 'for i in if then else elif fi do done case esac while until for in { } !; do x=$(command -v $i); [ "$x" = "$i" ] || echo "$i $x"; done' ''
}

@test "command -v of an unknown name writes nothing and fails" {
	check -e '[1-9]*' 'command -v nosuchcommandx' ''
}

@test "command -v of a path" {
	check 'command -v /bin/sh; >f; chmod +x f; command -v ./f | grep -c "/f$"; chmod -x f; command -v ./f || echo no; command -v ./nosuch || echo no' $'/bin/sh\n1\nno\nno'
}

@test "command -v of an alias can be used to define it" {
	check $'alias ll="ls -l"\nx=$(command -v ll); unalias ll; eval "$x"; alias ll >/dev/null && echo ok' 'ok'
}

@test "command -v of a utility in a relative PATH element is absolute" {
	check -p 'mkdir d; echo : >d/mycmd; chmod +x d/mycmd; PATH=$PATH:d; command -v mycmd' '*d/mycmd'
}

@test "command -V writes a description" {
	check -p 'command -V if; command -V set; command -V cat' '*if*set*cat*'
	check -p $'f() { :; }\nalias a=b\ncommand -V f; command -V a; command -V cd' '*f*function*a*alias*cd*'
}

@test "command -V of an unknown name fails" {
	check -n -e '[1-9]*' 'command -V nosuchcommandx >f' ''
}

@test "command -pv and -p -v combine" {
	check 'PATH=/nosuch; x=$(command -pv cat); test -n "$x" && echo ok; x=$(command -p -v cat); test -n "$x" && echo ok' $'ok\nok'
}

@test "command with two dashes" {
	check 'command -- echo a; command -v -- cat | grep -c cat; command -p -- echo b' $'a\n1\nb'
}

@test "command keeps assignments before it temporary" {
	check 'x=1 command eval "echo \$x"; echo ${x-unset}' $'1\nunset'
}

@test "command does not undo redirections of exec" {
	check 'command exec 3>f; echo a >&3; cat f' 'a'
}

@test "command nests" {
	check 'command command command echo a' 'a'
}

@test "command runs what an expansion names" {
	check 'c=echo; command $c a; set -- echo b; command "$@"' $'a\nb'
}

@test "command does not make reserved words or aliases" {
	check -n -e 127 'command if' ''
	check $'alias e="echo x"\ncommand -v e >/dev/null && echo known' 'known'
}

@test "type tells what a name is" {
	check -p 'type cat' '*cat*'
	check -p $'f() { :; }\nalias al=b\ntype f al if : cd' '*f*al*if*:*cd*'
}

@test "type names the path of a program" {
	check 'type cat | grep -c "/cat"' '1'
}

@test "type of an unknown name fails" {
	check -n -e '[1-9]*' 'type nosuchcommandx >f' ''
	check -n 'type cat nosuchcommandx >f 2>&1; test $? -gt 0 && grep -c "/cat" f' '1'
}

@test "hash remembers, lists and forgets" {
	check -e 1 'hash cat; hash | grep -c cat; hash -r; hash | grep -c cat' $'1\n0'
}

@test "hash of an unknown name fails" {
	check -d -e '[1-9]*' 'hash nosuchcommandx' ''
}

@test "hash of several names" {
	check 'hash cat ls; hash | grep -c "/cat\|/ls"' '2'
}

@test "a used program is remembered and forgotten when PATH is assigned" {
	check -e 1 'cat /dev/null; PATH=$PATH; hash | grep -c "/cat"' '0'
}

@test "hash of a built-in is no error" {
	check 'hash cd && echo ok' 'ok'
}

@test "true succeeds and false fails whatever the arguments" {
	check 'true; echo $?; true a --help; echo $?; false; echo $?; false x; echo $?' $'0\n0\n1\n1'
}

@test "true and false do not read or write" {
	check -i $'a\n' 'true; false; cat' 'a'
}

@test "under the name sh a regular built-in is found where PATH has its program" {
	check -n 'ln -s $SH sh; PATH= ./sh -c "echo wrong"; echo $?; PATH= ./sh -c "command -p echo found"' $'127\nfound'
	check 'ln -s $SH sh; ./sh -c "command -v echo; command -V echo" | grep -c "/echo$"' '2'
	check 'PATH=; echo found' 'found'
}

@test "a remembered program that is gone is searched for again" {
	check 'mkdir a b; PATH=$PWD/a:$PWD/b:$PATH; echo "echo b" >b/c; chmod +x b/c; c; mv b/c a; c' $'b\nb'
}

@test "set -h remembers the programs of a function when it is defined" {
	check $'set -h\nf() { cat /dev/null; }; hash | grep -c "/cat$"' '1'
}
