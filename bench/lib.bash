# SPDX-License-Identifier: GPL-3.0-or-later
# Side-by-side measurements. A bench is a bash script:
#
#   . "${BASH_SOURCE[0]%/*}/lib.bash"
#
#   loop() { for ((i = 0; i < $1; i++)); do :; done; }
#   conch() { use_conch; pool map : < <(seq "$1"); }
#
#   bench_main "$@"
#   title 'a builtin per line'
#   candidate loop 200000
#   candidate conch 200000
#   compare
#   target 'CPU a call, of the loop' cpu conch loop '<=' 0.8
#
# Each candidate is a function of the script. It runs in a fresh bash, which reads the script up to
# bench_main, and gets the number of items it is to do. The candidates of a title take turns, ROUNDS
# times (default 5), so that a busy machine hurts all of them alike; figures are medians, and a
# ratio is the median of the ratios of the turns. CPU is user and system time of all processes.
#
# A candidate whose name starts with conch is left out while the command it `needs` does not exist.

: "${CONCH_BUILD:=$(cd "${BASH_SOURCE[0]%/*}/.." && cd build 2>/dev/null || cd "${BASH_SOURCE[0]%/*}/.." && pwd)}"
export CONCH_BUILD
_bench_rounds=${ROUNDS:-5}
_bench_file=$0
LC_ALL=C

use_conch() {
  . "$CONCH_BUILD/plugin/conch.bash"
}

# in_conch N CODE: CODE in the conch shell, with $1 the number of items.
in_conch() {
  exec "$CONCH_BUILD/conch" -c "$2" conch "$1"
}

# bench_main "$@": in the bash of a candidate, run it and end; else go on with the script.
bench_main() {
  if [[ $# -gt 0 ]]; then
    "$@"
    exit
  fi
  _bench_dir=$(mktemp -d) || exit
  trap 'rm -rf "$_bench_dir"' EXIT
}

# A candidate that measures something itself reports it: `result SECONDS`.
result() {
  printf '%s\n' "$1" >>"$BENCH_RESULT"
}

# Seconds since the epoch, with microseconds, without a fork.
now() {
  printf -v "$1" '%s' "$EPOCHREALTIME"
}

# ---- one title -----------------------------------------------------------------------------------

title() {
  _names=()
  _counts=()
  _memory=()
  declare -gA _cpu=() _wall=() _peak=() _reported=()
  printf '\n%-44s %12s %12s %10s\n' "$1" 'CPU us/item' 'wall us/item' items
}

# candidate [-m] NAME ITEMS: -m looks at its memory.
candidate() {
  local memory=
  if [[ $1 == -m ]]; then
    memory='-m 5'
    shift
  fi
  if [[ $1 == conch* ]] && ! _has_command; then
    return
  fi
  _names+=("$1")
  _counts+=("$2")
  _memory+=("$memory")
}

# The commands the candidates need to be there; more words at once are fine.
needs() {
  _needed=("$@")
}

_has_command() {
  bash -c '. "$CONCH_BUILD/plugin/conch.bash" && type "$@"' bash "${_needed[@]}" &>/dev/null
}

# Run all candidates, ROUNDS times in turn, and print a line for each.
compare() {
  local round i name
  for ((round = 0; round < _bench_rounds; round++)); do
    for i in "${!_names[@]}"; do
      _measure "${_names[i]}" "${_counts[i]}" "${_memory[i]}" || return
    done
  done
  for i in "${!_names[@]}"; do
    name=${_names[i]}
    printf '  %-42s %12.3f %12.3f %10s\n' "$name" "$(_median ${_cpu[$name]})" \
      "$(_median ${_wall[$name]})" "${_counts[i]}"
  done
}

_measure() {
  local name=$1 items=$2 wall user sys peak status=0 reported
  export BENCH_RESULT=$_bench_dir/reported
  : >"$BENCH_RESULT"
  # shellcheck disable=SC2086
  timeout "${BENCH_LIMIT:-600}" "$CONCH_BUILD/bench/measure" $3 "$_bench_dir/cost" \
    bash "$_bench_file" "$name" "$items" >"$_bench_dir/out" 2>"$_bench_dir/err" </dev/null || status=$?
  if [[ $status -ne 0 ]]; then
    printf '  %s: status %d\n' "$name" "$status"
    head -n 5 "$_bench_dir/err"
  fi
  read -r wall user sys peak <"$_bench_dir/cost"
  _cpu[$name]+=" $(_calc "($user + $sys) * 1e6 / $items")"
  _wall[$name]+=" $(_calc "$wall * 1e6 / $items")"
  _peak[$name]+=" $peak"
  while read -r reported; do
    _reported[$name]+=" $reported"
  done <"$BENCH_RESULT"
}

_calc() {
  awk "BEGIN { printf \"%.9g\", $1 }"
}

_median() {
  printf '%s\n' "$@" | sort -g | awk '{ v[NR] = $1 }
    END { print NR == 0 ? "nan" : NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

# ---- targets ---------------------------------------------------------------------------------------

# target TEXT cpu|wall NAME PEER OP LIMIT: the ratio of NAME's figure to PEER's. `rate` is that of
# the items per second. With `-` for PEER it is NAME's own figure; then `reported` (what it said
# itself) and `peak` (KiB) can be asked for, too. `peak` with a PEER is the difference.
target() {
  local text=$1 figure=$2 name=$3 peer=$4 op=$5 limit=$6 value good
  _ran "$name" && { [[ $peer == - ]] || _ran "$peer"; } || {
    printf '  %-42s %12s   target %s %s\n' "$text" - "$op" "$limit"
    return
  }
  value=$(_value "$figure" "$name" "$peer")
  good=$(awk "BEGIN { print ($value $op $limit) ? \"good\" : \"MISSED\" }")
  printf '  %-42s %12.4g   target %s %s   %s\n' "$text" "$value" "$op" "$limit" "$good"
}

_ran() {
  [[ " ${_names[*]} " == *" $1 "* ]]
}

_value() {
  local figure=$1 name=$2 peer=$3
  case $figure,$peer in
    cpu,-) _median ${_cpu[$name]} ;;
    wall,-) _median ${_wall[$name]} ;;
    peak,-) _median ${_peak[$name]} ;;
    reported,-) _median ${_reported[$name]} ;;
    cpu,*) _median $(_ratios "${_cpu[$name]}" "${_cpu[$peer]}") ;;
    wall,*) _median $(_ratios "${_wall[$name]}" "${_wall[$peer]}") ;;
    rate,*) _median $(_ratios "${_wall[$peer]}" "${_wall[$name]}") ;;
    reported,*) _median $(_ratios "${_reported[$name]}" "${_reported[$peer]}") ;;
    peak,*) _calc "$(_median ${_peak[$name]}) - $(_median ${_peak[$peer]})" ;;
  esac
}

_ratios() {
  paste <(printf '%s\n' $1) <(printf '%s\n' $2) | awk '{ print $1 / $2 }'
}
