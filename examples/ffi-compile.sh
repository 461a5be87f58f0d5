#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# ffi-compile.sh - a function in C, compiled on the spot and used as a command: the step count of the
# Collatz sequence, and the longest one below a limit.

. conch.bash || exit

dir=$(mktemp -d) || exit
trap 'rm -rf "$dir"' EXIT
cat >"$dir/collatz.c" <<'END'
unsigned long steps(unsigned long n) {
	unsigned long count = 0;
	for (; n != 1; count++) {
		n = n % 2 == 0 ? n / 2 : 3 * n + 1;
	}
	return count;
}

unsigned long longest(unsigned long below) {
	unsigned long best = 1;
	unsigned long most = 0;
	for (unsigned long n = 1; n < below; n++) {
		unsigned long s = steps(n);
		if (s > most) {
			most = s;
			best = n;
		}
	}
	return best;
}
END
"${CC:-cc}" -O2 -shared -fPIC -o "$dir/collatz.so" "$dir/collatz.c" || exit

ffi load collatz "$dir/collatz.so" || exit
ffi def collatz steps 'L(L)'
ffi def collatz longest 'L(L)'
steps 27
longest -v n "${1:-100000}"
steps -v count "$n"
echo "$n takes $count steps"
