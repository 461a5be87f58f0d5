# SPDX-License-Identifier: GPL-3.0-or-later
# XCU 2.9.4 Compound commands

load helper

@test "a brace group runs in the current environment" {
	check '{ x=1; echo a; cd /; }; echo $x $PWD' $'a\n1 /'
}

@test "a brace group's status is that of its last command" {
	check '{ true; false; }; echo $?; { false; true; }; echo $?' $'1\n0'
}

@test "a brace group needs a separator before its end" {
	check $'{ echo a\n}; { echo b; }; { echo c & wait; }; { (echo d) }' $'a\nb\nc\nd'
}

@test "a subshell keeps its changes" {
	check 'x=1; (x=2; cd /; set -f; f() { :; }; trap "echo t" INT; exec 4>&1); echo $x; test "$PWD" != / && echo same; case $- in *f*) echo wrong; esac; trap' $'1\nsame'
}

@test "a subshell sees the variables, functions and options of the shell" {
	check 'x=1; f() { echo f$x; }; set -f; (f; echo *)' $'f1\n*'
}

@test "a subshell's status is that of its last command or exit" {
	check '(true; false); echo $?; (exit 9); echo $?; (exit 3; echo wrong); echo $?' $'1\n9\n3'
}

@test "subshells and groups nest" {
	check '( ( (echo a) ) ); { { echo b; }; }; ( { (echo c); } )' $'a\nb\nc'
	check 'x=1; (x=2; (x=3; echo $x); echo $x); echo $x' $'3\n2\n1'
}

@test "if runs then when the condition succeeds" {
	check 'if true; then echo a; fi; if false; then echo wrong; fi; if true; then echo b; else echo wrong; fi' $'a\nb'
}

@test "else runs when all conditions fail" {
	check 'if false; then echo wrong; else echo a; fi; if false; then :; elif false; then :; else echo b; fi' $'a\nb'
}

@test "elif runs at the first that succeeds" {
	check 'if false; then echo 1; elif true; then echo 2; elif true; then echo 3; else echo 4; fi' '2'
	check 'x=3; if [ $x = 1 ]; then echo 1; elif [ $x = 2 ]; then echo 2; elif [ $x = 3 ]; then echo 3; fi' '3'
}

@test "if without a branch that runs succeeds" {
	check 'false; if false; then :; fi; echo $?; if (exit 3); then :; elif (exit 4); then :; fi; echo $?' $'0\n0'
}

@test "the status of if is that of the branch" {
	check 'if true; then (exit 3); fi; echo $?; if false; then :; else (exit 4); fi; echo $?; if false; then :; elif true; then (exit 5); fi; echo $?' $'3\n4\n5'
}

@test "a condition may be a list whose last command decides" {
	check 'if false; true; then echo a; fi; if true; false; then :; else echo b; fi; if echo c | grep -q c; then echo d; fi' $'a\nb\nd'
}

@test "the status of a condition is seen in the branch" {
	check 'if (exit 3); then :; else echo $?; fi; if false; then :; elif echo $?; then :; fi' $'3\n1'
}

@test "if nests" {
	check 'if true; then if false; then echo a; else if true; then echo b; fi; fi; else echo c; fi' 'b'
}

@test "while runs as long as the condition succeeds" {
	check 'i=0; while [ $i -lt 3 ]; do echo $i; i=$((i+1)); done' $'0\n1\n2'
	check 'while false; do echo wrong; done' ''
}

@test "until runs as long as the condition fails" {
	check 'i=0; until [ $i -ge 3 ]; do echo $i; i=$((i+1)); done' $'0\n1\n2'
	check 'until true; do echo wrong; done' ''
}

@test "the status of a loop that never ran is zero" {
	check 'false; while false; do :; done; echo $?; false; until true; do :; done; echo $?; false; for i in; do :; done; echo $?' $'0\n0\n0'
}

@test "the status of a loop is that of the last body command" {
	check 'i=0; while [ $((i+=1)) -lt 3 ]; do (exit $i); done; echo $?; i=0; until [ $((i+=1)) -ge 4 ]; do (exit $i); done; echo $?; for i in 1 2; do (exit $i); done; echo $?' $'2\n3\n2'
}

@test "a loop condition may be a list" {
	check 'i=0; while echo c$i; [ $i -lt 1 ]; do i=$((i+1)); done' $'c0\nc1'
}

@test "loops nest" {
	check 'for i in 1 2; do j=0; while [ $j -lt 2 ]; do echo $i$j; j=$((j+1)); done; done' $'10\n11\n20\n21'
}

@test "for runs for each word" {
	check 'for i in a b c; do echo $i; done; echo $i' $'a\nb\nc\nc'
}

@test "for without in runs for the positional parameters" {
	check "set a 'b c'; for i do echo \"\$i\"; done; for i; do echo \"\$i\"; done
for i
do echo \"\$i\"; done" $'a\nb c\na\nb c\na\nb c'
}

@test "for with in and no words runs nothing" {
	check 'set a b; for i in; do echo wrong; done; for i in $u; do echo wrong; done; echo ${i-unset}' 'unset'
}

@test "the words of for are expanded before the loop" {
	check 'x="a b"; for i in $x; do x=c; echo $i; done; set 1 2; for i do set 3; echo $i; done' $'a\nb\n1\n2'
}

@test "the words of for undergo all expansions" {
	check "touch f1 f2; for i in f* \$((1+1)) \$(echo a b) 'c d' \"\$(echo e f)\" ~root; do echo \$i; done" $'f1\nf2\n2\na\nb\nc d\ne f\n/root'
}

