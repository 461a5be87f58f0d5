# SPDX-License-Identifier: GPL-3.0-or-later
# What is read at the start, what a newcomer sees, help.

load helper

# Start conch with the ARGs, which reads LINE from no terminal; its output goes to $out.
start() {
  local line=$1 env dir=$BATS_TEST_TMPDIR/conch
  shift
  [[ -d $dir/.tmp ]] || _prepare_folder conch
  _environment conch
  out=$(cd "$dir" && env -i "${env[@]}" timeout 20 "${PROGRAM:-$CONCH}" "$@" 2>&1 <<<"$line" 3>&- 4>&-) || :
}

@test "an interactive shell reads ~/.conchrc, or with ENV what that names" {
  _prepare_folder conch
  echo 'echo rc' >conch/.conchrc
  echo 'echo env $0' >conch/envfile
  start '' -i +m
  [[ $out == *rc* ]]
  in_env 'ENV=$HOME/envfile'
  start '' -i +m
  [[ $out == *env* && $out != *rc* ]]
  start 'echo script'
  same "$out" script
  _env=()
  start '' -i +m --norc
  [[ $out != *rc* ]]
  ln -s "$CONCH" sh
  PROGRAM=$BATS_TEST_TMPDIR/sh start '' -i +m
  [[ $out != *rc* ]]
}

@test "a login shell reads profiles, before the rest" {
  _prepare_folder conch
  echo 'echo rc' >conch/.conchrc
  echo 'echo profile' >conch/.profile
  start 'echo script' -l
  same "$out" $'profile\nscript'
  echo 'echo own' >conch/.conch_profile
  start 'echo script' --login
  same "$out" $'own\nscript'
  start '' -l -i +m
  [[ $out == own$'\n'rc* ]]
  start 'echo script' -l --noprofile
  same "$out" script
  out=$(cd conch && HOME=$PWD exec -a -conch "$CONCH" -c 'echo script')
  same "$out" $'own\nscript'
}

@test "errors in a start-up file do no harm, exit in it ends the shell" {
  _prepare_folder conch
  printf '%s\n' 'echo ${x?wrong}' >conch/.conchrc
  start 'echo alive' -i +m
  [[ $out == *wrong* && $out == *alive* ]]
  echo 'if' >conch/.conchrc
  start 'echo alive' -i +m
  [[ $out == *alive* ]]
  echo 'echo out; exit 3' >conch/.conchrc
  start 'echo alive' -i +m
  same "$out" out
}

@test "who comes for the first time is greeted, once" {
  local env
  type -P tmux >/dev/null || skip "needs tmux"
  _prepare_folder conch
  _environment conch
  _terminal=conch-$_id
  for time in first second; do
    (cd conch && _tmux -f /dev/null new-session -d -x 80 -y 24 \
      "exec$(printf ' %q' env -i TERM=screen "${env[@]}" PS1='ready> ' "$CONCH")")
    screen_shows '^ready>'
    if [[ $time == first ]]; then
      screen_shows '^Welcome to conch'
    else
      ! screen | grep -q Welcome
    fi
    keys 'exit' Enter
    closed
  done
}

@test "help knows every builtin, and asks the plugin for its commands" {
  in_each_host '
    help | while read -r name rest; do
      [ "$name" ] || break
      [ "$rest" ] || echo "nothing about $name"
    done
    help cd; help lock | head -n 1; help nonsense; echo $?'
  assert_line -p 'cd ['
  assert_line -e '^lock - '
  assert_line 1
  refute_output -p 'nothing about'
}

@test "unknown options are told" {
  start '' --nonsense
  [[ $out == *'--nonsense: invalid option'* ]]
}
