# SPDX-License-Identifier: GPL-3.0-or-later
# Waiting for what a process does, in place of sleeping for luck. `waits` is text to put before a
# script, for any shell; the functions are there for the tests themselves as well.
#
# asleep PID    until it sleeps, and has not run for a twentieth of a second: it is in its wait
# stopped PID   until a signal has stopped it
# ended PID     until it has ended, whether or not somebody asked for its status
#
# Each gives up after some thirty seconds and then returns 1.

waits='asleep() {
  _was= _n=0
  while [ $_n -lt 500 ]; do
    _now=$(grep -E "^(State|voluntary_ctxt_switches)" "/proc/$1/status" 2>/dev/null) || :
    case $_now in *S\ \(*) [ "$_now" != "$_was" ] || return 0 ;; esac
    _was=$_now _n=$((_n + 1))
    sleep 0.05
  done
  return 1
}
_state_is() {
  _n=0
  while [ $_n -lt 500 ]; do
    _now=$(ps -o stat= -p "$1") || _now=Z
    case $_now in $2*) return 0 ;; esac
    _n=$((_n + 1))
    sleep 0.05
  done
  return 1
}
stopped() { _state_is "$1" T; }
ended() { _state_is "$1" Z; }
'
eval "$waits"
