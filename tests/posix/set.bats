# SPDX-License-Identifier: GPL-3.0-or-later
# XCU 2.15 set, shift

load helper

@test "set gives new positional parameters" {
	check "set a 'b c' ''; printf '[%s]' \"\$#\" \"\$@\"" '[3][a][b c][]'
}

@test "set with two dashes ends the options" {
	check 'set -- -a +b; echo $*; set --; echo $#; set -- --; echo $1' $'-a +b\n0\n--'
}

@test "set with options only keeps the positional parameters" {
	check 'set a b; set -f; echo $*; set +f; echo $#' $'a b\n2'
}

@test "set with options and operands sets both" {
	check 'set -f a b; echo * $*' '* a b'
}

@test "a lone hyphen or plus operand after other operands is kept" {
	check 'set a - + b; echo $*' 'a - + b'
}

@test "set without operands lists variables as reusable input" {
	check "x='a  b' y=\"it's\" ; set >f; x=; y=; grep '^[xy]=' f >g; . ./g; echo \"\$x \$y\"" "a  b it's"
}

@test "set lists only variables and quotes what needs it" {
	check -p 'x1=plain; set | grep ^x1=' "x1=?(')plain?(')"
	check 'f() { :; }; zz="a b"; set | grep -c "^zz=.a b.$"' '1'
}

@test "set lists in the order of names" {
	check 'zb=1 za=2 zc=3; set | grep "^z[abc]=" | cut -d= -f1' $'za\nzb\nzc'
}

@test "set does not list unset variables" {
	check -e 1 'zx=1; unset zx; set | grep ^zx' ''
}

@test "allexport exports what is assigned" {
	check 'set -a; x=1; env | grep ^x=; set +a; y=2; env | grep ^y= || echo none' $'x=1\nnone'
	check 'set -o allexport; read x <<E
v
E
env | grep ^x=' 'x=v'
	check 'set -a; for x in l; do env | grep ^x=; done; getopts a y -a; env | grep ^y=' $'x=l\ny=a'
}

@test "noclobber by letter and name" {
	check -n ': >f; set -C; (echo a >f); set +C; set -o noclobber; (echo b >f); set +o noclobber; echo c >f; cat f' 'c'
}

@test "noglob by letter and name" {
	check 'touch a; set -f; echo *; set +f; echo *; set -o noglob; echo *; set +o noglob; echo *' $'*\na\n*\na'
}

@test "noexec by letter and name reads but does not run" {
	check 'set -n; echo wrong' ''
	check -s $'echo a\nset -n\necho wrong' 'a'
	check -s $'set -o noexec\necho wrong' ''
	check -o '-n' 'echo wrong' ''
}

@test "noexec finds syntax errors" {
	check -d -o '-n' -e '[1-9]*' 'echo a; fi' ''
}

@test "nounset by letter and name" {
	check -d -e '[1-9]*' 'set -u; echo $x; echo wrong' ''
	check -d -e '[1-9]*' 'set -o nounset; echo $x; echo wrong' ''
	check 'set -u; set +u; echo "[$x]"' '[]'
}

@test "verbose writes the input as it is read" {
	check -s -E $'echo a\necho $x  # c' $'set -v\necho a\necho $x  # c' 'a'
	check -s -E $'set +o verbose' $'set -o verbose\nset +o verbose\necho b' 'b'
}

@test "xtrace writes commands after expansion" {
	check -E '+ echo a b' 'x=b; set -x; echo a $x' 'a b'
	check -E '+ set +x' 'set -x; set +x; echo a' 'a'
	check -E $'+ echo a' 'set -o xtrace; echo a' 'a'
}

@test "xtrace uses PS4" {
	check -E '>> echo a' 'PS4=">> "; set -x; echo a' 'a'
	check -E '1: echo a' 'n=1 PS4="\$n: "; set -x; echo a' 'a'
}

@test "xtrace shows assignments and commands in functions" {
	check -p -n 'set -x; x=1; f() { echo in; }; f 2>&1' '*+ echo in*in*'
	check 'exec 2>f; set -x; xy=12; set +x; grep -c "^+ xy=.*12" f' '1'
}

@test "ignoreeof, vi, notify, nolog and monitor are known names" {
	check -n 'set -o ignoreeof; set +o ignoreeof; set -o notify; set +o notify; set -b; set +b; echo ok' 'ok'
}

@test "hashall by letter" {
	check 'set -h; true; set +h; echo ok' 'ok'
}

@test "set -o lists the options" {
	check -p 'set -o | grep -cE "^(allexport|errexit|noclobber|noglob|nounset|verbose|xtrace|noexec|notify|monitor|ignoreeof|pipefail)[[:blank:]]"' '1[0-2]'
}

@test "set +o writes commands that restore the options" {
	check 'set -f -u; save=$(set +o); set +f +u -C; eval "$save"; case $- in *C*) echo wrong ;; esac; case $- in *f*) echo f ;; esac; case $- in *u*) echo u ;; esac' $'f\nu'
	check 'set -o pipefail; save=$(set +o); set +o pipefail; eval "$save"; false | true; echo $?' '1'
	check 'save=$(set +o); set -aCfu; eval "$save"; case $- in *[aCfu]*) echo wrong ;; *) echo ok ;; esac' 'ok'
}

@test "several letters in one argument" {
	check 'set -fC; case $- in *C*f* | *f*C*) echo both ;; esac; set +fC; case $- in *[Cf]*) echo wrong ;; esac' 'both'
	check 'set -fo nounset; case $- in *f*u* | *u*f*) echo both ;; esac' 'both'
}

@test "an unknown option is an error that ends the shell" {
	check -d -e '[1-9]*' 'set -Z; echo wrong' ''
	check -d -e '[1-9]*' 'set -o nosuch; echo wrong' ''
	check -d -e '[1-9]*' 'set +o nosuch; echo wrong' ''
}

@test "options are inherited by subshells and not by programs" {
	check 'set -f; (echo *); $SH -c "touch q; echo q*"' $'*\nq'
}

@test "options changed in a subshell do not last" {
	check 'touch a; (set -f; echo *); echo *' $'*\na'
}

@test "monitor is off in a script" {
	check 'case $- in *m*) echo on ;; *) echo off ;; esac' 'off'
}

@test "a status of set is zero even after a failure" {
	check 'false; set -f; echo $?; false; set a; echo $?' $'0\n0'
}

@test "shift drops the first parameter" {
	check 'set a b c; shift; echo $# $*; shift 2; echo $#' $'2 b c\n0'
}

@test "shift by zero changes nothing" {
	check 'set a b; shift 0; echo $*' 'a b'
}

@test "shift by more than there is fails" {
	check -n -p -e '*' 'set a; command shift 2; echo $? $#' '[1-9]* 1'
	check -n '(set a; shift 2 && echo wrong); echo ok' 'ok'
}

@test "shift operand is a decimal expression from an expansion" {
	check 'set a b c d; n=2; shift $n; echo $*; shift $((n-1)); echo $*' $'c d\nd'
}

@test "shift in a function concerns the function" {
	check 'f() { shift; echo $*; }; set x y; f a b; echo $*' $'b\nx y'
}

@test "a bad shift operand is an error" {
	check -n -p '(set a b; shift x; echo "$*"); (set a b; shift -1; echo "$*"); echo end' '*end'
}

@test "shift in a loop over all parameters" {
	check 'set a b c; while [ $# -gt 0 ]; do echo $1; shift; done' $'a\nb\nc'
}
