# SPDX-License-Identifier: GPL-3.0-or-later
# Job control at the prompt.

load helper

@test "a program is stopped, listed, continued in the background and the foreground" {
  terminal 80x24
  keys 'sleep 300' Enter
  runs '^sleep 300'
  keys C-z
  screen_shows '^\[1\] \+ Stopped \(SIGTSTP\) sleep 300'
  screen_shows '^148\$'
  keys bg Enter
  screen_shows '^\[1\] sleep 300'
  keys 'jobs' Enter
  screen_shows '^\[1\] \+ Running sleep 300'
  keys fg Enter
  screen_shows '^sleep 300'
  keys C-c
  screen_shows '^130\$'
}

@test "a pipeline of functions and programs is one job, stopped and continued whole" {
  terminal 40x10
  keys 'f() { while read x; do echo "f $x"; done; }' Enter
  keys 'cat | f | sed s/$/!/' Enter
  runs '^cat' && runs '^sed'
  keys C-z
  screen_shows 'Stopped \(SIGTSTP\) cat'
  keys fg Enter
  screen_shows '^cat \| f \| sed'
  keys 'a line' Enter C-d
  shows 'f a line!'
  screen_shows '^0\$ *$'
}

@test "jobs -l shows process groups, -p them alone, and specifications name jobs" {
  terminal 80x24
  keys 'sleep 301 & sleep 302 | cat & sleep 303 &' Enter
  screen_shows '^\[3\]'
  keys C-l 'jobs -l' Enter
  screen_shows '^\[1\]   [0-9]+ Running sleep 301'
  screen_shows '^\[2\] - [0-9]+ Running sleep 302 \| cat'
  screen_shows '^\[3\] \+ [0-9]+ Running sleep 303'
  keys 'kill %1 %?302 %sl' Enter
  screen_shows 'ambiguous'
  keys 'kill %+; echo "$(jobs -p | wc -l)" left' Enter
  screen_shows 'left$'
  keys 'wait; jobs; echo none' Enter
  shows 'none'
}

@test "Tab completes jobs" {
  terminal 80x24
  keys 'sleep 300 &' Enter
  screen_shows '^\[1\]'
  keys 'fg %sl' Tab
  screen_shows 'fg %sleep *$'
  keys C-a C-k 'wait ' Tab
  screen_shows 'wait %1 *$'
  keys C-a C-k 'kill %1' Enter
}

@test "kill ends a stopped job" {
  terminal 80x24
  keys 'sleep 300' Enter
  runs '^sleep 300'
  keys C-z
  screen_shows 'Stopped'
  keys 'kill %1; wait %1; echo "ended $?"' Enter
  shows 'ended 143'
}

@test "a background job that reads the terminal stops, one that writes does with tostop" {
  terminal 80x24
  keys 'cat &' Enter
  screen_shows '^\[1\]'
  keys 'until jobs | grep -q TTIN; do :; done; echo seen; kill %1' Enter
  shows 'seen'
  keys 'stty tostop; echo out &' Enter
  screen_shows '^\[[12]\] [0-9]'
  keys 'until jobs | grep -q TTOU; do :; done; echo held' Enter
  shows 'held'
  keys 'stty -tostop; fg' Enter
  shows 'out'
}

@test "stopped jobs hold the first exit, and end with the shell" {
  terminal 80x24
  keys 'sleep 300' Enter
  runs '^sleep 300'
  keys C-z
  screen_shows 'Stopped'
  keys 'exit' Enter
  screen_shows '^There are stopped jobs'
  keys 'true' Enter C-d
  eventually [ "$(screen | grep -c 'There are stopped')" -ge 1 ]
  keys 'exit' Enter
  closed
  eventually no_process '^sleep 300'
}

no_process() {
  ! _has_process "$1"
}

@test "a program that was killed leaves the terminal as it was" {
  terminal 80x24 'printf "before\n"'
  keys "sh -c 'stty raw -echo; printf \"\\033[?1049h\\033[?25lfull screen\"; kill -ABRT \$\$'" Enter
  screen_shows '^134\$'
  screen_shows '^before'
  ! screen | grep -q '^full screen'
  keys 'stty -a | grep -o -E -- "[- ](icanon|echo|isig) *"' Enter
  screen_shows '^ icanon'
  ! screen | grep -q -E '^-(icanon|isig)'
  [[ $(_tmux display-message -p '#{cursor_flag}') == 1 ]]
  keys 'cat' Enter
  runs '^cat'
  keys 'typed' Enter C-d
  shows 'typed
typed'
}

