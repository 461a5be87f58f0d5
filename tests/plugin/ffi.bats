#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# ffi: native functions as commands. The functions are those of tests/probe.c, and of libc, libm and libz.
load helper

setup() {
  harness_setup
  in_env PROBE="$CONCH_BUILD/tests/probe.so"
}

@test "ffi: a library found as the linker finds it, a function as a command" {
  in_each_host '
    ffi load m m && ffi def m cos "d(d)"
    cos 0; cos -v x 0; echo "x=$x"; cos -0.5; ffi def m pow "d(d,d)"; pow 2 -1; ffi def m fma "d(d,d,d)"; fma 2 3 4
    ffi load z libz; ffi load z2 libz.so.1
    ffi load pth "$PROBE" && ffi def pth probe_i "i(i)"; probe_i -5'
  assert_output $'1\nx=1\n0.8775825618903728\n0.5\n10\n-5'
}

@test "ffi: every number type, at its limits and a step beyond" {
  in_each_host '
    ffi load p "$PROBE"
    for t in b B h H i I q Q f d c; do ffi def p probe_$t "$t($t)"; done
    probe_b -128; probe_B 255; probe_h -32768; probe_H 65535; probe_i -2147483648; probe_I 4294967295
    probe_q -9223372036854775808; probe_Q 18446744073709551615; probe_f 0.1; probe_d 0.1; probe_c x
    probe_d 1e300; probe_d inf; probe_i 0x7f
    for call in "b 128" "B 256" "B -1" "h 32768" "H 65536" "i 2147483648" "I -1" "q 9223372036854775808" \
        "Q 18446744073709551616" "f 1e39" "d 1e999" "i 12ab" "i 1.5" "d 1,5" "c xy"; do
      set -- $call
      probe_$1 "$2" 2>/dev/null; printf "%s " $?
    done
    probe_i ""; echo $?; probe_i " 1"; echo $?'
  assert_output $'-128\n255\n-32768\n65535\n-2147483648\n4294967295\n-9223372036854775808\n18446744073709551615\n0.1\n0.1\nx\n1e+300\ninf\n127\n2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2\n2'
  assert_stderr -e 'probe_i: : not a valid int32_t'
}

@test "ffi: strings, NULL and bytes that are not UTF-8" {
  in_each_host '
    ffi load p "$PROBE"; ffi def p probe_z "z(z)"; ffi def p probe_z "z(z?)" -n maybe
    ffi def p probe_is_null "i(z?)"; ffi def p probe_is_null "i(p)" -n null
    probe_z "a b"; probe_z -v x ""; echo "[$x] $?"; maybe ""; echo "null $?"
    probe_is_null ""; probe_is_null x; null 0; null NULL; null 0x10; null -v n 1; echo "$n"
    bytes=$(printf "\377\376"); probe_z -v back "$bytes"; [ "$back" = "$bytes" ] && echo same'
  assert_output $'a b\n[] 0\nnull 1\n1\n0\n1\n1\n0\n0\nsame'
}

@test "ffi: a wrong address that is returned as a string is an error" {
  in_each_host 'ffi load p "$PROBE"; ffi def p probe_z "z(p)"; probe_z 8; echo $?'
  assert_output '125'
  assert_stderr -e 'probe_z: no string at the address'
}

@test "ffi: out-parameters are read and written" {
  in_each_host '
    ffi load p "$PROBE"; ffi def p probe_out "v(&q,&z)"
    unset n; probe_out n text; echo "$n $text"; probe_out n text; echo "$n $text"; n=junk; probe_out n text; echo "$n"
    probe_out "a b" text; echo $?'
  assert_output $'1 from inside\n11 from inside\n1\n2'
  assert_stderr -e 'a b: not the name of a variable'
}

@test "ffi: buffers of text and numbers" {
  in_each_host '
    ffi load p "$PROBE"; ffi def p probe_fill "i(c[8],L)"; ffi def p probe_double_all "v(i[4],i)"
    probe_fill text 3; echo "$text"; text=abcdefgh; probe_fill text 2; echo "$text"; probe_fill text 8; echo "${#text}"
    n=(1 2 3 4); probe_double_all n 3; echo "${n[@]}"
    m=5; probe_double_all m 1; echo "${m[@]}"
    bad=(x); probe_double_all bad 1; echo $?'
  assert_output $'3\nxxx\n2\nxxcdefgh\n8\n8\n2 4 6 4\n10 0 0 0\n2'
}

