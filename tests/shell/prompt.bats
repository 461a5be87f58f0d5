# SPDX-License-Identifier: GPL-3.0-or-later
# Prompts.

load helper

# prompt TEXT [SETUP]: what TEXT is as a prompt, into $got.
prompt() {
  rm -f "$BATS_TEST_TMPDIR/conch/.conch_history"
  interactive "${2-:}"$'\n'"PS1=$(printf %q "$1")"$'\n'
  got=${err#*'$ $ '}
}

@test "backslash escapes are what bash makes of them" {
  local text bash_says
  for text in '\u@\h:\w\$ ' '\H \W' '[\!]' '\s' '\a\e[0m' '\101\x' 'a\\b' '\j' '\D{%Y}' '\n>' '\q'; do
    prompt "$text"
    bash_says=$(cd "$BATS_TEST_TMPDIR/conch" && HOME=$PWD HISTFILE= LC_ALL=C.UTF-8 "$CONCH_BASH" --norc -c \
      'PS1=$1; x=${PS1@P}; printf %s "$x"' conch "$text" 2>/dev/null)
    case $text in
      '[\!]') bash_says=[3] ;;
      '\s') bash_says=conch ;;
    esac
    same "$got" "${bash_says//[$'\001\002']/}" || {
      echo "of $text"
      return 1
    }
  done
}

@test "parameters, commands and arithmetic are expanded, each time anew" {
  interactive $'PS1="\\$x\\$((1+1))\\$(echo s)> "; x=1\nx=2\n'
  same "$err" '$ 12s> 22s> ' 
}

@test "what an escape gives is not expanded again" {
  mkdir -p conch
  _prepare_folder conch
  mkdir 'conch/$(echo x)`y`\w'
  interactive $'cd *x*; PS1="\\W> "\n'
  [[ $err == '$ $(echo x)`y`\w> '* ]]
}

@test "control characters in the name of a directory do not reach the terminal" {
  _prepare_folder conch
  mkdir conch/$'a\e[31mb'
  interactive $'cd a*; PS1="\\W> "\n'
  [[ $err == '$ a^[[31mb> '* ]]
}

@test "the status is as the command left it" {
  interactive $'PS1="\\$(false)\\$?> "\n(exit 3)\necho $?\n'
  [[ $err == '$ 1> 1> 1> '* ]]
  same "$out" 3
}

@test "PROMPT_COMMAND runs before each prompt, also as an array" {
  interactive $'PROMPT_COMMAND="echo before; false"\n(exit 4)\necho $?\nPROMPT_COMMAND=("echo a" "echo b")\n'
  same "$out" $'before\nbefore\n4\nbefore\na\nb'
}

@test "an error in a prompt is told and does no harm" {
  interactive $'PS1="\\${x?no x}> "\necho alive\nPROMPT_COMMAND="echo \\${x?no x}; exit"\necho still\nPROMPT_COMMAND="if"\necho there'
  same "$out" $'alive\nstill\nthere'
}

@test "PROMPT_DIRTRIM keeps the last folders" {
  mkdir -p conch/a/b/c/d
  _prepare_folder conch
  interactive $'cd a/b/c/d; PROMPT_DIRTRIM=2; PS1="\\w> "\ncd /usr/share/doc\n'
  [[ $err == '$ ~/.../c/d> .../share/doc> '* ]]
}

@test "PS2 and PS4 are expanded too" {
  interactive $'PS2="\\$((2+3))> " PS4="\\$((1+1))+ "\necho a\\\nb\nset -x\ntrue "\$PS4"\n'
  [[ $err == '$ $ 5> $ $ 2+ true '* ]]
}

@test "in POSIX mode ! is the number of the command and a backslash is none" {
  _prepare_folder conch
  ln -s "$CONCH" sh
  CONCH=$BATS_TEST_TMPDIR/sh interactive $'PS1="!!!\\w> "\n'
  [[ $err == '$ !2\w> '* ]]
}

@test "a prompt of several lines keeps its last line right" {
  terminal 40x10 'PS1="first\nsecond> "'
  keys 'echo hello' C-a C-k 'echo x' Enter
  shows 'first
second> echo x
x'
}
