# SPDX-License-Identifier: GPL-3.0-or-later
# umask, ulimit

load helper

@test "umask sets and shows an octal mask" {
	check -p 'umask 027; umask; umask 0; umask; umask 0777; umask' '?(0)027
?(0)0?(00)
?(0)777'
}

@test "umask applies to files that are made" {
	check 'umask 077; >f; mkdir d; ls -ld f d | cut -c1-10' $'drwx------\n-rw-------'
	check 'umask 022; >f; ls -l f | cut -c1-10; (umask 066; >g); ls -l g | cut -c1-10' $'-rw-r--r--\n-rw-------'
}

@test "what umask writes can be used to set it" {
	check 'umask 037; m=$(umask); umask 0; umask $m; n=$(umask); test $m = $n && echo same; s=$(umask -S); umask 0; umask $s; test $(umask) = $m && echo same' $'same\nsame'
}

@test "umask -S writes the mask in symbols" {
	check 'umask 022; umask -S; umask 0; umask -S; umask 777; umask -S; umask 027; umask -S' $'u=rwx,g=rx,o=rx\nu=rwx,g=rwx,o=rwx\nu=,g=,o=\nu=rwx,g=rx,o='
}

@test "umask takes a symbolic mask" {
	check 'umask 0; umask u=rwx,g=rx,o=; umask -S; umask g+w; umask -S; umask o+r,u-x; umask -S; umask a=rx; umask -S; umask =; umask -S; umask +r; umask -S; umask ug+w,o-r; umask -S' \
		$'u=rwx,g=rx,o=\nu=rwx,g=rwx,o=\nu=rw,g=rwx,o=r\nu=rx,g=rx,o=rx\nu=,g=,o=\nu=r,g=r,o=r\nu=rw,g=rw,o='
}

@test "umask copies permissions of another class" {
	check 'umask 027; umask o=g; umask -S; umask g=u; umask -S' $'u=rwx,g=rx,o=rx\nu=rwx,g=rwx,o=rx'
}

@test "umask with several actions in a clause" {
	check 'umask 0; umask u-w+w,g-w-x,o=r; umask -S' 'u=rwx,g=r,o=r'
}

@test "umask in a subshell does not last" {
	check 'umask 022; a=$(umask); (umask 077); test $(umask) = $a && echo same; x=$(umask 077); test $(umask) = $a && echo same; umask 077 | cat; test $(umask) = $a && echo same' $'same\nsame\nsame'
}

@test "umask in a function lasts" {
	check 'umask 022; f() { umask 077; }; f; umask -S' 'u=rwx,g=,o='
}

@test "an invalid mask fails and changes nothing" {
	check -d 'umask 022; umask 999 || echo failed; umask -S' $'failed\nu=rwx,g=rx,o=rx'
	check -d 'umask 022; umask xyz || echo failed; umask -S' $'failed\nu=rwx,g=rx,o=rx'
	check -d 'umask u=z || echo failed' 'failed'
}

@test "umask is inherited by programs" {
	check 'umask 037; sh -c "umask -S"' 'u=rwx,g=r,o='
}

@test "umask accepts two dashes" {
	check 'umask -- 022; umask -S' 'u=rwx,g=rx,o=rx'
}

@test "ulimit shows the file size limit" {
	check -p 'ulimit; ulimit -f' '@(unlimited|+([0-9]))
@(unlimited|+([0-9]))'
}

@test "ulimit sets a soft limit" {
	check 'ulimit -S -n 50; ulimit -n; ulimit -Sn; ulimit -S -n 40; ulimit -n' $'50\n50\n40'
}

@test "ulimit sets both limits" {
	check 'ulimit -n 50; ulimit -Sn; ulimit -Hn' $'50\n50'
}

@test "ulimit sets a hard limit alone" {
	check 'ulimit -S -n 20; ulimit -H -n 60; ulimit -Sn; ulimit -Hn' $'20\n60'
}

@test "ulimit in a subshell does not last" {
	check 'a=$(ulimit -n); (ulimit -n 30; ulimit -n); test "$(ulimit -n)" = "$a" && echo same; x=$(ulimit -n 30; ulimit -n); echo $x; test "$(ulimit -n)" = "$a" && echo same' $'30\nsame\n30\nsame'
}

@test "ulimit is inherited by programs" {
	check 'ulimit -n 44; sh -c "ulimit -n"' '44'
}

@test "ulimit knows the standard resources" {
	check 'for r in c d f n s t v; do ulimit -$r >/dev/null || echo $r; ulimit -H -$r >/dev/null || echo H$r; done' ''
}

@test "ulimit -a lists the limits" {
	check 'test $(ulimit -a | wc -l) -ge 7 && echo ok' 'ok'
}

@test "ulimit takes unlimited" {
	check 'ulimit -S -c 0; ulimit -S -c; ulimit -S -t unlimited; ulimit -t' $'0\nunlimited'
}

@test "ulimit with an invalid value or option fails" {
	check -d 'ulimit -n xyz || echo failed' 'failed'
	check -d 'ulimit -Z || echo failed' 'failed'
}

@test "ulimit -f counts blocks of 512 bytes" {
	check -n 'ulimit -f 1; (trap "" XFSZ; head -c 600 /dev/zero >f) 2>/dev/null; wc -c <f | tr -d " "' '512'
}

@test "ulimit cannot raise a hard limit it lowered" {
	[ "$(id -u)" != 0 ] || skip "root may raise limits"
	check -d 'ulimit -n 30; ulimit -n 40 || echo failed' 'failed'
}
