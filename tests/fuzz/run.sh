#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# tests/fuzz/run.sh [-t SECONDS] [-d FOLDER] [TARGET...] - build the libFuzzer targets with clang and its
# sanitizers and run each for a while on its corpus. What they find, and the inputs they come by,
# go to FOLDER (a temporary one). Status 1: there was a finding; 77: no clang with libFuzzer here.

root=$(cd "$(dirname "$0")/../.." && pwd) || exit
seconds=20 folder=
while getopts t:d: option; do
	case $option in
	t) seconds=$OPTARG ;;
	d) folder=$OPTARG ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || set -- pattern arith parser expand
if [ -z "$folder" ]; then
	folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT || exit
fi
mkdir -p "$folder/include" || exit
config=$folder/include/config.h
[ -e "$config" ] || printf '%s\n' '#ifndef _GNU_SOURCE' '#define _GNU_SOURCE 1' '#endif' \
	'#define PACKAGE_VERSION "fuzz"' >"$config"

sanitize='address,undefined' cc=${CLANG:-clang}
echo 'int LLVMFuzzerTestOneInput(const char *d, unsigned long n) { return d == 0 && n == 1; }' |
	"$cc" -fsanitize="fuzzer,$sanitize" -x c - -o "$folder/probe" 2>/dev/null || {
	echo 'no clang with libFuzzer' >&2
	exit 77
}

# Everything but the program's main(), once; then a link per target.
build() {
	cd "$root" || return
	for source in lib/base/*.c lib/proc/*.c shell/*.c shell/builtins/*.c tests/fuzz/fuzz_*.c; do
		[ -e "$source" ] && [ "$source" != shell/main.c ] && echo "$source"
	done >"$folder/sources"
	# shellcheck disable=SC2016
	xargs -P "$(nproc)" -n 1 sh -c '
		object=$1/$(echo "$4" | tr / _).o
		"$2" -std=gnu17 -g -O1 -fsanitize="fuzzer-no-link,$3" -fno-sanitize-recover=undefined \
			-I. -I"$1/include" -c "$4" -o "$object"
	' sh "$folder" "$cc" "$sanitize" <"$folder/sources" || return
	for target in "$@"; do
		objects=
		for object in "$folder"/*.o; do
			case $object in
			*fuzz_"$target".c.o) objects="$objects $object" ;;
			*tests_fuzz_*) ;;
			*) objects="$objects $object" ;;
			esac
		done
		# shellcheck disable=SC2086
		"$cc" -fsanitize="fuzzer,$sanitize" $objects -ldl -o "$folder/fuzz_$target" || return
	done
}

build "$@" || exit
status=0
for target in "$@"; do
	mkdir -p "$folder/$target"
	if "$folder/fuzz_$target" -max_total_time="$seconds" -max_len=300 -timeout=10 -verbosity=0 \
		-artifact_prefix="$folder/$target-" "$folder/$target" "$root/tests/fuzz/corpus/$target" \
		>"$folder/$target.log" 2>&1; then
		echo "$target: nothing found in $seconds s"
	else
		echo "$target: FOUND, see $folder/$target.log"
		tail -n 40 "$folder/$target.log"
		status=1
	fi
done
exit $status
