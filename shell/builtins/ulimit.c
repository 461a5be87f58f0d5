/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "shell/builtin.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

/* ulimit [-H|-S] -a, ulimit [-H|-S] [-RESOURCE] [LIMIT] (XCU ulimit) */

static const struct resource {
	char letter;
	int which;
	unsigned unit; // bytes, or what else the limit counts, in one of what the user writes
	const char *text;
} resources[] = {
	{ 'c', RLIMIT_CORE, 512, "core file size (512-byte blocks)" },
	{ 'd', RLIMIT_DATA, 1024, "data segment size (kibibytes)" },
#ifdef RLIMIT_NICE
	{ 'e', RLIMIT_NICE, 1, "scheduling priority" },
#endif
	{ 'f', RLIMIT_FSIZE, 512, "file size (512-byte blocks)" },
#ifdef RLIMIT_SIGPENDING
	{ 'i', RLIMIT_SIGPENDING, 1, "pending signals" },
#endif
	{ 'l', RLIMIT_MEMLOCK, 1024, "locked memory (kibibytes)" },
	{ 'm', RLIMIT_RSS, 1024, "resident set size (kibibytes)" },
	{ 'n', RLIMIT_NOFILE, 1, "open files" },
#ifdef RLIMIT_MSGQUEUE
	{ 'q', RLIMIT_MSGQUEUE, 1, "message queue size (bytes)" },
#endif
#ifdef RLIMIT_RTPRIO
	{ 'r', RLIMIT_RTPRIO, 1, "real-time priority" },
#endif
	{ 's', RLIMIT_STACK, 1024, "stack size (kibibytes)" },
	{ 't', RLIMIT_CPU, 1, "processor time (seconds)" },
	{ 'u', RLIMIT_NPROC, 1, "processes of the user" },
	{ 'v', RLIMIT_AS, 1024, "address space (kibibytes)" },
#ifdef RLIMIT_LOCKS
	{ 'x', RLIMIT_LOCKS, 1, "file locks" },
#endif
#ifdef RLIMIT_RTTIME
	{ 'R', RLIMIT_RTTIME, 1, "real-time processor time (microseconds)" },
#endif
};

enum { COUNT = sizeof(resources) / sizeof(resources[0]) };

enum kind { HARD = 1, SOFT = 2 };

static void put_limit(struct shell *sh, const struct resource *resource, unsigned kinds) {
	struct rlimit limit = { 0 };
	getrlimit(resource->which, &limit);
	rlim_t value = kinds == HARD ? limit.rlim_max : limit.rlim_cur;
	if (value == RLIM_INFINITY) {
		sh_puts(sh, "unlimited\n");
	} else {
		sh_printf(sh, "%ju\n", (uintmax_t)(value / resource->unit));
	}
}

static void put_all(struct shell *sh, unsigned kinds) {
	for (int i = 0; i < COUNT; i++) {
		sh_printf(sh, "-%c: %-40s ", resources[i].letter, resources[i].text);
		put_limit(sh, &resources[i], kinds);
	}
}

/* The limit that the operand means: a number of units, or one of three words. */
static bool limit_read(const char *text, const struct resource *resource, const struct rlimit *now,
		rlim_t *limit) {
	if (strcmp(text, "unlimited") == 0) {
		*limit = RLIM_INFINITY;
		return true;
	}
	if (strcmp(text, "hard") == 0 || strcmp(text, "soft") == 0) {
		*limit = text[0] == 'h' ? now->rlim_max : now->rlim_cur;
		return true;
	}
	char *end;
	errno = 0;
	unsigned long long value = strtoull(text, &end, 10);
	if (text[strspn(text, "0123456789")] != '\0' || end == text || errno != 0 ||
			value >= RLIM_INFINITY / resource->unit) {
		return false;
	}
	*limit = (rlim_t)value * resource->unit;
	return true;
}

static int set_limit(
		struct shell *sh, const struct resource *resource, unsigned kinds, const char *text) {
	struct rlimit limit;
	rlim_t value;
	if (getrlimit(resource->which, &limit) < 0) {
		sh_error(sh, "%s: %s", resource->text, strerror(errno));
		return 1;
	}
	if (!limit_read(text, resource, &limit, &value)) {
		sh_error(sh, "%s: not a limit", text);
		return 1;
	}
	if (kinds != SOFT) {
		limit.rlim_max = value;
	}
	if (kinds != HARD) {
		limit.rlim_cur = value;
	}
	if (setrlimit(resource->which, &limit) < 0) {
		sh_error(sh, "%s: %s", resource->text, strerror(errno));
		return 1;
	}
	return 0;
}

static const struct resource *resource_named(int letter) {
	for (int i = 0; i < COUNT; i++) {
		if (resources[i].letter == letter) {
			return &resources[i];
		}
	}
	return NULL;
}

static int run_ulimit(struct shell *sh, int argc, char **argv) {
	struct sh_opts opts = { 0 };
	const struct resource *resource = resource_named('f');
	unsigned kinds = 0; // enum kind; 0: both are set, the soft one is shown
	bool all = false;
	for (int c; (c = sh_getopt(sh, &opts, argc, argv, "HSacdefilmnqrstuvxR")) != -1;) {
		if (c == '?') {
			return 2;
		}
		if (c == 'H' || c == 'S') {
			kinds |= c == 'H' ? HARD : SOFT;
		} else if (c == 'a') {
			all = true;
		} else if ((resource = resource_named(c)) == NULL) {
			return sh_usage(sh, "-%c: not on this system", c);
		}
	}
	if (argc - opts.index > 1 || (all && opts.index < argc)) {
		return sh_usage(sh, "too many operands");
	}
	if (opts.index < argc) {
		return set_limit(sh, resource, kinds, argv[opts.index]);
	}
	if (all) {
		put_all(sh, kinds);
	} else {
		put_limit(sh, resource, kinds);
	}
	return 0;
}

const struct sh_builtin sh_builtin_ulimit = { "ulimit", run_ulimit,
	SH_BUILTIN_INTRINSIC | SH_BUILTIN_FORKS, "[-H|-S] [-a|-cdefilmnqrstuvxR [LIMIT]]" };
