# SPDX-License-Identifier: GPL-3.0-or-later
# XCU 2.6.5 Field splitting

load helper

# With IFS set to $1, an unquoted variable of value $2 makes the fields $3.
splits() {
	check "IFS=$1; x=$2; set -- \$x; printf '%s' \"\$#:\"; for i do printf '[%s]' \"\$i\"; done" "$3"
}

@test "by default spaces, tabs and newlines split" {
	check $'x=" a\tb\n c  d \n"; printf "[%s]" $x' '[a][b][c][d]'
}

@test "with IFS unset spaces, tabs and newlines split" {
	check $'unset IFS; x=" a\tb\n c  d \n"; printf "[%s]" $x' '[a][b][c][d]'
}

@test "with IFS empty nothing splits" {
	check $'IFS=; x=" a\tb\n c"; printf "[%s]" $x' $'[ a\tb\n c]'
}

@test "with IFS empty an empty expansion still gives no field" {
	check 'IFS=; x=; set -- $x; echo $#' '0'
}

@test "a value of only IFS white space gives no field" {
	splits '" "' '"   "' '0:'
	check $'x=" \t\n "; set -- $x; echo $#' '0'
}

@test "an IFS without white space splits at each character" {
	splits ':' 'a:b:c' '3:[a][b][c]'
	splits ':' 'a::c' '3:[a][][c]'
	splits ':' '::a' '3:[][][a]'
}

@test "a trailing separator makes no empty field" {
	splits ':' 'a:b:' '2:[a][b]'
	splits ':' 'a:' '1:[a]'
	splits ':' ':' '1:[]'
}

@test "two trailing separators make one empty field" {
	splits ':' 'a::' '2:[a][]'
	splits ':' '::' '2:[][]'
	splits ':' ':::' '3:[][][]'
}

@test "a leading separator makes an empty field" {
	splits ':' ':a' '2:[][a]'
}

@test "white space that is not in IFS stays" {
	splits ':' "' a : b '" '2:[ a ][ b ]'
	check $'IFS=:; x="a\nb:c\td"; printf "[%s]" $x' $'[a\nb][c\td]'
}

@test "IFS white space beside a separator belongs to it" {
	splits '": "' "'a : b'" '2:[a][b]'
	splits '": "' "'a: b'" '2:[a][b]'
	splits '": "' "'a :b'" '2:[a][b]'
	splits '": "' "'a   :   b'" '2:[a][b]'
}

@test "IFS white space between two separators leaves an empty field" {
	splits '": "' "'a : : b'" '3:[a][][b]'
	splits '": "' "'a ::b'" '3:[a][][b]'
	splits '": "' "'a b : : c'" '4:[a][b][][c]'
}

@test "leading and trailing IFS white space is ignored" {
	splits '": "' "'  a:b  '" '2:[a][b]'
	splits '": "' "'  :a  '" '2:[][a]'
	splits '": "' "' a : '" '1:[a]'
	splits '": "' "' : '" '1:[]'
	splits '": "' "' : : '" '2:[][]'
}

@test "only the white space in IFS is IFS white space" {
	check $'IFS=" :"; x="a\t: b"; printf "[%s]" $x' $'[a\t][b]'
	check $'IFS="\t"; x="\t a\t\tb \t"; printf "[%s]" $x' '[ a][b ]'
}

@test "a newline as IFS splits lines and keeps blanks" {
	check $'IFS="\n"; x="a b\n\nc  d\n"; printf "[%s]" $x' '[a b][c  d]'
}

@test "several non-blank characters in IFS each split" {
	splits "':-,'" 'a:b-c,d' '4:[a][b][c][d]'
	splits "':-'" 'a:-b' '3:[a][][b]'
}

@test "a letter or digit may be in IFS" {
	splits 'x' 'axbxc' '3:[a][b][c]'
	splits '0' '102030' '3:[1][2][3]'
}

@test "a backslash in IFS is an ordinary separator" {
	check - '[a][b][c]' <<'EOF'
IFS='\'
x='a\b\c'
printf '[%s]' $x
EOF
}

@test "a backslash in the value neither escapes a separator nor vanishes" {
	check - '[a\][b\\][c]' <<'EOF'
x='a\ b\\ c'
printf '[%s]' $x
EOF
}

@test "quotes in IFS are ordinary separators" {
	check - '[a][b][c]' <<'EOF'
IFS=\'\"
x="a'b\"c"
printf '[%s]' $x
EOF
}

@test "a star or question mark in IFS is an ordinary separator" {
	check - '[a][b][c]' <<'EOF'
IFS='*?'
x='a*b?c'
printf '[%s]' $x
EOF
}

