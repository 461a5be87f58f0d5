# SPDX-License-Identifier: GPL-3.0-or-later
# What the tests of commands stand on. A test is written once and runs in every host:
#
#   load helper
#
#   @test "a lock is free again when its holder ends" {
#     in_each_host '
#       lock with l true
#       lock acquire -n l; echo "status $?"'
#     assert_output 'status 0'
#   }
#
# in_each_host runs the script in bash with conch.bash read, and in conch once that is built. The
# checks behind it (assert_..., refute_...) hold for each host or the test fails and says in which
# it did not. After a test no process of it and no file in /dev/shm or TMPDIR may be left.
#
# CONCH_BUILD  the build tree; default: build/ or the source tree, whichever was made
# CONCH_HOSTS  the hosts to use, default "bash conch"; those that do not exist are left out
# CONCH_BASH   the bash to use, default the one in PATH
#
# A file with its own setup or teardown calls harness_setup, harness_teardown in it.

_top=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd)
if [[ ! ${CONCH_BUILD-} ]]; then
  CONCH_BUILD=$_top
  [[ ! -f $_top/build/plugin/conch.so ]] || CONCH_BUILD=$_top/build
fi
CONCH_BASH=${CONCH_BASH:-$(type -P bash)}
CONCH=${CONCH:-$CONCH_BUILD/conch}
. "$_top/tests/sanitizer.bash"
. "$_top/tests/waits.bash"

setup() {
  harness_setup
}

teardown() {
  harness_teardown
}

harness_setup() {
  _id=$BATS_TEST_NUMBER.$$.$RANDOM # marks the processes of this test
  _state=$BATS_TEST_TMPDIR/.state # what the harness keeps
  _ran=() # hosts with results
  _sessions=() # process sessions started
  _env=() # what in_env adds
  _terminal= # name of the tmux server, while there is one
  _shm_before=$(_shm)
  mkdir "$_state"
  cd "$BATS_TEST_TMPDIR"
  sanitizer_environment "$_state/sanitizer" "$_state/tools"
}

# ---- running -----------------------------------------------------------------------------------

# The hosts there are.
hosts() {
  local host
  for host in ${CONCH_HOSTS-bash conch}; do
    [[ ! -x $(_program "$host") ]] || echo "$host"
  done
}

_program() {
  case $1 in
    bash) echo "$CONCH_BASH" ;;
    conch) echo "$CONCH" ;;
  esac
}

# in_each_host [-i FILE] [-t SECONDS] SCRIPT [ARG...]: run SCRIPT with the ARGs as $1 $2... in each
# host. FILE is its stdin (default: empty), SECONDS what it may take (default 60).
# "$waits" before a script gives it functions that wait for processes: tests/waits.bash.
#
# It starts in a folder of its own per host, with copies of the files the test has made before, in
# an environment of next to nothing; in_env below adds to it.
in_each_host() {
  local input=/dev/null limit=${CONCH_TEST_LIMIT:-60} OPTIND=1 opt host
  while getopts i:t: opt; do
    case $opt in
      i) input=$OPTARG ;;
      t) limit=$OPTARG ;;
      *) return 2 ;;
    esac
  done
  shift $((OPTIND - 1))
  _ran=()
  for host in $(hosts); do
    _prepare_folder "$host"
    printf '%s%s\n' "$(_prelude "$host")" "$1" >"$BATS_TEST_TMPDIR/$host/.script"
    _run_bounded "$host" "$input" "$limit" "${@:2}" || return
    _ran+=("$host")
  done
}

# without_sanitizers REASON: leave this test out of a sanitizer build.
without_sanitizers() {
  ! ldd "$CONCH_BUILD/plugin/conch.so" | grep -q libasan || skip "$1"
}

# in_env NAME=VALUE...: the scripts of this test see these variables.
in_env() {
  _env+=("$@")
}

# What makes the commands known; on the first line, so that the script's line numbers stay right.
_prelude() {
  case $1 in
    bash) printf '. %q; ' "$CONCH_BUILD/plugin/conch.bash" ;;
  esac
}

_prepare_folder() {
  local dir=$BATS_TEST_TMPDIR/$1 file
  mkdir -p "$dir/.tmp" "$dir/.run"
  chmod 700 "$dir/.run"
  for file in "$BATS_TEST_TMPDIR"/*; do
    [[ -d $file && " bash conch " == *" ${file##*/} "* ]] || cp -Ru "$file" "$dir/" || return
  done
}

