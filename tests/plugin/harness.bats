# SPDX-License-Identifier: GPL-3.0-or-later
# The harness itself: what in_each_host and its checks promise to the other tests.

load helper

@test "a script runs in bash" {
  [[ $BASH_VERSION ]]
}
