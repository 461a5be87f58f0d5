# SPDX-License-Identifier: GPL-3.0-or-later
# XCU 2.14 Pattern matching notation (as case uses it)

load helper

# Words that match the pattern $1 and, after --, words that do not.
matches() {
	local pattern=$1 want=yes script= word
	shift
	for word; do
		if [ "$word" = -- ]; then
			want=no
			continue
		fi
		script="$script
case $word in $pattern) r=yes ;; *) r=no ;; esac; [ \$r = $want ] || printf '%s\n' \"wrong: \"$word"
	done
	check "$script" ''
}

@test "an ordinary character matches itself" {
	matches 'abc' abc -- ab abcd Abc "''" xabc
}

@test "a question mark matches any one character" {
	matches '?' a / . "'*'" "' '" "'?'" -- "''" ab
	matches 'a?c' abc a/c a.c -- ac abbc
}

@test "a star matches any string" {
	matches '*' a "''" abc / .a "'a b'"
	matches 'a*' a ab abc "'a*'" -- b ba "''"
	matches '*a' a ba cba -- ab
	matches 'a*b*c' abc aXbYc aabbcc abcbc -- ab abcb bc
	matches '**' a "''"
	matches '*a*' a bab -- b
}

@test "stars back up as far as needed" {
	matches '*ab*ab' abab xabyab aababb\ab -- ab aba
	matches '*a*a*a*b' aaaab aaab -- aaaa
}

@test "a bracket expression matches one of its characters" {
	matches '[abc]' a b c -- d ab "''"
	matches 'x[12]y' x1y x2y -- xy x3y x12y
}

@test "a bracket expression may be negated with an exclamation mark" {
	matches '[!abc]' d x / -- a b c "''" de
}

@test "a range matches what lies between" {
	matches '[a-c]' a b c -- d A -
	matches '[0-9]' 0 5 9 -- a
	matches '[a-cx-z]' b y -- m
	matches '[!a-c]' d - -- b
}

@test "a hyphen first or last in brackets is itself" {
	matches '[-a]' - a -- b
	matches '[a-]' - a -- b
	matches '[!-a]' b -- - a
}

@test "a closing bracket first in brackets is itself" {
	matches '[]a]' "']'" a -- b
	matches '[!]a]' b -- "']'" a
	matches '[]]' "']'" -- a
}

@test "an exclamation mark not first in brackets is itself" {
	matches '[a!]' "'!'" a -- b
}

@test "star, question mark and bracket in brackets are themselves" {
	matches '[*?[]' "'*'" "'?'" "'['" -- a
}

@test "an unmatched opening bracket is itself" {
	matches '[' "'['" -- a
	matches '[a' "'[a'" -- a
	matches 'a[' "'a['" -- a
	matches '[!a' "'[!a'" -- b
}

@test "character classes" {
	matches '[[:alpha:]]' a Z -- 1 _ "' '"
	matches '[[:digit:]]' 0 9 -- a
	matches '[[:alnum:]]' a 1 -- _
	matches '[[:upper:]]' A -- a 1
	matches '[[:lower:]]' a -- A
	matches '[[:space:]]' "' '" -- a
	matches '[[:blank:]]' "' '" -- a
	matches '[[:punct:]]' '!' _ -- a
	matches '[[:xdigit:]]' a F 0 -- g
	matches '[[:print:]]' a "' '"
	matches '[[:graph:]]' a -- "' '"
	matches '[[:cntrl:]]' "\"\$(printf '\\001')\"" -- a
}

@test "classes combine with characters, ranges and negation" {
	matches '[[:digit:]a-c_]' 1 b _ -- d
	matches '[![:digit:]]' a -- 1
	matches '[[:upper:][:digit:]]' A 1 -- a
	matches '[[:digit:]][[:alpha:]]' 1a -- a1
}

@test "equivalence classes and collating symbols" {
	matches '[[=a=]]' a -- b
	matches '[[.a.]]' a -- b
	matches '[[.-.]]' - -- a
	matches '[[=a=]b]' a b -- c
}

