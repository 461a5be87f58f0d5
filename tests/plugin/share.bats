# SPDX-License-Identifier: GPL-3.0-or-later

load helper

@test "share: a variable is the same in subshells and tasks" {
  in_each_host '
    share s="hello  world"; echo "$s"
    (s=sub); echo "$s"
    s=again; set_it() { s="$1 of a task"; }
    spawn set_it "value"; await; echo "$s"; value get s
    s="$s!"; s+=x; echo "${#s} ${s%x}"
    read -r s <<END
from read
END
    (echo "$s"); printf -v s "%s" printed; (echo "$s")'
  assert_output $'hello  world\nsub\nvalue of a task\nvalue of a task\n17 value of a task!\nfrom read\nprinted'
}

@test "share: what a variable holds is kept, what is shared already wins" {
  in_each_host '
    s=mine; share s; echo "$s"; n=5; share -i n; echo "$n"
    (s=other; n=6; share s; share -i n; echo "$s $n"; s=new)
    echo "$s $n"; unset u; share u; echo "<$u>"'
  assert_output $'mine\n5\nother 6\nnew 6\n<>'
}

@test "share -i: arithmetic, and value add is the atomic way" {
  in_each_host '
    share -i n; echo "$n"; n=2+3; echo "$n"; n+=4; echo "$n"; ((n *= 2)); echo "$n"; : $((n++)); value get n
    add() { local i; for i in 1 2 3 4 5 6 7 8 9 10; do value add n 1; done; }
    pool map -j 4 add ::: $(seq 10) >/dev/null; echo "$n"
    n=9223372036854775807; value add n 1 2>/dev/null; echo "$? $n"'
  assert_output $'0\n5\n9\n18\n19\n119\n1 9223372036854775807'
}

@test "share -a: an array, which is a list to the command list" {
  in_each_host '
    a=(x "y z" w); share -a a; echo "${#a[@]} ${a[1]} ${a[-1]}"
    (a[1]=changed; a+=(more)); echo "${a[*]}"
    list push a pushed; echo "${a[4]}"; list items -J a
    push() { list push a "$1"; }; pool map -j 3 push ::: $(seq 20) >/dev/null; echo "${#a[@]}"
    a=(new one); echo "${a[*]}"; (echo "${#a[@]}"); list items -J a
    a[4]=far; echo "${#a[@]} <${a[3]}>"; list len a
    for x in "${a[@]}"; do printf "<%s>" "$x"; done; echo; echo "${!a[@]}"'
  assert_output $'3 y z w\nx changed w more\npushed\n["x","changed","w","more","pushed"]\n25\nnew one\n2\n["new","one"]\n5 <>\n5\n<new><one><><><far>\n0 1 2 3 4'
}

@test "share -a: elements unset and arrays emptied here go there" {
  in_each_host '
    share -a a; a=(1 2 3); unset "a[1]"; echo "${a[*]}"; list items -J a
    a=(); echo "${#a[@]}"; list items -J a; a+=(x); list items -J a'
  assert_output $'1 3\n["1","3"]\n0\n[]\n["x"]'
}

@test "share -A: an associative array, which is a dict to the command dict" {
  in_each_host '
    declare -A d; d[k]=v; d["x y"]=z; share -A d; dict get d "x y"; echo "${#d[@]}"
    (d[sub]=2; d[k]+=w); echo "${d[sub]} ${d[k]}"
    dict incr d sub 5; echo "${d[sub]}"; dict set d new 1; echo "${#d[@]} ${d[new]}"
    dict del d k; echo "${#d[@]} <${d[k]}>"
    d=([only]=this [two]=2); echo "${#d[@]} ${d[only]}"; dict len d
    unset "d[two]"; echo "${#d[@]}"; dict items -J d; for k in "${!d[@]}"; do echo "$k"; done'
  assert_output $'z\n2\n2 vw\n7\n4 1\n3 <>\n2 this\n2\n1\n{"only":"this"}\nonly'
}

@test "share -a NAME=(...): assigned as by declare, in functions too" {
  in_each_host '
    share -a a=(1 "2 3"); echo "${#a[@]} ${a[1]}"; list items -J a
    share -A d=([k]=v ["x y"]="p  q"); echo "${#d[@]} ${d[x y]}"; dict get d "x y"
    f() { share -a b=(in f "$@"); share -A e=([a]=b); local -a l; share -a l=(own); echo "${l[*]}"; }
    f 7 "8 9"; echo "${#b[@]} ${b[3]} ${e[a]} <${l[0]-}>"; list items -J b
    share -a a=(new) c=("$@" z); list items -J a; list items -J c; share -a a+=(more "and m"); echo "${a[*]}"
    (share -a a=(of a sub); share -A d+=([z]=1)); list items -J a; echo "${a[0]} ${d[z]} ${#d[@]}"'
  assert_output $'2 2 3\n["1","2 3"]\n2 p  q\np  q\nown\n4 8 9 b <>\n["in","f","7","8 9"]\n["new"]\n["z"]\nnew more and m\n["of","a","sub"]\nof 1 3'
}

