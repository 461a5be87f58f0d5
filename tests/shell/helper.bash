# SPDX-License-Identifier: GPL-3.0-or-later
# For the tests of conch at the prompt: what the tests of commands have (tests/plugin/helper.bash),
# for the one shell, and terminals of any size.
#
#   @test "..." {
#     terminal 40x10 'PS1="> "'     the size and what the start-up file says
#     keys 'echo hello' Enter
#     screen_shows '^hello'
#   }
#
# The prompt is the status of the last command, a dollar and a blank, unless the start-up file sets
# another. Variables named by in_env are set.

load ../plugin/helper
CONCH_HOSTS=conch

# terminal [SIZE [RC [ARG...]]]: an interactive conch, ready to read.
terminal() {
  local size=${1:-80x24} rc=${2-} env dir=$BATS_TEST_TMPDIR/conch program=${PROGRAM:-$CONCH}
  shift $(($# < 2 ? $# : 2))
  type -P tmux >/dev/null || skip "needs tmux"
  [[ -d $dir/.tmp ]] || _prepare_folder conch
  _environment conch
  env+=(TERM="${TERMINAL:-screen}" ENV="$dir/.rc" INPUTRC="${INPUTRC:-/dev/null}")
  printf '%s\n' "PS1='\$?\$ '" "$rc" "echo ready" >"$dir/.rc"
  _terminal=conch-$_id
  (cd "$dir" && LC_ALL=C.UTF-8 _tmux -u -f /dev/null new-session -d -x "${size%x*}" -y "${size#*x}" \
    "exec$(printf ' %q' env -i "${env[@]}" "$program" "$@")")
  screen_shows '^ready'
}

# shows TEXT: the screen, its lines without blanks at the end, has these lines one after the other.
shows() {
  eventually _screen_has "$1" || {
    screen
    return 1
  }
}

_screen_has() {
  local now
  now=$(screen 2>/dev/null | sed 's/ *$//')
  [[ $'\n'$now$'\n' == *$'\n'"$1"$'\n'* ]]
}

# The terminal has closed.
closed() {
  eventually _is_closed
}

_is_closed() {
  ! _tmux list-panes >/dev/null 2>&1
}

# interactive LINES: an interactive shell reads them from no terminal; $out and $err are what it says.
interactive() {
  local env dir=$BATS_TEST_TMPDIR/conch
  [[ -d $dir/.tmp ]] || _prepare_folder conch
  _environment conch
  printf '%s' "$1" >"$_state/in"
  (cd "$dir" && env -i PS1='$ ' "${env[@]}" timeout -k 1 30 "$CONCH" -i +m <"$_state/in" >"$_state/out" 2>"$_state/err" 3>&- 4>&-) || :
  out=$(<"$_state/out")
  err=$(<"$_state/err")
}

# same GOT EXPECTED
same() {
  [[ $1 == "$2" ]] || {
    printf 'expected: %q\ngot:      %q\n' "$2" "$1"
    return 1
  }
}
