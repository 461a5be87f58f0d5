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

@test "the installed shell finds its line editor, also when the tree is moved" {
  type -P tmux >/dev/null || skip "needs tmux"
  mv "$prefix" "$BATS_TEST_TMPDIR/moved"
  CONCH=$BATS_TEST_TMPDIR/moved/bin/conch terminal_open conch
  keys 'grep -c "/moved/lib/conch/edit.so" /proc/$$/maps' Enter
  screen_shows '^[1-9][0-9]*$'
}

@test "bash-completion finds a file for each command, which completes it" {
  local folder=$prefix/share/bash-completion/completions command
  for command in $(clean "$prefix/bin/conch" -c 'conch help' | sed -n '/^$/q; s/ .*//p'); do
    [[ -f $folder/$command ]]
  done
  run clean "$CONCH_BASH" -c ". '$prefix/share/conch/conch.bash'; . '$folder/lock'
    lock create alpha; COMP_WORDS=(lock owner al) COMP_CWORD=2; _conch lock al owner
    echo \"\${COMPREPLY[@]}\"; complete -p pool"
  [[ $output == $'alpha\ncomplete -F _conch pool' ]]
}

@test "make uninstall leaves no file" {
  make -s -C "$CONCH_BUILD" uninstall DESTDIR="$root" >/dev/null 2>&1
  [[ -z $(find "$root" -type f -o -type l) ]]
}
