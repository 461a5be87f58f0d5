# SPDX-License-Identifier: GPL-3.0-or-later
# What the crash scenarios share. A scenario is one file: without arguments it is the script whose
# processes get killed, with the word `check` it looks at what that left in the working directory.
# The script is run in each host, the check in bash; both shells must be able to read all of it.

if [[ ${1-} != check ]]; then
  . "$CONCH_BUILD/plugin/conch.bash"
fi

# complain TEXT...: what is wrong; the check goes on and fails in the end.
complaints=0
complain() {
  printf 'check: %s\n' "$*"
  complaints=$((complaints + 1))
}

# The script must have ended by itself unless it was the one that was killed.
check_end() {
  if [[ $CRASH_SCRIPT -eq 0 && ! -e ended ]]; then
    complain "the script did not reach its end"
  fi
}