# The environment of host $1, into the array `env`.
_environment() {
  local dir=$BATS_TEST_TMPDIR/$1
  env=(PATH="$PATH" HOME="$dir" TMPDIR="$dir/.tmp" XDG_RUNTIME_DIR="$dir/.run" LC_ALL=C.UTF-8
    TERM=dumb CONCH_TEST="$_id" "${sanitizer[@]}" "${_env[@]}")
  local i
  for i in "${!env[@]}"; do # what in_env says of PATH must not hide the tools
    [[ ! -d $_state/tools || ${env[i]} != PATH=* ]] || env[i]=PATH=$_state/tools:${env[i]#PATH=}
  done
}

_run_bounded() {
  local host=$1 input=$2 limit=$3 env main watch leash status=0
  shift 3
  _environment "$host"
  (
    cd "$BATS_TEST_TMPDIR/$host" || exit
    ulimit -c 0
    _close_descriptors
    # Commands started in the background ignore SIGINT and SIGQUIT, and parallel SIGALRM: not so the script.
    exec setsid env -i --default-signal "${env[@]}" "$(_program "$host")" .script "$@"
  ) <"$input" >"$_state/$host.out" 2>"$_state/$host.err" 3>&- 4>&- &
  main=$!
  _sessions+=("$main")
  # The watch ends when nothing holds the other end of its stdin any more.
  exec {leash}> >(_watch "$limit" >"$_state/hang" 2>&1 3>&- 4>&-)
  watch=$!
  wait "$main" || status=$?
  exec {leash}>&-
  wait "$watch" || {
    echo "HANGS in $host: not ended after $limit s. Its processes, and what they wait for:"
    cat "$_state/hang"
    _show "$host"
    return 1
  }
  printf '%s\n' "$status" >"$_state/$host.status"
}

# Those of bats and of whoever runs it are not for the script.
_close_descriptors() {
  local fd
  for fd in /proc/"$BASHPID"/fd/*; do
    fd=${fd##*/}
    [[ $fd -le 2 ]] || eval "exec $fd>&-"
  done
}

# _watch SECONDS: unless stdin ends before, tell what the processes of the test do, and kill them.
_watch() {
  local nothing status=0
  read -r -t "$1" nothing || status=$?
  [[ $status -gt 128 ]] || return 0
  _describe $(_processes)
  _kill $(_processes)
  return 1
}

# ---- checks --------------------------------------------------------------------------------------
#
# TEXT is compared with the whole of what was written, newlines at its end aside. With -p it must
# be a part of it, with -e it is a regular expression.

assert_status() {
  local host
  for host in "${_ran[@]}"; do
    [[ $(<"$_state/$host.status") == "$1" ]] || _fail "$host" "status $1 expected" || return
  done
}

assert_output() {
  _each out matches "$@"
}

# refute_output: nothing was written. refute_output TEXT: this is no part of what was.
refute_output() {
  _refute out "$@"
}

assert_stderr() {
  _each err matches "$@"
}

refute_stderr() {
  _refute err "$@"
}

# Some line of the output is TEXT (-p, -e: has it, matches it).
assert_line() {
  _each out has_line "$@"
}

refute_line() {
  _each out lacks_line "$@"
}

