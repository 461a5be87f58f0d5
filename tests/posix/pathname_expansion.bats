# SPDX-License-Identifier: GPL-3.0-or-later
# XCU 2.6.6 Pathname expansion, 2.14.3 Patterns used for filename expansion

load helper

@test "star, question mark and brackets match file names" {
	check 'touch a b ab abc; echo *; echo ?; echo [ab]; echo a*; echo ?b*; echo [!a]' $'a ab abc b\na b\na b\na ab abc\nab abc\nb'
}

@test "the result is sorted" {
	check 'touch c a b 10 9 B; echo *' '10 9 B a b c'
}

@test "a pattern that matches nothing stays" {
	check 'echo x* [a-z]? "a"?; echo nosuchdir/*' $'x* [a-z]? a?\nnosuchdir/*'
}

@test "a leading dot must be matched explicitly" {
	check 'touch .a b .bc; echo *; echo .[ab]*; echo ?a; echo [.]a; echo [!x]a' $'b\n.a .bc\n?a\n[.]a\n[!x]a'
}

@test "a leading dot after a slash must be matched explicitly" {
	check 'mkdir d; touch d/.a d/b; echo d/*; echo d/.a*; echo */*; echo */?a' $'d/b\nd/.a\nd/b\n*/?a'
}

@test "a slash must be matched explicitly" {
	check 'mkdir d; touch d/f; echo *f; echo d*f; echo d?f; echo d[/]f; echo */f d/*' $'*f\nd*f\nd?f\nd[/]f\nd/f d/f'
}

@test "patterns in several components" {
	check 'mkdir a b c; touch a/1 b/1 b/2; echo */1; echo ?/*; echo [bc]/[12]; echo */' $'a/1 b/1\na/1 b/1 b/2\nb/1 b/2\na/ b/ c/'
}

@test "a trailing slash matches only directories" {
	check 'mkdir d; touch f; echo */; echo f/ f*/' $'d/\nf/ f*/'
}

@test "literal components need not be readable" {
	check 'mkdir -p a/b; touch a/b/f; chmod 311 a; echo a/b/*; chmod 755 a' 'a/b/f'
}

@test "repeated slashes stay" {
	check 'mkdir d; touch d/f; echo d//* .//d/*' 'd//f .//d/f'
}

@test "an absolute pattern" {
	check 'touch f1; echo "$PWD"/f* | sed "s,.*/,,"; echo /de[v]/nul[l]' $'f1\n/dev/null'
}

@test "dot and dotdot components are kept" {
	check 'mkdir d; touch f; echo ./f* d/../f* ./d*/../f*' './f d/../f ./d/../f'
}

@test "a quoted pattern is not expanded" {
	check "touch a; echo '*' \"*\" \\* '?' [\"a\"] \\?" '* * * ? a ?'
}

@test "a partly quoted pattern matches the quoted part literally" {
	check "touch 'a*b' axb a1; echo a'*'* a\\*b \"a\"* 'a*'?" 'a*b a*b a*b a1 axb a*b'
}

@test "a pattern from an unquoted expansion is expanded" {
	check "touch f1 f2; x='f*'; echo \$x \${x} \$(echo 'f?') \"\$x\"" 'f1 f2 f1 f2 f1 f2 f*'
}

@test "a pattern may be made of literal and expanded parts" {
	check "touch f1 f2; x='*'; echo f\$x \"f\"\$x f\"\$x\"" 'f1 f2 f1 f2 f*'
}

@test "a backslash from an expansion escapes when there is a pattern" {
	check - $'a*b' <<'EOF'
touch 'a*b' axb
x='a\**'
echo $x
EOF
}

@test "a field without special characters is not touched" {
	check - 'a\b nosuch' <<'EOF'
x='a\b'
printf '%s %s\n' $x nosuch
EOF
}

@test "a backslash in a field that matches nothing stays" {
	check - 'x\*y*' <<'EOF'
x='x\*y*'
printf '%s\n' $x
EOF
}

