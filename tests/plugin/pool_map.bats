# SPDX-License-Identifier: GPL-3.0-or-later
# pool map: its options, one by one, and what they give together.

load helper

# ---- items per call ----------------------------------------------------------------------------

@test "-N gives that many items to each call, the last gets the rest" {
  in_each_host 'seq 7 | pool map -j 2 -N 3 echo; pool map -N 2 echo ::: a b c'
  assert_output $'1 2 3\n4 5 6\n7\na b\nc'
}

@test "-N cuts a long input at the same places, wherever its bytes lie" {
  in_each_host '
    seq 1000000 | pool map -j 2 -N 7 echo >out; echo $?
    seq 1000000 | paste -d " " - - - - - - - | sed "s/ *$//" | cmp out -'
  assert_output 0
}

@test "-N with more items than are read ahead" {
  in_each_host 'count() { echo $#; }; seq 1000000 | pool map -j 2 -N 300000 count'
  assert_output $'300000\n300000\n300000\n100000'
}

@test "-X gives each call as many items as fit, and loses none" {
  in_each_host '
    seq 200000 | pool map -j 2 -X echo >out; echo $?
    seq 200000 >in; tr " " "\n" <out | cmp - in; [ "$(wc -l <out)" -lt 40 ] && echo few'
  assert_output $'0\nfew'
}

@test "-X takes an item that is longer than a call should be" {
  { echo a; head -c 300000 /dev/zero | tr '\0' x; echo; echo b; } >in
  in_each_host -i in 'total() { n=0; for i; do n=$((n + ${#i})); done; echo $n; }
    pool map -j 2 -X total | awk "{ n += \$1 } END { print n }"'
  assert_output 300002
}

@test "items of many megabytes, one behind the other" {
  in_each_host '
    letters() { head -c "$2" /dev/zero | tr "\0" "$1"; }
    source() {
      letters a 9000000; echo; letters b 8000000; sleep 0.6; echo; echo small; letters c 9000000; echo; letters d 5
    }
    look() { [[ $1 != a* ]] || sleep 0.3; echo "${#1} ${1:0:1} ${1:4500000:1} ${1: -1}"; }
    source | pool map -j 2 look'
  assert_output $'9000000 a a a\n8000000 b b b\n5 s  l\n9000000 c c c\n5 d  d'
}

@test "combinations of more than the read-ahead stay whole" {
  in_each_host 'pool map -j 2 echo ::: $(seq 1500) ::: $(seq 300) >out
    awk "BEGIN { for (i = 1; i <= 1500; i++) for (j = 1; j <= 300; j++) print i, j }" | cmp out - && echo same'
  assert_output same
}

# ---- what is mapped ------------------------------------------------------------------------------

@test "the command may be part of the item, and each one's status is right" {
  in_each_host 'for ((i = 0; i < 50; i++)); do c[i]=/bin/false; done
    pool map -j 4 {} ::: "${c[@]}"; echo $?'
  assert_output 50
}

@test "exec in a function: the item is that program, and its status is the program's" {
  in_each_host 'f() { exec sh -c "echo $1; exit $1"; }; pool map -j 2 --status s f ::: 0 3 0; echo "$? ${s[*]}"'
  assert_output $'0\n3\n0\n1 0 3 0'
}

@test "-c: nested, empty, with fields and the number of the item" {
  in_each_host '
    pool map -j 1 -c "pool map -c \"echo \\\$1 \$1\" ::: a b" ::: 1 2
    pool map -c "" ::: x; echo $?
    pool map --colsep , -c "echo \$2 \$1 \$CONCH_ITEM" ::: a,b c,d'
  assert_output $'a 1\nb 1\na 2\nb 2\n0\nb a 1\nd c 2'
}

@test "-c that is no shell code: status 2" {
  in_each_host 'pool map -c "if" ::: 1; echo $?'
  assert_output 2
}

@test "--colsep cuts every item of a call" {
  in_each_host 'pool map --colsep , -N 2 echo ::: a,b c,d'
  assert_output 'a b c d'
}