_refute() {
  if [[ $# -eq 1 ]]; then
    _each "$1" matches ''
  else
    [[ $2 == -* ]] || set -- "$1" -p "${@:2}"
    _each "$1" differs "${@:2}"
  fi
}

# _each out|err CHECK [-p|-e] TEXT
_each() {
  local stream=$1 check=$2 mode= host got want
  shift 2
  if [[ ${1-} == -[pe] ]]; then
    mode=$1
    shift
  fi
  want=$1
  [[ ${#_ran[@]} -gt 0 ]] || {
    echo "no host has run anything"
    return 1
  }
  for host in "${_ran[@]}"; do
    got=$(tr -d '\0' <"$_state/$host.$stream")
    "_$check" "$mode" "$got" "$want" ||
      _fail "$host" "std$stream, $check $mode:" "$want" || return
  done
}

_matches() {
  case $1 in
    -p) [[ $2 == *"$3"* ]] ;;
    -e) [[ $2 =~ $3 ]] ;;
    *) [[ $2 == "${3%"${3##*[!$'\n']}"}" ]] ;;
  esac
}

_differs() {
  ! _matches "$@"
}

_has_line() {
  local line
  while IFS= read -r line; do
    ! _matches "$1" "$line" "$3" || return 0
  done <<<"$2"
  return 1
}

_lacks_line() {
  ! _has_line "$@"
}

# Say what was expected and what host $1 did. Returns 1.
_fail() {
  printf 'in %s: %s\n' "$1" "$2"
  [[ $# -lt 3 ]] || sed 's/^/    /' <<<"$3"
  _show "$1"
  return 1
}

_show() {
  local host=$1 status=none
  [[ ! -f $_state/$host.status ]] || status=$(<"$_state/$host.status")
  printf '%s\n' "--- status $status, stdout:"
  head -c 4000 "$_state/$host.out"
  printf '%s\n' "--- stderr:"
  head -c 4000 "$_state/$host.err"
  printf '%s\n' "---"
}

# eventually COMMAND...: it succeeds within thirty seconds.
eventually() {
  local end=$((SECONDS + 30))
  while ((SECONDS < end)); do
    ! "$@" || return 0
    sleep 0.02
  done
  printf 'never came true: %s\n' "$*"
  return 1
}

# ---- an interactive shell in a terminal ------------------------------------------------------------
#
#   interrupts_a_map() {
#     keys 'pool map sleep ::: 100 100' Enter
#     screen_shows '0/2'
#     keys C-c
#     screen_shows '^130\$'
#   }
#   in_each_terminal interrupts_a_map
#
# The prompt is the status of the last command, a dollar and a blank.

in_each_terminal() {
  local host
  type -P tmux >/dev/null || skip "needs tmux"
  for host in $(hosts); do
    terminal_open "$host"
    "$@"
    terminal_close
  done
}

terminal_open() {
  local host=$1 env options=()
  _prepare_folder "$host"
  _environment "$host"
  env+=(TERM=screen ENV="$BATS_TEST_TMPDIR/$host/.rc")
  printf '%s\n' "$(_prelude "$host")" "PS1='\$?\$ '" >"$BATS_TEST_TMPDIR/$host/.rc"
  [[ $host != bash ]] || options=(--noprofile --rcfile .rc)
  _terminal=conch-$_id
  (cd "$BATS_TEST_TMPDIR/$host" && _tmux -f /dev/null new-session -d -x 100 -y 30 \
    "exec$(printf ' %q' env -i "${env[@]}" "$(_program "$host")" "${options[@]}" -i)")
  screen_shows '^0\$'
}

terminal_close() {
  local terminal=$_terminal
  _terminal=
  [[ ! $terminal ]] || tmux -L "$terminal" kill-server || :
}

_tmux() {
  tmux -L "$_terminal" "$@" </dev/null 3>&- 4>&-
}

# keys KEY...: type; what is no name of a key (Enter, C-c, Up) is typed as it is.
keys() {
  _tmux send-keys -- "$@"
}

screen() {
  _tmux capture-pane -p
}

# The shell in the terminal.
shell_pid() {
  _tmux list-panes -F '#{pane_pid}'
}

# The shell in the terminal waits for something.
shell_waits() {
  asleep "$(shell_pid)"
}

# screen_shows REGEX: a line of the screen matches it, within thirty seconds.
screen_shows() {
  local end=$((SECONDS + 30))
  while ((SECONDS < end)); do
    ! screen 2>/dev/null | grep -q -E -- "$1" || return 0
    sleep 0.05
  done
  printf 'the screen never showed %s but:\n' "$1"
  screen
  return 1
}

# runs REGEX: soon there is a process of this test whose command line matches. A key that is to
# interrupt a program must not come before the program does.
runs() {
  eventually _has_process "$1"
}

_has_process() {
  local pid
  for pid in $(_processes); do
    ! tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -q -E -- "$1" || return 0
  done
  return 1
}

# ---- nothing may be left -----------------------------------------------------------------------------

harness_teardown() {
  local bad=0 left
  terminal_close
  _gone_soon _processes || {
    left=$_left
    bad=1
    echo "processes left by the test:"
    _describe $left
    _kill $left
  }
  _gone_soon _files || {
    bad=1
    printf 'files left by the test:\n%s\n' "$_left"
  }
  if compgen -G "$_state/sanitizer.*" >/dev/null; then
    bad=1
    head -n 60 "$_state"/sanitizer.*
  fi
  return $bad
}

# Some seconds for what COMMAND lists to go away; the rest is in _left.
_gone_soon() {
  local end=$((SECONDS + 5))
  while ((SECONDS < end)); do
    _left=$("$@")
    [[ $_left ]] || return 0
    sleep 0.02
  done
  return 1
}

# Processes that carry the mark of this test, and those in a session it started.
_processes() {
  local sessions
  printf -v sessions '%s,' "${_sessions[@]}"
  {
    grep -lzsxF -- "CONCH_TEST=$_id" /proc/[0-9]*/environ | cut -d / -f 3
    [[ ${#_sessions[@]} -eq 0 ]] || ps -o pid=,stat= -s "${sessions%,}" | awk '$2 !~ /^Z/ { print $1 }'
  } | sort -un
}

# What conch may put there; other tests have files of theirs beside it.
_shm() {
  compgen -G "/dev/shm/conch-$UID*" || :
}

_files() {
  comm -13 <(printf '%s\n' "$_shm_before") <(_shm)
  find "$BATS_TEST_TMPDIR"/*/.tmp -mindepth 1 2>/dev/null || :
}

# One line for each process: who it is, and which system call it is in.
_describe() {
  local pid
  for pid; do
    ps -o pid=,ppid=,pgid=,stat=,etimes=,wchan:24=,args= -p "$pid" || continue
    sed 's/^/      /' "/proc/$pid/stack" 2>/dev/null | head -n 4 || :
  done
}

_kill() {
  [[ $# -eq 0 ]] || kill -9 "$@" 2>/dev/null || :
}