@test "vim, less and top run, stop, go on and give the terminal back" {
  type -P vim less top >/dev/null || skip "needs vim, less and top"
  terminal 80x24 'printf "before\n"; export LESS='
  printf 'line %d\n' {1..100} >conch/text
  keys 'vim -u NONE -i NONE text' Enter
  # vim needs a timer of the system, of which other tests of this user may have taken all.
  screen_shows '^line 20|Press ENTER'
  ! screen | grep -q 'Press ENTER' || keys Enter
  screen_shows '^line 20'
  keys C-z
  screen_shows 'Stopped \(SIGTSTP\) vim'
  screen_shows '^before'
  keys fg Enter
  screen_shows '^line 20'
  keys ':q!' Enter
  screen_shows '^0\$ *$'
  keys C-l 'less text' Enter
  screen_shows '^line 23'
  keys C-z
  screen_shows 'Stopped \(SIGTSTP\) less'
  keys fg Enter
  screen_shows '^line 23'
  keys q
  screen_shows '^0\$ *$'
  keys C-l 'top' Enter
  screen_shows 'PID +USER'
  keys q
  screen_shows '^0\$ *$'
  keys C-l 'stty -a | grep -o -E -- "[- ](icanon|echo|isig) *"' Enter
  screen_shows '^ icanon'
}

@test "Ctrl-C ends whatever waits: loops, substitutions, wait, read, pipelines, sleeps in functions" {
  local command
  terminal 80x24 'f() { sleep 300; echo wrong; }'
  for command in 'while :; do :; done' 'x=$(sleep 300); echo wrong' 'sleep 300 & wait; echo wrong' \
    'read x; echo wrong' 'sleep 300 | cat; echo wrong' 'f; echo wrong' '(sleep 300); echo wrong' \
    'for i in 1 2 3; do sleep 300; done' '{ cat; } | { cat; }; echo wrong' \
    'x=$(while :; do :; done); echo wrong' 'kill -STOP $(sh -c "kill -STOP \$\$") 2>/dev/null; sleep 300'; do
    keys C-l 'echo go; '"$command" Enter
    screen_shows '^go'
    sleep 0.2 # so that it mostly is in the wait: the other way is right, too
    keys C-c
    screen_shows '^130\$ *$' || {
      echo "of $command"
      return 1
    }
    ! screen | grep -q '^wrong'
    keys 'kill %1 2>/dev/null; wait; true' Enter
    screen_shows '^0\$ *$'
  done
}

@test "Ctrl-Z does not stop a shell that waits by itself" {
  local command
  terminal 80x24
  for command in 'read x' 'x=$(sleep 300)' 'x=$(cat | cat)' 'while :; do :; done' 'sleep 300 & wait'; do
    keys C-l 'echo go; '"$command" Enter
    screen_shows '^go'
    sleep 0.2
    keys C-z
    sleep 0.1
    keys C-c
    screen_shows '^130\$ *$' || {
      echo "of $command"
      return 1
    }
    keys 'kill %1 2>/dev/null; wait; true' Enter
    screen_shows '^0\$ *$'
  done
}

@test "commands of conch that wait are interrupted too, and stay when Ctrl-Z is typed" {
  local command
  terminal 80x24 'sleeper() { sleep 300; }'
  keys 'lock create l; spawn -n holder lock with l sleep 300' Enter
  runs '^sleep 300'
  for command in 'lock acquire l' 'spawn -n t sleep 301; await t' 'pool map sleep ::: 300 300'; do
    keys C-l 'echo go; '"$command" Enter
    screen_shows '^go'
    sleep 0.3
    keys C-z
    sleep 0.1
    keys C-c
    screen_shows '^130\$ *$' || {
      echo "of $command"
      return 1
    }
    keys 'task kill -s KILL t 2>/dev/null; true' Enter
    screen_shows '^0\$ *$'
  done
  keys 'task kill holder' Enter
}

@test "suspend stops a shell below another, which goes on" {
  terminal 80x24
  keys 'PS1="inner> " HISTFILE= '"$CONCH"' --norc' Enter
  screen_shows '^inner>'
  keys 'suspend' Enter
  screen_shows 'Stopped \(SIGSTOP\)'
  keys 'fg' Enter
  screen_shows '^inner> *$'
  keys 'echo in; exit' Enter
  shows 'in'
  screen_shows '^0\$ *$'
  keys 'suspend' Enter
  screen_shows 'login shell'
}

@test "a hangup goes on to all jobs and leaves no process" {
  terminal 80x24 'trap "echo bye >bye" EXIT'
  keys 'sleep 301 & sleep 302' Enter
  runs '^sleep 302'
  keys C-z
  screen_shows 'Stopped'
  keys '(sleep 303; true) & spawn sleep 304; spawn -d sleep 305; sleep 306' Enter
  runs '^sleep 306'
  _tmux kill-server
  _terminal=
  eventually no_process .
  eventually [ -f conch/bye ]
}

@test "a job that was disowned outlives a hangup" {
  terminal 80x24
  keys 'sleep 30 & disown' Enter
  runs '^sleep 30'
  keys 'jobs; echo none' Enter
  shows 'none'
  _tmux kill-server
  _terminal=
  eventually no_process "$CONCH"
  _has_process '^sleep 30'
  _kill $(_processes)
}

@test "without a foreground to be had there is no job control, and no hanging" {
  in_each_host -t 20 '
    conch=$(readlink /proc/$$/exe)
    ( ( sleep 0.2; echo "echo alive" | setsid $conch -i ) 2>/dev/null )
    echo "echo well" | $conch -i -m 2>/dev/null'
  assert_output $'alive\nwell'
}
