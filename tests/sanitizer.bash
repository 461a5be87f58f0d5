# SPDX-License-Identifier: GPL-3.0-or-later
# A plugin built with the sanitizers needs their runtime in the shell that loads it. Reports of all
# processes go to files, so that none is lost with a stderr nobody looks at.

# sanitizer_environment LOG: the variables that the shells under test need, into the array
# `sanitizer`; empty in a plain build. Reports are LOG.PID.
sanitizer_environment() {
  local runtime options
  sanitizer=()
  runtime=$(ldd "$CONCH_BUILD/plugin/conch.so" | awk '$1 ~ /^libasan/ { print $3 }')
  [[ $runtime ]] || return 0
  # The shells themselves do not free what they need until the end: no leak check here.
  options="log_path=$1:detect_leaks=0"
  sanitizer=(LD_PRELOAD="$runtime" ASAN_OPTIONS="$options" UBSAN_OPTIONS="$options:print_stacktrace=1")
}
