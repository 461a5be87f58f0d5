# SPDX-License-Identifier: GPL-3.0-or-later
# Which object a name means: those of the session, which the scripts of a script join, and the
# machine-wide ones, where unrelated shells meet.

load helper

# What the scripts read: `other CODE` runs it in another process of the same host, `bash_other` in
# bash.
setup() {
  harness_setup
  in_env CONCH_BUILD="$CONCH_BUILD"
  cat >others <<'END'
other() {
  if [ "${BASH_VERSION-}" ]; then bash_other "$1"; else "$CONCH_BUILD/conch" -c "$1"; fi
}
bash_other() { bash -c ". \"\$CONCH_BUILD/plugin/conch.bash\"; $1"; }
END
}

@test "a script of a script has the same session" {
  in_each_host '
    . ./others
    lock create l
    lock acquire l
    other "lock acquire -n l; echo \$?"
    bash_other "lock acquire -n l; echo \$?; lock create m"
    lock release m; echo $?'
  assert_output $'1\n1\n1'
  assert_stderr 'lock: release: m: not held by this process'
}

@test "it has it also when it outlives the script that made it and starts others" {
  in_each_host '
    . ./others
    lock create l
    export maker=$$
    other "
      lock acquire l
      while kill -0 $maker 2>/dev/null; do sleep 0.02; done
      . ./others
      other \"lock acquire -n l; echo joined \\\$?\" >joined" >/dev/null 2>&1 &
    while ! lock owner l >/dev/null; do sleep 0.02; done'
  local host
  for host in $(hosts); do
    eventually grep -q 'joined 1' "$BATS_TEST_TMPDIR/$host/joined"
  done
}

@test "a stale or foreign CONCH_SESSION is ignored" {
  in_each_host '
    . ./others
    lock create l
    for text in "" nonsense conch1:1:3:1:1:1 "$CONCH_SESSION"x conch1:99999999:3:1:1:1 \
      "conch1:$$:0:1:1:0000000000000001" "$(printf "%s" "$CONCH_SESSION" | sed s/.\$/g/)"; do
      CONCH_SESSION=$text other "lock owner l; echo \$?; lock create l; echo \$?" 2>&1
    done | sort | uniq -c | sed "s/^ *//"'
  assert_output $'7 0\n7 4\n7 lock: owner: l: no such lock'
}

@test "/NAME: unrelated shells meet, and it survives its maker" {
  in_each_host '
    . ./others
    unset CONCH_SESSION
    other "lock create /l"
    CONCH_SESSION= other "lock acquire -n /l; echo \$?"
    lock owner l; echo $?
    lock destroy /l; echo $?
    lock owner /l; echo $?'
  assert_output $'0\n4\n0\n4'
  assert_stderr $'lock: owner: l: no such lock\nlock: owner: /l: no such lock'
}

@test "/NAME: a lock of the machine is held by one" {
  in_each_host '
    . ./others
    lock create /l; lock acquire /l
    CONCH_SESSION= other "lock acquire -n /l; echo \$?"
    lock release /l
    CONCH_SESSION= other "lock acquire -n /l; echo \$?"
    lock owner /l; echo $?
    lock destroy /l'
  assert_output $'1\n0\n1'
}

@test "/NAME: nothing is left after the last object is destroyed" {
  in_each_host '
    . ./others
    lock create /a; lock create /b
    other "lock destroy /a"
    ls "$XDG_RUNTIME_DIR"
    lock destroy /b'
  assert_output conch
  local host
  for host in $(hosts); do
    [[ -z $(ls -A "$BATS_TEST_TMPDIR/$host/.run") ]]
  done
}

@test "/NAME: conch gc removes the file that a killed one left without objects" {
  in_each_host '
    . ./others
    other "value create /a; value destroy /a; kill -9 \$\$"
    ls "$XDG_RUNTIME_DIR"; conch gc >/dev/null; ls "$XDG_RUNTIME_DIR"
    value create /a; conch gc >/dev/null; value get /a; value destroy /a; conch gc >/dev/null
    i=0; while [ $i -lt 30 ]; do
      value create /a q $i || break
      value destroy /a; conch gc >/dev/null; i=$((i + 1))
    done; echo "$i"
    value create /a q 7; value get /a; value destroy /a' 2>/dev/null
  assert_output $'conch\n0\n30\n7'
}

