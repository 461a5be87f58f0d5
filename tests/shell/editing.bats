# SPDX-License-Identifier: GPL-3.0-or-later
# Editing the line, in terminals of two sizes.

load helper

@test "emacs keys edit the line" {
  terminal 80x24
  keys 'cho two' C-a e C-e ' three' M-b M-b 'one ' Enter
  shows '0$ echo one two three
one two three'
}

@test "characters of several bytes are one character" {
  terminal 80x24
  keys 'echo äöü€𝄞' Left BSpace BSpace Enter
  shows 'äö𝄞'
  keys 'echo 日本語' Left BSpace Enter
  shows '日語'
}

@test "a line longer than the window is edited as one, in colours too" {
  terminal 40x10 'PS1="\[\e[31m\]é\[\e[0m\]> "'
  keys 'echo aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeee' C-a 'true; ' C-e 'f' Enter
  shows 'é> true; echo aaaaaaaaaabbbbbbbbbbcccccc
ccccddddddddddeeeeeeeeeef
aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd
eeeeeeeeeef'
}

@test "colours that nobody has enclosed do not count either" {
  terminal 40x10 'PS1="\e[1;32mhere\e[0m> "'
  keys 'echo aaaaaaaaaabbbbbbbbbbccccccccccdd' BSpace BSpace C-a C-k 'echo ok' Enter
  shows 'here> echo ok
ok'
}

@test "the line is drawn anew when the window changes, and COLUMNS follows" {
  terminal 80x24
  keys 'echo aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd'
  screen_shows 'dddd$'
  _tmux resize-window -x 40 -y 10
  shows '0$ echo aaaaaaaaaabbbbbbbbbbccccccccccdd
dddddddd'
  keys C-a C-k 'echo $COLUMNS $LINES' Enter
  shows '40 10'
}

@test "set -o vi edits as vi does" {
  terminal 80x24 'set -o vi'
  keys 'echo abc'
  screen_shows 'abc$'
  keys Escape
  keys 0 'dw' i 'printf "<%s>\n" ' Escape A d Enter
  shows '<abcd>'
}

@test "the bindings of inputrc count, vi mode among them" {
  printf '%s\n' '"\C-xh": "echo from inputrc"' >inputrc
  INPUTRC=$BATS_TEST_TMPDIR/inputrc terminal 80x24
  keys C-x h Enter
  shows 'from inputrc'
  terminal_close
  printf '%s\n' 'set editing-mode vi' >inputrc
  INPUTRC=$BATS_TEST_TMPDIR/inputrc terminal 80x24
  keys 'set -o | grep "^vi "; echo $-' Enter
  screen_shows '^vi .*on'
}

@test "what is pasted waits for Enter" {
  terminal 80x24
  _tmux set-buffer $'echo one\necho two'
  _tmux paste-buffer -p
  screen_shows 'echo two$'
  keys ' three' Enter
  shows 'one
two three'
}

@test "a command of several lines comes back as one" {
  terminal 40x10
  keys 'for i in 1 2; do' Enter 'echo "<$i>"' Enter 'done' Enter
  shows '<1>
<2>'
  keys C-l Up
  shows '0$ for i in 1 2; do
echo "<$i>"
done'
  keys ' | tail -n 1' Enter
  shows 'done | tail -n 1
<2>'
}

@test "C-r searches the history" {
  terminal 80x24
  keys 'echo alpha' Enter 'echo beta' Enter 'true' Enter
  shows 'beta
0$ true'
  keys C-r 'alp'
  screen_shows "alp.: echo alpha"
  keys Enter
  shows '0$ echo alpha
alpha'
}

@test "Ctrl-C gives the line up" {
  terminal 80x24
  keys 'echo wrong'
  screen_shows 'wrong$'
  keys C-c
  screen_shows '^130\$'
  keys 'for i in 1' Enter
  screen_shows '^>'
  keys C-c
  keys 'echo right' Enter
  shows 'right'
  ! screen | grep -q '^wrong'
}

@test "Ctrl-C ends a read of what does not end" {
  terminal 80x24
  keys 'echo begun; read x </dev/zero' Enter
  screen_shows '^begun'
  keys C-c
  screen_shows '^130\$'
}

@test "Ctrl-C runs the trap for it" {
  terminal 80x24 'trap "echo trapped" INT'
  keys 'echo wrong'
  screen_shows 'wrong$'
  keys C-c
  shows 'trapped'
  keys 'echo right' Enter
  shows 'right'
}

