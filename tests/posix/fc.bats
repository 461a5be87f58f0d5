# SPDX-License-Identifier: GPL-3.0-or-later
# fc and the history of an interactive shell

load helper

# Run lines in an interactive shell that keeps a history.
interactive() {
	check -n -p "HISTFILE=\$PWD/hist HISTSIZE=100 \$SH -i <<'SCRIPT'
$1
SCRIPT" "$2"
}

@test "fc -l lists the commands with their numbers" {
	interactive $'echo one\necho two\nfc -l' $'one\ntwo\n*[0-9]\t*echo one\n*[0-9]\t*echo two*'
}

@test "fc -ln lists without numbers" {
	interactive $'echo one\nfc -ln -1 -1' $'one\n\techo one'
}

@test "fc -l takes a first and a last" {
	interactive $'echo a\necho b\necho c\nfc -ln -3 -2' $'a\nb\nc\n\techo a\n\techo b'
}

@test "fc -lr reverses" {
	interactive $'echo a\necho b\nfc -lnr -2 -1' $'a\nb\n\techo b\n\techo a'
}

@test "fc -l by the beginning of a command" {
	interactive $'echo a\ntrue b\nfc -ln echo echo' $'a\n\techo a'
}

@test "fc -s runs a command again" {
	interactive $'echo one\nfc -s' $'one\n*one'
	interactive $'echo one\necho two\nfc -s -2' $'one\ntwo\n*one'
}

@test "fc -s replaces text" {
	interactive $'echo one\nfc -s one=two' $'one\n*two'
	interactive $'echo one\ntrue\nfc -s one=two echo' $'one\n*two'
}

@test "fc edits and runs" {
	interactive $'printf "sed -i s/one/two/ \\"\\$1\\"\\n" >ed; chmod +x ed\necho one\nfc -e ./ed' $'one\n*two'
}

@test "fc of an unknown command fails" {
	interactive $'fc -l nosuchcommand >/dev/null\necho $?' '[1-9]*'
}
