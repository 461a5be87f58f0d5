#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# run.sh [SCENARIO...] - every scenario under crash-loop in each host, as TAP. ROUNDS says how often
# (default: few enough for `make check`), SEED repeats what another run did, CONCH_HOSTS chooses hosts,
# VICTIMS who is killed.

here=$(cd "${BASH_SOURCE[0]%/*}" && pwd)
: "${CONCH_BUILD:=$PWD}" "${ROUNDS:=40}"
export CONCH_BUILD
. "$here/../sanitizer.bash"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
reports=$scratch/reports
mkdir "$reports"
sanitizer_environment "$reports/report" "$scratch/tools"

[[ $# -gt 0 ]] || set -- spawn map over submit pipe joblog lock
read -ra victims <<<"${VICTIMS-any below script grandchild}"
number=0
failed=0
program() {
  case $1 in
    bash) echo bash ;;
    conch) echo "$CONCH_BUILD/conch" ;;
  esac
}

# run HOST SCENARIO VICTIM
run() {
  number=$((number + 1))
  local name="$2 in $1, killing $3"
  if "$CONCH_BUILD/tests/crash/crash-loop" -n "$rounds" -v "$3" ${SEED:+-s "$SEED"} \
    -c "exec bash '$here/$2.bash' check" \
    env "${sanitizer[@]}" "$(program "$1")" "$here/$2.bash" 2>&1 | sed 's/^/# /'
    [[ ${PIPESTATUS[0]} -eq 0 && ! $(ls "$reports") ]]; then
    echo "ok $number - $name"
  else
    echo "not ok $number - $name"
    [[ ! $(ls "$reports") ]] || head -n 60 "$reports"/* | sed 's/^/# /'
    rm -f "$reports"/*
    failed=1
  fi
}

read -ra hosts <<<"${CONCH_HOSTS-bash conch}"
runs=$((${#victims[@]} * ${#hosts[@]}))
rounds=$(((ROUNDS + runs - 1) / runs))
for scenario; do
  for victim in "${victims[@]}"; do
    for host in "${hosts[@]}"; do
      run "$host" "$scenario" "$victim"
    done
  done
done
echo "1..$number"
exit $failed