@test "assignments are not expanded" {
	check 'touch a; x=*; echo "$x"; y="*"; echo "$y"' $'*\n*'
}

@test "case words are not expanded" {
	check 'touch a; case * in "*") echo yes ;; esac' 'yes'
}

@test "redirection targets are not expanded or only when one file matches" {
	check -n 'echo x >f1; cat <f1' 'x'
}

@test "noglob turns it off" {
	check 'touch a; set -f; echo * ? [a]; set +f; echo *' $'* ? [a]\na'
}

@test "a for list and set are expanded" {
	check 'touch a b; for i in *; do echo $i; done; set -- *; echo $#' $'a\nb\n2'
}

@test "names with blanks and special characters are one field each" {
	check "touch 'a b' 'c*' 'd\$x' \"e'f\"; printf '[%s]' *" "[a b][c*][d\$x][e'f]"
}

@test "a name with a newline is one field" {
	check $'touch "a\nb"; set -- a*; echo $#; printf "[%s]" a*b' $'1\n[a\nb]'
}

@test "an unmatched bracket is literal" {
	check "touch '[a' a; echo [a; echo [*; echo [" $'[a\n[a\n['
}

@test "a slash ends a bracket expression that is then literal" {
	check "mkdir 'x[a'; touch 'x[a/b]c'; echo x[a/b]*; echo x[a/b]c" $'x[a/b]c\nx[a/b]c'
}

@test "ranges, negation and classes in file names" {
	check 'touch a1 b2 c3 A4; echo [a-b]*; echo [!a-b]*; echo [[:upper:]]*; echo *[[:digit:]]; echo [[:alpha:]][2-3]' \
		$'a1 b2\nA4 c3\nA4\nA4 a1 b2 c3\nb2 c3'
}

@test "a dangling symbolic link matches" {
	check 'ln -s nosuch l; echo l*; ln -s . d; touch f; echo d/f*' $'l\nd/f'
}

@test "a symbolic link to a directory matches with a trailing slash" {
	check 'mkdir d; ln -s d l; echo */' 'd/ l/'
}

@test "a search that meets an unreadable directory goes on" {
	check 'mkdir a b; touch b/f; chmod 0 a; echo */f; chmod 755 a' 'b/f'
}

@test "a hyphen name and names starting with special characters" {
	check "touch -- -n -a '#x' '~y'; printf '%s ' *" '#x -a -n ~y '
}

@test "a dot pattern gives at least the dot files" {
	check -p 'touch .a .b; echo .*' '?(. )?(.. ).a .b'
}

@test "a pattern with a tilde prefix" {
	check 'HOME=$PWD; touch f1 f2; set -- ~/f*; echo ${1##*/} ${2##*/}' 'f1 f2'
}

@test "a directory of many files" {
	check 'i=0; while [ $i -lt 500 ]; do : >f$i; i=$((i+1)); done; set -- f*; echo $# $1 ${500}' '500 f0 f99'
}

@test "a very long pattern that matches nothing" {
	check -n 'x=$(printf "%05000d" 0); set -- $x*; echo ${#1}' '5001'
}

@test "multibyte names match by character in UTF-8" {
	check -l 'touch é ü ab; echo ?; echo [é]; echo [!é]' $'é ü\né\nü'
}

@test "the words of a command name are expanded" {
	check 'ln -s /bin/echo ./myecho; ./myec* a' 'a'
}

@test "the working directory after cd is searched" {
	check 'mkdir d; touch d/x; cd d; echo *; cd ..; echo *; (cd d; echo *); echo *' $'x\nd\nx\nd'
}

@test "an empty directory leaves the pattern" {
	check 'mkdir d; cd d; echo *' '*'
}

@test "files made by an earlier command of the line are seen" {
	check 'touch a; echo * ; touch b; echo *; rm a; echo *' $'a\na b\nb'
}
