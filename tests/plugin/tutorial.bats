# SPDX-License-Identifier: GPL-3.0-or-later
# The examples of a topic each: what a script prints stands at its end, in lines that begin with #|.

load helper

setup() {
  harness_setup
  in_env PATH="$CONCH_BUILD/plugin:$PATH"
}

# prints_what_it_says FOLDER: each script of examples/FOLDER, in each host.
prints_what_it_says() {
  local script
  for script in "$_top/examples/$1"/*.sh; do
    echo "# $script"
    in_each_host ". '$script'"
    assert_output "$(sed -n 's/^#| \{0,1\}//p' "$script")"
  done
}

@test "processes" {
  prints_what_it_says processes
}

@test "pools" {
  prints_what_it_says pools
}

@test "exchange" {
  prints_what_it_says exchange
}

@test "locks" {
  prints_what_it_says locks
}

@test "sharing" {
  prints_what_it_says sharing
}

@test "time" {
  prints_what_it_says time
}
