/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bench/signals_c.c - the two ends of bench/signals that are not a shell's.
 *
 *	signals_c send PID COUNT	when the file `ready` is there: SIGUSR1 to PID every 3 ms, each
 *					with the moment before it in the file `sent`; in the end SIGUSR2
 *	signals_c pause COUNT		be sent that in sigsuspend(2): the floor; moments in `got`
 *	signals_c timer TICKS		a timer of 10 ms in sigsuspend(2); moments and overruns in `got`
 *
 * Moments are microseconds of CLOCK_REALTIME, which is what $EPOCHREALTIME shows.
 */
#include "config.h"

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOMENTS = 1000000 };

static int64_t moments[MOMENTS];
static int overruns[MOMENTS];
static volatile size_t count;
static volatile sig_atomic_t ended;

static int64_t now(void) {
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void sleep_us(int64_t us) {
	struct timespec t = { .tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000 };
	nanosleep(&t, NULL);
}

static void note(int sig, siginfo_t *info, void *context) {
	if (count < MOMENTS) {
		overruns[count] = info->si_code == SI_TIMER ? info->si_overrun : 0;
		moments[count] = now();
		count++;
	}
}

static void end(int sig) {
	ended = 1;
}

static int save(const char *name, bool with_overruns) {
	FILE *file = fopen(name, "w");
	for (size_t i = 0; file != NULL && i < count; i++) {
		fprintf(file, "%lld", (long long)moments[i]);
		if (with_overruns) {
			fprintf(file, " %d", overruns[i]);
		}
		fputc('\n', file);
	}
	return file != NULL && fclose(file) == 0 ? 0 : 1;
}

static int send_all(pid_t pid, size_t wanted) {
	while (access("ready", F_OK) != 0) {
		sleep_us(10000);
	}
	sleep_us(300000);
	for (count = 0; count < wanted && count < MOMENTS; count++) {
		moments[count] = now();
		kill(pid, SIGUSR1);
		sleep_us(3000);
	}
	sleep_us(100000);
	kill(pid, SIGUSR2);
	return save("sent", false);
}

static void catch_all(sigset_t *all) {
	struct sigaction action = { .sa_sigaction = note, .sa_flags = SA_SIGINFO };
	sigaction(SIGUSR1, &action, NULL);
	signal(SIGUSR2, end);
	sigemptyset(all);
	sigaddset(all, SIGUSR1);
	sigaddset(all, SIGUSR2);
	sigprocmask(SIG_BLOCK, all, NULL);
	sigemptyset(all);
}

static int be_sent(size_t wanted) {
	sigset_t none;
	catch_all(&none);
	pid_t self = getpid();
	pid_t sender = fork();
	if (sender == 0) {
		_exit(send_all(self, wanted));
	}
	FILE *ready = fopen("ready", "w");
	if (ready == NULL) {
		return 1;
	}
	fclose(ready);
	while (!ended) {
		sigsuspend(&none);
	}
	waitpid(sender, NULL, 0);
	return save("got", false);
}

static int be_ticked(size_t wanted) {
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	struct itimerspec every = { .it_interval.tv_nsec = 10000000, .it_value.tv_nsec = 10000000 };
	timer_t timer;
	sigset_t none;
	catch_all(&none);
	if (timer_create(CLOCK_MONOTONIC, &event, &timer) < 0 ||
			timer_settime(timer, 0, &every, NULL) < 0) {
		return 1;
	}
	while (count < wanted) {
		sigsuspend(&none);
	}
	return save("got", true);
}

int main(int argc, char **argv) {
	if (argc == 4 && strcmp(argv[1], "send") == 0) {
		return send_all((pid_t)atoi(argv[2]), (size_t)atoi(argv[3]));
	}
	if (argc == 3 && strcmp(argv[1], "pause") == 0) {
		return be_sent((size_t)atoi(argv[2]));
	}
	if (argc == 3 && strcmp(argv[1], "timer") == 0) {
		return be_ticked((size_t)atoi(argv[2]));
	}
	return 2;
}