@test "newlines may surround the words and in of for" {
	check $'for i\n\nin a b\n\ndo\necho $i\ndone' $'a\nb'
	check $'for i in a \\\nb; do echo $i; done' $'a\nb'
}

@test "the loop variable is a variable of the shell" {
	check 'i=x; for i in a; do :; done; echo $i; for i in; do :; done; echo $i; export e; for e in q; do env | grep ^e=; done' $'a\na\ne=q'
}

@test "a loop variable that is changed in the body gets the next word" {
	check 'for i in a b; do i=x; echo $i; done' $'x\nx'
}

@test "for may use positional parameters through at" {
	check "set 'a b' c; for i in \"\$@\" d; do echo \"\$i\"; done" $'a b\nc\nd'
}

@test "case runs the first clause that matches" {
	check 'case abc in b) echo 1 ;; a*) echo 2 ;; abc) echo 3 ;; esac' '2'
}

@test "case without a match succeeds and runs nothing" {
	check 'false; case a in b) echo wrong ;; esac; echo $?; case a in esac; echo $?' $'0\n0'
}

@test "the status of case is that of its clause" {
	check 'case a in a) (exit 3) ;; esac; echo $?; case a in a) ;; esac; echo $?; false; case a in a) ;; esac; echo $?' $'3\n0\n0'
}

@test "case clauses may have several patterns" {
	check 'for i in a b c d; do case $i in a|b) echo 1;; c | d) echo 2;; esac; done' $'1\n1\n2\n2'
}

@test "case patterns may begin with a parenthesis" {
	check 'case b in (a) echo 1 ;; (b|c) echo 2 ;; esac' '2'
}

@test "the last clause of case needs no terminator" {
	check $'case a in a) echo 1; esac; case a in a) echo 2\nesac; case a in (a) esac; case a in b) ;; a) echo 3;; esac' $'1\n2\n3'
}

@test "case word and patterns are expanded" {
	check "x='a b'; case \$x in 'a b') echo 1 ;; esac; p='a*'; case abc in \$p) echo 2 ;; esac; case 'a*' in \"\$p\") echo 3 ;; esac; case \$((1+1)) in \$(echo 2)) echo 4 ;; esac" $'1\n2\n3\n4'
}

@test "case patterns are expanded only until one matches" {
	check 'case a in a) echo 1 ;; $(echo wrong >&2)) ;; esac; case a in b|a|$(echo wrong >&2)) echo 2 ;; esac' $'1\n2'
}

@test "a semicolon and ampersand fall through to the next clause" {
	check 'case a in a) echo 1 ;& b) echo 2 ;& c) echo 3 ;; d) echo 4 ;; esac' $'1\n2\n3'
	check 'case b in a) echo 1 ;& b) echo 2 ;; c) echo 3 ;; esac' '2'
	check 'case a in a) echo 1 ;& esac; case a in a) ;& b) echo 2; esac' $'1\n2'
}

@test "a clause that is fallen into does not expand its patterns" {
	check 'case a in a) echo 1 ;& $(echo wrong >&2)) echo 2 ;; esac' $'1\n2'
}

@test "newlines may stand anywhere in case" {
	check $'case a\n\nin\n\n(b)\n\n:\n\n;;\n\na\t|\tc )\necho yes\n\n;;\nesac' 'yes'
}

@test "case may match an empty word" {
	check "case '' in '') echo 1 ;; esac; case \$u in ?*) echo wrong ;; *) echo 2 ;; esac" $'1\n2'
}

@test "reserved words as patterns" {
	check 'case if in if) echo 1 ;; esac; case in in in) echo 3 ;; esac' $'1\n3'
}

@test "case in a loop with break and continue" {
	check 'for i in a b c; do case $i in a) continue ;; b) echo b; break ;; esac; echo wrong; done' 'b'
}

@test "the status before case is seen in its word and clause" {
	check '(exit 3); case $? in 3) echo yes ;; esac' 'yes'
}

@test "a tilde expands in case word and patterns" {
	check 'HOME=/h; case /h/x in ~/x) echo yes ;; esac' 'yes'
}

@test "redirections apply to all of a compound command" {
	check 'for i in a b; do echo $i; done >f; cat f; if echo c; then echo d; fi >f; cat f; case x in x) echo e; echo f ;; esac >f; cat f' $'a\nb\nc\nd\ne\nf'
}

@test "compound commands in a pipeline and in the background" {
	check 'for i in a b; do echo $i; done | cat; if true; then echo c; fi | cat; case a in a) echo d ;; esac & wait; while :; do echo e; break; done & wait' $'a\nb\nc\nd\ne'
}

@test "deep nesting is understood" {
	check - 'deep' <<'EOF'
s='echo deep'
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	s="if true; then { ( $s ); }; fi"
	s="for x in 1; do case a in a) $s ;; esac; done"
done
eval "$s"
EOF
}

@test "a loop of a hundred thousand rounds ends" {
	check 'i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done; echo $i' '100000'
}

@test "a reserved word need not be preceded by a semicolon after a closing one" {
	check 'if { true; } then { echo a; } fi; while { false; } do :; done; for i in 1; do { echo b; } done; if (true) then (echo c) fi' $'a\nb\nc'
}

@test "break in a subshell of a loop leaves the subshell" {
	check 'for i in 1 2; do (break; echo wrong); x=$(echo a; continue; echo wrong); echo $i$x; done' $'1a\n2a'
}
