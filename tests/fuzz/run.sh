#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# tests/fuzz/run.sh [-m] [-s SEED] [-t SECONDS|-r RUNS] [-d FOLDER] [TARGET...] - build the fuzz
# targets with clang, libFuzzer and the sanitizers, and run each for a while from its corpus, as many
# at once as there are processors. With a number of runs and a seed it is the same every time. The
# build and what is found go to FOLDER (a temporary one). With -m the inputs that reach all that was
# reached, as few and small as do, are in FOLDER/NAME/small: hundreds, to begin from another time.
# Status 1: there was a finding; 77: no clang with libFuzzer here.

root=$(cd "$(dirname "$0")/../.." && pwd) || exit
merge=no seconds=20 runs=-1 seed=0 folder=
while getopts mr:s:t:d: option; do
	case $option in
	m) merge=yes ;;
	s) seed=$OPTARG ;;
	r) runs=$OPTARG seconds=0 ;;
	t) seconds=$OPTARG ;;
	d) folder=$OPTARG ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || set -- arith expand parser pattern
if [ -z "$folder" ]; then
	folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT || exit
fi
mkdir -p "$folder" && cd "$folder" || exit

cc=${CLANG:-clang}
"$cc" -x c -fsanitize=fuzzer - -o probe 2>/dev/null <<'EOT' || { echo 'no clang with libFuzzer here' >&2; exit 77; }
int LLVMFuzzerTestOneInput(const unsigned char *data, unsigned long size) { return data == 0 && size == 1; }
EOT
if [ ! -f Makefile ] || [ -n "$(find "$root/configure" -newer Makefile)" ]; then
	"$root/configure" -q --enable-fuzz CC="$cc" CFLAGS='-O1 -g' || exit
fi
make -s -j "$(nproc)" fuzz-programs >make.log || exit

# A target starts in a folder of its own, where the patterns of its inputs find a little.
export root runs seconds seed
printf '%s\n' "$@" | xargs -P "$(nproc)" -I '{}' sh -c '
	mkdir -p "$1/found" "$1/here/a" && cd "$1/here" && touch .b a/b.c x.c || exit
	if ../../tests/fuzz/fuzz_"$1" -seed="$seed" -runs="$runs" -max_total_time="$seconds" \
		-max_len=300 -timeout=60 \
		-dict="$root/tests/fuzz/shell.dict" -artifact_prefix=../ -print_final_stats=1 -close_fd_mask=3 \
		../found "$root/tests/fuzz/corpus/$1" >../log 2>&1; then
		echo "$1: nothing found in $(sed -n "s/^stat::number_of_executed_units: *//p" ../log) inputs"
	else
		echo "$1: FOUND, see $(realpath ../log)"
		tail -n 60 ../log
		exit 1
	fi' sh '{}'
status=$?
[ $status -eq 0 ] || status=1
for target in "$@"; do
	[ $merge = yes ] || break
	mkdir -p "$target/small" && "tests/fuzz/fuzz_$target" -merge=1 -max_len=300 -close_fd_mask=3 \
		"$target/small" "$root/tests/fuzz/corpus/$target" "$target/found" >"$target/merge.log" 2>&1 || status=1
done
exit $status
