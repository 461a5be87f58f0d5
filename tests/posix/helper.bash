# SPDX-License-Identifier: GPL-3.0-or-later
# tests/posix/helper.bash - one case: a script, what it must print, how it must end.
#
#	@test "a backslash quotes a space" {
#		check 'echo a\ \ b' 'a  b'
#	}
#
# check [options] SCRIPT [STDOUT]		SCRIPT may be -: it is this function's standard input
#	-a WORD   an argument for the script (may be repeated)
#	-d        there must be a diagnostic (without -d or -n standard error must be empty)
#	-e STATUS the exit status, a shell pattern (default 0)
#	-f        SCRIPT is run from a file
#	-i TEXT   standard input (default: empty)
#	-l        in the C.UTF-8 locale instead of C
#	-n        standard error is not looked at
#	-o WORDS  options for the shell
#	-p        STDOUT is a shell pattern
#	-s        SCRIPT is read from standard input
#	-t        on a terminal of its own, which only standard input is
#	-E TEXT   what standard error must hold
#
# The shell is $CONCH. Newlines at the end of an output do not count. The script starts in an
# empty directory of its own, with the path of the shell in $SH and the input in nobody's hands
# but its own; "$waits" before a script is tests/waits.bash. POSIX_SHELL takes the place of $CONCH: see tests/posix/opinions.

: "${BATS_TEST_DIRNAME:=$PWD}"
: "${CONCH:=${CONCH_BUILD:-$(cd "$BATS_TEST_DIRNAME/../.." && pwd)/build}/conch}"
: "${POSIX_SHELL:=$CONCH}"
: "${POSIX_TIMEOUT:=30}"
. "$BATS_TEST_DIRNAME/../waits.bash"

# Print what differs, as "name: expected, got".
differ() {
	printf '%s\n  expected: %q\n  got:      %q\n' "$1" "$2" "$3"
}

check() {
	local OPTIND=1 opt args=() diagnostic=none status=0 via=c input= locale=C options= pattern= terminal= err=
	while getopts a:de:fi:lno:pstE: opt; do
		case $opt in
		a) args+=("$OPTARG") ;;
		d) diagnostic=some ;;
		e) status=$OPTARG ;;
		f) via=f ;;
		i) input=$OPTARG ;;
		l) locale=C.UTF-8 ;;
		n) diagnostic=any ;;
		o) options=$OPTARG ;;
		p) pattern=1 ;;
		s) via=s ;;
		t) terminal=1 ;;
		E) diagnostic=exact err=$OPTARG ;;
		*) return 2 ;;
		esac
	done
	shift $((OPTIND - 1))
	local script=$1
	if [ "$script" = - ]; then
		IFS= read -r -d '' script || :
	fi
	local expected=${2-} dir=$BATS_TEST_TMPDIR got_out got_err got_status=0 wrong=
	if [ "${POSIX_VIA-}" ] && [ $via = c ] && [ -z "$input$options" ] && [ ${#args[@]} = 0 ]; then
		via=$POSIX_VIA
	fi

	chmod -R u+rwx "$dir/cwd" 2>/dev/null || :
	rm -rf "$dir/cwd"
	mkdir -p "$dir/cwd"
	printf '%s' "$input" >"$dir/in"
	case $via in
	c) set -- -c "$script" sh "${args[@]}" ;;
	f) printf '%s\n' "$script" >"$dir/script"
		set -- "$dir/script" "${args[@]}" ;;
	s) printf '%s\n%s' "$script" "$input" >"$dir/in"
		set -- -s "${args[@]}" ;;
	esac
	# shellcheck disable=SC2086 # the options are words
	set -- env --default-signal -i PATH="$PATH" LC_ALL="$locale" HOME="$dir" SH="$POSIX_SHELL" \
		PS1= PS2= PS4='+ ' timeout --foreground -s KILL "$POSIX_TIMEOUT" "$POSIX_SHELL" $options "$@"
	(
		cd "$dir/cwd" || exit 99
		for opt in /proc/self/fd/*; do
			[ "${opt##*/}" -le 2 ] || eval "exec ${opt##*/}>&-"
		done
		exec <"$dir/in" >"$dir/out" 2>"$dir/err"
		if [ "$terminal" ]; then
			SHELL=$BASH exec script -qec "$(printf '%q ' "$@") >${dir@Q}/out 2>${dir@Q}/err" /dev/null \
				>/dev/null 2>&1
		fi
		exec "$@"
	) 2>/dev/null || got_status=$?
	{ got_out=$(<"$dir/out"); got_err=$(<"$dir/err"); } 2>/dev/null
	# timeout's own, where other programs hold all timers: it does without.
	got_err=${got_err#timeout: warning: timer_create: Resource temporarily unavailable}
	got_err=${got_err#$'\n'}

	# shellcheck disable=SC2053,SC2254 # patterns
	{
		if [ "$pattern" ]; then
			[[ $got_out == $expected ]] || wrong=1
		else
			[[ $got_out == "$expected" ]] || wrong=1
		fi
		[ -z "$wrong" ] || differ "standard output" "$expected" "$got_out"
		case $got_status in
		$status) ;;
		*) wrong=1
			differ "status" "$status" "$got_status" ;;
		esac
	}
	case $diagnostic,$got_err in
	none, | some,?* | any,*) ;;
	exact,"$err") ;;
	*) wrong=1
		differ "standard error" "$diagnostic $err" "$got_err" ;;
	esac
	if [ "$wrong" ]; then
		printf '%s\n' "script:" "$script" "standard error:" "$got_err"
		return 1
	fi
}
