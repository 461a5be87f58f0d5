# SPDX-License-Identifier: GPL-3.0-or-later
# A task is a copy of the shell: what it finds there, and that what it does stays there.

load helper

@test "what is not exported is there: variables, arrays, functions, aliases, options" {
  in_each_host '
    plain="a b"; list=(x "y z"); declare -A map=([key]=value)
    helper() { echo "helper $1"; }
    [ -z "${BASH_VERSION-}" ] || shopt -s expand_aliases; set -f
    alias greet="echo hello"
    eval "f() { echo \"\$plain|\${list[1]}|\${map[key]}\"; helper \$1; greet; echo \$-; }"
    pool map f ::: 1'
  assert_line 'a b|y z|value'
  assert_line 'helper 1'
  assert_line hello
  assert_line -e '^[a-zA-Z]*f[a-zA-Z]*$'
}

@test "a function of a megabyte" {
  in_each_host '
    eval "f() { : $(head -c 1000000 /dev/zero | tr "\0" x); echo ran \$1; }"
    pool map f ::: 1 2'
  assert_output $'ran 1\nran 2'
}

@test "exit ends the item, not the worker" {
  in_each_host '
    f() { if [ "$1" = 2 ]; then exit 3; fi; echo "$1"; }
    pool map -j 1 --status s f ::: 1 2 3; echo "$? ${s[*]}"; echo still here'
  assert_output $'1\n3\n1 0 3 0\nstill here'
}

@test "return gives the item's status" {
  in_each_host 'f() { return "$1"; }; pool map --status s f ::: 0 7 1; echo "$? ${s[*]}"'
  assert_output '2 0 7 1'
}

@test "set -e ends an item at its first failure" {
  in_each_host '
    f() { set -e; [ "$1" != 2 ] || false; echo "$1"; }
    pool map -j 1 --status s f ::: 1 2 3; echo "$? ${s[*]}"'
  assert_output $'1\n3\n1 0 1 0'
}

@test "set -e of the script is in force in the tasks" {
  in_each_host '
    set -e
    f() { [ "$1" != 2 ] || false; echo "$1"; }
    pool map -j 1 --status s f ::: 1 2 3 || echo "$? ${s[*]}"'
  assert_output $'1\n3\n1 0 1 0'
}

@test "an unset variable under set -u is the item's failure" {
  in_each_host '
    f() { set -u; if [ "$1" = 2 ]; then echo "$no_such"; fi; echo "$1"; }
    pool map -j 1 f ::: 1 2 3; echo $?'
  assert_output $'1\n3\n1'
  assert_stderr -p no_such
}

@test "an EXIT trap set in an item runs when the item ends" {
  in_each_host '
    f() { trap "echo bye $1" EXIT; echo "hello $1"; }
    pool map -j 1 f ::: 1 2; trap'
  assert_output $'hello 1\nbye 1\nhello 2\nbye 2'
}

@test "an EXIT trap of the script runs once, in the script" {
  in_each_host 'trap "echo bye" EXIT; pool map echo ::: 1 2; spawn true; await'
  assert_output $'1\n2\nbye'
}

@test "redirections and local arrays in a function" {
  in_each_host '
    f() { local -a a=("$1" x); echo "${a[@]}" >"out-$1"; echo err >&2; }
    pool map f ::: 1 2; cat out-1 out-2'
  assert_output $'1 x\n2 x'
  assert_stderr $'err\nerr'
}

@test "what a task assigns is not seen by the script" {
  in_each_host 'v=old; f() { v=$1; cd /; }; pool map f ::: 1 2; echo "$v"; [ "$PWD" != / ]'
  assert_output old
  assert_status 0
}

@test "stdin of a mapped command is empty, and does not eat the items" {
  seq 3 >in
  in_each_host -i in 'f() { cat; echo "item $1"; }; pool map f'
  assert_output $'item 1\nitem 2\nitem 3'
}

@test "maps can be nested" {
  in_each_host '
    inner() { echo "$1 $2"; }
    outer() { pool map -j 2 inner "$1" ::: a b; }
    pool map -j 2 outer ::: 1 2 3'
  assert_output $'1 a\n1 b\n2 a\n2 b\n3 a\n3 b'
}

@test "a map in a command substitution, in a subshell and in a pipeline" {
  in_each_host '
    out=$(pool map echo ::: 1 2); echo "$out"
    (pool map echo ::: 3 4)
    seq 5 6 | pool map echo | cat'
  assert_output $'1\n2\n3\n4\n5\n6'
}

@test "wait and jobs of the script never notice the tasks" {
  in_each_host '
    sleep 0.2 & spawn -n t sleep 0.1
    jobs >jobs; wait; wc -l <jobs
    trap "echo chld >>chld" CHLD
    pool map /bin/true ::: 1 2 3; await t; spawn sleep 0; await; [ -e chld ] || echo none'
  assert_output $'1\nnone'
}

@test "no descriptor of ours is in a program's hands" {
  in_each_host '
    list() { ls -1 /proc/self/fd | tr "\n" " "; echo; }
    lock create l; lock acquire l
    /bin/ls -1 /proc/self/fd | tr "\n" " "; echo
    pool map /bin/sh -c "ls /proc/self/fd | tr \"\\n\" \" \"; echo" ::: 1
    spawn -c -n t /bin/sh -c "ls /proc/self/fd | tr \"\\n\" \" \"; echo"; await t
    lock with m /bin/sh -c "ls /proc/self/fd | tr \"\\n\" \" \"; echo"'
  assert_output $'0 1 2 3 \n0 1 2 3 \n0 1 2 3 \n0 1 2 3 '
}

# What a subshell would keep to itself, changed by one call, shown by the next.
changes_all='
    change() {
      umask 077; cd /; set -f; set -- a b; trap "echo usr" USR1; trap "" USR2; exec 2>/dev/null
      [ -z "${BASH_VERSION-}" ] || { shopt -s nullglob; shopt -u sourcepath; set -o pipefail; }
    }
    show() {
      umask; pwd; echo "$-" | tr -dc fu; echo "$#"; trap; echo shown >&2
      [ -z "${BASH_VERSION-}" ] || { shopt nullglob sourcepath; set -o | grep pipefail; } >shopts
    }'

@test "a call finds the shell as the map found it: umask, directory, options, traps, descriptors" {
  in_each_host "$changes_all"'
    umask 022; mkdir d; cd d; both() { "$@"; }
    pool map -j 1 both ::: change show | sed "s,.*/d$,d,"
    [ -z "${BASH_VERSION-}" ] || { grep -q "nullglob.*off" shopts && grep -q "sourcepath.*on" shopts && grep -q off shopts; } && echo fine'
  assert_output $'0022\nd\n0\nfine'
  assert_stderr shown
}

@test "so does a task of a named pool, with what the initializer has set" {
  in_each_host "$changes_all"'
    umask 022; mkdir d; pool create -j 1 -i "umask 027; cd d; set -u; trap : HUP" p
    pool apply p show; pool apply p change; pool apply p show'
  assert_output -e '^0027.*/d.u0.*HUP.0027.*/d.u0.*HUP$'
}

@test "--fresh keeps variables, functions and descriptors too" {
  in_each_host "
    one() { case \$1 in 1) x=1; helper() { echo no; }; exec 7</dev/null ;; *) echo \"\${x-unset}\"; helper; (: <&7) 2>/dev/null || echo closed ;; esac; }
    helper() { echo yes; }
    pool map -j 1 --fresh one ::: 1 2"
  assert_output $'unset\nyes\nclosed'
}
