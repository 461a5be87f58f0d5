# SPDX-License-Identifier: GPL-3.0-or-later
# Completion at the prompt, and what else our commands do there: in both shells.

load helper

# completes TYPED EXPECTED: Tab behind TYPED makes the line EXPECTED.
completes() {
  keys C-a C-k "$1" Tab
  screen_shows "\\$ $2 *\$" || {
    echo "Tab behind: $1"
    return 1
  }
}

@test "conch complete prints verbs, options and objects" {
  in_each_host '
    lock create alpha; lock create beta; lock create /shared 2>/dev/null; value create gamma
    conch complete -- lock re
    conch complete -- lock acquire --
    conch complete -- lock acquire -t 1s ""
    conch complete -- conch lock owner b
    conch complete -- conch val
    conch complete -- value get g
    conch complete -- lock with alpha ec
    conch complete -- spawn -o x
    conch complete -- spawn -C ""
    conch complete -- pool map cat ::: ""
    conch complete -- await -v ""
    conch complete -- nonsense x; echo $?
    conch complete -- lock; echo $?
    lock destroy /shared 2>/dev/null'
  assert_output $'release\n--shared\n--timeout\n--nowait\n--help\nalpha\nbeta\nbeta\nvalue\ngamma\n\tcommand 3\n\tfiles\n\tdirs\n\tfiles\n\tvariables\n1\n1'
}

@test "each verb and each option of the table can be completed" {
  in_each_host '
    for c in $(conch help | sed -n "/^\$/q; s/ .*//p"); do
      conch help "$c" | sed -n "s/^$c \([a-z][a-z-]*\).*/\1/p" | sort -u >verbs
      conch complete -- "$c" "" >got
      while read -r v; do
        [ ! "$v" ] || grep -qxe "$v" got || echo "no $c $v"
      done <verbs
      conch help "$c" | grep -oE "^ {6}.*--[a-z-]+" | grep -oE -e "--[a-z-]+" | sort -u >options
      { conch complete -- "$c" --; while read -r v; do conch complete -- "$c" "$v" --; done <verbs; } >got
      while read -r o; do
        grep -qxe "$o" got || echo "no $c $o"
      done <options
    done'
  refute_output
}

completes_commands() {
  keys 'lock create alpha; lock create beta; value create gamma' Enter
  keys 'touch "my file"; mkdir folder; clear' Enter
  screen_shows '^0\$ *$'
  completes 'lock own' 'lock owner'
  completes 'lock owner al' 'lock owner alpha'
  completes 'value get g' 'value get gamma'
  completes 'conch lock release b' 'conch lock release beta'
  completes 'spawn --det' 'spawn --detach'
  completes 'spawn -C fol' 'spawn -C folder/'
  completes 'lock with -t 1s alpha value ge' 'lock with -t 1s alpha value get'
  completes 'spawn cat my' 'spawn cat my\\ file'
  completes 'await -v HOM' 'await -v HOME'
  completes 'task kill -s TER' 'task kill -s TERM'
  keys C-a C-k 'lock release ' Tab Tab
  screen_shows '^alpha +beta'
  keys C-c
}

@test "Tab completes verbs, options, objects and the commands behind" {
  in_each_terminal completes_commands
}

completes_shell_words() {
  keys 'fun_of_mine() { :; }; mine_variable=1; touch "my file"; mkdir folder; clear' Enter
  screen_shows '^0\$ *$'
  completes 'fun_of' 'fun_of_mine'
  completes 'echo $mine_v' 'echo \$mine_variable'
  completes 'echo "${mine_v' 'echo "\$\{mine_variable}"?'
  completes 'cat my' 'cat my\\ file'
  completes 'cat "my' 'cat "my file"'
  completes 'cd fol' 'cd folder/'
  completes 'true; cat <my' 'true; cat <my\\ file'
  completes 'echo ~roo' 'echo ~root/'
  completes 'unse' 'unset'
  keys C-a C-k 'complete -W "apple banana" fruit' Enter
  completes 'fruit ap' 'fruit apple'
  keys C-a C-k 'g() { COMPREPLY=("$1-$2-$3-$COMP_CWORD-${COMP_WORDS[1]}"); }; complete -F g veg' Enter
  completes 'veg one tw' 'veg one veg-tw-one-2-one'
  keys C-c
}

