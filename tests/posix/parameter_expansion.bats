# SPDX-License-Identifier: GPL-3.0-or-later
# XCU 2.6.2 Parameter expansion

load helper

# Tell what EXPANSION gives for an unset, an empty and a full variable named x.
each() {
	check "unset -v x; printf '<%s>' \"$1\"; x=; printf '<%s>' \"$1\"; x=full; printf '<%s>' \"$1\"" "$2"
}

@test "colon minus uses the default for unset and null" {
	each '${x:-word}' '<word><word><full>'
}

@test "minus uses the default for unset only" {
	each '${x-word}' '<word><><full>'
}

@test "colon equals assigns for unset and null" {
	each '${x:=word}' '<word><word><full>'
	check 'echo ${x:=a b}; echo "$x"' $'a b\na b'
}

@test "equals assigns for unset only" {
	each '${x=word}' '<word><><full>'
}

@test "colon plus uses the alternative for a value that is set and not null" {
	each '${x:+word}' '<><><word>'
}

@test "plus uses the alternative for what is set" {
	each '${x+word}' '<><word><word>'
}

@test "question mark keeps the value of what is set" {
	check 'x=; echo "${x?}"; x=a; echo "${x?msg}" "${x:?msg}"' $'\na a'
}

@test "question mark writes the message and ends the shell when unset" {
	check -d -e '[1-9]*' 'echo ${x?}; echo wrong' ''
	check -n -e '[1-9]*' 'echo ${x?the message} 2>/dev/null; echo wrong' ''
	check 'out=$($SH -c "echo \${x?the message}" 2>&1); case $out in *x*the\ message*) echo ok ;; esac' 'ok'
}

@test "colon question mark ends the shell for null too" {
	check -d -e '[1-9]*' 'x=; echo ${x:?}; echo wrong' ''
	check 'out=$($SH -c "x=; echo \${x:?is null}" 2>&1); case $out in *is\ null*) echo ok ;; esac' 'ok'
}

@test "question mark in a subshell ends only the subshell" {
	check -n '(echo ${x?}; echo wrong); test $? -ne 0 && echo ok' 'ok'
}

@test "the message of question mark is expanded" {
	check 'out=$($SH -c "y=val; echo \${x?got \$y}" 2>&1); case $out in *got\ val*) echo ok ;; esac' 'ok'
}

@test "words expand parameters, commands and arithmetic" {
	check 'y=1; echo ${x-$y} ${x-$(echo 2)} ${x-`echo 3`} ${x-$((4))} ${x-${z-5}}' '1 2 3 4 5'
}

@test "words expand a tilde at their start" {
	check 'HOME=/h; echo ${x-~} ${x:-~/a} ${HOME+~}' '/h /h/a /h'
}

@test "a quoted tilde in a word does not expand" {
	check 'HOME=/h; echo "${x-~}" ${x-"~"} ${x-\~}' '~ ~ ~'
}

@test "the word is not expanded when it is not used" {
	check 'x=1; echo ${x-$(echo wrong >&2)} ${y+$(echo wrong >&2)} ${x:=${z:=2}}; echo ${z-unset}' $'1 1\nunset'
}

@test "an unquoted default is split and globbed" {
	check "touch f1 f2; printf '[%s]' \${x-a b} \${x-f*}" '[a][b][f1][f2]'
}

@test "a quoted default is neither split nor globbed" {
	check "touch f1; printf '[%s]' \"\${x-a  b}\" \"\${x-f*}\"" '[a  b][f*]'
}

@test "quotes inside an unquoted default quote a part" {
	check "printf '[%s]' \${x-a 'b c' \"d e\" f\\ g}" '[a][b c][d e][f g]'
}

@test "quoted parts of a default join with unquoted" {
	check "printf '[%s]' p\${x-a 'b c'd}q" '[pa][b cdq]'
}

