# SPDX-License-Identifier: GPL-3.0-or-later
# The plugin in its two hosts: how it is loaded, and what its commands do to the flow of a script. What
# is said of conch alone is marked by in_conch.

load helper

in_conch() {
  CONCH_HOSTS=conch in_each_host "$@"
}

@test "what it exports is what its hosts look for" {
  nm -D --defined-only "$CONCH_BUILD/plugin/conch.so" | awk '{ print $3 }' |
    grep -vE '^([a-z]+_struct|[a-z]+_builtin_load|conch_plugin_init|__odr_asan.*)$' && return 1
  true
}

@test "conch loads the plugin when one of its commands is used, and not before" {
  in_conch 'plugin list; echo none; value create v; plugin list | grep -o "conch.so: conch"'
  assert_output $'none\nconch.so: conch'
}

@test "a function goes before a command of the plugin, and nothing is loaded" {
  in_conch 'value() { echo mine; }; value; plugin list'
  assert_output mine
}

@test "called sh, the shell knows no commands but its own" {
  ln -s "$CONCH" sh
  in_conch 'exec "$PWD/sh" -c "value create v"'
  assert_status 127
}

@test "plugin load takes the commands named" {
  in_conch '
    plugin load conch.so value lock; echo $?
    plugin list | sed "s/.*: //"
    plugin load conch.so task; plugin load conch.so value; plugin list | sed "s/.*: //"'
  assert_output $'0\nlock value\nlock value task'
}

@test "plugin load says what is wrong with a file" {
  echo text >text.so
  in_conch '
    plugin load ./missing.so; echo $?
    plugin load text.so; echo $?
    plugin load /lib/x86_64-linux-gnu/libm.so.6; echo $?
    plugin load conch.so nothing; echo $?
    plugin load; echo $?; plugin nonsense; echo $?'
  assert_output $'1\n1\n1\n1\n2\n2'
  assert_stderr -p 'missing.so: cannot be loaded'
  assert_stderr -p 'text.so: cannot be loaded'
  assert_stderr -p 'libm.so.6: no plugin'
  assert_stderr -p 'nothing: no such command in it'
}

@test "another plugin: its commands write, run commands, and leave when the shell does" {
  cp "$CONCH_BUILD/tests/hello.so" hello.so
  in_conch '
    plugin load hello.so; echo $?; plugin list | sed "s/.*: //"
    hello; x=$(hello you; hello me >out); echo "$x"; cat out
    twice echo twice; f() { twice return 3; }; f; echo $?; cd / && pwd
    type hello; (twice exit 4); echo $?; twice exit 5'
  assert_output $'0\nhello twice\nhello world\nhello you\nhello me\ntwice\ntwice\n3\n/\nhello is a shell builtin\n4'
  assert_stderr $'left\nleft\nleft'
  assert_status 5
}

@test "enable -f is the same in bash's words" {
  in_conch 'enable -f conch.so value; value create v; value get v; enable value; echo $?'
  assert_output $'0\n0'
}

@test "CONCH_PLUGIN names the file" {
  in_env CONCH_PLUGIN=./other.so
  cp "$CONCH_BUILD/plugin/conch.so" other.so
  in_conch 'value create v; plugin list | sed "s/:.*//"'
  assert_output ./other.so
}

@test "a plugin that is named and not there is said, and the command is not found" {
  in_env CONCH_PLUGIN=/nowhere.so
  in_conch 'value create v'
  assert_status 127
  assert_stderr -p '/nowhere.so: cannot be loaded'
  assert_stderr -p 'value: not found'
}

@test "an installed tree finds it wherever it stands" {
  mkdir -p tree
  make -s -C "$CONCH_BUILD" install DESTDIR="$PWD/tree" >/dev/null
  in_conch 'moved=$(find tree -name conch -type f -perm -u+x); mv tree elsewhere
    "$PWD/elsewhere/${moved#tree/}" -c "plugin load conch.so; plugin list" | grep -q /elsewhere/ && echo found'
  assert_output found
}

@test "conch.bash does no harm in conch" {
  in_conch ". '$CONCH_BUILD/plugin/conch.bash'; echo \$?; plugin list"
  assert_output 0
}

@test "return, break and exit in what a command runs leave it, and what it held is given back" {
  in_each_host '
    f() { lock with l return 3; echo not here; }
    f; echo "$?"; lock owner l; echo "$?"
    for i in 1 2; do g() { break; }; lock with l eval break; echo not here; done
    lock owner l; echo "$?"
    g() { exit 7; }
    (lock with l g; echo not here); echo "$?"; lock owner l; echo "$?"'
  assert_output $'3\n1\n1\n7\n1'
}

