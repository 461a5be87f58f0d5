# SPDX-License-Identifier: GPL-3.0-or-later
# Ctrl-C and Ctrl-Z in the middle of our waits, in a real terminal.

load helper

# _interrupt WAIT [SETUP]: WAIT does not end by itself. Ctrl-Z does nothing to it, as the shell runs it
# itself; Ctrl-C ends it with 130; the shell goes on.
_interrupt() {
  [[ ! ${2-} ]] || keys "$2" Enter 'echo set""up' Enter
  [[ ! ${2-} ]] || screen_shows '^setup$'
  keys "clear; echo be""gin; $1; echo st""atus \$?" Enter
  screen_shows '^begin$'
  sleep 0.1 # so that it mostly is in the wait: the other way is right, too
  keys C-z C-c
  screen_shows '^130\$'
  ! screen | grep -q '^status'
  keys 'clear; echo go""es on' Enter
  screen_shows '^goes on$'
}

hold() {
  echo "hold() { $1; echo x >held; pause; }; spawn -d -n h hold; while [ ! -f held ]; do pause -t 0.01; done"
}

in_await() { _interrupt 'await t' 'spawn -d -n t sleep 1000'; }
in_lock() { _interrupt 'lock acquire l' "lock create l; $(hold 'lock acquire l')"; }
in_pause() { _interrupt 'pause'; }
in_map() { _interrupt 'pool map sleep ::: 1000 1000'; }
# Its tasks end too: the workers take others.
in_named_map() {
  _interrupt 'pool map -p p sleep ::: 1000 1000 1000' 'pool create -j 2 p'
  keys 'clear; pool apply p echo fr""ee; pool status p; await; echo aw""aited $?' Enter
  screen_shows '^free$'
  screen_shows '^awaited 0$' # and leave nothing to collect
}
in_signal_wait() { _interrupt 'signal wait USR1'; }
in_timer_wait() { _interrupt 'timer wait' 'timer after 1000 true'; }
in_queue() { _interrupt 'queue get q' 'queue create q'; }
in_sem() { _interrupt 'sem acquire s' 'sem create s 0'; }
in_cond() { _interrupt 'cond wait c l' 'lock create l; lock acquire l'; }
in_event() { _interrupt 'event wait e' 'event clear e'; }
in_barrier() { _interrupt 'barrier wait b' 'barrier create b 2'; }
in_pipe() { _interrupt 'pipe recv b' 'pipe create a b'; }

@test "Ctrl-C ends an await" { in_each_terminal in_await; }
@test "Ctrl-C ends a lock acquire" { in_each_terminal in_lock; }
@test "Ctrl-C ends a pause" { in_each_terminal in_pause; }
@test "Ctrl-C ends a pool map" { in_each_terminal in_map; }
@test "Ctrl-C ends a map over a named pool, and its tasks" { in_each_terminal in_named_map; }
@test "Ctrl-C ends a signal wait" { in_each_terminal in_signal_wait; }
@test "Ctrl-C ends a timer wait" { in_each_terminal in_timer_wait; }
@test "Ctrl-C ends a queue get" { in_each_terminal in_queue; }
@test "Ctrl-C ends a sem acquire" { in_each_terminal in_sem; }
@test "Ctrl-C ends a cond wait" { in_each_terminal in_cond; }
@test "Ctrl-C ends an event wait" { in_each_terminal in_event; }
@test "Ctrl-C ends a barrier wait" { in_each_terminal in_barrier; }
@test "Ctrl-C ends a pipe recv" { in_each_terminal in_pipe; }

handles_ctrl_c() {
  keys 'h() { echo han""dled $1; }; signal on INT h' Enter
  keys 'clear; echo be""gin; pause; echo "p $REPLY"' Enter
  screen_shows '^begin$'
  shell_waits
  keys C-c
  screen_shows '^(\^C)?handled INT$'
  screen_shows '^p INT$'
  keys 'h() { echo han""dled $1; event set over; }' Enter
  keys 'clear; spawn -n t event wait over; echo be""gin; await t; echo aw""aited $?' Enter
  screen_shows '^begin$'
  shell_waits
  keys C-c
  screen_shows '^(\^C)?handled INT$'
  screen_shows '^awaited 0$'
  keys 'signal default INT' Enter 'clear; echo be""gin; pause' Enter
  screen_shows '^begin$'
  shell_waits
  keys C-c
  screen_shows '^130\$'
}

@test "a handler for Ctrl-C runs in a wait, which goes on" {
  in_each_terminal handles_ctrl_c
}

at_the_prompt() {
  keys 'clear; timer after 1 echo ti""ck' Enter
  screen_shows 'tick$' # bash writes it behind its prompt
  keys 'clear; h() { echo han""dled $1; }; signal on USR1 h; me=$$' Enter
  keys '(sleep 1; kill -USR1 $me) &' Enter
  screen_shows 'handled USR1$'
}

@test "timers and handlers run while the shell waits at its prompt" {
  in_each_terminal at_the_prompt
}

stops_a_script() {
  cat >"$1/stopped.sh" <<EOT
$(_prelude "$1")
spawn -n t sh -c "until [ -e go ]; do sleep 0.02; done"; echo aw""aiting; await t; echo awaited \$?
pause -t 1; echo paused \$?
EOT
  keys "clear; \"$(_program "$1")\" stopped.sh" Enter
  screen_shows '^awaiting$'
  keys C-z
  screen_shows '[Ss]topped'
  : >"$1/go"
  keys 'fg' Enter
  screen_shows '^awaited 0$'
  screen_shows '^paused 124$'
  screen_shows '^0\$'
}

@test "Ctrl-Z stops a script in its waits, and fg continues it" {
  local host
  type -P tmux >/dev/null || skip "needs tmux"
  for host in $(hosts); do
    terminal_open "$host"
    stops_a_script "$host"
    terminal_close
  done
}