@test "all replacement strings" {
  in_each_host 'pool map -j 1 echo {} {.} {/} {//} {/.} {#} {%} {0} ::: /a/b.c d.e.f /x
    pool map echo {2}-{1} {1/.} ::: p/q.r ::: y z'
  assert_output $'/a/b.c /a/b b.c /a b 1 1 {0}\nd.e.f d.e d.e.f . d.e 2 1 {0}\n/x /x x / x 3 1 {0}\ny-p/q.r q\nz-p/q.r q'
}

@test ":::+ links a list to the one before" {
  in_each_host 'pool map -j 1 echo ::: a b :::+ 1 2 ::: x y'
  assert_output $'a 1 x\na 1 y\nb 2 x\nb 2 y'
}

@test "-a reads a file, several are combined; -d and -0 say where items end" {
  printf '1\n2\n' >one
  printf 'a\nb\n' >two
  in_each_host 'pool map echo -a one; pool map -a one echo; pool map -a one -a two echo
    printf "p;q;" | pool map -d ";" echo; printf "r\0s" | pool map -0 echo; pool map -a no-such echo; echo $?' </dev/null
  assert_line '2 b'
  assert_line 's'
  assert_line '125'
  assert_stderr -p no-such
}

# ---- results -------------------------------------------------------------------------------------

@test "-v, --reply and --status fill arrays, in order" {
  in_each_host '
    f() { echo "out $1"; REPLY="re $1"; return "$1"; }
    pool map -j 3 -v o --status s f ::: 0 1 2; echo $? "${s[*]}"; printf "<%s>" "${o[@]}"; echo
    pool map -j 3 -v r --reply f ::: 0 1; printf "<%s>" "${r[@]}"; echo
    pool map -j 3 -v r --reply --fresh f ::: 3 4 >out; printf "<%s>" "${r[@]}"; echo; cat out'
  assert_output "2 0 1 2
<out 0><out 1><out 2>
out 0
out 1
<re 0><re 1>
<re 3><re 4>
out 3
out 4"
}

@test "--tag puts the item before each line" {
  in_each_host 'f() { echo "$1 1"; printf "%s 2" "$1"; }; pool map -j 2 --tag f ::: a "b c"'
  assert_output $'a\ta 1\na\ta 2\nb c\tb c 1\nb c\tb c 2'
}

@test "-u and --line-buffer give each line once, whole" {
  in_each_host 'f() { echo "$1 a"; echo "$1 b"; }
    for option in -u --line-buffer --line-buffer --line-buffer --ungroup; do
      seq 500 | pool map -j 4 "$option" f | sort >out
      for i in $(seq 500); do echo "$i a"; echo "$i b"; done | sort | cmp out - && echo "$option"
    done'
  assert_output $'-u\n--line-buffer\n--line-buffer\n--line-buffer\n--ungroup'
}

@test "-u gives the quick one first" {
  in_each_host 'f() {
      if [[ $1 = slow ]]; then until [[ -e done ]]; do sleep 0.02; done; sleep 0.3; fi
      echo "$1"; : >done
    }
    pool map -j 2 -u f ::: slow quick'
  assert_output $'quick\nslow'
}

@test "--dry-run prints the commands, quoted, and runs none" {
  in_each_host 'pool map --dry-run touch ::: "a b" "it'\''s" c; ls'
  assert_output $'touch \'a b\'\ntouch \'it\'\\\'\'s\'\ntouch c'
}

@test "--bar tells the progress on stderr" {
  in_each_host 'pool map --bar true ::: 1 2 3'
  assert_stderr -p '3/3 100%'
}

@test "-t ends what takes too long: 124, also when it does not want to end" {
  in_each_host '
    stubborn() { trap : TERM; while :; do sleep 0.1; done; }
    pool map -j 2 -t 2 --status s sleep ::: 100 0; echo "$? ${s[*]}"
    pool map -t 0.2 --status s stubborn ::: 1; echo "$? ${s[*]}"'
  assert_output $'1 124 0\n1 124'
}

@test "--nice, --fresh" {
  in_each_host 'n=$(nice); pool map --nice 3 -c "[ \$((\$(nice) - n)) = 3 ]" ::: 1; echo $?
    f() { count=$((count + 1)); echo $count; }; pool map -j 1 --fresh f ::: a b'
  assert_output $'0\n1\n1'
}

# ---- flow ------------------------------------------------------------------------------------------

