# SPDX-License-Identifier: GPL-3.0-or-later
# The map of map.bash over the workers of a named pool, with what its caller sees to: the time limit,
# the prefix, the log.

map_setup() {
  pool create -j 4 p
  map_options='-p p -t 60s --joblog log --prefix {#}:'
}

. "${0%/*}/map.bash"