@test "ffi: structs by value and by pointer, nested, with arrays" {
  in_each_host '
    ffi load p "$PROBE"; ffi struct point "x:d y:d"
    ffi struct mixed "tag:c wide:q f:f name:c[5] at:point[2] last:H"
    ffi def p probe_mid "point(point,point)"; ffi def p probe_mixed "mixed(mixed)"; ffi def p probe_scale "v(&point,d)"
    declare -A a=([x]=1 [y]=2) b=([x]=3 [y]=4) m=([tag]=a [wide]=-2 [f]=0.5 [name]=hello [at.1.y]=9 [last]=65534)
    probe_mid a b
    probe_mid -v mid a b; echo "${mid[x]} ${mid[y]}"
    probe_mixed -v r m; echo "${r[tag]} ${r[wide]} ${r[f]} ${r[name]} ${r[at.0.x]} ${r[at.1.y]} ${r[last]}"
    probe_scale a 10; echo "${a[x]} ${a[y]}"'
  assert_output $'x=2\ny=3\n2 3\nb -1 1.5 iello 0 10 65535\n10 20'
}

@test "ffi: bad structs and signatures are refused with the reason" {
  in_each_host '
    ffi load p "$PROBE"; ffi struct point "x:d y:d"; ffi struct point "x:d y:d"; echo "same $?"
    ffi struct point "x:f"; echo "other $?"
    for s in "" "x" "x:" "x:w" "x:d x:d" "x:nosuch" "9:d" "x:v" "x:d[]" "x:d[0]" "x:z?" "x:point[99999999]"; do
      ffi struct other "$s" 2>>errors; printf "%s " $?
    done; echo
    ffi struct q "x:d"; echo $?
    for s in "" "i" "i(" "i(i" "i(i,)" "i(i))" "w()" "i(v,i)" "(i)" "i(&v)" "i(#i)" "i(...)" "i(i,...,...)" "i(i[])x" "i!(i)" \
        "d!x(i)" "i(i[-1])" "i(z[])" "z?()" "i[]()" "i(#d)" "i(&&i)"; do
      ffi def p probe_i "$s" -n bad 2>>errors; printf "%s " $?
    done; echo
    type bad >/dev/null 2>&1; echo "bad $?"; grep -c "^ffi: " errors'
  assert_output $'same 0\nother 4\n2 2 2 2 2 2 2 2 2 2 2 2 \n2\n2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 \nbad 1\n34'
}

@test "ffi: variadic functions, with types in the signature or at the words" {
  in_each_host '
    ffi load p "$PROBE"; ffi def p probe_sum "i(i,...)"; ffi def p probe_sum "i(i,...,h,B)" -n sum2
    probe_sum 0; probe_sum 3 i:1 h:2 b:-3; sum2 2 -5 7; probe_sum 1 5; echo $?; probe_sum 1 w:5; echo $?; sum2 2 1; echo $?'
  assert_output $'0\n0\n2\n2\n2\n2'
  assert_stderr -e 'probe_sum: 5: needs its type, as in i:5'
}

@test "ffi: errno by name where the signature says what an error is" {
  in_each_host '
    ffi load p "$PROBE"; ffi def p probe_fail "i!-1(i)"
    probe_fail 0; echo $?; probe_fail 2; echo "$? $ERRNO"; probe_fail 13; echo "$? $ERRNO"
    ffi call - open "i!-1(z,i)" /nonexistent 0; echo "$? $ERRNO"'
  assert_output $'7\n0\n1 ENOENT\n1 EACCES\n1 ENOENT'
}

@test "ffi: missing libraries, functions and commands" {
  in_each_host '
    ffi load x nosuchlibrary; echo $?; ffi load x ./no.so; echo $?; ffi load "" m; echo $?; ffi load x ""; echo $?
    ffi def - nosuchfunction "i()"; echo $?; ffi def nolib f "i()"; echo $?; ffi undef nosuch; echo $?
    ffi def - getpid "i()" -n cd; echo $?; ffi def - getpid "i()" -n "a b"; echo $?; ffi call nolib f "i()"; echo $?
    echo text >text.so; ffi load t ./text.so; echo $?'
  assert_output $'127\n127\n2\n127\n127\n4\n4\n4\n2\n4\n127'
}

@test "ffi: too few and too many operands" {
  in_each_host '
    ffi load p "$PROBE"; ffi def p probe_i "i(i)"
    probe_i; echo $?; probe_i 1 2; echo $?; probe_i -v; echo $?; probe_i --help >help; echo $?; cat help; probe_i -- -3'
  assert_output -e $'^2\n2\n2\n0\nusage: probe_i \\[-v VAR\\] int32_t\nthe native function probe_i of .*probe.so, i\\(i\\)\n-3$'
}

