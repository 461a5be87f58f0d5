# SPDX-License-Identifier: GPL-3.0-or-later
# sh: invocation, options, input

load helper

@test "-c runs its string with the next operand as the name" {
	check '$SH -c "echo \$0 \$# \$1" name a b' 'name 2 a'
}

@test "-c without further operands has a name of the shell" {
	check -p '$SH -c "echo \$0"' '*?'
}

@test "-c with an empty string succeeds" {
	check '$SH -c ""; echo $?' '0'
}

@test "-c without a string is an error" {
	check -d -e '[1-9]*' '$SH -c' ''
}

@test "-c takes options before and after it" {
	check '$SH -ec "false; echo wrong"; echo $?; $SH -c -e "false; echo wrong"; echo $?; $SH -e -c "false; echo wrong"; echo $?; $SH -c -- "echo a"' $'1\n1\n1\na'
}

@test "-c with options in the middle of letters" {
	check '$SH -fuc "case \$- in *f*) echo f ;; esac; case \$- in *u*) echo u ;; esac"' $'f\nu'
}

@test "-s reads commands from standard input and takes arguments" {
	check 'echo "echo \$# \$1 \$2" | $SH -s a b' '2 a b'
	check 'echo "echo \$1" | $SH -s -- -x' '-x'
}

@test "without operands commands are read from standard input" {
	check 'echo "echo a; echo \$0 >/dev/null" | $SH' 'a'
	check 'echo "echo \$#" | $SH -f' '0'
}

@test "a script is run with its name and arguments" {
	check 'echo "echo \$0 \$# \${2-}" >s; $SH s a b; $SH ./s | sed "s/ *\$//"; $SH -- s x y' $'s 2 b\n./s 0\ns 2 y'
}

@test "a script without a slash may be found in PATH" {
	check 'mkdir d; echo "echo found" >d/scriptx; chmod +x d/scriptx; PATH=$PWD/d:$PATH $SH scriptx' 'found'
}

@test "a script in the working directory is preferred to PATH" {
	check 'mkdir d; echo "echo path" >d/s; chmod +x d/s; echo "echo here" >s; PATH=$PWD/d:$PATH $SH s' 'here'
}

@test "a script that does not exist gives 127" {
	check -d -e 127 '$SH ./nosuchscript' ''
	check -d -e 127 '$SH nosuchscriptx' ''
}

@test "options before a script" {
	check 'echo "false; echo wrong" >s; $SH -e s; echo $?; $SH -o errexit s; echo $?; echo "false; echo ok" >s; $SH -e +e s' $'1\n1\nok'
}

@test "an option after the script is an argument" {
	check 'echo "printf %s \$1" >s; $SH s -e' '-e'
}

@test "a lone hyphen ends the options" {
	check 'echo "echo \$1" >s; $SH - s a' 'a'
}

@test "an unknown option is an error" {
	check -d -e '[1-9]*' '$SH -Z' ''
	check -d -e '[1-9]*' '$SH -o nosuchoption -c :' ''
}

@test "the status is that of the script" {
	check '$SH -c "exit 3"; echo $?; $SH -c false; echo $?; echo "exit 4" | $SH; echo $?; echo "exit 5" >s; $SH s; echo $?; $SH -c "nosuchcommandx" 2>/dev/null; echo $?' $'3\n1\n4\n5\n127'
}

@test "the script on standard input is read no further than needed" {
	check -s $'cat\nthis is data\nmore' $'this is data\nmore'
	check -s $'read x; echo "[$x]"\ndata\necho end' $'[data]\nend'
	check -s $'sh -c "read y; echo \\$y"\nchild line\necho end' $'child line\nend'
}

@test "the script from a file on standard input is read no further than needed" {
	check 'printf "head -n 1 >/dev/null\nread x; echo \$x\ndata\necho end\n" >s; printf "cat\nrest\n" >t; $SH <t' 'rest'
	check 'printf "read x\nline\necho \$x\n" >s; $SH <s' 'line'
}

@test "the script from a pipe is read no further than needed" {
	check '{ echo "read x"; echo line; echo "echo \$x"; } | $SH' 'line'
	check '{ echo "/bin/cat"; echo text; } | $SH' 'text'
}