@test "Tab completes what the shell has, and what complete said" {
  in_each_terminal completes_shell_words
}

@test "compgen prints candidates" {
  in_each_host '
    touch fa fb; mkdir fc
    compgen -W "one two three" t
    compgen -f f | sort; compgen -d f
    myfun() { :; }; compgen -A function myf
    compgen -W "a b" x; echo $?
    compgen -W "a.c b.o" -X "*.o"
    compgen -P "<" -S ">" -W "x"
    f() { COMPREPLY=(r "$2"); }; compgen -F f w 2>/dev/null'
  assert_output $'two\nthree\nfa\nfb\nfc\nfc\nmyfun\n1\na.c\n<x>\nr\nw'
}

@test "complete shows and forgets what was said" {
  in_each_host '
    complete -W "a b" one; complete -o nospace -F f two
    complete -p one two; complete -r one; complete -p one 2>/dev/null; echo $?; complete -p two'
  assert_output $'complete -W \'a b\' one\ncomplete -o nospace -F f two\n1\ncomplete -o nospace -F f two'
}

tells_of_tasks() {

  keys 'spawn -n mine sh -c "exit 3"; until [ "$(task status mine)" != running ]; do :; done' Enter
  screen_shows '^\[mine\] exited 3: sh -c exit 3'
  keys 'clear; await mine; echo "status $?"' Enter
  screen_shows '^status 3'
  ! screen | grep -q 'exited 3'
}

@test "the prompt tells of tasks that have ended, once, and they can be awaited still" {
  in_each_terminal tells_of_tasks
}

has_ticked() {
  [[ $(cat "$BATS_TEST_TMPDIR"/*/ticks 2>/dev/null | tail -n 1) == 3 ]]
}

runs_handlers() {
  rm -f "$BATS_TEST_TMPDIR"/*/ticks
  keys 'clear; count=0; tick() { count=$((count + 1)); echo $count >>ticks; }' Enter
  keys 'timer every -c 3 700ms tick' Enter 'echo "half'
  screen_shows '\$ echo "half$'
  eventually has_ticked
  screen_shows '\$ echo "half$'
  keys ' $count"' Enter
  screen_shows '^half 3'
}

@test "timers and handlers run while a line is typed, and it stays" {
  in_each_terminal runs_handlers
}

shows_a_bar() {
  keys 'clear; pool map --bar -j2 sleep ::: 0.1 0.1 0.1; echo done' Enter
  screen_shows '^done'
  screen_shows '^0\$ *$'
  keys 'clear; conch list | head -n 1; pool map --bar -j 2 sleep ::: 300 300' Enter
  screen_shows '0/2'
  keys C-c
  screen_shows '^130\$ *$'
  keys 'echo fine' Enter
  screen_shows '^fine'
}

@test "a bar leaves the prompt alone" {
  in_each_terminal shows_a_bar
}

fits() {
  keys 'clear; lock create a_name_that_is_as_long_as_one_can_be_so_that_nothing_could_ever_fit_into_a_line_of_it' Enter
  _tmux resize-window -x 40 -y 10
  keys 'clear; conch list | cat >all; conch list; echo end' Enter
  screen_shows '^end'
  screen | grep -q '^lock'
  [[ $(screen | grep -c .) -le 5 ]]
}

@test "conch list fits the terminal" {
  in_each_terminal fits
}

interrupts_waits() {
  local command
  keys 'clear; queue create q; sem create s 0; barrier create b 2; lock create l; pipe create A B' Enter
  screen_shows '^0\$ *$'
  for command in 'queue get q' 'event wait e' 'sem acquire s' 'barrier wait b' 'pipe recv B' pause \
    'timer after 300 true; timer wait' 'signal wait USR1' 'lock acquire l; cond wait c l' \
    'spawn -n t sleep 300; await t' 'queue get q; echo wrong'; do
    keys "clear; echo go; $command" Enter
    screen_shows '^go'
    keys C-z
    keys C-c
    screen_shows '^130\$ *$' || {
      echo "of $command"
      return 1
    }
    ! screen | grep -q -E '^wrong|Stopped'
    keys 'clear; task kill t 2>/dev/null; lock release l 2>/dev/null; true' Enter
    screen_shows '^0\$ *$'
  done
}

@test "Ctrl-C ends each command that waits, and Ctrl-Z does not stop it" {
  in_each_terminal interrupts_waits
}
