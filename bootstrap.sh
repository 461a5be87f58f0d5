#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# From a fresh machine and a fresh clone to a conch that is built, runs and is tested.

usage() {
  cat <<'EOT'
usage: ./bootstrap.sh [COMMAND [CONFIGURE-OPTION...]]

  (none)  install what is missing (as root, with apt) and make ./configure
  build   that, then configure and build in build/
  run     that, then run the example on generated logs and on this machine's own
  check   that, then run all tests
EOT
}

cd "$(dirname "$0")" || exit 1
set -eu

jobs=$(nproc)
missing=

# need PACKAGE CHECK...: name the package when the check fails.
need() {
  package=$1
  shift
  "$@" >/dev/null 2>&1 || missing="$missing $package"
}

look_for_missing() {
  missing=
  need gcc command -v gcc
  need libc6-dev test -f /usr/include/stdio.h
  need make command -v make
  need autoconf command -v autoconf
  need automake command -v automake
  need pkg-config command -v pkg-config
  need bash-builtins test -f /usr/include/bash/builtins.h
  need libffi-dev pkg-config --exists libffi
  need libreadline-dev pkg-config --exists readline
}

look_for_missing_tests() {
  need bats command -v bats
  need parallel command -v parallel
  need procps command -v pkill
  need tmux command -v tmux
  need valgrind command -v valgrind
  need clang command -v clang
  need spin command -v spin
  # What tests/posix compares conch with.
  need dash command -v dash
  need mksh command -v mksh
  need yash command -v yash
}

# libFuzzer is a package of its own in newer releases. Nothing but the fuzzing needs it, which is skipped without.
install_fuzzer() {
  missing=
  # shellcheck disable=SC2016
  need libclang-rt-dev sh -c 'ls "$(clang -print-runtime-dir)"/libclang_rt.fuzzer*'
  (install_missing) || echo "bootstrap.sh: no libFuzzer: there will be no fuzzing" >&2
}

install_missing() {
  [ -n "$missing" ] || return 0
  if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "bootstrap.sh: please install:$missing" >&2
    exit 1
  fi
  echo "installing$missing"
  export DEBIAN_FRONTEND=noninteractive
  # The lists of packages may be missing or old: get them only when that shows.
  # shellcheck disable=SC2086
  apt-get install -qq -y --no-install-recommends $missing </dev/null >/dev/null 2>&1 || {
    apt-get update -qq </dev/null
    apt-get install -qq -y --no-install-recommends $missing </dev/null >/dev/null
  }
}

make_configure() {
  if [ ! -f configure ] || [ -n "$(find configure.ac Makefile.am -newer configure)" ]; then
    autoreconf -i
  fi
}

build() {
  mkdir -p build
  if [ ! -f build/Makefile ] || [ $# -gt 0 ]; then
    (cd build && ../configure -q "$@")
  fi
  make -s -C build -j "$jobs"
}

run() {
  [ -f build/logs/totals ] || examples/make-logs build/logs
  PATH=$PWD/build/plugin:$PATH
  examples/access-stats.sh build/logs/access-*.log
  echo
  examples/package-stats.sh
}

check() {
  make -s -C build -j "$jobs" check
}

command=${1:-tools}
[ $# -eq 0 ] || shift
case $command in
  tools | build | run | check) ;;
  -h | --help) usage; exit 0 ;;
  *) usage >&2; exit 2 ;;
esac

look_for_missing
[ "$command" != check ] || look_for_missing_tests
install_missing
[ "$command" != check ] || install_fuzzer
make_configure
[ "$command" != tools ] || exit 0
build "$@"
[ "$command" != build ] || exit 0
run
[ "$command" != run ] || exit 0
check
