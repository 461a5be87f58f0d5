/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lib/sync/cond.c: waiters in a line, a notification that tells the first who was not told, and
 * deaths of waiters at every step. The word of one that was told and died before he knew it is
 * passed on by who finds him. No notification is lost: when nobody can move, as many were woken, or
 * died knowing, as were told, unless nobody is left who waits.
 */
#define N 3
#define NOTIFIES 2
#define DEATHS 1
#define NOBODY 255

byte line[N];
byte count;
bool told[N];
bool rung[N];
bool asleep[N];
bool dead[N];
bool waited[N]; /* stood in the line once */
bool locked;
byte holder = NOBODY;
bool died;
byte words; /* given */
byte woken; /* that were heard */
byte deaths;
bool fated;

inline lock(me) {
	atomic { !locked -> locked = true; holder = me };
	if
	:: died -> atomic { died = false; rung[0] = true; rung[1] = true; rung[2] = true }
	:: else -> skip
	fi
}

inline unlock() {
	atomic { locked = false; holder = NOBODY }
}

inline perish(me) {
	deaths++;
	dead[me] = true;
	if
	:: holder == me -> locked = false; holder = NOBODY; died = true
	:: else -> skip
	fi
}

inline die(me) {
	atomic { deaths < DEATHS -> perish(me) };
	goto gone
}

/* Tell the first living one who does not know; two stores. */
inline tell() {
	i = 0;
	do
	:: i < count && (told[line[i]] || dead[line[i]]) -> i++
	:: i < count && !told[line[i]] && !dead[line[i]] ->
		told[line[i]] = true;
		rung[line[i]] = true;
		break
	:: i >= count -> break
	od
}

inline take_out(at) {
	d_step {
		j = at;
		do
		:: j + 1 < count -> line[j] = line[j + 1]; j++
		:: else -> break
		od;
		count--;
		line[count] = 0;
		if
		:: at < count -> rung[line[at]] = true
		:: else -> skip
		fi;
		j = 0
	}
}

active [N] proctype waiter() {
	byte me = _pid;
	byte ahead;
	byte i;
	byte j;
	byte k;

	fated;
	lock(me);
	atomic { line[count] = me; count++; waited[me] = true };
	unlock();
again:
	if
	:: die(me)
	:: skip
	fi;
	lock(me);
	/* bury(): the dead before us pass their word on, then leave */
	k = 0;
	ahead = NOBODY;
	do
	:: line[k] == me -> break
	:: line[k] != me && dead[line[k]] ->
		if
		:: told[line[k]] -> tell()
		:: else -> skip
		fi;
		take_out(k)
	:: line[k] != me && !dead[line[k]] -> ahead = line[k]; k++
	od;
	if
	:: told[me] ->
		take_out(k);
		woken++;
		unlock();
		goto gone
	:: else -> skip
	fi;
	if
	:: die(me)
	:: skip
	fi;
	unlock();
	asleep[me] = true;
	if
	:: rung[me]
	:: ahead != NOBODY && dead[ahead]
	:: atomic { deaths < DEATHS && !rung[me] -> asleep[me] = false; perish(me) }; goto gone
	fi;
	atomic { asleep[me] = false; rung[me] = false };
	goto again;
gone:
	skip
}

active proctype notifier() {
	byte i;
	byte n = 0;
	waited[0] && waited[1] && waited[2];
	do
	:: n < NOTIFIES ->
		lock(N);
		tell();
		words++;
		unlock();
		n++
	:: else -> break
	od
}

active proctype monitor() {
	byte i = 0;
	byte sleepers = 0;
	timeout;
	do
	:: i < N -> sleepers = sleepers + (asleep[i] && !dead[i]); i++
	:: else -> break
	od;
	/* Two words for three of whom at most one died: both are heard, or nobody is left to hear. */
	assert(woken >= words || sleepers == 0)
}

/* How many of the deaths there will not be: who may still die is never stuck. */
active proctype fate() {
	if
	:: deaths = deaths + 0
	:: deaths = deaths + 1
	fi;
	fated = true
}
