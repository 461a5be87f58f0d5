/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "lib/base/cpu.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>

static int affinity(void) {
	cpu_set_t set;
	if (sched_getaffinity(0, sizeof(set), &set) < 0) {
		return 1;
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
