# SPDX-License-Identifier: GPL-3.0-or-later
# XCU 2.6.3 Command substitution

load helper

@test "both forms give the standard output of the commands" {
	check 'echo $(echo a) `echo b`' 'a b'
}

@test "trailing newlines are removed and others stay" {
	check "x=\$(printf '\\n\\na\\n\\nb\\n\\n\\n'); printf '[%s]' \"\$x\"" $'[\n\na\n\nb]'
	check "x=\`printf '\\na\\n\\n'\`; printf '[%s]' \"\$x\"" $'[\na]'
}

@test "an output of only newlines is empty" {
	check "printf '[%s]' \"\$(echo; echo)\" \$(echo)" '[]'
}

@test "trailing blanks stay" {
	check "printf '[%s]' \"\$(printf ' a \\t \\n')\"" $'[ a \t ]'
}

@test "an unquoted substitution is split and globbed" {
	check "touch f1 f2; printf '[%s]' \$(echo a  b 'f*')" '[a][b][f1][f2]'
}

@test "a quoted substitution is not split" {
	check "printf '[%s]' \"\$(echo 'a  b'; echo '*')\"" $'[a  b\n*]'
}

@test "the output is not expanded again" {
	check "x=1; echo \$(echo '\$x \`y\` ~')" '$x `y` ~'
}

@test "a substitution joins with what is beside it" {
	check "printf '[%s]' a\$(echo 'b c')d\$(echo e)" '[ab][cde]'
}

@test "an empty substitution gives no field" {
	check 'set -- $() `` $(:) "$()"; echo $#' '1'
}

@test "substitutions nest" {
	check 'echo $(echo $(echo $(echo a)))' 'a'
	check 'echo `echo \`echo \\\`echo a\\\`\``' 'a'
	check 'echo $(echo `echo $(echo a)`)' 'a'
}

@test "quotes in a substitution inside double quotes nest" {
	check 'echo "$(echo "a  $(echo "b  c")")"' 'a  b  c'
}

@test "a substitution runs in a subshell environment" {
	check 'x=1; y=$(x=2; echo $x); echo $x $y' '1 2'
	check 'x=$(cd /; pwd); test "$PWD" != / && echo $x' '/'
	check 'f() { echo a; }; x=$(f() { echo b; }; f); f; echo $x' $'a\nb'
	check 'set a b; x=$(shift; echo $1); echo $1 $x; x=$(set -f; echo $-); case $- in *f*) echo wrong ;; esac' 'a b'
}

@test "exit in a substitution leaves only it" {
	check 'x=$(echo a; exit 3; echo b); echo $x $?' 'a 3'
	check 'echo $(echo a; exit 3); echo $?' $'a\n0'
}

@test "return in a function in a substitution leaves the function" {
	check 'f() { return 4; }; x=$(f; echo $?); echo $x' '4'
}

@test "an error in a substitution ends only it" {
	check -n 'x=$(set -u; echo $nosuch; echo wrong); echo "after [$x]"' 'after []'
}

@test "the status of a command without a name is that of the last substitution" {
	check '$(exit 3); echo $?; `exit 4`; echo $?; x=$(exit 5); echo $?' $'3\n4\n5'
}

@test "the status of a command does not come from its substitutions" {
	check 'echo $(exit 3); echo $?; : $(false); echo $?' $'\n0\n0'
}

@test "a substitution may hold comments, newlines and here-documents" {
	check - $'a b c' <<'EOF'
echo $(
	# a ) comment's
	echo a
	cat <<E
b
E
	echo c
)
EOF
}

@test "a substitution may hold a case with unbalanced parentheses" {
	check 'echo $(case a in a) echo yes;; b) echo no;; esac)' 'yes'
	check 'echo $(case a in (a) echo yes;; (b) echo no;; esac)' 'yes'
	check $'echo $(case a in\nb) echo no\n;;\na) echo yes\nesac)' 'yes'
	check 'echo "$(case a in a) echo "y)es";; esac)"' 'y)es'
}

