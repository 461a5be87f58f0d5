# SPDX-License-Identifier: GPL-3.0-or-later
# Real-time signals as fast as they can be sent, at a script in each of our commands: each one has its
# run of the handler, nothing crashes, nothing hangs. STORM says how many; default 3000.

load helper

setup() {
  harness_setup
  in_env STORM="$CONCH_BUILD/tests/storm" COUNT="${STORM:-3000}"
}

# in_storm CODE: CODE runs again and again until the storm is over and all are counted.
in_storm() {
  in_each_host -t $((60 + ${STORM:-3000} / 500)) '
    n=0
    h() { n=$((n + 1)); }
    signal on RTMIN h
    '"${2-}"'
    spawn -n storm -o sent "$STORM" $$ $COUNT 0
    while task alive storm || [ $n -lt $COUNT ]; do
      '"$1"'
    done
    await storm; status=$?; read -r all <sent
    [ "$all" = $COUNT ] && all=all; echo "status $status of $all"
    [ $n = $COUNT ] && echo "all handled" || echo "$n of $COUNT"'
  assert_output $'status 0 of all\nall handled'
  refute_stderr
}

@test "a storm at a busy script" { in_storm ':'; }
@test "a storm at command substitutions" {
  in_storm 'x=$(echo a)b$(echo "c)"; case d in d) echo d;; esac); [ "$x" = "abc)
d" ] || echo "$x"'
}
@test "a storm at pause" { in_storm 'pause -t 0.1'; }
@test "a storm at pause -c" { in_storm 'pause -c -t 0.01'; }
@test "a storm at await" { in_storm 'spawn -n t sleep 0.05; await t'; }
@test "a storm at spawn" { in_storm 'spawn -n t true; await t'; }
@test "a storm at lock acquire" {
  in_storm 'spawn -n t lock with l sleep 0.05; lock with l true; await t' 'lock create l'
}
@test "a storm at queue get" {
  in_storm 'queue put q x y; queue get -v x q; queue get -v y q; queue get -t 0.01 q' 'queue create q'
}
@test "a storm at pipe recv" {
  in_storm 'pipe send a x; pipe recv -v x b; pipe recv -t 0.01 b' 'pipe create a b'
}
@test "a storm at sem, event, barrier and cond" {
  in_storm 'sem acquire -t 0.01 s; event wait -t 0.01 e; barrier wait -t 0.01 b; barrier reset b
    lock acquire l; cond wait -t 0.01 c l; lock release l' \
    'sem create s 0; event clear e; barrier create b 2; lock create l'
}
@test "a storm at signal wait" { in_storm 'signal wait -t 0.01 USR1'; }
@test "a storm at timers" {
  in_storm 'timer after 0.01 true; timer after 0 true; timer wait -t 0.02' 'timer every 1ms :'
}
@test "a storm at pool map" { in_storm 'pool map -v out echo ::: a b c; pool map true ::: 1 2'; }
@test "a storm at shared data" {
  in_storm 'value add v 1; dict set d k v; list push x a; list pop -v y x; array set a 0 1' \
    'value create v; array create a i 4'
}
@test "a storm at callbacks" {
  in_storm 'spawn -n t --then d true; await t' 'm=0; d() { m=$((m + 1)); }'
}