@test "literal text is not split" {
	check "IFS=:x; printf '[%s]' a:b axb" '[a:b][axb]'
}

@test "literal text in a word with an expansion is not split" {
	check "IFS=:; x=1:2; printf '[%s]' a:b\$x:c" '[a:b1][2:c]'
}

@test "a separator at the end of an expansion separates what follows" {
	check "IFS=:; x=1:; y=:2; printf '[%s]' \$x\$y \${x}a b\$y" '[1][][2][1][a][b][2]'
}

@test "a literal beside an expansion of only white space ends a field" {
	check "x=' '; printf '[%s]' a\$x\$x'b' \$x'c'\$x" '[a][b][c]'
}

@test "quoted empty strings beside expansions make fields" {
	check "x=' a '; printf '[%s]' ''\$x''" '[][a][]'
	check "x=' '; printf '[%s]' ''\$x''" '[][]'
	check "x=; printf '[%s]' ''\$x" '[]'
}

@test "a quoted expansion beside an unquoted one joins its edge" {
	check "x='a b'; printf '[%s]' \$x\"\$x\"\$x" '[a][ba ba][b]'
}

@test "double-quoted expansions are not split" {
	check "IFS=:; x=a:b; printf '[%s]' \"\$x\" \"\${x}\" \"\$(echo \$x:c)\"" '[a:b][a:b][a b:c]'
}

@test "command substitutions and arithmetic are split" {
	check "IFS=:1; printf '[%s]' \$(echo a:b) \$((212))" '[a][b][2][2]'
}

@test "assignments are not split" {
	check "IFS=:; x=a:b; y=\$x; z=\$(echo 'c:d'); echo \"\$y \$z\"" 'a:b c:d'
}

@test "case words, redirections and here-documents are not split" {
	check $'x="a b"; case $x in "a b") echo yes ;; esac; cat <<E\n$x\nE' $'yes\na b'
}

@test "the list of a for loop is split" {
	check 'x="a b"; for i in $x c; do echo $i; done' $'a\nb\nc'
}

@test "a tilde expansion is not split" {
	check "HOME='/a b'; printf '[%s]' ~" '[/a b]'
}

@test "changing IFS changes later splits at once" {
	check "x=a:b-c; IFS=:; printf '[%s]' \$x; IFS=-; printf '<%s>' \$x; unset IFS; printf '(%s)' \$x" '[a][b-c]<a:b><c>(a:b-c)'
}

@test "an IFS change in a function lasts and in a subshell does not" {
	check "f() { IFS=:; }; x=a:b; f; printf '[%s]' \$x; (IFS=; printf '<%s>' \$x); printf '(%s)' \$x" '[a][b]<a:b>(a)(b)'
}

@test "an IFS assigned for a command does not split that command's words" {
	check "x=a:b; IFS=: printf '[%s]' \$x" '[a:b]'
}

@test "an expansion that vanishes between fields leaves none" {
	check 'x=; set -- a $x b $x; echo $#' '2'
}

@test "fields that come from splitting are globbed" {
	check "touch f1 g1; x='f* g*'; printf '[%s]' \$x" '[f1][g1]'
}

@test "with noglob fields are split only" {
	check "touch f1; set -f; x='f* g'; printf '[%s]' \$x" '[f*][g]'
}

@test "an unset parameter beside a separator expansion" {
	check "IFS=:; x=:; printf '[%s]' \$u\$x\$u" '[]'
	check "IFS=:; x=:; printf '[%s]' a\$x\$u" '[a]'
	check "IFS=:; x=:; printf '[%s]' a\$x''" '[a][]'
}

@test "splitting a long value" {
	check 'x=$(i=0; while [ $i -lt 5000 ]; do echo $i; i=$((i+1)); done); set -- $x; echo $# ${5000}' '5000 4999'
}

@test "a multibyte character in IFS splits in UTF-8" {
	check -l "IFS=é; x=aébéc; printf '[%s]' \$x" '[a][b][c]'
}

@test "bytes of a multibyte character do not split in UTF-8" {
	check -l "IFS=é; x=aèb; printf '[%s]' \$x" '[aèb]'
}

@test "IFS white space in the middle of default IFS with literal parts" {
	check "x='  b  '; printf '[%s]' a\$x\"c\"" '[a][b][c]'
}

@test "carriage return and vertical tab are not in the default IFS" {
	check $'x="a\rb\vc"; set -- $x; echo $#' '1'
}

@test "read splits by the same separators" {
	check -i $'a: b ::c:\n' "IFS=': ' read w x y z; printf '[%s]' \"\$w\" \"\$x\" \"\$y\" \"\$z\"" '[a][b][][c]'
}
