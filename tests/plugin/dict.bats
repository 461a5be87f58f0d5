# SPDX-License-Identifier: GPL-3.0-or-later

load helper

@test "dict: set, get, has, del, len" {
  in_each_host '
    dict set d a 1 "b  c" "x
y" "" empty
    dict get d a; dict get d "b  c"; dict get d ""; dict get -v x d a; echo "x=$x"
    dict has d a; echo "$?"; dict has d nope; echo "$?"
    dict get d nope; echo "$?"; dict get -D other d nope; dict get -v y -D "" d nope; echo "$? <$y>"
    dict len d; dict del d a; echo "$?"; dict del d a "b  c"; echo "$?"; dict len -v n d; echo "n=$n"
    dict set d k 1; dict set d k 2; dict get d k'
  assert_output $'1\nx\ny\nempty\nx=1\n0\n1\n1\nother\n0 <>\n3\n0\n1\nn=1\n2'
}

@test "dict: any byte but NUL is in keys and values" {
  in_each_host '
    key=$(printf "\377\001]\x27\"\$(x)\`") value=$(printf "\376\n\t ")x
    dict set d "$key" "$value"
    dict get -v got d "$key"; [ "$got" = "$value" ]; echo "$?"
    dict keys -0 d | od -An -tx1 | tr -d " \n"; echo
    dict items -v all d; for k in "${!all[@]}"; do [ "$k" = "$key" ]; echo "$?"; done'
  assert_output $'0\nff015d2722242878296000\n0'
}

@test "dict: incr, cas, setdefault, pop" {
  in_each_host '
    dict incr d n; dict incr d n 5; dict incr -v x d n -10; echo "$x"
    dict set d t text; dict incr d t; echo "$?"
    dict set d m 9223372036854775807; dict incr d m; echo "$?"; dict get d m
    dict cas d n 0 1; echo "$?"; dict cas d n -4 1; echo "$?"; dict get d n; dict cas d no "" 1; echo "$?"
    dict setdefault d n 9; dict setdefault -v y d new 9; echo "$y"
    dict pop d n; dict pop d n; echo "$?"; dict pop -D none d n'
  assert_output $'-4\n1\n1\n9223372036854775807\n1\n0\n1\n1\n1\n9\n1\n1\nnone'
  assert_stderr $'dict: incr: d: t: its value is not an integer\ndict: incr: d: m: out of range of 64 bits'
}

@test "dict: keys, items, as lines, with NUL, as JSON, into an array" {
  in_each_host '
    dict set d a 1 b "2 \"x\"" c 3
    dict keys d | sort | tr "\n" ,; echo
    dict items d | sort; dict items -0 d | tr "\0" "\n" | sort | tr "\n" ,; echo
    dict del d a c; dict items -J d; dict keys -J d
    dict set d "k k" v; dict items -v all d; echo "${#all[@]} ${all[k k]} ${all[b]}"
    dict keys -v keys d; echo "${#keys[@]}"
    dict clear d; dict len d; dict items d; dict items -J d; dict keys -J d; dict keys -v keys d; echo "${#keys[@]}"'
  assert_output $'a,b,c,\na\t1\nb\t2 "x"\nc\t3\n1,2 "x",3,a,b,c,\n{"b":"2 \\"x\\""}\n["b"]\n2 v 2 "x"\n2\n0\n{}\n[]\n0'
}

@test "dict: load from lines, with NUL, from an array" {
  in_each_host '
    printf "a\t1\nb c\t2\t3\n\tempty\n" >in; dict load d <in; dict items d | sort
    dict items -0 d >nul; dict load -0 e <nul; dict len e; dict get e "b c"
    declare -A from; from[x]=1; from["y z"]=2; dict load -v from f; dict get f "y z"; dict len f
    list=(p q); dict load -v list g; dict get g 1
    echo nothing >bad; dict load h <bad; echo "$?"; printf "k" >odd; dict load -0 h <odd; echo "$?"
    dict load -v nope h; echo "$?"; share -A from; from[s]=3; dict load -v from i; dict len i'
  assert_output $'\tempty\na\t1\nb c\t2\t3\n3\n2\t3\n2\n2\nq\n2\n2\n2\n3'
  assert_stderr 'dict: load: nothing: no tab between key and value
dict: load: stdin: a key without a value at its end
dict: load: nope: not an array'
}

@test "dict: counts of many processes are all there" {
  in_each_host '
    count() { local w; for w in $1; do dict incr counts "$w"; done; }
    pool map -j 4 count ::: "a b a" "b a" "c" "a a a a" "b c" >/dev/null
    dict items counts | sort'
  assert_output $'a\t7\nb\t3\nc\t2'
}

