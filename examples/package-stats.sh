#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# package-stats.sh [-j N] [FILE...] - what this machine installed and removed, and when.
#
# FILEs are logs of dpkg or histories of apt, packed or not; default: those under /var/log.

. conch.bash || exit

export LC_ALL=C

# count_log FILE: lines of: kind, file, key, number.
count_log() {
  if [ ! -r "$1" ]; then
    printf 'package-stats: %s: cannot read it\n' "$1" >&2
    return 1
  fi
  case ${1##*/} in
    history.log*) zcat -f -- "$1" | count_history "$1" ;;
    *) zcat -f -- "$1" | count_dpkg "$1" ;;
  esac
}

# DATE TIME ACTION PACKAGE:ARCH OLD NEW
count_dpkg() {
  awk -v file="$1" '
    $3 ~ /^(install|upgrade|remove|purge)$/ {
      actions[$3]++
      days[$1]++
    }
    END {
      for (key in actions) print "action\t" file "\t" key "\t" actions[key]
      for (key in days) print "day\t" file "\t" key "\t" days[key]
    }'
}

# Paragraphs of "Key: value" lines; one per run of apt.
count_history() {
  runs=0
  while read -r key _; do
    case $key in
      Start-Date:) runs=$((runs + 1)) ;;
      Error:) printf 'action\t%s\tfailed runs\t1\n' "$1" ;;
    esac
  done
  printf 'action\t%s\tapt runs\t%d\n' "$1" "$runs"
}

report() {
  awk -F '\t' '
    function row(file,  text, i) {
      for (i = 1; i <= n; i++) {
        if ((file, order[i]) in actions) {
          text = text sprintf("  %s: %d", order[i], actions[file, order[i]])
        }
      }
      printf "%-32s%s\n", file, text
    }
    BEGIN { n = split("install|upgrade|remove|purge|apt runs|failed runs", order, "|") }
    $1 == "status" {
      failed = $2
      next
    }
    !($2 in known) {
      known[$2] = 1
      files[++count] = $2
    }
    $1 == "action" {
      actions[$2, $3] += $4
      actions["all", $3] += $4
    }
    $1 == "day" { days[$3] += $4 }
    END {
      for (f = 1; f <= count; f++) row(files[f])
      row("all")
      for (day in days) {
        if (days[day] > days[best] || (days[day] == days[best] && day < best)) best = day
      }
      if (best != "") printf "busiest day: %s, %d packages\n", best, days[best]
      exit failed != 0
    }'
}

jobs=
while getopts j: option; do
  case $option in
    j) jobs=$OPTARG ;;
    *) exit 2 ;;
  esac
done
shift $((OPTIND - 1))
if [ $# -eq 0 ]; then
  for file in /var/log/dpkg.log* /var/log/apt/history.log*; do
    [ ! -e "$file" ] || set -- "$@" "$file"
  done
  if [ $# -eq 0 ]; then
    echo 'no package logs on this machine'
    exit
  fi
fi

{
  pool map ${jobs:+-j "$jobs"} count_log ::: "$@"
  printf 'status\t%d\n' "$?"
} | report
