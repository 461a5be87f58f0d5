# SPDX-License-Identifier: GPL-3.0-or-later
# XCU 2.6.1 Tilde expansion

load helper

@test "a tilde at the start of a word is the value of HOME" {
	check 'HOME=/h; echo ~ ~/ ~/a/b' '/h /h/ /h/a/b'
}

@test "a tilde elsewhere in a word is literal" {
	check 'HOME=/h; echo a~ /~ a/~ a=~ -x~ :~' 'a~ /~ a/~ a=~ -x~ :~'
}

@test "a tilde and login name is the home of that user" {
	check 'test ~root = "$(getent passwd root | cut -d: -f6)" && echo ~root/x' '/root/x'
}

@test "a tilde and unknown login name stays" {
	check 'echo ~nosuchuserx ~nosuchuserx/a' '~nosuchuserx ~nosuchuserx/a'
}

@test "a quoted tilde or name does not expand" {
	check "HOME=/h; echo \\~ '~' \"~\" \\~/a '~'/a ~\\root ~'root' ~\"\" ~r\"oo\"t" '~ ~ ~ ~/a ~/a ~root ~root ~ ~root'
}

@test "a quoted slash ends no tilde prefix" {
	check "HOME=/h; echo ~'/'a ~\\/a ~\"/a\"" '~/a ~/a ~/a'
}

@test "a tilde with an expansion in its name does not expand" {
	check 'HOME=/h u=root; echo ~$u ~${u} ~$(echo root)' '~root ~root ~root'
}

@test "a tilde that results from an expansion does not expand" {
	check 'HOME=/h; x="~"; echo $x $x/a $(echo "~") ${x}' '~ ~/a ~ ~'
}

@test "a tilde expands in an assignment at its start" {
	check 'HOME=/h; x=~; y=~/a; echo "$x" "$y"' '/h /h/a'
}

@test "a tilde expands in an assignment after a colon" {
	check 'HOME=/h; x=~:~/a:b:~; y=a:~; z=a~:b; echo $x $y $z' '/h:/h/a:b:/h a:/h a~:b'
}

@test "a colon ends a tilde prefix only in an assignment" {
	check 'HOME=/h; echo ~:a a:~' '~:a a:~'
}

@test "a quoted colon ends no tilde prefix in an assignment" {
	check "HOME=/h; x=a':'~; y=a\\:~; z='~':~; echo \$x \$y \$z" 'a:~ a:~ ~:/h'
}

@test "a tilde expands in an assignment before a command" {
	check 'HOME=/h; x=~/a:~ env | grep ^x=' 'x=/h/a:/h'
}

@test "a tilde in double quotes in an assignment is literal" {
	check 'HOME=/h; x="~:~"; echo "$x"' '~:~'
}

@test "a tilde in the argument of export and readonly expands" {
	check 'HOME=/h; export x=~ y=a:~/b; readonly z=~; echo $x $y $z' '/h a:/h/b /h'
}

@test "the result of a tilde expansion is neither split nor globbed" {
	check "touch f1; HOME='a  b *'; printf '[%s]' ~ ~/x; x=~; printf '[%s]' \"\$x\"" '[a  b *][a  b */x][a  b *]'
}

@test "the result of a tilde expansion is not expanded again" {
	check "HOME='\$x \`echo y\`'; echo ~" '$x `echo y`'
}

@test "a tilde with an empty HOME is an empty field" {
	check "HOME=; set -- ~; echo \"\$# [\$1]\"; printf '[%s]' ~/a" $'1 []\n[/a]'
}

@test "a HOME that ends in a slash gives no double slash" {
	check 'HOME=/; echo ~/a ~ ; HOME=/h/; echo ~/a' $'/a /\n/h/a'
}

@test "a tilde uses a HOME that is assigned in the same command only after it" {
	check 'HOME=/h; HOME=/i echo ~' '/h'
	check 'HOME=/h; HOME=/i x=~; echo $x' '/i'
}

@test "a tilde in a redirection target expands" {
	check 'HOME=$PWD; echo a >~/f; cat f' 'a'
}

@test "a tilde in a case word and pattern expands" {
	check 'HOME=/h; case ~ in /h) echo 1 ;; esac; case /h in ~) echo 2 ;; esac; case /h/a in ~/*) echo 3 ;; esac' $'1\n2\n3'
}

@test "a tilde in a case pattern is literal for pattern matching" {
	check "HOME='a*'; case abc in ~) echo wrong ;; *) echo ok ;; esac" 'ok'
}

@test "a tilde in a for list expands" {
	check 'HOME=/h; for i in ~ ~/a; do echo $i; done' $'/h\n/h/a'
}

@test "an assignment with a tilde name" {
	check 'x=~root/a:~root; echo $x' '/root/a:/root'
}