@test "a quoted special character is itself" {
	matches '\*' "'*'" -- a
	matches "'?'" "'?'" -- a
	matches '"["a]' "'[a]'" -- a
	matches 'a\*b' "'a*b'" -- axb
	matches '"a*"*' "'a*'" "'a*b'" -- ab
}

@test "a quoted character in brackets loses its special meaning" {
	matches '[\!a]' "'!'" a -- b
	matches '["!"a]' "'!'" a -- b
	matches '[a"-"c]' a c - -- b
	matches '[a\-c]' a c - -- b
	matches '[\]a]' "']'" a -- b
	matches '["]"a]' "']'" a -- b
}

@test "a backslash in brackets from quoting is a literal backslash" {
	matches '["\\"a]' "'\\'" a -- b
}

@test "a pattern may come from an expansion" {
	check - 'abcd' <<'EOF'
p='a*' q='[0-9]' r='?'
case abc in $p) printf a ;; esac
case 5 in $q) printf b ;; esac
case x in $r) printf c ;; esac
case abc in ${p}c) printf 'd\n' ;; esac
EOF
}

@test "a quoted expansion is a literal pattern" {
	check - 'ok' <<'EOF'
p='a*'
case abc in "$p") echo wrong ;; *) echo ok ;; esac
EOF
}

@test "a backslash from an expansion escapes in a pattern" {
	check - $'1\n2\n3' <<'EOF'
p='\*'
case '*' in $p) echo 1 ;; esac
case a in $p) echo wrong ;; *) echo 2 ;; esac
p='a\bc'
case abc in $p) echo 3 ;; *) echo wrong ;; esac
EOF
}

@test "a quoted backslash from an expansion is literal" {
	check - $'ok' <<'EOF'
p='\*'
case '\*' in "$p") echo ok ;; esac
case '*' in "$p") echo wrong ;; esac
EOF
}

@test "a pattern matches newlines and leading dots and slashes" {
	check $'case "a\nb" in a?b) echo 1 ;; esac; case "a\nb" in *) echo 2 ;; esac; case .a in ?a) echo 3 ;; esac; case a/b in a*b) echo 4 ;; esac; case / in [!a]) echo 5 ;; esac' \
		$'1\n2\n3\n4\n5'
}

@test "an empty pattern matches only the empty string" {
	matches '""' "''" -- a
}

@test "multibyte characters are single characters in UTF-8" {
	check -l 'case é in ?) echo 1 ;; esac; case éü in ??) echo 2 ;; esac; case ü in [éü]) echo 3 ;; esac; case é in [!é]) echo wrong ;; *) echo 4 ;; esac' $'1\n2\n3\n4'
}

@test "multibyte letters belong to classes in UTF-8" {
	check -l 'case é in [[:alpha:]]) echo 1 ;; esac; case É in [[:upper:]]) echo 2 ;; esac; case é in [[:upper:]]) echo wrong ;; esac' $'1\n2'
}

@test "a byte that is no character still matches in the C locale" {
	check "x=\$(printf '\\377'); case \$x in ?) echo 1 ;; esac; case a\${x}b in a*b) echo 2 ;; esac; case \$x in [!a]) echo 3 ;; esac" $'1\n2\n3'
}

@test "an invalid byte does not break matching in UTF-8" {
	check -l -n -p "x=\$(printf '\\377'); case a\${x}b in a*b) echo ok ;; esac" 'ok'
}

@test "an unknown class name matches nothing or is an error but does not crash" {
	check -n -p 'case a in [[:nosuch:]]) echo yes ;; *) echo no ;; esac; echo end' '*end'
}

@test "ranges with a class inside are not confused" {
	matches '[a[:digit:]-]' a 1 - -- b
}

@test "patterns with many stars are fast" {
	check 'x=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; case $x in *a*a*a*a*a*a*a*a*a*a*a*a*a*a*b) echo wrong ;; *) echo ok ;; esac' 'ok'
}

@test "a tilde, a hash, braces and other characters are ordinary in patterns" {
	matches 'a~b#{c}' "'a~b#{c}'" -- a
	matches 'a+b' "'a+b'" -- aab ab
	matches 'a.c' a.c -- abc
	matches 'a^b$' "'a^b$'" -- a
}