@test "dict: update runs a command, nobody else changing the key" {
  in_each_host '
    add() { echo $(($2 + $1)); }
    dict set d n 1
    dict update d n add 5; dict get d n
    twice() { dict update d n add 1; dict update d n add 1; }
    pool map -j 4 twice ::: $(seq 10) >/dev/null; dict get d n
    dict update d new printf "<%s>\n"; dict get d new; dict update -D 7 d other add 1; dict get d other
    dict update d n false; echo "$?"; dict update d n no-such-command 2>/dev/null; echo "$?"; dict get d n
    lines() { printf "a\nb\n\n"; }; dict update d l lines; dict get d l'
  assert_output $'6\n26\n<>\n8\n1\n127\n26\na\nb'
}

@test "dict: an updater that is killed, or leaves, gives the key free" {
  in_each_host '
    stay() { : >started; sleep 100; }
    dict set d k old
    spawn -n u dict update d k stay
    while [ ! -e started ]; do sleep 0.02; done
    task kill -s KILL u; await u 2>/dev/null
    dict set d k new; dict get d k
    (set -e; leave() { exit 3; }; dict update d k leave || :; echo after)
    dict set d k newer; dict get d k'
  assert_output $'new\nafter\nnewer'
}

@test "dict: others wait for an update" {
  in_each_host '
    slow() { echo started >started; while [ ! -e go ]; do sleep 0.02; done; echo "$1 slow"; }
    dict set d k old
    spawn -n u dict update d k slow
    while [ ! -e started ]; do sleep 0.02; done
    dict get d k; dict set d free 1; dict get d free
    spawn -n w dict set d k last
    : >go; await u w; dict get d k'
  assert_output $'old\n1\nlast'
}

@test "dict: what an update runs cannot wait for it" {
  in_each_host '
    dict set d k old
    inner() { (dict set d k inner); echo "$?" >&2; (dict incr d other); echo new; }
    dict update d k inner; dict get d k; dict get d other
    awaits() { spawn -n s dict set d k inner; await s; echo "$?" >&2; echo newer; }
    dict update d k awaits; dict get d k
    deeper() { dict update d k echo; echo "$?" >&2; echo newest; }
    dict update d k deeper; dict get d k; (dict set d k last); dict get d k'
  assert_output $'new\n1\nnewer\nnewest\nlast'
  assert_stderr $'dict: set: d: k: the update this is part of has it\n125
dict: set: d: k: the update this is part of has it\n125
dict: update: d: k: the update this is part of has it\n125'
}

@test "dict: /NAME survives the shell that made it" {
  in_env CONCH_BUILD="$CONCH_BUILD"
  in_each_host '
    bash -c ". \"\$CONCH_BUILD/plugin/conch.bash\"; dict set /d k v"
    dict get /d k; dict destroy /d; dict get /d k; echo "$?"'
  assert_output $'v\n4'
}

@test "dict: grows until the memory is full, and then says so" {
  in_env CONCH_ARENA=1M
  in_each_host '
    big=$(head -c 100000 /dev/zero | tr "\0" x)
    i=0; while dict set d "k$i" "$big" 2>err; do i=$((i + 1)); done; cat err
    [ "$i" -gt 3 ]; echo "$?"
    dict get -v x d k0; [ "$x" = "$big" ]; echo "$?"; dict clear d; dict set d k "$big"; echo "$?"'
  assert_output $'dict: set: d: session memory is full (CONCH_ARENA sets its size)\n0\n0\n0'
}

@test "dict: bad input" {
  in_each_host '
    dict get d k; dict has d k; dict del d k; dict items d; dict len d; dict clear d; dict destroy d
    dict set d; dict set d k; dict set d k v k2; dict set "a b" k v; dict set "" k v
    dict create d; dict create d; echo "$?"; dict incr d k x; dict incr d k 99999999999999999999
    dict update d k; dict get -v "1x" -D 1 d k; dict destroy d; dict get d k; echo "$?"'
  assert_output $'0\n4'
  assert_stderr 'dict: get: d: no such dict
dict: has: d: no such dict
dict: del: d: no such dict
dict: items: d: no such dict
dict: len: d: no such dict
dict: clear: d: no such dict
dict: destroy: d: no such dict
usage: dict set NAME KEY VALUE [KEY VALUE...]
usage: dict set NAME KEY VALUE [KEY VALUE...]
usage: dict set NAME KEY VALUE [KEY VALUE...]
dict: set: a b: not a name
dict: set: : not a name
dict: incr: x: not an integer of 64 bits
dict: incr: 99999999999999999999: not an integer of 64 bits
usage: dict update [-D TEXT] NAME KEY COMMAND [ARG...]
dict: get: 1x: not the name of a variable
dict: get: d: no such dict'
}
