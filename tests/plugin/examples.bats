# SPDX-License-Identifier: GPL-3.0-or-later
# The examples do what they say, on logs whose contents are known.

load helper

setup() {
  harness_setup
  in_env PATH="$CONCH_BUILD/plugin:$PATH" EXAMPLES="$_top/examples"
}

make_logs() {
  "$_top/examples/make-logs" "$@"
}

# The rows and paths of the table as make-logs writes totals: without folders, errors one per line.
totals_of() {
  awk '
    /^FILE .*BUSIEST/ { paths = 1; next }
    /^FILE/ || NF == 0 { next }
    { sub(".*/", "", $1) }
    !paths {
      print "file", $1, $2, $3, $4
      for (i = 5; i < NF; i += 2) print "error", $1, substr($i, 1, length($i) - 1), $(i + 1)
    }
    paths && NF == 3 { file = $1 }
    paths { print "path", file, $(NF - 1), $NF }'
}

# What every host printed agrees with the totals in file $1.
totals_agree() {
  local host
  for host in "${_ran[@]}"; do
    # The first word of a path's row is its count when the file stands in a row above.
    diff <(tr '\t' ' ' <"$1" | sort) <(totals_of <"$_state/$host.out" | sort) || _fail "$host" totals
  done
}

@test "access-stats counts what make-logs wrote" {
  make_logs -n 5000 -f 3 logs
  in_each_host '. "$EXAMPLES/access-stats.sh" -j 2 logs/access-*.log'
  assert_status 0
  refute_stderr
  totals_agree logs/totals
}

@test "access-stats cuts large logs into pieces and loses no line at the seams" {
  make_logs -n 60000 -f 1 logs
  in_each_host '. "$EXAMPLES/access-stats.sh" -j 3 logs/access-1.log'
  totals_agree logs/totals
}

@test "access-stats reads packed logs" {
  make_logs -n 1000 -f 2 logs
  gzip logs/access-2.log
  sed -i 's/access-2.log/&.gz/' logs/totals
  in_each_host '. "$EXAMPLES/access-stats.sh" logs/access-*.log*'
  totals_agree logs/totals
}

@test "access-stats tells of a log it cannot read, counts the others, and fails" {
  make_logs -n 100 -f 1 logs
  in_each_host '. "$EXAMPLES/access-stats.sh" logs/nothing.log logs/access-1.log'
  assert_stderr 'access-stats: logs/nothing.log: cannot read it'
  assert_status 1
  totals_agree logs/totals
}

@test "access-stats counts lines that are no requests" {
  printf 'garbage\n\n"GET / HTTP/1.0" 200\n1.2.3.4 - - [x] "-" 400 0 "-" "-"\n' >strange.log
  in_each_host '. "$EXAMPLES/access-stats.sh" strange.log'
  assert_line '3 lines were no requests'
  assert_line -e '^strange.log +1 +1 +0 +400: 1$'
}

@test "access-stats without files says how it is used" {
  in_each_host '. "$EXAMPLES/access-stats.sh"'
  assert_stderr 'usage: access-stats.sh [-j N] FILE...'
  assert_status 2
}

shows_a_bar() {
  keys 'access-stats.sh -j 2 logs/access-*.log >out' Enter
  screen_shows '4/4'
  screen_shows '^0\$'
}

@test "access-stats shows a bar on a terminal" {
  make_logs -n 1000 -f 4 logs
  in_env PATH="$CONCH_BUILD/plugin:$_top/examples:$PATH"
  in_each_terminal shows_a_bar
}