@test "share -a NAME=(...) takes the place of what is there already" {
  in_env CONCH_BUILD="$CONCH_BUILD"
  in_each_host '
    share -a a=(1 2 3) b=(1 2 3); share -A d=([k]=v [l]=w)
    bash -c ". \"\$CONCH_BUILD/plugin/conch.bash\"
      share -a a=(from bash); share -A d=([from]=bash); share -a b; b+=(4); share -a c=(x); share -a c"
    list items -J a; dict items -J d; list items -J b; list items -J c
    "$CONCH_BUILD/conch" -c "share -a a=(conch); share -A d+=([too]=conch); share -a b=(); share -a c+=(y)"
    list items -J a; dict get d too; dict get d from; echo "${#b[@]}"; list items -J c'
  assert_output $'["from","bash"]\n{"from":"bash"}\n["1","2","3","4"]\n["x"]\n["conch"]\nconch\nbash\n0\n["x","y"]'
}

@test "share NAME=VALUE: one word without quotes, as for export; += appends" {
  in_each_host '
    x="a  b *"; share s=$x t=~; echo "$s"; [ "$t" = ~ ] && echo tilde; share s+=$x; value get s
    share -i n=5; share -i n+=2*3 m=1+1; echo "$n $m"; (share -i n+=1; share s+=.); echo "$n $s"'
  assert_output $'a  b *\ntilde\na  b *a  b *\n11 2\n12 a  b *a  b *.'
}

@test "share NAME=(...) without -a or -A is refused" {
  in_each_host '
    (share z=(1 2)) && echo no; (share -i z=(1 2)) && echo no; echo .'
  assert_output '.'
  assert_stderr -e 'z: .*
.*z: .*'
}

@test "share: a script of the script has it, in the other shell too" {
  in_env CONCH_BUILD="$CONCH_BUILD"
  in_each_host '
    share s=here; a=(1 2); share -a a; declare -A d; d[k]=v; share -A d
    bash -c ". \"\$CONCH_BUILD/plugin/conch.bash\"; share s; share -a a; share -A d
      echo \"\$s \${a[1]} \${d[k]}\"; s=bash; a[1]=two; d[k]=w"
    echo "$s ${a[1]} ${d[k]}"
    "$CONCH_BUILD/conch" -c "share s; share -a a; share -A d
      echo \"\$s \${a[1]} \${d[k]}\"; s=conch; a+=(three); d[l]=x"
    echo "$s ${a[2]} ${d[l]}"'
  assert_output $'here 2 v\nbash two w\nbash two w\nconch three x'
}

@test "share: local variables, assignments for a command and unset ones are not it" {
  in_each_host '
    share s=outer; f() { local s=inner; echo "$s"; }; f; echo "$s"; value get s
    show() { echo "$s"; }; s=command show; echo "$s"
    unset s; s=plain; echo "$s"; value get s'
  assert_output $'inner\nouter\nouter\ncommand\nouter\nplain\nouter'
}

@test "share: destroyed under the variable, full memory, no number" {
  in_env CONCH_ARENA=1M
  in_each_host '
    share s=x; value destroy s; echo "<$s>"; s=y; echo "<$s>"
    share -a a; a=(1); big=$(head -c 2000000 /dev/zero | tr "\0" x); a[1]=$big; echo "${#a[@]}"
    value create b B 1; share b; echo "$b"; b=256; echo "$b"; b=text; echo "$b"; b=255; echo "$b"'
  assert_output $'<>\n<>\n1\n1\n1\n1\n255'
  assert_stderr 'share: s: no longer shared: it was destroyed
share: a: session memory is full (CONCH_ARENA sets its size)
share: b: out of range
share: b: not a number of its type'
}

@test "share: bad input" {
  in_each_host '
    share; share -ia x; share 1x; share "a b"; share ""; share -a x=1; share -x y
    readonly r=1; share r; echo "$?"; declare -A d; d[k]=v; share d; echo "$?"; share -a d; echo "$?"
    value create t d; share -i t; echo "$?"; share RANDOM; echo "$?"; value get RANDOM; echo "$?"'
  assert_output $'125\n2\n2\n4\n2\n4'
  assert_stderr -e '^usage: share .*
share: only one of -i, -a and -A
share: 1x: not .*
share: a b: not the name of a variable
share: : not a name
share: x: an array: assign \(\.\.\.\) to it
share: -x: unknown option; try --help
share: r: .*
share: d: not a variable of that kind
share: d: not a variable of that kind
share: t: is there, but of type d
share: RANDOM: not a variable of that kind
value: get: RANDOM: no such value$'
}

@test "share: -o names another object, a machine-wide one for unrelated shells" {
  in_env CONCH_BUILD="$CONCH_BUILD"
  in_each_host '
    value create v q 3; share -i -o v n; n=n+1; value get v
    share -i -o /n all=5; a=(x y); share -a -o /l a; declare -A h; share -A -o /d h; h[k]=v
    env -u CONCH_SESSION bash -c ". \"\$CONCH_BUILD/plugin/conch.bash\"
      share -i -o /n m; m+=2; share -a -o /l b; echo \"\${b[*]}\"; b[2]=z; dict get /d k; value get n; echo \$?"
    echo "$all ${a[*]}"
    (all=all+1); value get /n; value destroy /n; list destroy /l; dict destroy /d
    share -o x p q; echo "$?"; share -o "a b" p; echo "$?"; share -o /x/y p; echo "$?"'
  assert_output $'4\nx y\nv\n4\n7 x y z\n8\n2\n2\n2'
  assert_stderr 'value: get: n: no such value
share: -o: with one variable only
share: a b: not a name
share: /x/y: not a name'
}
