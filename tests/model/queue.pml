/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lib/data/queue: the line of getters (lib/sync/waiters.c) and the puts that ring them without
 * having the mutex that guards it. Getters may be killed at every step: in the line, rung and not
 * yet awake, holding the mutex. When nobody can move any more, no living getter sleeps while a
 * message is there; every message went to one, or is there, or died with its getter.
 */
#define N 3
#ifndef ITEMS
#define ITEMS 2 /* 3: some minutes, nothing else comes of it */
#endif
#define DEATHS 2
#define NOBODY 255

byte items; /* messages in the lane */
byte put_count;
byte got; /* by getters that lived on */
byte lost; /* with their getters */
bool locked;
byte holder = NOBODY;
bool died; /* the mutex was left by a dead one */
byte line[N];
byte count;
bool rung[N];
bool asleep[N];
bool dead[N];
byte deaths;
bool fated;

inline lock(me) {
	atomic { !locked -> locked = true; holder = me };
	if
	:: died -> /* repair: ring everyone */
		atomic {
			died = false;
			rung[0] = true; rung[1] = true; rung[2] = true
		}
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

/* Take out the entry at `i`, a d_step so that it is one change. `calm`: nobody is rung. */
inline take_out(i, calm) {
	d_step {
		j = i;
		do
		:: j + 1 < count -> line[j] = line[j + 1]; j++
		:: else -> break
		od;
		count--;
		line[count] = 0;
		if
		:: !calm && i < count -> rung[line[i]] = true
		:: else -> skip
		fi;
		j = 0
	}
}

/* The dead before us are dropped; `ahead` is who is right before us, `before` how many. */
inline look_ahead(me) {
	k = 0;
	before = 0;
	ahead = NOBODY;
	do
	:: k < count && line[k] == me -> break
	:: k < count && line[k] != me && dead[line[k]] -> take_out(k, false)
	:: k < count && line[k] != me && !dead[line[k]] -> ahead = line[k]; before++; k++
	:: k >= count -> break
	od
}

active [N] proctype getter() {
	byte me = _pid;
	byte ahead;
	byte before;
	byte k;
	byte j;
	bool in_line = false;

	fated;
	lock(me);
look:
	if
	:: die(me)
	:: skip
	fi;
	look_ahead(me);
	if
	:: items > 0 && (ahead == NOBODY || items > before) -> goto take
	:: else -> skip
	fi;
	if
	:: !in_line -> atomic { line[count] = me; count++; in_line = true }; goto look
	:: else -> skip
	fi;
	unlock();
	if
	:: die(me)
	:: skip
	fi;
	/* park: our bell, or the death of the one before us */
	asleep[me] = true;
	if
	:: rung[me]
	:: ahead != NOBODY && dead[ahead]
	:: atomic { deaths < DEATHS && !rung[me] -> asleep[me] = false; perish(me) }; goto gone
	fi;
	atomic { asleep[me] = false; rung[me] = false };
	if
	:: die(me)
	:: skip
	fi;
	lock(me);
	goto look;
take:
	items--;
	if
	:: atomic { deaths < DEATHS -> lost++; perish(me) }; goto gone
	:: skip
	fi;
	/* pass_on(): there is more, and the next one does not know */
	k = 0;
	do
	:: k < count && line[k] == me -> k++; break
	:: k < count && line[k] != me && !in_line -> break
	:: k < count && line[k] != me && in_line -> k++
	:: k >= count -> break
	od;
	if
	:: items > 0 && k < count -> rung[line[k]] = true
	:: else -> skip
	fi;
	if
	:: in_line ->
		k = 0;
		do
		:: line[k] == me -> break
		:: else -> k++
		od;
		take_out(k, true)
	:: else -> skip
	fi;
	if
	:: atomic { deaths < DEATHS -> lost++; perish(me) }; goto gone
	:: skip
	fi;
	unlock();
	got++;
gone:
	skip
}

active proctype putter() {
	byte n = 0;
	byte i;
	do
	:: n < ITEMS ->
		atomic { items++; put_count++ }; /* the one store, under the put side's mutex */
		if
		:: count > 0 -> /* seen without the mutex of the line */
			lock(N);
			i = 0;
			do /* ring the first that lives */
			:: i < count && dead[line[i]] -> i++
			:: i < count && !dead[line[i]] -> rung[line[i]] = true; break
			:: i >= count -> break
			od;
			unlock()
		:: else -> skip
		fi;
		n++
	:: else -> break
	od
}

active proctype monitor() {
	timeout;
	assert(got + lost + items == put_count);
	assert(items == 0 || (!asleep[0] && !asleep[1] && !asleep[2]))
}

/* How many of the deaths there will not be: who may still die is never stuck. */
active proctype fate() {
	if
	:: deaths = deaths + 0
	:: deaths = deaths + 1
	:: deaths = deaths + 2
	fi;
	fated = true
}
