# SPDX-License-Identifier: GPL-3.0-or-later
# What `make install` puts where, and that it works there and wherever the tree is moved to.

load helper

setup() {
  harness_setup
  if ldd "$CONCH_BUILD/plugin/conch.so" | grep -q libasan; then
    skip "an installed tree has no sanitizer's runtime"
  fi
  root=$BATS_TEST_TMPDIR/root
  make -s -C "$CONCH_BUILD" install DESTDIR="$root" >"$BATS_TEST_TMPDIR/log" 2>&1 || {
    cat "$BATS_TEST_TMPDIR/log"
    return 1
  }
  prefix=$root$(sed -n 's/^prefix = //p' "$CONCH_BUILD/Makefile")
}

# clean COMMAND...: run it with nothing of the build tree in reach.
clean() {
  env -i PATH=/usr/bin:/bin TMPDIR="$BATS_TEST_TMPDIR" CONCH_TEST="$_id" "$@"
}

@test "make install puts the shell, the plugin, the script for bash and the manual in place" {
  [[ -x $prefix/bin/conch && -f $prefix/lib/conch/conch.so && -f $prefix/share/conch/conch.bash ]]
  local page
  for page in "$_top"/man/*; do
    [[ -f $prefix/share/man/man${page##*.}/${page##*/} ]]
  done
}

@test "the installed conch.bash finds its plugin, also when the tree is moved" {
  local script='spawn -c echo works; await; conch version'
  run clean "$CONCH_BASH" -c ". '$prefix/share/conch/conch.bash'; $script"
  [[ $output == $'works\nconch '*'(bash)' ]]
  mv "$prefix" "$BATS_TEST_TMPDIR/moved"
  run clean "$CONCH_BASH" -c ". '$BATS_TEST_TMPDIR/moved/share/conch/conch.bash'; $script"
  [[ $output == $'works\nconch '*'(bash)' ]]
}

@test "the installed shell finds its plugin" {
  run clean "$prefix/bin/conch" -c 'spawn -c echo works; await; conch version'
  [[ $output == $'works\nconch '*'(conch)' ]]
}

@test "make uninstall leaves no file" {
  make -s -C "$CONCH_BUILD" uninstall DESTDIR="$root" >/dev/null 2>&1
  [[ -z $(find "$root" -type f) ]]
}
