#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# access-stats.sh [-j N] FILE... - who asked for what, from the logs of a web server.
#
# For every FILE (.gz too) and for all together: requests, distinct clients, bytes, the five
# busiest paths, errors by status. N workers (default: one per processor) read the logs in pieces;
# on a terminal a bar shows how far they are.

. conch.bash || exit

export LC_ALL=C
piece=$((4 << 20)) # bytes of log for one task
tab=$(printf '\t')

# pieces_of FILE: a line for each piece: file, first byte from 1, bytes. What is packed, or has no
# size, is one piece that starts at 0.
pieces_of() {
  case $1 in
    *.gz) size=0 ;;
    *) size=$(stat -c %s -- "$1" 2>/dev/null) || size=0 ;;
  esac
  start=$((size > 0))
  while [ "$start" -le "$size" ]; do
    printf '%s\t%d\t%d\n' "$1" "$start" "$piece"
    start=$((start + piece))
  done
}

# A line belongs to the piece it starts in. So a piece that is not the first starts one byte early
# and drops the line that ends there, and every piece reads its last line to the end.
read_piece() {
  case $2 in
    0) zcat -f -- "$1" ;;
    1) awk -v size="$3" 'at >= size { exit } { print; at += length + 1 }' <"$1" ;;
    *) tail -c "+$(($2 - 1))" -- "$1" |
      awk -v size="$3" 'NR == 1 { next } at >= size { exit } { print; at += length + 1 }' ;;
  esac
}

# count_piece FILE START SIZE: what is in it, as lines of: what, file, key, number.
count_piece() {
  if [ ! -r "$1" ] || [ -d "$1" ]; then
    printf 'access-stats: %s: cannot read it\n' "$1" >&2
    return 1
  fi
  read_piece "$@" | awk -v file="$1" '
    BEGIN { OFS = "\t" }
    {
      # CLIENT - - [TIME] "METHOD PATH HTTP/1.1" STATUS BYTES ...
      if (!match($0, /" [0-9][0-9][0-9] ([0-9]+|-)/)) {
        strange++
        next
      }
      split(substr($0, RSTART + 2, RLENGTH - 2), answer, " ")
      split(substr($0, 1, RSTART - 1), question, "\"")
      split(question[2], request, " ")
      path = request[2]
      sub(/\?.*/, "", path)
      requests++
      bytes += answer[2]
      clients[$1]++
      paths[path]++
      if (answer[1] >= 400) {
        errors[answer[1]]++
      }
    }
    END {
      printf "sum\t%s\trequests\t%d\n", file, requests
      printf "sum\t%s\tbytes\t%.0f\n", file, bytes
      printf "sum\t%s\tstrange\t%d\n", file, strange
      for (key in clients) print "client", file, key, clients[key]
      for (key in paths) print "path", file, key, paths[key]
      for (key in errors) print "error", file, key, errors[key]
    }'
}

# Add the counts of all pieces up and print the table: the files in the order they were given.
report() {
  awk -F '\t' '
    function add(file) {
      if ($1 == "client") {
        if (!((file, $3) in seen)) {
          seen[file, $3] = 1
          clients[file]++
        }
      } else if ($1 == "path") {
        paths[file, $3] += $4
        names[$3] = 1
      } else if ($1 == "error") {
        errors[file, $3] += $4
        statuses[$3] = 1
      } else {
        sum[$3, file] += $4
      }
    }

    function errors_of(file,  status, text) {
      for (status = 400; status < 600; status++) {
        if ((file, status) in errors) {
          text = text sprintf("  %d: %d", status, errors[file, status])
        }
      }
      return text
    }

    function row(file) {
      printf "%-32s %10d %9d %15.0f %s\n", file, sum["requests", file], clients[file],
        sum["bytes", file], errors_of(file)
    }

    function busiest(file,  n, name, best) {
      for (n = 1; n <= 5; n++) {
        best = ""
        for (name in names) {
          if ((file, name) in paths && !((file, name) in printed) &&
              (best == "" || paths[file, name] > paths[file, best] ||
               (paths[file, name] == paths[file, best] && name < best))) {
            best = name
          }
        }
        if (best == "") {
          return
        }
        printed[file, best] = 1
        printf "%-32s %10d  %s\n", n == 1 ? file : "", paths[file, best], best
      }
    }

    $1 == "status" {
      failed = $2
      next
    }
    !($2 in known) {
      known[$2] = 1
      files[++count] = $2
    }
    {
      add($2)
      add("all")
    }
    END {
      printf "%-32s %10s %9s %15s   %s\n", "FILE", "REQUESTS", "CLIENTS", "BYTES", "ERRORS"
      for (i = 1; i <= count; i++) row(files[i])
      row("all")
      printf "\n%-32s %10s  %s\n", "FILE", "REQUESTS", "BUSIEST PATHS"
      for (i = 1; i <= count; i++) busiest(files[i])
      busiest("all")
      if (sum["strange", "all"] > 0) {
        printf "\n%d lines were no requests\n", sum["strange", "all"]
      }
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
  echo 'usage: access-stats.sh [-j N] FILE...' >&2
  exit 2
fi
bar=
[ ! -t 2 ] || bar=--bar

for file; do
  pieces_of "$file"
done | {
  pool map ${jobs:+-j "$jobs"} $bar --colsep "$tab" count_piece
  printf 'status\t%d\n' "$?"
} | report