@test "set -e in what a command runs ends the script, and what it held is given back" {
  in_each_host '
    f() { false; echo not here; }
    lock create l
    (set -e; lock with l f; echo not here); echo "$?"; lock owner l; echo "$?"
    set -e; lock with l f; echo not here'
  assert_output $'1\n1'
  assert_status 1
}

@test "what a subshell locks and starts is its own, and ends with it" {
  in_each_host '
    lock create l
    (lock acquire l; lock owner l >/dev/null && echo held); lock owner l; echo $?
    x=$(lock acquire l && spawn -d sleep 1000 && echo "$SPAWN"); echo "$x"
    lock owner l; echo $?; task alive "$x" 2>/dev/null || echo gone
    [ "${SPAWN-none}" = none ] && echo unset'
  assert_output $'held\n1\nt1\n1\ngone\nunset'
}

@test "a lock of the script is held by its subshells' parent, not by them" {
  in_each_host '
    lock create l; lock acquire l
    (lock release l); echo $?
    x=$(lock acquire -n l; echo $?); echo "$x"; lock release l; echo $?' 
  assert_output $'1\n1\n0'
  assert_stderr -p 'not held by this process'
}

@test "what holds nothing runs in a subshell without a process" {
  in_env REFUSE="$CONCH_BUILD/tests/refuse"
  in_conch '
    [ "${AGAIN-}" ] || AGAIN=1 exec "$REFUSE" clone EAGAIN "$(readlink /proc/$$/exe)" "$0"
    value create v; value set v 3
    x=$(value get v); y=$(value add v 4; value get v); (value set v 9)
    echo "$x $y $(value get v) $(lock create l; lock owner l; echo $?) $(conch version)"
    queue create q; queue put q "a b"; x=$(queue get q; queue size q); echo "<$x>"
    dict set d k v; list push l x; array create a q : 1 2; event set e; sem create s 3
    echo "$(dict get d k) $(list pop l) $(array sum a) $(event is-set e && echo set) $(sem value s)"
    x=$(queue get -n q || echo none); echo "$x"'
  assert_output -e '^3 7 9 1 conch [^
]*
<a b
0>
v x 3 set 3
none$'
}

@test "a session that a command substitution begins is the script's, and its programs'" {
  in_conch 'x=$(value create v; echo made); value set v 5
    "$(readlink /proc/$$/exe)" -c "value get v"'
  assert_output 5
}

@test "messages and output go where the script says" {
  in_each_host '
    value create v; x=$(value get none 2>&1); echo "<$x>"
    { value get v; value get none; } >both 2>&1; cat both
    value get v 3>&1 1>&2 2>&3 3>&- | sed "s/^/err /"
    exec 5>five; value get v >&5; exec 5>&-; cat five'
  assert_output '<value: get: none: no such value>
0
value: get: none: no such value
0'
  assert_stderr 0
}

@test "copies of the shell have the descriptors that the script made" {
  in_each_host '
    f() { echo "out $1"; echo "err $1" >&2; echo "five $1" >&5; }
    { pool map -j 1 f ::: a; spawn f b; await; spawn -t 10 f c; await; } >out 2>err 5>five
    cat out err five; echo text >in
    spawn -i - -c cat <in; await
    { spawn -i - -c cat; await; } <<-END
	here
	END
    exec >late; pool map -c "exec 2>&1; echo \$1 >&2" ::: 1 2; echo done; cat late >&2'
  assert_output 'out a
out b
out c
err a
err b
err c
five a
five b
five c
text
here'
  assert_stderr $'1\n2\ndone'
}

@test "a worker's tasks find options and directory as they were" {
  in_each_host '
    f() { echo "$1 $PWD $(pwd -P)"; case $- in *f*) echo bad;; esac; set -f; cd /; }
    mkdir d; cd d; here=$PWD; pool map -j 1 f ::: 1 2 | sed "s|$here|here|g"'
  assert_output $'1 here here\n2 here here'
}

@test "a worker's tasks find descriptors as they were" {
  in_each_host '
    f() { echo "err $1" >&2; exec 2>&1; echo "$1" >&2; exec >"$1"; echo x; }
    pool map -j 1 f ::: 1 2; cat 1 2'
  assert_output $'1\n2\nx\nx'
  assert_stderr $'err 1\nerr 2'
}

@test "EXIT traps: a task's own runs with it, \$? and exit in it count" {
  in_each_host '
    f() { trap "echo bye \$?; exit 5" EXIT; return "$1"; }
    pool map -j 1 --status s f ::: 0 3; echo "${s[*]}"
    spawn f 4; await; echo $?'
  assert_output $'bye 0\nbye 3\n5 5\nbye 4\n5'
}
