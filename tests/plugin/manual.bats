# SPDX-License-Identifier: GPL-3.0-or-later
# The manual: its examples run, and say what the pages say; each verb and option stands in its page.
#
# A tested example has a comment before it, and its output, if there is any, in comments behind it:
#
#	.\" tested
#	.EX
#	echo hello
#	.EE
#	.\"| hello

load helper

pages=$_top/man

# examples PAGE: write each as N.script and N.expected into the current folder.
examples() {
  rm -f ./*.script ./*.expected
  awk '
    /^\.\\" tested$/ { wanted = 1; next }
    /^\.EX$/ && wanted { wanted = 0; inside = 1; n++; printf "" >(n ".script"); printf "" >(n ".expected"); next }
    /^\.EE$/ && inside { inside = 0; after = 1; next }
    inside { gsub(/\\-/, "-"); gsub(/\\f[BIRP]/, ""); sub(/^\\&/, ""); gsub(/\\\(aq/, "\047"); gsub(/\\e/, "\\"); print >(n ".script") }
    after && /^\.\\"\|/ { print substr($0, 6) >(n ".expected"); next }
    { after = 0 }
  ' "$1"
}

# plain PAGE: its text without the marks of roff.
plain() {
  sed 's/\\f[BIRP]//g; s/\\-/-/g; s/\\&//g; s/\\e/\\/g' "$1"
}

@test "the examples of all pages do what the pages say" {
  local page script number=0 dir=$BATS_TEST_TMPDIR
  for page in "$pages"/*.[17]; do
    mkdir -p "$_state/examples" && cd "$_state/examples"
    examples "$page"
    for script in *.script; do
      [[ -f $script ]] || continue
      number=$((number + 1))
      rm -rf "$dir/bash" "$dir/conch"
      echo "# ${page##*/}, example ${script%.script}"
      in_each_host "$(<"$script")"
      assert_output "$(<"${script%.script}.expected")"
    done
  done
  [[ $number -gt 0 ]]
}

@test "each verb and each option stands in the page of its command" {
  in_each_host 'for c in $(conch help | sed -n "/^\$/q; s/ .*//p"); do conch help "$c" >"help.$c"; done'
  local help command page bad=0
  for help in bash/help.*; do
    command=${help##*.}
    page=$_state/page
    [[ -f $pages/$command.1 ]] || continue
    plain "$pages/$command.1" >"$page"
    stands_in_page <"$help" || bad=1
  done
  [[ $bad -eq 0 ]]
}

# stands_in_page <HELP: what `conch help $command` names is in $page.
stands_in_page() {
  local line word good=0
  while IFS= read -r line; do
    case $line in
      "$command - "* | '    '[!\ ]*) ;;
      "$command "[a-z]*)
        word=${line%%[[A-Z]*}
        has_word "${word% }" || good=1
        ;;
      '      '*--*)
        [[ $line =~ --([a-z-]+) ]]
        has_word "--${BASH_REMATCH[1]}" || good=1
        [[ ! $line =~ ^\ +(-[^-]),\  ]] || has_word "${BASH_REMATCH[1]}" || good=1
        ;;
    esac
  done
  return $good
}

# What must stand in $page, with no letter or dash before or behind it.
has_word() {
  grep -q -E -- "(^|[^a-zA-Z-])$1($|[^a-zA-Z-])" "$page" || {
    echo "man/$command.1 does not tell of: $1"
    return 1
  }
}

@test "each page is of a command or a subject, has the sections in order, and a summary as in the table" {
  in_each_host 'conch help'
  local page name sections bad=0
  for page in "$pages"/*.1; do
    name=${page##*/}
    name=${name%.1}
    sections=$(sed -n 's/^\.SH //p' "$page" | grep -x -E 'NAME|SYNOPSIS|DESCRIPTION|VERBS|OPTIONS|EXIT STATUS|EXAMPLES|SEE ALSO' | tr '\n' ' ')
    [[ $sections =~ ^'NAME SYNOPSIS DESCRIPTION '('VERBS ')?('OPTIONS ')?'EXIT STATUS EXAMPLES SEE ALSO '$ ]] || {
      echo "man/$name.1: sections: $sections"
      bad=1
    }
    # plugin is a builtin of the shell conch, conch-shell that itself, conch-builtins its other builtins
    [[ $name == plugin || $name == conch-shell || $name == conch-builtins ]] || grep -q "^$name " "$_state/${_ran[0]}.out" || {
      echo "man/$name.1: there is no such command"
      bad=1
    }
  done
  [[ $bad -eq 0 ]]
}

@test "pages refer to pages that exist, or to those of the system" {
  in_each_host 'conch help'
  local page reference bad=0
  for page in "$pages"/*.[17]; do
    for reference in $(sed -n 's/^\.BR \([a-z-]*\) (\([17]\)).*/\1.\2/p' "$page"); do
      [[ ! -f $pages/$reference ]] || continue
      case $reference in
        bash.1 | chmod.1 | flock.1 | nice.1 | parallel.1 | signal.7 | xargs.1) continue ;;
      esac
      grep -q "^${reference%.1} " "$_state/bash.out" || {
        echo "man/${page##*/} refers to $reference"
        bad=1
      }
    done
  done
  [[ $bad -eq 0 ]]
}
