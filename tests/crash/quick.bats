# SPDX-License-Identifier: GPL-3.0-or-later
# A few rounds of each scenario, so that `make check` kills something too; `make crash` does more.

load ../plugin/helper

# Two rounds for each host and choice of victims.
rounds() {
  run env CONCH_BUILD="$CONCH_BUILD" ROUNDS=8 VICTIMS="any script" timeout 300 "$BATS_TEST_DIRNAME/run.sh" "$1"
  printf '%s\n' "$output" # shown when it fails
  [[ $status -eq 0 && $output != *"not ok"* && $output == *" killed ("* ]]
}

@test "tasks whose processes are killed are reported, once each" {
  rounds spawn
}

@test "a map whose processes are killed loses and doubles nothing" {
  rounds map
}

@test "jobs submitted to a pool whose processes are killed have one result each" {
  rounds submit
}

@test "a pipe whose stages are killed ends" {
  rounds pipe
}

@test "a joblog whose writers are killed can be resumed" {
  without_sanitizers "its check loads the plugin where their runtime is not"
  rounds joblog
}

@test "a lock whose holders and waiters are killed passes on" {
  rounds lock
}