@test "ffi: -g: a crash is a status, the shell lives on" {
  in_each_host '
    ffi load p "$PROBE"; ffi def -g p probe_crash "i(i)"; ffi def -g p probe_exit "i(i)"; ffi def -g p probe_z "z(z)"
    ffi def -g p probe_out "v(&q,&z)"; ffi def -g p probe_z "z(p)" -n wild
    probe_crash 11; echo $?; probe_crash 6; echo $?; probe_exit 3; echo $?; probe_z "over there"; n=4; probe_out n t; echo "$n $t"
    wild 8; echo $?'
  assert_output $'139\n134\n125\nover there\n41 from inside\n125'
  assert_stderr -e 'probe_crash: probe_crash: killed by SIGSEGV'
}

@test "ffi: -w: one copy for all calls, another after a crash, none in another process" {
  in_each_host '
    ffi load p "$PROBE"; ffi def -w p probe_count "i()"; ffi def p probe_count "i()" -n here; ffi def -w p probe_crash "i(i)"
    ffi def -w p probe_z "z(z)"
    probe_count; probe_count; here; probe_crash 11; echo $?; probe_crash 0; spawn -c probe_count; await; probe_count; probe_z "a  b"
    ffi undef probe_count; ffi def -w p probe_count "i()"; probe_count'
  assert_output $'1\n2\n1\n139\n0\n2\n3\na  b\n2'
}

@test "ffi: operands too large for a worker are refused" {
  without_sanitizers "bash then takes minutes to make the word"
  in_each_host '
    ffi load p "$PROBE"; ffi def -w p probe_z "z(z)"
    big=$(printf "%070000000d" 1); probe_z -v x "$big"; echo "$?"; probe_z small'
  assert_output $'125\nsmall'
}

@test "ffi: callbacks: the value in REPLY, or the status" {
  in_each_host '
    ffi load p "$PROBE"; ffi def p probe_each "i(i,p)"; ffi def p probe_each_double "d(d,p)"
    ten() { REPLY=$(($1 * 10)); }; ffi callback ten ten "i(i)"; probe_each 4 @ten
    status() { return "$1"; }; ffi callback status status "i(i)"; probe_each 4 @status
    half() { REPLY=0.25; seen=$1; }; ffi callback half half "d(d)"; probe_each_double 1.5 @half; echo "seen $seen"
    wrong() { REPLY=nonsense; }; ffi callback wrong wrong "i(i)"; probe_each 1 @wrong
    probe_each 1 @nosuch; echo $?; probe_each 1 0x; echo $?'
  assert_output $'60\n6\n0.5\nseen 1.5\n0\n4\n2'
  assert_stderr -e 'wrong: REPLY=nonsense: not a int32_t'
}

@test "ffi: qsort with a comparator of the shell" {
  in_each_host '
    ffi def - qsort "v(i[6],L,L,p)" -n sort6
    up() { REPLY=$(($1 - $2)); }; down() { REPLY=$(($2 - $1)); }
    ffi callback up up "i(&i,&i)"; ffi callback down down "i(&i,&i)"
    n=(5 3 9 1 7 2); sort6 n 6 4 @up; echo "${n[@]}"; sort6 n 6 4 @down; echo "${n[@]}"'
  assert_output $'1 2 3 5 7 9\n9 7 5 3 2 1'
}

@test "ffi: exit, set -e and unset variables in a callback end the shell after the native function" {
  in_each_host '
    ffi load p "$PROBE"; ffi def p probe_each "i(i,p)"
    leave() { echo "call $1"; exit 7; }; ffi callback leave leave "i(i)"
    (probe_each 3 @leave; echo not here); echo "status $?"
    failing() { false; REPLY=1; }; ffi callback failing failing "i(i)"
    (set -e; probe_each 3 @failing; echo not here); echo "status $?"
    unset_() { REPLY=${nothing?}; }; ffi callback unset_ unset_ "i(i)"
    (probe_each 3 @unset_; echo not here) 2>/dev/null; test $? -ne 0 && echo failed
    inner() { probe_each 1 @leave; echo not here; }; ffi callback inner inner "i(i)"
    (probe_each 2 @inner; echo not here); echo "status $?"'
  assert_output $'call 0\nstatus 7\nstatus 1\nfailed\ncall 0\nstatus 7'
}

