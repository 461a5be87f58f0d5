# SPDX-License-Identifier: GPL-3.0-or-later
# A plugin built with the sanitizers needs their runtime in the shell that loads it. Reports of all
# processes go to files, so that none is lost with a stderr nobody looks at.

# sanitizer_environment LOG TOOLS: the variables that the shells under test need, into the array
# `sanitizer`; empty in a plain build. Reports are LOG.PID; TOOLS is a folder to be made.
sanitizer_environment() {
  local runtime options tools=$2
  sanitizer=()
  runtime=$(ldd "$CONCH_BUILD/plugin/conch.so" | awk '$1 ~ /^libasan/ { print $3 }')
  [[ $runtime ]] || return 0
  # The shells themselves do not free what they need until the end: no leak check here.
  options="log_path=$1:detect_leaks=0"
  _without_runtime "$tools" curl dd pgrep pkill ps top
  sanitizer=(PATH="$tools:$PATH" LD_PRELOAD="$runtime" ASAN_OPTIONS="$options" UBSAN_OPTIONS="$options:print_stacktrace=1")
}

# _without_runtime DIR PROGRAM...: programs that hang or fail when the runtime is preloaded (procps and
# curl by what they link with, dd by what it closes) are run without it.
_without_runtime() {
  local dir=$1 program
  mkdir -p "$dir"
  for program in "${@:2}"; do
    printf '#!/bin/sh\nunset LD_PRELOAD\nexec %s "$@"\n' "$(type -P "$program")" >"$dir/$program"
    chmod +x "$dir/$program"
  done
}