@test "an empty unquoted default gives no field and a quoted one gives a field" {
	check "set -- \${x-}; echo \$#; set -- \"\${x-}\"; echo \$#; set -- \${x-\"\"}; echo \$#; set -- \${x-''}; echo \$#" $'0\n1\n1\n1'
}

@test "an assigning expansion stores the value without quotes" {
	check "echo \${x='a  b'}; echo \"\$x\"; echo \"\${y=\"c  d\"}\"; echo \"\$y\"" $'a b\na  b\nc  d\nc  d'
}

@test "the value assigned is split when the expansion is unquoted" {
	check "printf '[%s]' \${x=a b}; printf '<%s>' \"\$x\"" '[a][b]<a b>'
}

@test "an assigning expansion of a positional parameter is an error" {
	check -d -e '[1-9]*' 'echo ${1=x}; echo wrong' ''
	check -d -e '[1-9]*' 'echo ${@:=x}; echo wrong' ''
}

@test "an assigning expansion of a readonly variable is an error" {
	check -d -e '[1-9]*' 'readonly x; echo ${x=1}; echo wrong' ''
}

@test "an assignment in an expansion is seen by later words" {
	check 'echo ${x=1} $x ${x+set}' '1 1 set'
}

@test "an assigned variable obeys allexport" {
	check 'set -a; : ${x=1}; env | grep ^x=' 'x=1'
}

@test "the forms work on positional and special parameters" {
	check 'set a ""; echo "${1-d}" "${2:-d}" "${3-d}" "${1+p}" "${3+p}" "${#:-d}" "${?+s}"' 'a d d p  2 s'
	check 'set a b; echo "${@-d}" "${*:-d}" ${@+p}; set --; echo "${*:-d}" "[${*:+p}]"' $'a b a b p\nd []'
}

@test "length counts characters" {
	check 'x=hello; echo ${#x}; x=; echo ${#x}; echo ${#y}; x="a b  c"; echo ${#x}' $'5\n0\n0\n6'
}

@test "length of positional parameters and others" {
	check 'set abc; echo ${#1} ${#2} ${#?} ${#0}' '3 0 1 2'
}

@test "length of a variable of eight-bit characters in UTF-8" {
	check -l 'x=éüß; echo ${#x}' '3'
}

@test "length of bytes in the C locale" {
	check 'x=é; echo ${#x}' '2'
}

@test "hash alone and hash with operators is the count" {
	check 'set a b c; echo ${#} ${#-x} ${#:-x} ${#+x} $#x' '3 3 3 x 3x'
}

@test "length of the option letters and the pid" {
	check 'n=$-; test ${#-} = ${#n} && n=$$ && test ${#$} = ${#n} && echo ok' 'ok'
}

@test "percent removes the smallest suffix" {
	check 'x=a.b.c; echo ${x%.*} ${x%b} ${x%c} ${x%.?} ${x%[bc]}' 'a.b a.b.c a.b. a.b a.b.'
}

@test "two percents remove the largest suffix" {
	check 'x=a.b.c; echo ${x%%.*} ${x%%c} "<${x%%*}>" ${x%%x*}' 'a a.b. <> a.b.c'
}

@test "hash removes the smallest prefix" {
	check 'x=a.b.c; echo ${x#*.} ${x#a} ${x#b} ${x#?.} ${x#[ab]}' 'b.c .b.c a.b.c b.c .b.c'
}

@test "two hashes remove the largest prefix" {
	check 'x=a.b.c; echo ${x##*.} ${x##a} "<${x##*}>" ${x##*x}' 'c .b.c <> a.b.c'
}

@test "an empty pattern removes nothing" {
	check 'x=abc; echo ${x%} ${x%%} ${x#} ${x##}' 'abc abc abc abc'
}

@test "removal from an unset or empty variable is empty" {
	check 'x=; echo "[${x%a}${y#b}${y##*}${x%%*}]"' '[]'
}

