# SPDX-License-Identifier: GPL-3.0-or-later

load helper

@test "list: push, unshift, pop, shift" {
  in_each_host '
    list push l a "b  c" ""; list unshift l x y; list items -J l; list len l
    list pop l; list shift l; list pop -v v l; echo "v=$v"; list shift -v v l; echo "v=$v"
    list pop l; list pop l; echo "$?"; list shift l; echo "$?"; list len -v n l; echo "n=$n"'
  assert_output $'["x","y","a","b  c",""]\n5\n\nx\nv=b  c\nv=y\na\n1\n1\nn=0'
}

@test "list: get, set, insert, del by index" {
  in_each_host '
    list push l a b c
    list get l 0; list get l -1; list get -v x l 1; echo "x=$x"; list get l 3; echo "$?"; list get l -4; echo "$?"
    list set l 1 B; list set l 3 D; echo "$?"; list insert l 1 p q; list insert l 5 end; list insert l -1 last-but-one
    list items -J l; list insert l 9 x; echo "$?"; list insert l -9 x; echo "$?"
    list del l 0; list del l -1; list del l 9; echo "$?"; list items -J l'
  assert_output $'a\nc\nx=b\n1\n1\n1\n["a","p","q","B","c","last-but-one","end"]\n1\n1\n1\n["p","q","B","c","last-but-one"]'
}

@test "list: items as lines, with NUL, into an array; clear" {
  in_each_host '
    list push l "a b" "c
d" ""; list items l; list items -0 l | tr "\0" ,; echo
    list items -v all l; echo "${#all[@]} <${all[1]}>"
    list clear l; list items l; list len l; list items -v all l; echo "${#all[@]}"; list push l again; list items l'
  assert_output $'a b\nc\nd\n\na b,c\nd,,\n3 <c\nd>\n0\n0\nagain'
}

@test "list: push takes lines of stdin" {
  in_each_host '
    printf "a b\n\nc" | list push l; list create m; list push m <<END
x
y
END
    printf "a\0b\nc\0" >in; list push -0 m <in; list items -J m; list push m </dev/null; list len m'
  assert_output $'["x","y","a","b\\u000ac"]\n4'
}

@test "list: sort" {
  in_each_host '
    list push l 10 9 b a 100 B; list sort l; list items -J l; list sort -r l; list items -J l
    list sort -n l; list items -J l; list sort -nr l; list get l 0'
  assert_output $'["10","100","9","B","a","b"]\n["b","a","B","9","100","10"]\n["b","a","B","9","10","100"]\n100'
}

@test "list: what many processes put in is all there, once" {
  in_each_host '
    put() { list push l "$1"; list unshift l "-$1"; list pop -v x l; list push l "$x"; }
    pool map -j 4 put ::: $(seq 100) >/dev/null
    list len l; list items l | sort -u | wc -l | tr -d " "'
  assert_output $'200\n200'
}

@test "list: /NAME survives the shell that made it" {
  in_env CONCH_BUILD="$CONCH_BUILD"
  in_each_host '
    bash -c ". \"\$CONCH_BUILD/plugin/conch.bash\"; list push /l a b"
    list pop /l; list destroy /l; list pop /l; echo "$?"'
  assert_output $'b\n4'
}

@test "list: bad input" {
  in_each_host '
    list pop l; list get l 0; list items l; list destroy l; list push; list push "a b" x
    list create l; list create l; echo "$?"; list get l x; list get l ""; list get l 1x
    list get l 99999999999999999999; echo "$?"; list insert l 0; list sort -x l; list frobnicate l'
  assert_output $'0\n1'
  assert_stderr 'list: pop: l: no such list
list: get: l: no such list
list: items: l: no such list
list: destroy: l: no such list
usage: list push [-0] NAME [ITEM...]
list: push: a b: not a name
list: get: x: not an index
list: get: : not an index
list: get: 1x: not an index
usage: list insert NAME I ITEM...
list: sort: -x: unknown option; try --help
list: frobnicate: unknown verb; try list --help'
}