@test "a case in a substitution with its last clause not ended" {
	check 'echo $(case a in a) echo yes; esac; echo more)' 'yes more'
}

@test "a word esac or case as an argument in a substitution" {
	check 'echo $(echo case a in) $(echo esac)' 'case a in esac'
}

@test "a substitution may hold every kind of command" {
	check 'echo $(if true; then echo a; fi; for i in b c; do echo $i; done; while :; do echo d; break; done; { echo e; }; (echo f); echo g | cat; g() { echo h; }; g)' \
		'a b c d e f g h'
}

@test "a substitution that begins with a subshell needs a blank or is not arithmetic" {
	check 'echo $( (echo a); echo b)' 'a b'
	check 'echo $((echo a); echo b)' 'a b'
	check 'echo $((echo a) | cat)' 'a'
}

@test "an arithmetic expansion that the input cuts off is no command substitution" {
	check -d -e '[1-9]*' 'echo $((cat <<EOF
+((((
EOF
) && (
cat <<EOF
+
EOF
))' ''
	check -d -e '[1-9]*' 'echo $((1 + (2' ''
}

@test "single quotes, double quotes and braces in a substitution balance apart" {
	check - $'} ) \' "' <<'EOF'
echo $(echo '}' ')' "'" '"')
EOF
	check 'echo ${x-$(echo })}' '}'
}

@test "backquotes strip backslashes before dollar, backquote and backslash" {
	check - '$x 1 \\ a' <<'EOF'
x=1
printf '%s %s %s %s' `echo '\$x'` `echo \$x` `printf %s '\\\\'` `printf %s \\a`
EOF
}

@test "a dollar paren keeps backslashes as they are" {
	check - '$x 1 \a' <<'EOF'
x=1
printf '%s %s %s\n' $(echo \$x) "$(echo "$x")" $(printf %s '\a')
EOF
}

@test "a backquote substitution in double quotes keeps its quotes" {
	check - "a  b 'c' \"d\"" <<'EOF'
echo "`echo 'a  b' "'c'" '"d"'`"
EOF
}

@test "redirections alone in a substitution read nothing" {
	check 'echo x >f; y=$(>g); test -f g && echo "[$y]"' '[]'
}

@test "standard error is not captured" {
	check -E 'err' 'x=$(echo out; echo err >&2); echo "[$x]"' '[out]'
}

@test "standard error captured through a redirection keeps order" {
	check '$(:) ; x=$( { echo a; echo b >&2; echo c; } 2>&1 ); echo $x' 'a b c'
	check 'f() { echo a; echo b >&2; }; x=$(f 2>&1 >/dev/null); echo $x; x=$({ f 2>&1; } 2>/dev/null); echo $x' $'b\na b'
}

@test "an external program and built-ins mix their output in order" {
	check 'x=$(echo a; /bin/echo b; echo c; /bin/echo d | cat; printf e); echo $x' 'a b c d e'
}

@test "a substitution reads the standard input of its command" {
	check 'printf "a\nb\n" | { x=$(read l; echo $l); y=$(cat); echo $x $y; }' 'a b'
}

@test "a large output is captured whole" {
	check 'x=$(i=0; while [ $i -lt 3000 ]; do echo 0123456789012345678901234567890123456789; i=$((i+1)); done); echo ${#x}' '122999'
	check 'x=$(head -c 300000 /dev/zero | tr "\0" x); echo ${#x}' '300000'
	check 'x=$(head -c 300000 /dev/zero | tr "\0" x); y=$(echo $x; echo $x); echo ${#y}' '600001'
}

@test "a substitution waits for background commands that hold its output" {
	check 'x=$( (until [ -e f ]; do sleep 0.02; done; echo late) & echo early; : >f); echo $x' 'early late'
}

@test "a background command that does not hold the output does not delay" {
	check 'x=$(sleep 5 >/dev/null 2>&1 & echo now); echo $x' 'now'
}

@test "an exit trap in a substitution runs there" {
	check 'x=$(trap "echo bye" EXIT; echo hi); echo $x' 'hi bye'
}

@test "an exit trap of the shell does not run in a substitution" {
	check 'trap "echo bye" EXIT; x=$(echo hi); echo "[$x]"' $'[hi]\nbye'
}

@test "variables assigned in expansions inside a substitution stay there" {
	check 'x=$(echo ${y=1}); echo $x ${y-unset}' '1 unset'
}

@test "a substitution in an assignment before a command is expanded first" {
	check 'x=$(echo a) env | grep ^x=' 'x=a'
}

@test "several assignments with substitutions are done from the left" {
	check 'x=$(echo 1) y=$(echo $x 2); echo $y' '1 2'
}

@test "a substitution in a redirection target" {
	check 'echo a >$(echo f); cat $(echo f) <$(echo f)' 'a'
}

@test "a substitution in a for list, a case word and a here-document" {
	check $'for i in $(echo a b); do echo $i; done; case $(echo c) in c) echo yes; esac; cat <<E\n$(echo d)\nE' $'a\nb\nyes\nd'
}

@test "break in a substitution does not end the loop outside" {
	check -n 'for i in 1 2; do x=$(break; echo x); echo $i; done' $'1\n2'
}

@test "a descriptor opened in a substitution is closed after" {
	check -n 'x=$(exec 5>f; echo a >&5); cat f; { echo b >&5; } 2>/dev/null || echo closed' $'a\nclosed'
}

@test "umask and cd in a substitution do not last" {
	check 'umask 022; x=$(umask 077; umask); y=$(umask); test $x != $y; d=$PWD; : $(cd /); test "$PWD" = "$d" && test "$(pwd)" = "$d" && echo ok' 'ok'
}

@test "an alias or trap changed in a substitution does not last" {
	check -n 'x=$(trap "echo no" INT; alias zzx=true); trap; alias zzx 2>/dev/null || echo none' 'none'
}

@test "NUL bytes in the output are dropped or end nothing else" {
	check -n -p 'x=$(printf "a\\0b"); echo "$x"' 'a*'
}

@test "an unfinished substitution is a syntax error" {
	check -d -e '[1-9]*' 'echo $(echo a' ''
	check -d -e '[1-9]*' 'echo `echo a' ''
	check -d -e '[1-9]*' 'echo $(if true)' ''
	check -d -e '[1-9]*' 'echo $(;)' ''
}

@test "a thousand substitutions in a loop leave no descriptor behind" {
	check 'i=0; while [ $i -lt 500 ]; do x=$(echo $i); y=$(/bin/true); i=$((i+1)); done; ls /proc/$$/fd >g; i=0; while [ $i -lt 500 ]; do x=$(echo $i); y=$(/bin/true); i=$((i+1)); done; ls /proc/$$/fd >h; cmp g h && echo $x' '499'
}

@test "a substitution with pipes and lists" {
	check 'echo $(echo a | tr a b && echo c || echo d; false || echo e)' 'b c e'
}

@test "command substitution in the pattern and word of an expansion" {
	check 'x=abc; echo ${x#$(echo a)} "${u:-$(echo "d  e")}"' 'bc d  e'
}

@test "aliases in a substitution are those of when it runs" {
	check - $'\nok\nok' <<'EOF'
alias e=:
f() { alias e=echo; echo "$(e ok)"; echo `e ok`; }
echo $(e no)
f
EOF
	check - '[x]' <<'EOF'
alias echo=')'
f() { printf '[%s]\n' "$(echo x)"; }
unalias echo
f
EOF
}

@test "a substitution is read line by line as aliases go" {
	check $'x=$(alias false=:\nfalse); echo $?; x=`alias false=:\nfalse`; echo $?' $'0\n0'
}

@test "a here-document in a substitution before the body of one outside" {
	check - $'outer\ninner' <<'EOF'
cat <<\OUTER; echo "$(cat <<\INNER
inner
INNER
)"
outer
OUTER
EOF
}
