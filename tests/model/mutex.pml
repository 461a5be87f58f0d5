/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lib/sync/mutex.c: the word, the sleep, and what the kernel does when a process dies at any step.
 * Holders exclude each other; who comes after one that died inside knows it; and when nobody can
 * move, nobody who wants the mutex sleeps while it is free, except in the one window that mutex.c
 * names: a wake is lost with a killed process while a third takes the word without its bit.
 * LOOK_AGAIN, a sleep that ends by itself, closes it: with it there is no dead end at all.
 */
#define N 3
#define DEATHS 2

byte tid; /* the word: holder + 1, 0 is free */
bool waiters; /* CN_MUTEX_WAITERS */
bool died; /* CN_MUTEX_DIED */

bool asleep[N];
bool dead[N];
bool dirty; /* someone is inside, or died there */
byte deaths;
byte inside;

inline wake_one() {
	/* The kernel wakes any of those that sleep. */
	if
	:: asleep[0] -> asleep[0] = false
	:: asleep[1] -> asleep[1] = false
	:: asleep[2] -> asleep[2] = false
	:: !asleep[0] && !asleep[1] && !asleep[2] -> skip
	fi
}

/* The kernel's walk of the robust list, with `pending` naming the mutex. */
inline perish(me) {
	deaths++;
	dead[me] = true;
	if
	:: tid == me + 1 ->
		tid = 0;
		died = true;
		if
		:: waiters -> wake_one()
		:: else -> skip
		fi
	:: tid == 0 && !waiters && !died -> wake_one()
	:: else -> skip
	fi
}

inline die(me) {
	atomic { deaths < DEATHS -> perish(me) };
	goto gone
}

active [N] proctype user() {
	byte me = _pid;
	bool saw_died;
	bool more = false;
	byte rounds = 0;

again:
	if
	:: rounds == 2 -> goto gone
	:: else -> rounds++
	fi;
	more = false;
take:
	if
	:: die(me)
	:: atomic {
			tid == 0 ->
			tid = me + 1;
			waiters = waiters || more;
			saw_died = died
		};
		goto have
	:: atomic { tid != 0 -> waiters = true };
		more = true;
		if
		:: die(me)
		:: atomic {
				tid != 0 && waiters -> asleep[me] = true /* the futex compares and sleeps at once */
			};
			if
			:: !asleep[me]
			:: atomic { timeout -> asleep[me] = false } /* LOOK_AGAIN */
			fi;
			if
			:: die(me)
			:: skip
			fi
		:: !(tid != 0 && waiters)
		fi;
		goto take
	fi;

have:
	inside++;
	assert(inside == 1);
	assert(!dirty || saw_died);
	if
	:: saw_died -> dirty = false; died = false /* repaired */
	:: else -> skip
	fi;
	dirty = true;
	if
	:: atomic { deaths < DEATHS -> inside--; perish(me) }; goto gone
	:: skip
	fi;
	dirty = false;
	inside--;
	/* unlock: exchange, then wake */
	if
	:: die(me)
	:: atomic {
			tid = 0;
			saw_died = waiters; /* reused: the old word */
			waiters = false
		}
	fi;
	if
	:: saw_died ->
		if
		:: atomic { /* killed before the wake: pending still names the mutex */
				deaths < DEATHS ->
				perish(me)
			};
			goto gone
		:: atomic { true -> wake_one() }
		fi
	:: else -> skip
	fi;
	goto again;
gone:
	skip
}