@test "package-stats reads logs of dpkg and histories of apt" {
  mkdir logs
  printf '%s\n' '2026-11-22 10:00:00 install bash:amd64 <none> 5.2' \
    '2026-11-23 10:00:00 upgrade bash:amd64 5.2 5.3' '2026-11-23 10:00:01 status installed bash:amd64 5.3' \
    '2026-11-23 10:00:02 remove tcsh:amd64 6.24 <none>' >logs/dpkg.log
  printf '%s\n' '' 'Start-Date: 2026-11-23  10:00:00' 'Commandline: apt-get upgrade' \
    'Error: Sub-process returned an error code' 'End-Date: 2026-11-23  10:00:02' >logs/history.log
  in_each_host '. "$EXAMPLES/package-stats.sh" logs/dpkg.log logs/history.log'
  assert_status 0
  assert_line -e '^logs/dpkg.log +install: 1  upgrade: 1  remove: 1$'
  assert_line -e '^logs/history.log +apt runs: 1  failed runs: 1$'
  assert_line -e '^all +install: 1  upgrade: 1  remove: 1  apt runs: 1  failed runs: 1$'
  assert_line 'busiest day: 2026-11-23, 2 packages'
}

@test "ffi-compile: a C function compiled on the spot is a command" {
  in_each_host '. "$EXAMPLES/ffi-compile.sh" 1000'
  assert_output $'111\n871 takes 178 steps'
}

@test "ffi-load: a buffer of numbers and a struct" {
  in_each_host '. "$EXAMPLES/ffi-load.sh"'
  assert_output -e $'^load: [0-9.]+ [0-9.]+ [0-9.]+\nsystem: Linux on .+$'
}

@test "ffi-sort: qsort by functions of the shell" {
  in_each_host '. "$EXAMPLES/ffi-sort.sh" 31 12 5 22 1'
  assert_output $'1 5 12 22 31\n1 31 12 22 5'
}

@test "ffi-checksum: checksums and sizes by libz" {
  printf 123456789 >nine
  head -c 100000 /dev/zero >zeros
  in_each_host '. "$EXAMPLES/ffi-checksum.sh" -j 2 nine zeros'
  assert_line -e '^cbf43926 +9 +17  nine$'
  assert_line -e '^[0-9a-f]{8} +100000 +[0-9]{2,3}  zeros$'
}

@test "ffi-numbers: a native function over shared doubles" {
  in_each_host '. "$EXAMPLES/ffi-numbers.sh" -j 2 -n 50000'
  assert_output $'1.5\n1.5\n75000'
}

@test "signal-alarm: an alarm ends the script" {
  in_each_host '. "$EXAMPLES/signal-alarm.sh"'
  assert_output waiting
  assert_status 142
}

@test "signal-pause: waiting for a signal" {
  in_each_host '. "$EXAMPLES/signal-pause.sh"'
  assert_line -e '^received USR1 from [0-9]+$'
  assert_line 'USR1 ended the pause'
}

@test "signal-ignore: Ctrl-C does nothing" {
  in_each_host '. "$EXAMPLES/signal-ignore.sh"'
  assert_line 'step 3, try Ctrl-C'
  assert_line 'INT       ignored -'
  assert_status 0
}

@test "signal-default: a handler, then the default action" {
  in_each_host '. "$EXAMPLES/signal-default.sh"'
  assert_output 'INT: once more and I am gone'
  assert_status 130
}

@test "signal-handler: one handler for several signals" {
  in_each_host '. "$EXAMPLES/signal-handler.sh"'
  assert_output 'config: got USR1, from myself
config: got USR2, from myself
config: got HUP, from myself
and the script goes on'
}

@test "signal-timer: after one second" {
  in_each_host '. "$EXAMPLES/signal-timer.sh"'
  assert_output $'working\none second, 3 beats'
}

@test "queue-workers: every file has a checksum, whoever is killed" {
  mkdir files
  for i in {1..60}; do echo "$i" >"files/file $i"; done
  in_each_host '. "$EXAMPLES/queue-workers.sh" -j 3 files | sort -k 4n'
  assert_output "$(for i in {1..60}; do echo "$(cksum <"files/file $i") files/file $i"; done | sort -k 4n)"
  in_each_host '
    kill_one() { until task kill -s KILL t2 2>/dev/null; do :; done; }
    spawn -d -n killer kill_one
    . "$EXAMPLES/queue-workers.sh" -j 3 files | sort -k 4n | uniq'
  assert_output "$(for i in {1..60}; do echo "$(cksum <"files/file $i") files/file $i"; done | sort -k 4n)"
}