@test "ffi: a file's contents, and how many bytes it has" {
  printf 123456789 >nine
  : >empty
  in_each_host '
    ffi load z z; ffi def z crc32 "L(L,m,#I)"
    crc32 0 nine; crc32 0 empty; crc32 0 nosuch; echo $?; crc32 0 .; echo $?'
  assert_output $'3421780262\n0\n125\n125'
  assert_stderr -e 'crc32: nosuch: No such file or directory'
}

@test "ffi: defined commands are builtins: type, list, undef, functions in tasks" {
  in_each_host '
    ffi load m m; ffi def m sqrt "d(d)"; ffi def -g m fabs "d(d)"
    type sqrt; ffi list | cut -c1-40; ffi unload m; echo $?; ffi undef fabs
    spawn -c sqrt 16; await; printf "%s\n" 1 4 9 | pool map sqrt
    ffi undef sqrt; sqrt 1 2>/dev/null; echo $?; ffi unload m; echo $?'
  assert_output -e $'sqrt is a.*builtin\nfabs +guarded +d\\(d\\).*\nsqrt +direct +d\\(d\\).*\n1\n4\n1\n2\n3\n127\n0'
}

@test "ffi: ten thousand wrong addresses under -w and a thousand under -g" {
  without_sanitizers "each copy of a shell with the runtime takes milliseconds"
  in_each_host -t 120 '
    ffi load p "$PROBE"; ffi def -g - strlen "L(p)" -n guarded; ffi def -w - strlen "L(p)" -n worker
    bad=0 i=0
    while [ $i -lt 1000 ]; do i=$((i + 1)); guarded $((i * 3)) >out 2>/dev/null; [ $? -eq 139 ] || bad=$((bad + 1)); done
    i=0
    while [ $i -lt 10000 ]; do i=$((i + 1)); worker $((i * 3)) >out 2>/dev/null; [ $? -eq 139 ] || bad=$((bad + 1)); done
    echo "bad $bad"'
  assert_output 'bad 0'
}

@test "ffi: no memory is lost over a hundred thousand calls" {
  without_sanitizers "their runtime keeps what is freed"
  in_each_host -t 120 '
    ffi load p "$PROBE"; ffi def p probe_z "z(z)"; ffi def p probe_d "d(d)"
    rss() { while read -r key value unit; do [ "$key" != VmRSS: ] || REPLY=$value; done </proc/$$/status; }
    calls() { i=0; while [ $i -lt 50000 ]; do i=$((i + 1)); probe_z -v x "some text"; probe_d -v x 1.25; done; }
    calls; rss; before=$REPLY; calls; rss; [ $((REPLY - before)) -lt 1024 ] && echo flat || echo "$before to $REPLY"'
  assert_output 'flat'
}

@test "ffi: a trap runs during a guarded call, and may end it" {
  in_each_host '
    ffi def -g - pause "i()" -n forever; ffi def -w - pause "i()" -n forever2
    for f in forever forever2; do
      (trap "exit 9" TERM; me=$BASHPID; (sleep 0.3; kill -TERM $me) & $f; echo not here); echo $?
    done'
  assert_output $'9\n9'
}

@test "ffi: a shared array as an argument, in place" {
  in_each_host '
    ffi load p "$PROBE"; ffi def p probe_square "v(d[],#L)"; ffi def -g p probe_square "v(d[],#L)" -n guarded
    ffi def -w p probe_square "v(d[],#L)" -n worker; ffi def p probe_square "v(f[],#L)" -n wrong
    array create n d : 1 2 3; probe_square n; array get n 0 3; guarded n; array get n 0 3; worker n; array get n 2
    probe_square nosuch; echo $?; wrong n; echo $?'
  assert_output $'1\n4\n9\n1\n16\n81\n6561\n4\n2'
  assert_stderr -e 'wrong: n: is an array of double, not of float'
}

@test "ffi map: each element, into another array or in place" {
  in_each_host '
    ffi load p "$PROBE"; ffi def p probe_half "d(d)"; ffi def p probe_negate "i(i)"
    array create n d : 1 2 3; ffi map probe_half n halves; array get halves 0 3; ffi map probe_half n; array get n 2
    array create i i 100000; array fill i 7; ffi map -j 3 probe_negate i; array sum i
    array create short d 2; ffi map probe_half n short; echo $?; ffi map probe_half i; echo $?; ffi map nosuch n; echo $?
    ffi def p probe_sum "i(i,...)"; ffi map probe_sum i; echo $?; ffi map -j 0 probe_half n; echo $?; ffi map -j x probe_half n; echo $?'
  assert_output $'0.5\n1\n1.5\n1.5\n-700000\n2\n2\n4\n2\n0\n2'
}

