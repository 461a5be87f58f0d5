# SPDX-License-Identifier: GPL-3.0-or-later
# Arrays in conch are those of bash: the same script in both.

load ../plugin/helper

@test "an associative array keeps what is set while keys come and go" {
  in_each_host '
    declare -A m
    seed=7 live=0
    for ((i = 0; i < 6000; i++)); do
      seed=$(((seed * 1103515245 + 12345) % 2147483648))
      key=k$((seed / 65536 % 500))
      if [ $((seed / 1024 % 3)) = 0 ]; then
        [ -z "${m[$key]+set}" ] || live=$((live - 1))
        unset "m[$key]"
        [ -z "${m[$key]+set}" ] || echo "$key is there"
      else
        [ -n "${m[$key]+set}" ] || live=$((live + 1))
        m[$key]=$i
        [ "${m[$key]}" = $i ] || echo "$key is lost"
      fi
      [ "${#m[@]}" = $live ] || echo "${#m[@]} keys, not $live"
    done
    for key in "${!m[@]}"; do echo "$key=${m[$key]}"; done | sort | cksum
    copy() { for key in "${!m[@]}"; do echo "$key=${m[$key]}"; unset "m[$key]"; done; echo "${#m[@]}"; }
    (copy) | sort | cksum
    echo $((${#m[@]} == live))'
  assert_line -e '^[0-9]+ [0-9]+$'
  assert_line 1
  refute_output -e ' (is|keys)'
}

@test "keys of any bytes, also the empty subscript of a value" {
  in_each_host '
    declare -A m
    e=$(printf "\303\251") f=$(printf "\377")
    m[" a  b"]=1; m["*"]=2; m["]"]=3; m[$e]=4; m[$f]=5
    m[$(printf "x\ny")]=6
    for key in " a  b" "*" "]" "$e" "$f" "$(printf "x\ny")"; do printf "%s " "${m[$key]}"; done
    echo "${#m[@]}"'
  assert_output '1 2 3 4 5 6 6'
}

@test "indexed arrays are sparse, and their length is the number of elements" {
  in_each_host '
    a=(x y); a[1000000]=z; a[-1]=last; unset "a[0]"
    echo "${#a[@]} ${!a[*]} ${a[*]} ${#a[1000000]}"
    a+=(end); echo "${!a[*]}"; unset a; echo "${#a[@]}"'
  assert_output $'2 1 1000000 y last 4\n1 1000000 1000001\n0'
}

@test "a long loop over a large array takes no longer for an element" {
  CONCH_HOSTS=conch in_each_host '
    declare -A m
    for ((i = 0; i < 100000; i++)); do a[i]=$i; m[k$i]=$i; x=${#a[@]} y=${#m[@]} z=${m[k$i]}; done
    echo "$x $y $z"'
  assert_output '100000 100000 99999'
}
