# SPDX-License-Identifier: GPL-3.0-or-later
# The history and its file.

load helper

# The commands of a history file, without times.
commands() {
  grep -v '^#[0-9]*$' "${1:-$BATS_TEST_TMPDIR/conch/.conch_history}"
}

@test "each command is in the file before it runs, with its time" {
  interactive 'cat .conch_history'
  [[ $out =~ ^'#'[0-9]{10}$'\n''cat .conch_history'$ ]]
}

@test "a command of several lines is one entry, and reads back as one" {
  interactive $'for i in 1 2\ndo echo $i\n#123\ndone'
  interactive $'history'
  [[ $out == *'1  for i in 1 2
do echo $i
#123
done
    2  history' ]]
}

@test "a command is kept as it was typed, aliases and all" {
  interactive $'alias e=echo\ne  one  \\\n two # why\n  e "x\ny"'
  same "$(commands)" $'alias e=echo\ne  one  \\\n two # why\n  e "x\ny"'
}

@test "a command that is wrong is kept to be corrected" {
  interactive $'echo ) x\ntrue'
  same "$(commands)" $'echo ) x\ntrue'
}

@test "what was read is listed by history and fc in the next shell" {
  interactive $'echo one\necho two'
  interactive $'fc -ln -2 -1'
  same "$out" $'\techo one\n\techo two'
}

@test "HISTCONTROL leaves out" {
  interactive $'HISTCONTROL=\ntrue a\ntrue a\nHISTCONTROL=ignoredups\ntrue b\ntrue b\nHISTCONTROL=ignorespace\n true c\ntrue d\ntrue d\nHISTCONTROL=ignoreboth\n true e\ntrue f\ntrue f'
  same "$(commands | grep true)" $'true a\ntrue a\ntrue b\ntrue d\ntrue d\ntrue f'
  interactive $'HISTCONTROL=erasedups\ntrue a\nhistory'
  same "$(grep -c 'true a' <<<"$out")" 1
}

@test "HISTIGNORE names patterns" {
  interactive $'HISTIGNORE="ls*:&:true [xy]"\nls -l >/dev/null\ntrue x\ntrue z\ntrue z'
  same "$(commands)" $'HISTIGNORE="ls*:&:true [xy]"\ntrue z'
}

@test "HISTSIZE limits the list, HISTFILESIZE the file" {
  for i in {1..40}; do
    printf '#%d\ntrue %d\n' "$i" "$i"
  done >history
  in_env HISTFILE=history
  interactive $'HISTSIZE=3\ntrue x\nhistory'
  same "$(wc -l <<<"$out")" 3
  cp history conch/history
  in_env HISTFILESIZE=10
  interactive $'true y'
  same "$(commands conch/history | sed -n '1p;$p' | tr '\n' ' ')" 'true 31 true y '
}

@test "files of other shells are read" {
  printf 'true one\ntrue two\n' >history
  in_env HISTFILE=history
  interactive $'true three\nhistory'
  same "$out" $'    1  true one\n    2  true two\n    3  true three\n    4  history'
}

@test "the file is private, stays a link, and what is none is left alone" {
  interactive $'true'
  same "$(stat -c %a conch/.conch_history)" 600
  mkdir -p conch/real
  mv conch/.conch_history conch/real/h
  ln -s real/h conch/.conch_history
  in_env HISTFILESIZE=2
  interactive $'true 1\ntrue 2\ntrue 3\ntrue 4\ntrue 5'
  [[ -L conch/.conch_history ]]
  [[ $(commands conch/real/h) == *'true 5' ]]
  _env=(HISTFILE=/dev/null)
  interactive $'echo fine'
  same "$out" fine
  _env=(HISTFILE=/nowhere/h)
  interactive $'echo fine'
  same "$out" fine
  _env=(HISTFILE=)
  interactive $'echo fine'
  same "$out" fine
}

@test "two terminals add to one file, and history -n reads what the other did" {
  terminal 80x24
  keys 'true here' Enter
  screen_shows '^0\$ true here'
  eventually grep -q 'true here' conch/.conch_history
  interactive $'true there'
  keys 'history' Enter
  screen_shows '  history$'
  ! screen | grep -q ' true there'
  keys 'history -n; history | grep there' Enter
  screen_shows '^ +[0-9]+  true there'
  same "$(commands | grep -c 'true [ht]')" 2
}

@test "with HISTCONTROL=share the other's commands come by themselves" {
  terminal 80x24 'HISTCONTROL=share'
  keys 'true here' Enter
  eventually grep -q 'true here' conch/.conch_history
  interactive $'true there'
  keys 'true again' Enter
  eventually grep -q 'true again' conch/.conch_history
  keys Up Up
  screen_shows '0\$ true there'
}

@test "fc -s takes the place of itself, in the file too" {
  interactive $'echo one\nfc -s one=two'
  same "$(commands)" $'echo one\necho two'
}

@test "history -c, -d, -w and -r" {
  interactive $'true a\ntrue b\nhistory -d 1\nhistory -w h\nhistory -c\nhistory -r h\nhistory'
  same "$out" $'    1  history -r h\n    2  true b\n    3  history -d 1\n    4  history -w h\n    5  history'
  interactive $'history -d 99; echo $?\nhistory x; echo $?\nhistory -r /nowhere; echo $?'
  same "$out" $'1\n2\n1'
}

@test "a script has no history" {
  in_each_host 'fc -l; echo $?; history; ls -A | grep hist'
  assert_output '1'
}

@test "the file is whole though shells are killed while they write it" {
  local i pids=() env
  _prepare_folder conch
  in_env HISTFILESIZE=50
  _environment conch
  for i in 1 2 3 4 5 6; do
    (cd conch && for ((j = 0; ; j++)); do printf 'true %d-%d\\\n%s\n' "$i" "$j" "$(printf '%0300d' "$j")"; done |
      env -i "${env[@]}" "$CONCH" -i +m 2>/dev/null) 3>&- 4>&- &
    pids+=($!)
  done
  for i in {1..12}; do
    sleep 0.1
    kill -9 $(pgrep -f -n -- "$CONCH -i \+m") 2>/dev/null || :
  done
  kill -9 $(_processes) 2>/dev/null || :
  wait || :
  [[ -s conch/.conch_history ]]
  # Each entry: a time and two lines that belong together.
  awk '
    /^#[0-9]+$/ { if (n != 0 && n != 2) exit bad = 1; n = 0; next }
    n == 0 { if ($0 !~ /^true [0-9]-[0-9]+\\$/) exit bad = 1; split($2, p, /[-\\]/); n = 1; next }
    n == 1 { if (length($0) != 300 || $0 + 0 != p[2]) exit bad = 1; n = 2; next }
    { exit bad = 1 }
    END { if (bad) print "line " NR ": " $0; exit bad }' conch/.conch_history
  [[ $(grep -c '^#' conch/.conch_history) -le 200 ]]
}
