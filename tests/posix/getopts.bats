# SPDX-License-Identifier: GPL-3.0-or-later
# getopts

load helper

@test "getopts takes one option at a time" {
	check 'set -- -a -b c; while getopts ab o; do echo $o; done; shift $((OPTIND-1)); echo $*' $'a\nb\nc'
}

@test "getopts takes options in one word" {
	check 'set -- -abc d; while getopts abc o; do echo $o; done; echo $OPTIND' $'a\nb\nc\n2'
}

@test "getopts gives an option-argument" {
	check "set -- -a x -by; while getopts a:b: o; do echo \"\$o [\$OPTARG]\"; done; echo \$OPTIND" $'a [x]\nb [y]\n4'
}

@test "an option-argument may be empty, hold blanks or begin with a hyphen" {
	check "set -- -a '' -a 'b c' -a -x -a--; while getopts a: o; do echo \"[\$OPTARG]\"; done" $'[]\n[b c]\n[-x]\n[--]'
}

@test "options after an argument in one word" {
	check 'set -- -xa1 -x; while getopts a:x o; do echo "$o$OPTARG"; done' $'x\na1\nx'
}

@test "getopts stops at two dashes" {
	check 'set -- -a -- -b; while getopts ab o; do echo $o; done; shift $((OPTIND-1)); echo $*' $'a\n-b'
}

@test "getopts stops at an operand" {
	check 'set -- -a x -b; while getopts ab o; do echo $o; done; shift $((OPTIND-1)); echo $*' $'a\nx -b'
}

@test "getopts stops at a lone hyphen" {
	check 'set -- -a - -b; while getopts ab o; do echo $o; done; shift $((OPTIND-1)); echo $*' $'a\n- -b'
}

@test "getopts at the end fails and sets the variable to a question mark" {
	check 'set --; getopts a o; echo $? $o $OPTIND' '1 ? 1'
	check 'set -- x; getopts a o; echo $? $o $OPTIND' '1 ? 1'
	check 'set -- -a; getopts a o; getopts a o; test $? -gt 0 && echo "$o $OPTIND"' '? 2'
}

@test "getopts succeeds while there are options" {
	check 'set -- -a; getopts a o; echo $?' '0'
}

@test "an unknown option gives a question mark and a diagnostic" {
	check -d 'set -- -x; getopts ab o; echo $? $o ${OPTARG-unset}' '0 ? unset'
}

@test "a missing option-argument gives a question mark and a diagnostic" {
	check -d 'set -- -a; getopts a: o; echo $? $o ${OPTARG-unset}' '0 ? unset'
}

@test "with a leading colon an unknown option is silent and in OPTARG" {
	check 'set -- -x; getopts :ab o; echo $? $o $OPTARG' '0 ? x'
}

@test "with a leading colon a missing argument gives a colon" {
	check 'set -- -a; getopts :a: o; echo $? $o $OPTARG' '0 : a'
}

@test "getopts goes on after an unknown option" {
	check 'set -- -xa -y -b; while getopts :ab o; do echo $o $OPTARG; done' $'? x\na\n? y\nb'
}

@test "a colon as an option is unknown" {
	check -n 'set -- -:; getopts a: o; echo $o' '?'
	check 'set -- -:; getopts :a: o; echo $o $OPTARG' '? :'
}

@test "getopts takes its own arguments instead" {
	check 'set -- -z; while getopts ab: o -a -b c d; do echo "$o $OPTARG"; done; echo $OPTIND' $'a \nb c\n4'
}

@test "OPTIND set to one starts again" {
	check 'set -- -a -b; getopts ab o; getopts ab o; OPTIND=1; getopts ab o; echo $o; set -- -b; OPTIND=1; getopts ab o; echo $o' $'a\nb'
}

@test "OPTIND points to the next argument" {
	check 'set -- -a -bc d; getopts abc o; echo $OPTIND; getopts abc o; getopts abc o; echo $o; getopts abc o; echo $OPTIND' $'2\nc\n3'
}

@test "option letters may be digits and other characters" {
	check 'set -- -1 -A -2x; while getopts 1A2: o; do echo "$o"; done' $'1\nA\n2'
}

@test "getopts in a function works on the function's arguments" {
	check 'f() { OPTIND=1; while getopts xy o; do echo $o; done; }; f -x -y; f -y' $'x\ny\ny'
}

@test "getopts with a bad variable name fails" {
	check -d -e '[1-9]*' 'getopts a 1a -a' ''
}

@test "getopts without enough operands fails" {
	check -d -e '[1-9]*' 'getopts a' ''
}

@test "getopts with two dashes" {
	check 'getopts -- a o -a; echo $o' 'a'
}

@test "OPTARG is unset or empty for an option without argument" {
	check 'OPTARG=x; set -- -a; getopts a o; echo "[$OPTARG]"' '[]'
}

@test "an option given twice and options after an empty argument" {
	check "set -- -a -a '' -a; while getopts a o; do echo \$o; done; echo \$OPTIND" $'a\na\n3'
}

@test "the diagnostic names the script" {
	check -f -n 'getopts a o -x 2>f; grep -c script f' '1'
}

@test "getopts with a shift in the loop's end" {
	check "set -- -v -o out 'a b' c; while getopts vo: o; do case \$o in v) v=1 ;; o) f=\$OPTARG ;; esac; done; shift \$((OPTIND - 1)); printf '[%s]' \"\$v\" \"\$f\" \"\$@\"" '[1][out][a b][c]'
}

@test "a local OPTIND keeps the place in a group of options outside" {
	check 'g() { local OPTIND=1 o; while getopts pq o; do echo $o; done; }
	f() { local OPTIND=1 o; while getopts ab o; do echo $o; g -pq; done; }
	f -ab' $'a\np\nq\nb\np\nq'
}