@test "a star alone removes nothing when smallest" {
	check 'x=abc; echo ${x%*} ${x#*}' 'abc abc'
}

@test "the pattern of a removal is expanded" {
	check 'x=a.b.c p=.\*; echo ${x%$p} ${x%%$p} ${x%$(echo .c)} ${x#${u-a}}' 'a.b a a.b .b.c'
}

@test "a quoted pattern of a removal is literal" {
	check "x='a*b*c'; echo \"\${x%'*'*}\" \"\${x%\"*\"*}\" \"\${x%\\**}\" \"\${x#*'*'}\"" 'a*b a*b a*b b*c'
}

@test "a quoted expansion in a removal pattern is literal" {
	check 'x="a*" y="ab" p="*"; echo "${x%"$p"}" "${y%"$p"}" "${y%%$p}"' 'a ab '
}

@test "removal results are split and globbed unless quoted" {
	check "x='a b c d'; printf '[%s]' \${x%d}; printf '<%s>' \"\${x%d}\"" '[a][b][c]<a b c >'
}

@test "brackets and classes in removal patterns" {
	check 'x=abc123; echo ${x%%[0-9]*} ${x%[[:digit:]]} ${x##*[![:digit:]]} ${x#[a-c]}' 'abc abc12 123 bc123'
}

@test "removal with a slash, a dot and a brace" {
	check 'x=/a/b.c; echo ${x##*/} ${x%/*} ${x%%/*} ${x#/}; y=a}b; echo ${y%\}b} "${y#*\}}"' $'b.c /a a/b.c\na b'
}

@test "removal of a newline" {
	check 'x="a
b
"; nl="
"; printf "[%s]" "${x%"$nl"}" "${x%%"$nl"*}"' $'[a\nb][a]'
}

@test "removal from positional and special parameters" {
	check 'set abc.def; echo ${1%.*} ${1#*.} ${#1}; (exit 12); echo ${?#1}' $'abc def 7\n2'
}

@test "removal counts multibyte characters" {
	check -l 'x=éüß; echo ${x#?} ${x%?} ${x##?} ${x%%[ü]?}' 'üß éü üß é'
}

@test "a tilde in a removal pattern expands" {
	check 'HOME=/h x=/h/a; echo ${x#~} ${x#~/}; y=a/h; echo ${y%~}' $'/a a\na'
}

@test "braces inside double quotes nest" {
	check 'echo "${a-${b-${c-"x  y"}}}"' 'x  y'
}

@test "a closing brace in a nested expansion does not end the outer" {
	check 'y=1; echo ${x-${y}} ${x-a${y}b} "${x-$(echo })}"' '1 a1b }'
}

@test "a default may contain operators, blanks and newlines" {
	check 'echo "${x-a|b&c;d<e>f(g)h}" "${x-a
b}"' $'a|b&c;d<e>f(g)h a\nb'
}

@test "an unquoted default may contain operators" {
	check 'echo ${x-a|b&c;d}' 'a|b&c;d' 
}

@test "a hash in a default begins no comment" {
	check 'echo ${x-a # b} ${x-#}' 'a # b #'
}

@test "an alternative with quotes and at" {
	check "set 'a b' c; printf '[%s]' \${1+\"\$@\"} \"\${1+\$1}\"" '[a b][c][a b]'
}

@test "a quote inside a default inside double quotes toggles" {
	check - '[a  b][c  d]' <<'EOF'
printf '[%s]' "${x-"a  b"}" "${x-c"  "d}"
EOF
}

@test "a backslash in a default inside double quotes escapes as in double quotes" {
	check - '[$a][\b][`][\][c}d][e"f]' <<'EOF'
printf '[%s]' "${x-\$a}" "${x-\b}" "${x-\`}" "${x-\\}" "${x-c\}d}" "${x-e\"f}"
EOF
}

