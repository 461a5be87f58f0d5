/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * storm PID COUNT SIG - send a real-time signal that often, as fast as the receiver's queue has
 * room. Prints how many were sent: all, unless the process is gone.
 */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int main(int argc, char **argv) {
	if (argc != 4) {
		return 2;
	}
	pid_t pid = (pid_t)atoi(argv[1]);
	int count = atoi(argv[2]);
	int sig = SIGRTMIN + atoi(argv[3]);
	int sent = 0;
	while (sent < count) {
		if (sigqueue(pid, sig, (union sigval){ .sival_int = sent }) == 0) {
			sent++;
		} else if (errno == EAGAIN) {
			nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
		} else {
			break;
		}
	}
	printf("%d\n", sent);
	return sent < count;
}
