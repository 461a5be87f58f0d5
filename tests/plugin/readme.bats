# SPDX-License-Identifier: GPL-3.0-or-later
# The example of README.md runs as it stands.

load helper

@test "the example of README.md" {
  local CONCH_HOSTS=bash script
  script=$(awk '/^```$/ { inside = 0 } inside { print } /^```bash$/ { inside = 1 }' "$_top/README.md")
  mkdir home small src bin
  touch a.jpg b.jpg home/document
  printf 'TODO\nTODO\n' >src/x.c
  printf 'one\n' >1.log
  printf 'one\ntwo\n' >2.log
  echo 0 >total
  printf '#!/bin/sh\ncp "$1" "$4"\n' >bin/convert
  chmod +x bin/convert
  in_env HOME="$BATS_TEST_TMPDIR/home" PATH="$BATS_TEST_TMPDIR/bin:$PATH"
  in_each_host "${script#*conch.bash}"'
    echo "counts ${counts[*]}"; echo "total $(<total)"; ls small; tar tzf home.tgz | grep -c document
    [[ $files = *document* ]] && echo listed'
  assert_status 0
  assert_line 'counts 2'
  assert_line 'total 5050'
  assert_line 'a.jpg'
  assert_line 'b.jpg'
  assert_line '1'
  assert_line listed
  assert_line 'did 20'
}
