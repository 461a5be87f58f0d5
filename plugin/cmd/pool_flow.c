/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "plugin/cmd/pool_flow.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cpu.h"
#include "plugin/report.h"

// How often the system is asked.
enum { LOOK_MS = 200 };

static int halt_bad(const struct cmd *cmd, const char *text) {
	return cmd_fail(cmd, STATUS_USAGE,
			"--halt: %s: must be now or soon, and fail=N, success=N or done=N", text);
}

int pool_halt_read(const struct cmd *cmd, const char *text, struct pool_halt *halt) {
	static const char *const whats[] = { "fail=", "success=", "done=" };
	*halt = (struct pool_halt){ 0 };
	if (text == NULL || strcmp(text, "never") == 0 || strcmp(text, "0") == 0) {
		return STATUS_OK;
	}
	const char *given = text;
	text = strcmp(text, "1") == 0 ? "soon,fail=1" : strcmp(text, "2") == 0 ? "now,fail=1" : text;
	halt->now = strncmp(text, "now,", 4) == 0;
	if (!halt->now && strncmp(text, "soon,", 5) != 0) {
		return halt_bad(cmd, given);
	}
	text += halt->now ? 4 : 5;
	for (unsigned i = 0; i < 3; i++) {
		size_t len = strlen(whats[i]);
		if (strncmp(text, whats[i], len) == 0) {
			char *end;
			double number = strtod(text + len, &end);
			bool percent = strcmp(end, "%") == 0;
			if (end == text + len || (*end != '\0' && !percent) || number <= 0 || number > 1e15) {
				break;
			}
			halt->what = i;
			halt->given = true;
			halt->percent = percent ? number : 0;
			halt->count = percent ? 0 : (uint64_t)number;
			return STATUS_OK;
		}
	}
	return halt_bad(cmd, given);
}

bool pool_halt_reached(
		const struct pool_halt *halt, uint64_t over, uint64_t failed, uint64_t total) {
	if (!halt->given) {
		return false;
	}
	uint64_t have = cn_halt_count(halt->what, over, failed);
	if (halt->count > 0) {
		return have >= halt->count;
	}
	// As GNU parallel: of all, and for failures not before three have.
	bool enough = halt->what != CN_HALT_FAIL || have >= 3;
	return total > 0 && enough && (double)have * 100 >= halt->percent * (double)total;
}

cn_time pool_backoff(cn_time first, uint32_t failed) {
	cn_time wait = first;
	for (uint32_t i = 1; i < failed && wait < CN_NEVER / 2; i++) {
		wait *= 2;
	}
	return wait;
}

int pool_load_read(const struct cmd *cmd, const char *text, double *load) {
	*load = 0;
	if (text == NULL) {
		return STATUS_OK;
	}
	char *end;
	double number = strtod(text, &end);
	bool percent = strcmp(end, "%") == 0;
	if (end == text || (*end != '\0' && !percent) || !(number > 0)) {
		return cmd_fail(cmd, STATUS_USAGE, "--load: %s: not a load", text);
	}
	*load = percent ? number * cn_cpus() / 100 : number;
	return STATUS_OK;
}

static bool has_room(const struct pool_limits *limits) {
	double load;
	if (limits->load > 0 && getloadavg(&load, 1) == 1 && load > limits->load) {
		return false;
	}
	unsigned long long kib = 0;
	FILE *file = limits->memory > 0 ? fopen("/proc/meminfo", "re") : NULL;
	char line[128];
	bool found = false;
	while (file != NULL && !found && fgets(line, sizeof(line), file) != NULL) {
		found = sscanf(line, "MemAvailable: %llu kB", &kib) == 1;
	}
	if (file != NULL) {
		fclose(file);
	}
	return !found || kib >= limits->memory >> 10;
}

void pool_limits_wait(const struct pool_limits *limits, const struct cn_board *board) {
	while ((limits->load > 0 || limits->memory > 0) && board->stopped == 0 && !has_room(limits)) {
		poll(NULL, 0, LOOK_MS);
	}
}
