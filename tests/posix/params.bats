# SPDX-License-Identifier: GPL-3.0-or-later
# XCU 2.5 Parameters and variables

load helper

@test "a variable that was never set expands to nothing" {
	check 'printf "[%s]" "$nosuch" ${nosuch} end' '[][end]'
}

@test "a variable set to the empty string is set" {
	check 'x=; echo "${x-unset}${x+set}"' 'set'
}

@test "a name is letters, digits and underscores" {
	check '_=1; _a1=2; A_=3; echo $_a1 $A_ $_a1-x ${A_}b' '2 3 2-x 3b'
}

@test "the longest name is taken" {
	check 'a=1 ab=2; echo $ab ${a}b $a-b' '2 1b 1-b'
}

@test "positional parameters are the operands" {
	check -a a -a 'b c' -a '' 'printf "[%s]" "$1" "$2" "$3" "$#"' '[a][b c][][3]'
}

@test "positional parameters above nine need braces" {
	check 'set a b c d e f g h i j k; echo $10 ${10} ${11} $1${1}' 'a0 j k aa'
}

@test "leading zeroes of a positional parameter are decimal" {
	check 'set a b c d e f g h i j; echo ${01} ${010}' 'a j'
}

@test "zero is the name of the shell or the script" {
	check 'echo $0' 'sh'
	check -p -f 'echo $0' '*/script'
}

@test "zero does not change in a function" {
	check 'f() { echo $0; }; f' 'sh'
}

@test "a positional parameter that is not set expands to nothing" {
	check 'set a; printf "[%s]" "$2" $3 "${4-none}"' '[][none]'
}

@test "quoted at expands to a field for each parameter" {
	check "set 'a b' '' c; printf '[%s]' \"\$@\"" '[a b][][c]'
}

@test "quoted at expands to nothing without parameters" {
	check 'printf "%s" $#; set -- "$@"; echo $#; set x "$@" y; echo $#' $'00\n2'
	check 'for i in "$@"; do echo wrong; done' ''
	check 'set --; set -- "$@$@"; echo $#' '0'
}

@test "quoted at with something beside it makes one field without parameters" {
	check 'set --; set -- "a$@b"; echo "$# $1"; set --; set -- ""$@; echo $#; set --; set -- "$@"""; echo $#' $'1 ab\n1\n1'
}

@test "quoted at joins the first and last parameter with what is beside them" {
	check "set 1 2 3; printf '[%s]' \"a\$@b\"; printf '[%s]' x\"\$@\"y; set 1; printf '[%s]' \"a\$@b\"" '[a1][2][3b][x1][2][3y][a1b]'
}

@test "two quoted ats in a word" {
	check "set 1 2; printf '[%s]' \"\$@\$@\"; printf '[%s]' \"\$@-\$@\"" '[1][21][2][1][2-1][2]'
}

@test "unquoted at and star are split" {
	check "set 'a b' '' c; printf '[%s]' \$@; printf '<%s>' \$*" '[a][b][c]<a><b><c>'
}

@test "unquoted at and star drop empty parameters" {
	check "set '' a ''; set -- \$@; echo \$#; set '' ''; set -- \$*; echo \$#" $'1\n0'
}

@test "unquoted at and star are globbed" {
	check 'touch f1 f2; set "f*"; echo $@ $* "$@"' 'f1 f2 f1 f2 f*'
}

@test "unquoted at and star keep parameters apart when IFS is empty" {
	check "IFS=; set 'a b' c ''; printf '[%s]' \$@; printf '<%s>' \$*" '[a b][c]<a b><c>'
}

@test "unquoted star with other IFS separates parameters" {
	check "IFS=:; set 'a:b' 'c d'; printf '[%s]' \$*; printf '<%s>' \$@" '[a][b][c d]<a><b><c d>'
}

@test "quoted star joins with the first character of IFS" {
	check 'set a b c; IFS=:-; echo "$*"; IFS=-:; echo "$*"' $'a:b:c\na-b-c'
}

@test "quoted star joins with a space when IFS is unset" {
	check 'set a b c; unset IFS; echo "$*"' 'a b c'
}

@test "quoted star joins with nothing when IFS is empty" {
	check 'set a b c; IFS=; echo "$*"' 'abc'
}

@test "quoted star keeps empty parameters" {
	check 'set "" a "" b ""; IFS=,; echo "$*"' ',a,,b,'
}

@test "quoted star without parameters is one empty field" {
	check 'set --; set -- "$*"; echo $#' '1'
}

@test "quoted star is one field whatever it holds" {
	check "set 'a b' '*'; printf '[%s]' \"\$*\"" '[a b *]'
}

@test "star in an assignment joins with the first character of IFS" {
	check 'set a b; IFS=:; x=$*; y="$*"; IFS=; echo $x $y' 'a:b a:b'
}