@test "a backslash in an unquoted default escapes any character" {
	check - '[$a][b][\][ ][*]' <<'EOF'
touch f
printf '[%s]' ${x-\$a} ${x-\b} ${x-\\} ${x-\ } ${x-\*}
EOF
}

@test "the result of an expansion in a default is split with the rest" {
	check "y='c d'; printf '[%s]' \${x-a b\$y}" '[a][bc][d]'
}

@test "a default with a non-blank IFS is split there" {
	check "IFS=:; printf '[%s]' \${x-a:b c} \"\${x-d:e}\"" '[a][b c][d:e]'
}

@test "a bad substitution is an error that ends the shell" {
	check -d -e '[1-9]*' 'echo ${}; echo wrong' ''
	check -d -e '[1-9]*' 'echo ${a b}; echo wrong' ''
	check -d -e '[1-9]*' 'echo ${x!y}; echo wrong' ''
	check -d -e '[1-9]*' 'echo ${-x-}; echo wrong' ''
}

@test "an unclosed expansion is a syntax error" {
	check -d -e '[1-9]*' 'echo ${x' ''
	check -d -e '[1-9]*' 'echo "${x"' ''
	check -d -e '[1-9]*' 'echo ${x-' ''
}

@test "nounset makes an unset variable an error" {
	check -d -e '[1-9]*' 'set -u; echo $x; echo wrong' ''
	check -d -e '[1-9]*' 'set -u; echo ${#x}; echo wrong' ''
	check -d -e '[1-9]*' 'set -u; echo ${x%a}; echo wrong' ''
	check -d -e '[1-9]*' 'set -u; echo $1; echo wrong' ''
}

@test "nounset allows at, star and the defaulting forms" {
	check 'set -u; echo "$@" $* "${x-a}" "${x:-b}" "${x+c}" "${x=d}" $x $#'  'a b  d d 0'
}

@test "nounset allows an empty variable" {
	check 'set -u; x=; echo "[$x]"' '[]'
}

@test "an expansion that is a whole word may give several fields" {
	check "x='a b'; printf '[%s]' \$x\$x y\$x \$x\"\$x\"" '[a][ba][b][ya][b][a][ba b]'
}

@test "the value of a variable is not expanded again" {
	check "x='\$y \`echo no\` \$(echo no) ~'; y=1; echo \$x \"\$x\"" '$y `echo no` $(echo no) ~ $y `echo no` $(echo no) ~'
}

@test "a parameter in braces may touch a name" {
	check 'x=a; echo ${x}b $x/c ${x}${x}' 'ab a/c aa'
}

@test "a long value is removed from quickly" {
	check - '100000 0' <<'EOF'
x=aaaaaaaaaa
for i in 1 2 3 4; do x=$x$x$x$x$x$x$x$x$x$x; done
y=${x%b*}
echo ${#y} $((${#y} - ${#x}))
EOF
}

@test "an assigning expansion in a subshell or substitution stays there" {
	check '(: ${x=1}); echo $(echo ${x=2}) ${x-unset}' '2 unset'
}

@test "an expansion in the name position of a command runs what it gives" {
	check 'x="echo a"; $x b; ${u-echo c}; $(echo echo d)' $'a b\nc\nd'
}

@test "a command of nothing but an empty expansion succeeds" {
	check '$u; echo $?; $u $v ; echo $?; "$@" ; echo $?' $'0\n0\n0'
}

@test "a single-quoted brace in an unquoted word does not count" {
	check "echo \${x-'}'}" '}'
}

@test "an expansion with default inside arithmetic" {
	check 'echo $((${x-3} + ${x:-4}))' '7'
}

@test "line continuations stand anywhere in an expansion" {
	check - $'3:3\n3 ar' <<'EOF'
set -- 1 22 333 foo=bar
foo=bar
echo 3:$\
{\
#\
3\
}
echo ${\
#\
foo\
} ${foo\
#\
#\
b}
EOF
}
