# SPDX-License-Identifier: GPL-3.0-or-later
# The recipes of docs/cookbook.md: each block of sh prints the block of text behind it.

load helper

# recipe N: its script into `script`, what it prints into `expected`.
recipe() {
  local file=$_top/docs/cookbook.md
  script=$(awk -v n="$1" '/^## /{ own = ($2 == n ".") } own && /^```$/{ on = 0 } on { print } own && /^```sh$/{ on = 1 }' "$file")
  expected=$(awk -v n="$1" '/^## /{ own = ($2 == n ".") } own && /^```$/{ on = 0 } on { print } own && /^```text$/{ on = 1 }' "$file")
}

@test "every recipe prints what stands behind it" {
  local n count script expected
  count=$(grep -c '^## ' "$_top/docs/cookbook.md")
  [[ $count -ge 20 ]]
  for ((n = 1; n <= count; n++)); do
    recipe "$n"
    [[ $script && $expected ]]
    echo "# recipe $n"
    in_each_host "$script"
    assert_output "$expected"
  done
}
