# SPDX-License-Identifier: GPL-3.0-or-later
# Input that nests or recurses without end is refused with a message, however small the stack is;
# and what a script does often leaves nothing behind.

load ../plugin/helper
CONCH_HOSTS=conch

# repeat TEXT [N]
repeat() {
  TEXT=$1 awk -v "n=${2:-20000}" 'BEGIN { for (; n > 0; n--) printf "%s", ENVIRON["TEXT"] }'
}

# refuses [ARG...]: conch says `nested too deeply` (or $says) and is not killed, with 8 MiB of stack
# and with little.
refuses() {
  local size status
  for size in 8192 256; do
    status=0
    (ulimit -s "$size" && timeout 60 "$CONCH" "$@") >out 2>err </dev/null || status=$?
    if ((status == 0 || status > 2)) || ! grep -q -E "${says:-nested too deeply}" err; then
      printf '%s: with %s KiB of stack, status %d\n' "$*" "$size" "$status"
      head -c 500 err
      return 1
    fi
    if [[ $* != -n* ]] && grep -q after out; then
      printf '%s: went on after it\n' "$*"
      return 1
    fi
  done
}

# nests BEFORE AFTER INSIDE: a script of so many levels, parsed.
nests() {
  { repeat "$1"; printf '%s' "$3"; repeat "$2"; echo; } >script
  refuses -n script
}

setup() {
  cd "$BATS_TEST_TMPDIR" || return
}

@test "commands nest so far" {
  nests '{ ' ';}' :
  nests '( ' ')' :
  nests 'if ' '; then :; fi' :
  nests 'if :; then ' '; fi' :
  nests 'case x in (x) ' ';; esac' :
  nests 'while ' '; do break; done' :
  nests 'for i in 1; do ' '; done' :
  nests '! ( ' ')' :
  nests 'f() { ' '; }' :
}

@test "substitutions nest so far, and take no time that doubles with each level" {
  nests '$(' ')' :
  nests '"$(' ')"' :
  nests ': ${x:-' '}' y
  nests '"${x:-' '}"' y
  nests 'echo $((' '))' 1
  nests 'echo $((1+' '))' 1
  nests $'cat <<X\n$(' ')' :
  # Neither arithmetic nor a command, which is found out once
  { repeat 'echo $((' 60; printf 'echo b'; repeat ') )' 60; echo; } >script
  run timeout 60 "$CONCH" -n script
  [[ $status -eq 0 ]]
  { repeat '$((' 60; echo 1; } >script
  says='end of file' refuses script
}

@test "arithmetic nests so far" {
  local each says='nested too deeply|too many levels'
  for each in '(|)' '- |' '1?1:|' '1+(|)' '(1,|)' 'x=|'; do
    { printf "i='"; repeat "${each%|*}"; printf 1; repeat "${each#*|}"
      printf "'\n: \$((i))\necho after\n"; } >script
    refuses script
  done
  says="x|y" refuses -c 'x=y+1 y=x+1; : $((x)); echo after'
}

@test "test and [[ nest so far" {
  { printf '[ '; repeat '\( ' 100000; printf 'x '; repeat '\) ' 100000; echo ']'; } >script
  refuses script
  { printf '[[ '; repeat '( '; printf 'x '; repeat ') '; echo ']]'; } >script
  refuses script
  { printf '[[ '; repeat '! '; printf 'x ]]\n'; } >script
  refuses script
  # regcomp() would recurse
  { printf '[[ aaa =~ '; repeat '('; printf x; repeat ')'; echo ' ]]'; } >script
  refuses script
}

@test "recursion of functions, eval, dot scripts, substitutions and traps is ended" {
  refuses -c 'f() { f; }; f; echo after'
  refuses -c 'f() { case x in x) if :; then for i in 1; do { f; }; done; fi ;; esac; }; f; echo after'
  refuses -c 'f() { : $((1 + $(f))); }; f; echo after'
  refuses -c 'x='\''eval "$x"'\''; eval "$x"; echo after'
  refuses -c 'alias a="eval a"
eval a; echo after'
  echo '. ./script' >script
  refuses -c '. ./script; echo after'
  refuses -c 'trap "f" EXIT; f() { f; }; exit 1'
  # A subshell's end is its own.
  says='nested too deeply' run "$CONCH" -c 'f() { (f); }; f 2>/dev/null; echo after'
  [[ $output == after ]]
}

@test "subshells leave no descriptor and no memory behind" {
  cat >script <<'E'
look() {
  set -- /proc/$$/fd/*
  while read -r k v _; do [ "$k" = VmRSS: ] && echo $# $v; done </proc/$$/status
}
f() { echo "$1"; }
round() {
  i=0
  while [ $i -lt $1 ]; do
    i=$((i + 1))
    (cd /; x=$(f $i); umask 22; trap x EXIT; trap - EXIT; exec 3</dev/null; read -r a <&3) >/dev/null
    read -r a <<-X
	$i
	X
    eval "v=\$a; g() { echo $i; }"; unset -f g
  done
}
round 500; look
round ${ROUNDS:-10000}; look
E
  run timeout 300 "$CONCH" script
  read -r before before_kib <<<"${lines[0]}"
  read -r after after_kib <<<"${lines[1]}"
  echo "$output"
  [[ $before -eq $after ]]
  without_sanitizers "they keep what is freed"
  ((after_kib <= before_kib + 256))
}

@test "a value is doubled in place, and evaluated as a whole where it is an integer" {
  run "$CONCH" -c 'x=ab; x=$x$x; echo $x; x=$x-$x; echo $x; (x=$x$x; echo $x); echo $x
    y=q; y=$y$x$y; echo $y; export x; x=$x$x; echo $x; declare -i n=3; n=${n}1; echo $n; n=$n$n; echo $n
    set -u; unset z; z=$z$z; echo after'
  printf '%s\n' "$output"
  [[ $output == *"abab
abab-abab
abab-abababab-abab
abab-abab
qabab-ababq
abab-abababab-abab
31
3131
"*z:* && $output != *after* ]]
}