@test "at in an assignment joins with spaces" {
	check 'set a "b  c"; x="$@"; echo "$x"; x=$@; echo "$x"' $'a b  c\na b  c'
}

@test "quoted at in an assignment does not split" {
	check -n 'set 1 2; IFS=; x=$*; echo "$x"' '12'
}

@test "star in a case word joins" {
	check 'set a b; IFS=-; case "$*" in a-b) echo yes ;; esac' 'yes'
}

@test "star in a default is a list of its own" {
	check "set 'a b' c; printf '[%s]' \${u-\$*} \${u-\"\$@\"}; printf '<%s>' \"\${u-\$*}\" \"\${u-\$@}\"" \
		'[a][b][c][a b][c]<a b c><a b><c>'
}

@test "quoted at in a default inside double quotes makes fields" {
	check "set 1 '2 3'; printf '[%s]' \"\${u-\$@}\" \"\${1+\$@}\"" '[1][2 3][1][2 3]'
}

@test "quoted alternative with at and no parameters gives no field or one" {
	check 'set --; for i in ${1+"$@"}; do echo wrong; done; echo ok' 'ok'
	check "set a 'b c'; for i in \${1+\"\$@\"}; do echo \"\$i\"; done" $'a\nb c'
}

@test "at and star with a removal act on each parameter in common shells only as a whole" {
	check 'set a b; echo ${#}' '2'
}

@test "number of parameters follows set, shift and functions" {
	check 'echo $#; set a b c; echo $#; shift; echo ${#}; f() { echo $#; }; f x; echo $#; set --; echo $#' $'0\n3\n2\n1\n2\n0'
}

@test "question mark is the status of the last pipeline" {
	check 'true; echo $?; false; echo $?; (exit 7); echo $?; echo $?; ! true; echo $?; false | true; echo $?' \
		$'0\n1\n7\n0\n1\n0'
}

@test "question mark is zero at the start" {
	check 'echo $?' '0'
}

@test "question mark in a subshell and substitution is that of before" {
	check '(exit 3); (echo $?); (exit 4); echo $(echo $?); (exit 5); x=$?; echo $x' $'3\n4\n5'
}

@test "an assignment without substitution sets the status to zero" {
	check 'false; x=1; echo $?' '0'
}

@test "an assignment takes the status of its last substitution" {
	check 'x=$(exit 3); echo $?; x=$(exit 3) y=$(exit 4); echo $?; x=$(false)$(true); echo $?' $'3\n4\n0'
}

@test "hyphen is the single letter options" {
	check 'set -fu; case $- in *f*u* | *u*f*) echo yes ;; esac; set +f; case $- in *f*) echo no ;; *) echo gone ;; esac' $'yes\ngone'
	check -o '-e' 'case $- in *e*) echo yes; esac' 'yes'
}

@test "dollar is the pid of the shell also in a subshell" {
	check 'a=$$; b=$(echo $$); (test "$a" = $$ && test "$b" = $$ && echo same)' 'same'
}

@test "dollar is the process id seen by a child" {
	check 'test $$ = $($SH -c "echo \$PPID") || test $$ = "$(sh -c "echo \$PPID" | cat)" || :; $SH -c "echo \$PPID" >f; read p <f; test $p = $$ && echo same' 'same'
}

@test "PPID is the parent and stays in a subshell" {
	check 'echo $$ $($SH -c "echo \$PPID; (echo \$PPID); exit") | { read a b c; test $b = $c && echo same; }' 'same'
}

@test "exclamation mark is the pid of the last background command" {
	check 'sleep 0 & a=$!; sleep 0 & b=$!; test $a != $b && wait $a && wait $b && echo ok' 'ok'
	check 'sh -c "echo \$\$" >f & wait $!; read p <f; test $p = $! && echo same' 'same'
}

@test "exclamation mark is unset before a background command" {
	check -p 'echo "${!-unset}"' '@(|unset|0)'
}

@test "special parameters may stand in braces" {
	check 'set a b; true; echo ${#} ${?} ${1} ${@} ${*} ${0}; test ${$} = $$' '2 0 a a b a b sh'
}

@test "variables of the environment are exported variables" {
	check "env V=1 \$SH -c 'V=2; env | grep ^V='" 'V=2'
}

@test "an environment entry whose name is no name is not a variable but may pass" {
	check "env 'a-b=1' \$SH -c 'echo ok'" 'ok'
}

@test "IFS of the environment is ignored" {
	check "env IFS=x \$SH -c 'v=axb; echo \$v; printf \"%s\" \"\$IFS\" | od -An -to1'" $'axb\n 040 011 012'
}

@test "IFS is space, tab and newline at the start" {
	check 'printf "%s" "$IFS" | od -An -to1' ' 040 011 012'
}

