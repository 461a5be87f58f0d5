# SPDX-License-Identifier: GPL-3.0-or-later
# Scripts that were written for other shells.

load helper

# List those of the files given that begin with #!/bin/sh.
sh_scripts() {
	local file first
	for file; do
		[ -f "$file" ] && [ -r "$file" ] || continue
		{ IFS= read -r first <"$file"; } 2>/dev/null || continue
		case $first in
		'#!/bin/sh' | '#! /bin/sh' | '#!/bin/sh '* | '#! /bin/sh '*) printf '%s\n' "$file" ;;
		esac
	done
}

# Whether another shell reads script $1: Tcl and others hide behind #!/bin/sh too.
is_shell_script() {
	local shell
	for shell in dash 'bash --posix' mksh; do
		# shellcheck disable=SC2086 # words
		if command -v "${shell%% *}" >/dev/null && timeout 20 $shell -n "$1" </dev/null 2>/dev/null; then
			return
		fi
	done
	return 1
}

# Check that every script given parses.
parse() {
	local file failed=0 count=0
	mapfile -t files < <(sh_scripts "$@")
	for file in "${files[@]}"; do
		count=$((count + 1))
		if ! timeout 20 "$POSIX_SHELL" -n "$file" </dev/null 2>"$BATS_TEST_TMPDIR/err" &&
			is_shell_script "$file"; then
			echo "$file:"
			cat "$BATS_TEST_TMPDIR/err"
			failed=1
		fi
	done
	[ "$count" -gt 0 ] || skip "no scripts here"
	[ "$failed" = 0 ]
}

@test "every sh script in /usr/bin parses" {
	parse /usr/bin/*
}

@test "every sh script in /usr/sbin parses" {
	parse /usr/sbin/*
}

@test "every maintainer script of the installed packages parses" {
	parse /var/lib/dpkg/info/*.{preinst,postinst,prerm,postrm,config}
}

@test "every init script parses" {
	parse /etc/init.d/* /lib/init/* /etc/cron.*/*
}

@test "ldd works as under the system's shell" {
	[ -r /usr/bin/ldd ] || skip "no ldd here"
	[ "$("$POSIX_SHELL" /usr/bin/ldd /bin/ls | sed 's/(.*//' | sort)" = \
		"$(ldd /bin/ls | sed 's/(.*//' | sort)" ]
}

@test "gunzip, zgrep and which work as under the system's shell" {
	cd "$BATS_TEST_TMPDIR"
	printf 'hello\nworld\n' >f
	gzip -k f
	for script in 'zgrep wor f.gz' 'zcat f.gz' 'zdiff f f.gz' 'zmore f.gz' 'which ls cat'; do
		read -r name args <<<"$script"
		path=$(command -v "$name") || continue
		[ -n "$(sh_scripts "$path")" ] || continue
		# shellcheck disable=SC2086 # words
		diff <("$POSIX_SHELL" "$path" $args 2>&1 </dev/null) <(sh "$path" $args 2>&1 </dev/null)
	done
}

# config.status $1 as it would be in any folder and of any shell. Where a shell has no LINENO, configure
# is run from a copy with the numbers put in; conch has it, dash may not.
normalized() {
	sed -e "s,$BATS_TEST_TMPDIR/[a-z]*,DIR,g" -e "s,$POSIX_SHELL,SHELL,g" \
		-e "s,$(command -v dash),SHELL,g" -e "s,/bin/dash,SHELL,g" -e '/^ac_cs_config=/d' \
		-e '/CONFIG_SHELL/d' "$1" | sed -E 's/\$LINENO|[0-9]{4,}/N/g'
}

@test "configure gives the same config.status as under dash" {
	local root=$BATS_TEST_DIRNAME/../..
	[ -x "$root/configure" ] || skip "no configure here"
	command -v dash >/dev/null || skip "no dash here"
	mkdir -p "$BATS_TEST_TMPDIR/conch" "$BATS_TEST_TMPDIR/dash"
	root=$(cd "$root" && pwd)
	(cd "$BATS_TEST_TMPDIR/dash" && CONFIG_SHELL=$(command -v dash) dash "$root/configure" -q --no-create)
	(cd "$BATS_TEST_TMPDIR/conch" &&
		CONFIG_SHELL=$POSIX_SHELL "$POSIX_SHELL" "$root/configure" -q --no-create)
	diff <(normalized "$BATS_TEST_TMPDIR/dash/config.status") \
		<(normalized "$BATS_TEST_TMPDIR/conch/config.status")
}