@test "/NAME: a user killed while it holds one leaves it usable" {
  in_each_host '
    . ./others
    lock create /l
    CONCH_SESSION= other "lock acquire /l; kill -9 \$\$" 2>/dev/null
    lock acquire -t 10 /l; echo "$? ${CONCH_OWNER_DIED:+died}"
    lock destroy /l' 2>/dev/null
  assert_output '0 died'
}

@test "/NAME: a folder that others may use, or a link, is refused" {
  in_each_host '
    mkdir -m 755 "$XDG_RUNTIME_DIR/conch"
    lock create /l; echo $?
    rmdir "$XDG_RUNTIME_DIR/conch"
    mkdir -m 700 elsewhere
    ln -s "$PWD/elsewhere" "$XDG_RUNTIME_DIR/conch"
    lock create /l; echo $?
    rm "$XDG_RUNTIME_DIR/conch"
    lock create /l; echo $?
    lock destroy /l
    ls elsewhere'
  assert_output $'125\n125\n0'
  assert_stderr -e '^lock: create: /l: .*/conch: not a folder of this user alone
lock: create: /l: .*/conch: not a folder$'
}

@test "/NAME: another user's folder and file are refused" {
  [[ $(id -u) -eq 0 ]] || skip "needs root, to give files away"
  in_each_host '
    . ./others
    dir=$XDG_RUNTIME_DIR/conch
    mkdir -m 700 "$dir"
    chown 12345 "$dir"
    lock create /l; echo $?
    chown 0 "$dir"
    other "lock create /l"
    chown 12345 "$dir"/*
    lock acquire /l; echo $?
    rm "$dir"/* && rmdir "$dir"'
  assert_output $'125\n125'
  assert_stderr -e 'not a folder of this user alone
lock: acquire: /l: .*: Permission denied$'
}

@test "/NAME: a damaged file is an error" {
  in_each_host '
    . ./others
    dir=$XDG_RUNTIME_DIR/conch
    other "lock create /l"
    file=$(echo "$dir"/*)
    head -c 4096 /dev/zero | dd of="$file" conv=notrunc status=none
    lock acquire /l; echo $?
    : >"$file"
    lock acquire /l; echo $?
    rm "$dir"/* && rmdir "$dir"'
  assert_output $'125\n125'
  assert_stderr -e 'damaged shared memory
.*damaged shared memory$'
}

@test "odd names are refused" {
  in_each_host '
    for name in "" / // /a/b a/b ../a "a b" 1a -a "$(printf "a\nb")" ä; do
      lock create -- "$name" 2>/dev/null; echo $?
    done | sort | uniq -c | sed "s/^ *//"'
  assert_output '11 2'
}

@test "/NAME: full memory is told of by its name" {
  in_env CONCH_ARENA=1M
  in_each_host '
    big=$(head -c 200000 /dev/zero | tr "\0" x)
    i=0; while dict set /d k$i "$big"; do i=$((i + 1)); done; [ $i -gt 0 ]; echo $?
    dict set d k v; dict get d k; dict destroy /d'
  assert_output $'0\nv'
  assert_stderr 'dict: set: /d: memory of machine-wide objects is full (CONCH_ARENA sets its size when it is made)'
}

@test "/NAME: a full file system is an error" {
  [[ $(id -u) -eq 0 ]] && unshare -m mount -t tmpfs none /mnt 2>/dev/null || skip "cannot mount a small file system here"
  in_each_host '
    f=other; [ -z "${BASH_VERSION-}" ] || f=bash_other
    for size in 1m 4m; do
      unshare -m sh -c "mount -t tmpfs -o size=$size,mode=700 none \$XDG_RUNTIME_DIR && . ./others &&
        $f \"dict set /d k v; echo \\\$?; big=\\\$(head -c 900000 /dev/zero | tr \\\"\\\\0\\\" x)
          i=0; while dict set /d k\\\$i \\\"\\\$big\\\"; do i=\\\$((i + 1)); done; [ \\\$i -gt 0 ]; echo \\\$?\""
    done'
  assert_output $'125\n1\n0\n0'
  assert_stderr -e '^dict: set: /d: .*: No space left on device
dict: set: /d: .*: No space left on device
dict: set: /d: no room in the file system of machine-wide objects$'
}