@test "OPTIND is one at the start" {
	check 'echo $OPTIND' '1'
}

@test "PS4 defaults to plus and space" {
	check "env -u PS4 \$SH -c 'echo \"[\$PS4]\"'" '[+ ]'
}

@test "PWD is the working directory" {
	check 'test "$PWD" = "$(pwd)" && test "$(/bin/pwd -P)" = "$(pwd -P)" && echo ok' 'ok'
}

@test "a wrong PWD in the environment is replaced" {
	check 'cd /; PWD=/nowhere $SH -c "echo \$PWD"; PWD=tmp $SH -c "echo \$PWD"; env -u PWD $SH -c "echo \$PWD"' $'/\n/\n/'
}

@test "a PWD through a symbolic link is kept" {
	check 'mkdir d; ln -s d l; cd l; $SH -c "echo \${PWD##*/}"; (unset PWD; $SH -c "echo \${PWD##*/}")' $'l\nd'
}

@test "a PWD with dot or dotdot is replaced" {
	check 'mkdir d; cd d; p=$(pwd -P); PWD=$p/../d $SH -c "pwd" >f; PWD=$p/. $SH -c "pwd" >>f; echo "$p" >g; echo "$p" >>g; cmp f g && echo ok' 'ok'
}

@test "LINENO is the line of the command" {
	check -f -p $'echo $LINENO\n\necho $LINENO\necho a \\\n$LINENO; echo $LINENO' $'1\n3\na [45]\n5'
}

@test "LINENO counts here-documents and multi-line strings" {
	check -f $'cat <<E >f\n1\n2\nE\necho $LINENO; x="\n\n"\necho $LINENO' $'5\n8'
}

@test "LINENO counts in a script on standard input and in -c" {
	check -s $'echo $LINENO\necho $LINENO' $'1\n2'
	check $'echo $LINENO\necho $LINENO' $'1\n2'
}

@test "LINENO works in compound commands" {
	check -f $'if true\nthen\necho $LINENO\nfi\nfor i in 1 2\ndo\necho $LINENO\ndone' $'3\n7\n7'
}

@test "LINENO may be used in arithmetic" {
	check $':\necho $((LINENO + 1))' '3'
}

@test "a variable may hold any byte but NUL" {
	check - ' 001 002 177 200 377 040 012 056' <<'EOF'
x=$(printf '\001\002\177\200\377 \n.')
printf %s "$x" | od -An -to1
EOF
}

@test "an assigned value may contain equals signs" {
	check 'x=a=b=c; echo $x; y==; echo $y' $'a=b=c\n='
}

@test "a readonly variable cannot be assigned" {
	check -d -e '[1-9]*' 'readonly r=1; r=2; echo wrong' ''
}

@test "unquoted at in a for loop is split and quoted is not" {
	check "set 'a b' c; for i in \$@; do echo \$i; done; for i in \"\$@\"; do echo \$i; done" $'a\nb\nc\na b\nc'
}

@test "HOME, PATH and others may be assigned and used at once" {
	check 'HOME=/x; echo ~; PATH=$PWD; command -v nosuch || nosuch 2>/dev/null || printf "%s\n" none' $'/x\nnone'
}

@test "an underscore assigned before is only a variable" {
	check '_x=1; echo ${_x}' '1'
}

@test "changing IFS to several characters splits at each" {
	check 'IFS=:,; x=a:b,c; printf "[%s]" $x' '[a][b][c]'
}

@test "positional parameters are restored after a function" {
	check 'f() { set x y; echo $*; }; set a b c; f 1; echo $*' $'x y\na b c'
}

@test "at with one empty parameter is one empty field" {
	check 'set ""; set -- "$@"; echo $#; set -- $@; echo $#' $'1\n0'
}

@test "quoted star with IFS that begins with a non-blank" {
	check 'set a b; IFS=" :"; echo "$*"; IFS=": "; echo "$*"' $'a b\na:b'
}

@test "star with an IFS change in the same command uses the value before" {
	check 'set a b; IFS=-; IFS=: echo "$*"' 'a-b'
}

@test "at joined with text when unquoted and IFS is empty" {
	check "IFS=; set a b; printf '[%s]' x\$@y; printf '<%s>' x\$*y" '[xa][by]<xa><by>'
}

@test "star in a here-document joins with the first character of IFS" {
	check $'set a b\nIFS=:\ncat <<E\n$*\nE' 'a:b'
}

@test "at in a here-document joins with spaces" {
	check $'set a b\ncat <<E\n$@\nE' 'a b'
}

@test "at in a redirection word and a case word is joined" {
	check 'set a b; case $@ in "a b") echo yes ;; esac; case "$@" in "a b") echo yes ;; esac' $'yes\nyes'
}
