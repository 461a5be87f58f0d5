# SPDX-License-Identifier: GPL-3.0-or-later
# Items are words: any bytes but NUL, of any length, are handed on as they are, and outputs come
# back the same way.

load helper

# Items no shell would survive as text.
hostile=('a b' '  ' "it's" '"' '\' '\n' '$(touch evil)' '`touch evil`' '$HOME' '*' '-n' '--' '{}x' ';' '&' '#' '~' '!' '')

@test "words after ::: reach a function as they are" {
  in_each_host 'show() { printf "<%s>\n" "$1"; }; pool map -j 2 show ::: "$@"; [ ! -e evil ]' "${hostile[@]}"
  assert_output "$(printf '<%s>\n' "${hostile[@]}")"
  assert_status 0
}

@test "lines of stdin reach a function as they are" {
  printf '%s\n' "${hostile[@]}" >in
  in_each_host -i in 'show() { printf "<%s>\n" "$1"; }; pool map -j 2 show; [ ! -e evil ]'
  assert_output "$(printf '<%s>\n' "${hostile[@]}")"
  assert_status 0
}

@test "lines of stdin reach a program as they are" {
  printf '%s\n' "${hostile[@]}" >in
  in_each_host -i in 'pool map -j 2 /usr/bin/printf "<%s>\n"; [ ! -e evil ]'
  assert_output "$(printf '<%s>\n' "${hostile[@]}")"
}

@test "lines of stdin reach shell code as \$1, never as code" {
  printf '%s\n' "${hostile[@]}" >in
  in_each_host -i in 'pool map -j 2 -c "printf \"<%s>\n\" \"\$1\""; [ ! -e evil ]'
  assert_output "$(printf '<%s>\n' "${hostile[@]}")"
}

@test "with -0 items may hold newlines" {
  printf 'one\ntwo\0\n\0three' >in
  in_each_host -i in 'show() { printf "<%s>" "$1"; }; pool map -0 show'
  assert_output $'<one\ntwo><\n><three>'
}

@test "bytes that are no UTF-8 pass through" {
  printf '\xff\xfe\x80\n\xc3\n' >in
  in_each_host -i in 'show() { printf "%s|" "$1"; }; pool map show | od -An -tx1'
  assert_output ' ff fe 80 7c c3 7c'
}

@test "the last line counts without its newline" {
  printf 'a\nb' >in
  in_each_host -i in 'pool map echo'
  assert_output $'a\nb'
}

@test "no items: nothing runs, status 0" {
  in_each_host 'pool map echo; echo "$?"; pool map echo :::; echo "$?"'
  assert_output $'0\n0'
}

@test "an item of 10 MB reaches a function whole" {
  head -c 10000000 /dev/zero | tr '\0' x >in
  in_each_host -i in 'size() { echo "${#1}"; }; pool map size'
  assert_output 10000000
}

@test "an item too long for a program is that item's failure" {
  { echo a; head -c 10000000 /dev/zero | tr '\0' x; echo; echo b; } >in
  in_each_host -i in 'pool map --status s /bin/echo; echo "$? ${s[*]}"'
  assert_output $'a\nb\n1 0 126 0'
}

@test "output with NUL bytes comes through" {
  in_each_host 'zero() { printf "a\0b"; }; pool map zero ::: 1 2 | od -An -tx1'
  assert_output ' 61 00 62 61 00 62'
}

@test "large outputs of several tasks stay whole and in order" {
  in_each_host '
    big() { head -c 50000000 /dev/zero | tr "\0" "$1"; echo; }
    pool map -j 2 big ::: a b c | tee out | tr -s abc; wc -c <out >&2'
  assert_output $'a\nb\nc'
  assert_stderr 150000003
}

@test "a function, a builtin, a program and code can be what is mapped" {
  in_each_host 'f() { echo "f $1"; }
    pool map f ::: 1; pool map printf "%s\n" ::: 2; pool map /bin/echo ::: 3; pool map -c "echo c \$1" ::: 4'
  assert_output $'f 1\n2\n3\nc 4'
}

@test "an unknown command: 127 for each item, one message" {
  in_each_host 'pool map --status s no-such-command ::: a b c; echo "$? ${s[*]}"'
  assert_output '3 127 127 127'
  assert_stderr -e '^[^'$'\n'']*no-such-command[^'$'\n'']*$'
}

@test "a file that cannot be run: 126 for each item" {
  in_each_host 'echo text >plain; pool map --status s ./plain ::: a b; echo "$? ${s[*]}"'
  assert_output '2 126 126'
}

@test "failures are counted, up to 100" {
  in_each_host '
    pool map false ::: a b; echo $?
    pool map false ::: $(seq 100); echo $?
    pool map false ::: $(seq 150); echo $?'
  assert_output $'2\n100\n101'
}

@test "nothing is taken out that could not be given" {
  in_each_host '
    readonly fixed=1
    queue create q; queue put q a b
    for command in "queue get q" "queue get -c 2 q"; do
      $command >&- 2>/dev/null; echo $?
      $command 1</dev/null 2>/dev/null; echo $?
    done
    for name in fixed "a b" "" 1x; do queue get -v "$name" q; echo $?; done
    queue size q
    list push l 1; list pop >&- l 2>/dev/null; list shift -v fixed l 2>/dev/null; list len l
    dict set d k v; dict pop >&- d k 2>/dev/null; dict pop -v fixed d k 2>/dev/null; dict len d
    pipe create A B; pipe send A m; pipe recv B >&- 2>/dev/null; pipe recv -v fixed B 2>/dev/null
    pipe recv B'
  assert_output $'125\n125\n125\n125\n2\n2\n2\n2\n2\n1\n1\nm'
  assert_stderr 'queue: get: fixed: read-only
queue: get: a b: not the name of a variable
queue: get: : not the name of a variable
queue: get: 1x: not the name of a variable'
}