@test "ffi kernel: chunks that are all of the array once" {
  in_each_host '
    ffi load p "$PROBE"; ffi def p probe_square "v(d[],#L)"
    array create n d 1000003; array fill n 3; ffi kernel -j 4 probe_square n; echo $?; array sum n
    ffi def p probe_half "d(d)"; ffi kernel probe_half n; echo $?'
  assert_output $'0\n9000027\n2'
}

@test "ffi kernel: a chunk that crashes is named, the others are done, in each mode" {
  in_each_host '
    ffi load p "$PROBE"; ffi def p probe_trap "v(i[],Q)" -n direct
    ffi def -g p probe_trap "v(i[],Q)" -n guarded; ffi def -w p probe_trap "v(i[],Q)" -n worker
    array create n i 100000
    for f in direct guarded worker; do
      array fill n 1; array set n 50000 -5
      ffi kernel -j 2 $f n; echo $?
      array sum n >sum; read -r sum <sum; [ $sum -lt 200000 ] && [ $sum -gt 190000 ] && echo others
    done'
  assert_output $'139\nothers\n139\nothers\n139\nothers'
  assert_stderr -e 'kernel: probe_trap: killed by SIGSEGV in elements [0-9]+ to [0-9]+'
}

@test "ffi kernel: a worker that is killed loses its chunk only" {
  in_each_host '
    ffi load p "$PROBE"; ffi def p probe_stay "v(i[],Q)"
    array create n i 100000; array fill n 1; array set n 0 -1
    killer() { until array get -v pid n 0 && [ "$pid" -gt 0 ]; do pause -t 2ms; done; kill -9 "$pid"; }
    spawn -c killer; ffi kernel -j 2 probe_stay n; echo $?; await
    array get n 1; array get n 99999; ffi kernel -j 2 probe_stay n; echo $?; array get n 99999'
  assert_output $'137\n2\n2\n0\n3'
  assert_stderr -e 'kernel: probe_stay: killed by SIGKILL in elements 0 to [0-9]+'
}

@test "ffi kernel, -g, -w: nothing outlives a shell that is killed" {
  in_each_host '
    ffi load p "$PROBE"; ffi def p probe_stay "v(i[],Q)"; ffi def -g p probe_stay "v(i[],#Q)" -n guarded
    ffi def -w p probe_stay "v(i[],#Q)" -n worker
    gone() {
      i=0
      while kill -0 "$pid" 2>/dev/null && [ $i -lt 2000 ]; do i=$((i + 1)); pause -t 5ms; done
      kill -0 "$pid" 2>/dev/null || echo gone
    }
    kernel() { ffi kernel -j 2 probe_stay n; }; guarded_() { guarded n; }; worker_() { worker n; }
    array create n i 100000
    for f in kernel guarded_ worker_; do
      array fill n 1; array set n 0 -1
      $f & shell=$!
      until array get -v pid n 0 && [ "$pid" -gt 0 ]; do pause -t 2ms; done
      kill -9 $shell; wait $shell 2>/dev/null; echo $?; gone
    done'
  assert_output $'137\ngone\n137\ngone\n137\ngone'
}

@test "ffi kernel: a trap runs meanwhile, and may end it with all workers" {
  in_each_host '
    ffi load p "$PROBE"; ffi def p probe_stay "v(i[],Q)"
    gone() {
      i=0
      while kill -0 "$pid" 2>/dev/null && [ $i -lt 2000 ]; do i=$((i + 1)); pause -t 5ms; done
      kill -0 "$pid" 2>/dev/null || echo gone
    }
    array create n i 100000; array fill n 1; array set n 0 -1
    (trap "exit 9" TERM; ffi kernel -j 2 probe_stay n; echo not here) & shell=$!
    until array get -v pid n 0 && [ "$pid" -gt 0 ]; do pause -t 2ms; done
    kill -TERM $shell; wait $shell; echo $?; gone'
  assert_output $'9\ngone'
}

@test "ffi: a signal that the script ignores is ignored in a guarded function" {
  in_each_host '
    ffi load p "$PROBE"; ffi def -g p probe_crash "i(i)"; ffi def -w p probe_crash "i(i)" -n worker
    probe_crash 15; echo $?; trap "" TERM; probe_crash 15; worker 15
    trap : TERM; probe_crash 15; echo $?'
  assert_output $'143\n0\n0\n143'
}
