/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "lib/base/cpu.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int affinity(void) {
	cpu_set_t set;
	if (sched_getaffinity(0, sizeof(set), &set) < 0) {
		long online = sysconf(_SC_NPROCESSORS_ONLN); // more than the set has room for
		return online > 0 ? (int)online : 1;
	}
	int count = CPU_COUNT(&set);
	return count > 0 ? count : 1;
}

// Processors' worth of time that the quota in this directory allows, rounded up; 0: no limit.
static int quota_in(const char *dir) {
	char path[512];
	long quota = -1;
	long period = 0;
	snprintf(path, sizeof(path), "%s/cpu.max", dir);
	FILE *file = fopen(path, "re");
	if (file != NULL) {
		if (fscanf(file, "%ld %ld", &quota, &period) != 2) {
			quota = -1; // "max"
		}
		fclose(file);
	}
	return quota > 0 && period > 0 ? (int)((quota + period - 1) / period) : 0;
}

// The smallest quota of our group and those above it.
static int quota(void) {
	char line[400];
	char group[400] = "";
	FILE *file = fopen("/proc/self/cgroup", "re");
	if (file == NULL) {
		return 0;
	}
	while (fgets(line, sizeof(line), file) != NULL) {
		if (strncmp(line, "0::", 3) == 0) {
			line[strcspn(line, "\n")] = '\0';
			snprintf(group, sizeof(group), "%s", line + 3);
		}
	}
	fclose(file);
	int least = 0;
	for (;;) {
		char dir[440];
		snprintf(dir, sizeof(dir), "/sys/fs/cgroup%s", group);
		int here = quota_in(dir);
		least = here > 0 && (least == 0 || here < least) ? here : least;
		char *slash = strrchr(group, '/');
		if (slash == NULL) {
			return least;
		}
		*slash = '\0';
	}
}

int cn_cpus(void) {
	int count = affinity();
	int limit = count > 1 ? quota() : 0;
	return limit > 0 && limit < count ? limit : count;
}

void cn_cpu_start_on(int n) {
	cpu_set_t all;
	cpu_set_t one;
	if (sched_getaffinity(0, sizeof(all), &all) < 0 || n >= CPU_COUNT(&all)) {
		return;
	}
	int cpu = 0;
	for (int left = n; !CPU_ISSET(cpu, &all) || left-- > 0; cpu++) {
	}
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	if (sched_setaffinity(0, sizeof(one), &one) == 0) {
		sched_setaffinity(0, sizeof(all), &all);
	}
}