@test "a trickling stdin gives each result at once" {
  in_each_host '
    { echo one; until [ -e got ]; do sleep 0.02; done; echo two; } | pool map echo | { read -r x; : >got; echo "$x"; cat; }'
  assert_output $'one\ntwo'
}

@test "endless input for a slow command is not buffered" {
  in_each_host '
    slow() { sleep 0.1; echo "$1"; }
    { for ((i = 0; i < 200; i++)); do printf "%.0sy%-9999s\n" 1 2; echo $i >read; done; } | pool map -j 1 slow | head -n 2 | wc -l
    [ "$(cat read)" -lt 150 ] && echo small'
  assert_output $'2\nsmall'
}

@test "head ends a map whose tasks are silent and long" {
  in_each_host '
    f() { [[ $1 != 1 ]] || { echo first; return; }; sleep 1000; }
    pool map -j 2 f ::: 1 2 3 | head -n 1'
  assert_output first
  refute_stderr
}

@test "a closed stdin: 125 and a message" {
  in_each_host 'pool map echo <&-; echo $?'
  assert_output 125
  assert_stderr -p stdin
}

@test "a trap runs while a map does" {
  in_each_host 'trap "echo caught" USR1; f() { kill -USR1 $$; sleep 0.2; }; pool map f ::: 1; echo $?'
  assert_output $'caught\n0'
}

@test "what a task leaves running ends with the map" {
  # pgrep without the runtime of a sanitizer build, with which it hangs now and then by itself
  in_each_host '
    f() { sleep 200 & setsid sleep 200 & }
    pool map f ::: 1 2
    for ((i = 0; i < 100; i++)); do
      LD_PRELOAD= pgrep -s 0 sleep >pids || break
      sleep 0.05
    done
    wc -l <pids'
  assert_output 0
}

@test "a function run by a map in a function, in an if, under set -e" {
  in_each_host 'set -e; f() { [ "$1" = 1 ]; }; g() { pool map f ::: "$@"; }; if g 1 2; then echo yes; else echo "no $?"; fi; g 1; echo on'
  assert_output $'no 1\non'
}

@test "stdout appended to a file, or a socket" {
  in_each_host 'big() { head -c 5000 /dev/zero | tr "\0" "$1"; }; echo start >out; pool map big ::: a b >>out; tr -s ab <out'
  assert_output $'start\nab'
}

@test "a task that kills its worker costs itself, however many do in a row" {
  seq 400 >items
  in_each_host -i items 'f() { [ "$1" -lt 200 ] || sh -c "kill -9 \$PPID"; }
    pool map -j 1 --status s f; echo "$? ${#s[@]} ${s[198]} ${s[199]} ${s[399]}"'
  assert_output '101 400 0 137 137'
}

@test "cd as the command: the next call begins where the map did" {
  mkdir here
  in_each_host 'pool map -j 1 cd ::: here here; echo $?; pool map -j 1 -N 1 umask ::: 077; umask'
  assert_output $'0\n0022'
}

@test "printf and echo of many lines write them together" {
  in_each_host '
    writes() { while read -r name n; do [ "$name" = syscw: ] && eval "$1=$n"; done <"/proc/$pid/io"; }
    f() {
      read -r pid rest </proc/self/stat
      writes before; printf "%s\n" $(seq 5000); echo "$(seq 5000)"; writes after
      [ $((after - before)) -lt 100 ] || echo "$((after - before)) writes"
    }
    pool map f ::: x >out; (seq 5000; seq 5000) | cmp - out && echo few
    seq 5000 >want; seq 5000 | pool map -j 2 -N 1000 printf "%s\n" | cmp - want && echo same'
  assert_output $'few\nsame'
}

@test "printf to a full disk fails, and what it could not write does not come later" {
  in_each_host '
    exec 3>/dev/full
    pool map -j 1 --ungroup --status s -c "[ \$1 = 1 ] && exec 4>&1 >&3; printf \"%s\\n\" \$1 \$1" ::: 1 2 2>err
    echo "$? ${s[*]}"; [ -s err ] && echo told
    pool map -j 1 --ungroup --status s printf "%s\n" ::: a b >/dev/full 2>err; echo "$? ${s[*]}"'
  assert_output $'2\n2\n1 1 0\ntold\n2 1 1'
}
