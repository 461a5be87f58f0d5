#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# run.sh [SCENARIO...] - every scenario under crash-loop, as TAP. ROUNDS says how often (default:
# few enough for `make check`), SEED repeats what another run did.

here=$(cd "${BASH_SOURCE[0]%/*}" && pwd)
: "${CONCH_BUILD:=$PWD}" "${ROUNDS:=40}"
export CONCH_BUILD
. "$here/../sanitizer.bash"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
reports=$scratch/reports
mkdir "$reports"
sanitizer_environment "$reports/report" "$scratch/tools"

[[ $# -gt 0 ]] || set -- spawn map lock
victims=(any below script grandchild)
number=0
failed=0
for scenario; do
  for victim in "${victims[@]}"; do
    number=$((number + 1))
    name="$scenario, killing $victim"
    if "$CONCH_BUILD/tests/crash/crash-loop" -n "$(((ROUNDS + ${#victims[@]} - 1) / ${#victims[@]}))" \
      -v "$victim" ${SEED:+-s "$SEED"} -c "exec bash '$here/$scenario.bash' check" \
      env "${sanitizer[@]}" bash "$here/$scenario.bash" 2>&1 | sed 's/^/# /'
      [[ ${PIPESTATUS[0]} -eq 0 && ! $(ls "$reports") ]]; then
      echo "ok $number - $name"
    else
      echo "not ok $number - $name"
      [[ ! $(ls "$reports") ]] || head -n 60 "$reports"/* | sed 's/^/# /'
      rm -f "$reports"/*
      failed=1
    fi
  done
done
echo "1..$number"
exit $failed