@test "commands from standard input run as soon as their line is complete" {
	check 'mkfifo p q; $SH <p >q & exec 3>p 4<q; echo "echo one" >&3; read x <&4; echo $x; echo "echo two; exit" >&3; read x <&4; echo $x; wait' $'one\ntwo'
}

@test "a command over several lines waits for its end" {
	check -s $'if true\nthen\necho a\nfi\nfor i in 1 2; do\necho $i\ndone' $'a\n1\n2'
}

@test "exec of standard input continues with the new script" {
	check -s $'echo "echo new" >s\nexec <s\necho old' 'new'
}

@test "a script with CR LF or without a last newline" {
	check 'printf "echo a" | $SH; printf "echo b" >s; $SH s; $SH -c "echo c"' $'a\nb\nc'
}

@test "a script that ends in the middle of a command is an error" {
	check -d -e '[1-9]*' 'printf "if true; then\n" | $SH' ''
	check -d -e '[1-9]*' 'printf "echo \"a\n" | $SH' ''
}

@test "a first line with an interpreter is a comment" {
	check 'printf "#!/bin/sh -x\necho a\n" >s; $SH s' 'a'
}

@test "a script may be appended to while it runs" {
	check 'printf "echo a\n" >s; $SH s' 'a'
}

@test "a directory or binary as a script is an error" {
	check -n -e '[1-9]*' '$SH .' ''
}

@test "a long script is read whole" {
	check 'i=0; while [ $i -lt 3000 ]; do echo "x=$i # some padding to make this longer"; i=$((i+1)); done >s; echo "echo \$x" >>s; $SH s; $SH <s; $SH -c "$(cat s)"' $'2999\n2999\n2999'
}

@test "ENV is not read by a shell that is not interactive" {
	check 'echo "echo wrong" >e; ENV=$PWD/e $SH -c "echo a"' 'a'
}

@test "ENV is expanded and read by an interactive shell" {
	check -n 'echo "echo from env" >e; D=$PWD; export D; echo "echo script" | ENV="\$D/e" $SH -i' $'from env\nscript'
}

@test "an interactive shell writes its prompts to standard error" {
	check -p 'printf "echo a\nif true\nthen echo b\nfi\n" | env -u ENV PS1="1> " PS2="2> " $SH -i 2>f; grep -c "1> " f; grep -c "2> " f' $'a\nb\n[1-9]\n[1-9]'
}

@test "PS1 is expanded" {
	check -p 'printf "x=2\necho\n" | env -u ENV x=1 PS1="<\$x>" $SH -i 2>f; grep -q "<1>" f && grep -q "<2>" f && echo ok' $'\nok'
}

@test "the option letters of an interactive shell contain i" {
	check -n 'echo "case \$- in *i*) echo yes ;; esac" | $SH -i' 'yes'
	check 'case $- in *i*) echo wrong ;; *) echo ok ;; esac' 'ok'
}

@test "ignoreeof and end of file" {
	check -n 'echo "echo a" | $SH -i' 'a'
}

@test "plus options turn off" {
	check '$SH -f +f -c "cd /; echo /de[v]"; $SH +o noglob -c "echo /de[v]"' $'/dev\n/dev'
}

@test "the environment reaches the shell and its programs" {
	check "A=1 B='x y' \$SH -c 'echo \$A \$B; env | grep \"^[AB]=\" | sort'" $'1 x y\nA=1\nB=x y'
}

@test "a variable of the environment may be unset" {
	check "A=1 \$SH -c 'unset A; env | grep ^A= || echo none'" 'none'
}

@test "the shell starts with descriptors closed" {
	check -n '$SH -c "echo a" <&-; $SH -c "cat f 2>/dev/null; echo b" 2>&-; $SH -c "echo c" >&-; echo d' $'a\nb\nd'
}

@test "a hundred shells start" {
	check 'i=0; while [ $i -lt 100 ]; do $SH -c : || echo failed; i=$((i+1)); done' ''
}

@test "verbose at invocation shows the script" {
	check -p 'echo "echo a" >s; $SH -v s 2>&1' $'echo a\na'
}

@test "xtrace at invocation shows the commands" {
	check -p '$SH -x -c "echo a" 2>&1' $'+ echo a\na'
}