@test "Ctrl-D ends the shell, but not with ignoreeof" {
  terminal 80x24 'set -o ignoreeof'
  keys C-d
  screen_shows 'Use "exit" to leave'
  keys 'set +o ignoreeof' Enter
  screen_shows '^0\$ *$'
  keys C-d
  closed
}

@test "Ctrl-D in a command that is not complete is an error and goes on" {
  terminal 80x24
  keys 'if true' Enter
  screen_shows '^>'
  keys C-d
  screen_shows 'unexpected end'
  keys 'echo on' Enter
  shows 'on'
}

@test "traps run while a line is typed, and it stays" {
  terminal 40x10 'trap "echo got USR1" USR1'
  keys 'echo half'
  screen_shows 'half$'
  kill -USR1 "$(shell_pid)"
  shows 'got USR1
0$ echo half'
  keys ' done' Enter
  shows 'half done'
}

@test "with set -b the end of a job is told at once" {
  terminal 40x10 'set -b'
  mkfifo "$BATS_TEST_TMPDIR/conch/f"
  keys 'cat f &' Enter
  screen_shows '^\[1\] [0-9]'
  keys 'echo half'
  screen_shows 'half$'
  : >"$BATS_TEST_TMPDIR/conch/f"
  shows '[1] + Done cat f
0$ echo half'
  keys ' done' Enter
  shows 'half done'
}

@test "history expansion is off, and on with set -H" {
  terminal 80x24
  keys 'echo one!!' Enter
  shows 'one!!'
  keys 'set -H' Enter 'echo two' Enter
  shows 'two'
  keys '!! three' Enter
  shows '!! three' || :
  shows 'two three'
}

@test "without an editing mode, or without the module, lines are read plainly" {
  terminal 80x24 'set +o emacs'
  keys 'echo plain' Enter
  shows 'plain'
  keys 'wrong' C-u 'echo again' Enter
  shows 'again'
  terminal_close
  mkdir alone
  cp "$CONCH" alone/conch
  PROGRAM=$BATS_TEST_TMPDIR/alone/conch terminal 80x24
  keys 'echo bare' Enter
  shows 'bare'
  keys 'grep -c libreadline /proc/$$/maps' Enter
  screen_shows '^0$'
}

@test "Readline is loaded for a person only" {
  in_each_host '
    grep -c libreadline /proc/$$/maps
    conch=$(readlink /proc/$$/exe)
    echo "grep -c libreadline /proc/\$\$/maps" | $conch -i +m 2>/dev/null'
  assert_output $'0\n0'
}

@test "it works on a terminal that can do nothing" {
  TERMINAL=dumb terminal 80x24
  keys 'echo dumb' Enter
  shows 'dumb'
}

@test "C-x C-e and vi's v give the line to an editor" {
  in_env VISUAL="sed -i s/one/two/"
  terminal 80x24
  keys 'echo one' C-x C-e
  shows '0$ echo one
echo two
two'
  keys 'set -o vi' Enter 'echo one one' Escape v
  shows 'echo two one
two one'
  keys 'fc -ln -2 -1' Enter # the line as it was typed, and as it was edited
  shows '        echo one one
        echo two one'
}

@test "an editor that fails executes nothing" {
  in_env VISUAL=false
  terminal 80x24
  keys 'echo never' C-x C-e
  shows '0$ echo never
1$'
  keys 'echo more' Enter
  shows 'more'
}

@test "bind does what a line of inputrc says" {
  printf '%s\n' '"\C-xf": "echo from a file"' >"$BATS_TEST_TMPDIR/bindings"
  terminal 80x24 'bind '\''"\C-xh": "echo bound"'\'' "set completion-ignore-case on"'
  keys C-x h Enter
  shows 'bound'
  keys "bind -f $BATS_TEST_TMPDIR/bindings" Enter
  screen_shows '^0\$$'
  keys C-x f Enter
  shows 'from a file'
  keys "clear; bind -v | grep ignore-case; bind -s | grep bound; bind -l | grep edit-and; bind -p | grep 'C-x.C-e'" Enter
  shows 'set completion-ignore-case on
"\C-xh": "echo bound"
edit-and-execute-command
"\C-x\C-e": edit-and-execute-command'
}

@test "bind says what is wrong" {
  terminal 160x24
  keys "bind '\"\\C-xh\": no-such-function'; bind -m none x; bind -f /none" Enter
  screen_shows ': bind: "\\C-xh": no-such-function: not a binding'
  screen_shows ': bind: none: no such keymap'
  screen_shows ': bind: /none: No such file or directory'
  in_each_host 'bind -l'
  assert_status 1
  assert_stderr -p 'bind: no line editor here'
}
