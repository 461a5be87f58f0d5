# SPDX-License-Identifier: GPL-3.0-or-later
# crash-loop itself: it finds what it is there to find.

load ../plugin/helper

loop() {
  run timeout 60 "$CONCH_BUILD/tests/crash/crash-loop" "$@"
}

@test "a command that takes its death well is good" {
  loop -n 5 -d 20ms -c '[ "$CRASH_STATUS" -eq 137 ]' sleep 10
  [[ $status -eq 0 && $output == *"5 rounds, 5 killed (5 times the script"* ]]
}

@test "a command that ends before its victim is chosen spares it" {
  loop -n 3 -d 0.2 -v below true
  [[ $status -eq 0 && $output == *"3 times nobody was there"* ]]
}

@test "the check fails the round, and sees what the command printed" {
  loop -n 1 -d 1ms -k 0 -c 'grep -q hello stdout' echo hello
  [[ $status -eq 0 ]]
  loop -n 1 -d 1ms -k 0 -c 'grep -q goodbye stdout' echo hello
  [[ $status -eq 1 && $output == *"1 failed checks"* && $output == *hello* ]]
}

@test "a process that outlives the command is found and killed" {
  loop -n 1 -d 1ms -k 0 sh -c 'setsid sleep 987 & exit 0'
  [[ $status -eq 1 && $output == *"1 with processes left"* && $output == *"sleep 987"* ]]
  ! pgrep -f 'sleep 987'
}

@test "a file that outlives it is found" {
  loop -n 1 -d 1ms -k 0 sh -c 'echo >$TMPDIR/forgotten'
  [[ $status -eq 1 && $output == *"1 with files left"* && $output == */forgotten* ]]
}

@test "a hang is bounded and told" {
  loop -n 1 -d 1ms -k 0 -w 0.2 sleep 986
  [[ $status -eq 1 && $output == *"1 hangs"* && $output == *"sleep 986"* ]]
}

@test "the same seed kills at the same moments" {
  loop -n 5 -s 7 -d 20ms sleep 10
  first=${lines[0]}
  loop -n 5 -s 7 -d 20ms sleep 10
  [[ $first == "seed 7, any within 20.0 ms" && $first == "${lines[0]}" ]]
}
