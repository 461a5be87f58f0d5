/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/crash/crash-loop.c - run a command again and again, each time killing processes of it with
 * SIGKILL at random moments, and look at what is left.
 *
 * Every round has an empty folder of its own as working directory, and in it .tmp as TMPDIR and
 * .run as XDG_RUNTIME_DIR. This program is the subreaper, so whatever the command starts stays
 * among its descendants and can be found. A round is bad when the command does not end in time,
 * when half a second after its end a process or a file of it is left, or when the check fails,
 * which is a shell command run in the round's folder. The check sees in its environment:
 *
 *	CRASH_STATUS  exit status of the command, 128+N when signal N ended it
 *	CRASH_SCRIPT  1 when the command itself was a victim, else 0
 *	CRASH_KILLED  number of victims
 */
#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/fd.h"
#include "lib/base/number.h"
#include "tests/proctree.h"

enum { PATH_LEN = 512 };

enum selector {
	VICTIM_ANY, // any process, the command as well
	VICTIM_SCRIPT, // the command itself
	VICTIM_CHILD, // one it started, or one that came to us from a dead parent
	VICTIM_GRANDCHILD, // one further down
	VICTIM_BELOW, // any but the command
};

static const char *const selector_names[] = { "any", "script", "child", "grandchild", "below" };

struct options {
	int64_t rounds; // -n
	int64_t first; // -r: the first round, to repeat one
	int64_t kills; // -k: most victims per round
	cn_time window; // -d: victims fall within this time; 0: as long as the command takes alone
	cn_time limit; // -w: the command must end within
	uint64_t seed; // -s
	enum selector victim; // -v
	const char *check; // -c
	char **command;
};

struct counts {
	int64_t rounds;
	int64_t script; // victims that were the command itself
	int64_t others;
	int64_t spared; // moments after which there was nobody to kill
	int64_t hangs;
	int64_t left;
	int64_t files;
	int64_t broken; // failed checks
	cn_time shortest; // that a command took; 0: none yet
};

static void die(const char *what) {
	fprintf(stderr, "crash-loop: %s: %s\n", what, strerror(errno));
	exit(125);
}

// splitmix64: the whole state is one number, so that a round can be repeated from its seed.
static uint64_t draw(uint64_t *state) {
	uint64_t z = (*state += 0x9e3779b97f4a7c15u);
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static uint64_t draw_below(uint64_t *state, uint64_t limit) {
	return limit == 0 ? 0 : draw(state) % limit;
}

static void wait_for(cn_time duration) {
	struct timespec spec = cn_timespec(cn_after(duration));
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &spec, NULL) == EINTR) {
	}
}

// ---- processes ----

static void reap_all(void) {
	while (waitpid(-1, NULL, WNOHANG | __WALL) > 0) {
	}
}

static void kill_all(void) {
	static struct proctree_process found[PROCTREE_MAX];
	for (;;) {
		size_t count = proctree_below(getpid(), found);
		if (count == 0) {
			break;
		}
		for (size_t i = 0; i < count; i++) {
			kill(found[i].pid, SIGKILL);
		}
		wait_for(CN_MILLISECOND);
		reap_all();
	}
	reap_all();
}

static void describe(void) {
	static struct proctree_process found[PROCTREE_MAX];
	size_t count = proctree_below(getpid(), found);
	for (size_t i = 0; i < count; i++) {
		char command[128];
		snprintf(command, sizeof(command),
				"exec ps -o pid=,ppid=,pgid=,stat=,wchan:24=,args= -p %d >&2", found[i].pid);
		if (system(command) != 0) {
			break;
		}
	}
}

static bool selects(const struct options *options, const struct proctree_process *process, pid_t script) {
	switch (options->victim) {
	case VICTIM_SCRIPT:
		return process->pid == script;
	case VICTIM_CHILD:
		return process->pid != script && process->depth <= 2;
	case VICTIM_GRANDCHILD:
		return process->depth > 2;
	case VICTIM_BELOW:
		return process->pid != script;
	case VICTIM_ANY:
		break;
	}
	return true;
}

// A process to kill, or 0.
static pid_t choose(const struct options *options, pid_t script, uint64_t *state) {
	static struct proctree_process found[PROCTREE_MAX];
	size_t count = proctree_below(getpid(), found);
	size_t chosen = 0;
	for (size_t i = 0; i < count; i++) {
		if (selects(options, &found[i], script)) {
			found[chosen++] = found[i];
		}
	}
	return chosen == 0 ? 0 : found[draw_below(state, chosen)].pid;
}

// ---- files ----

// Count, and name on stderr, what in the folder matches the pattern; `seen` is left out.
static int list_files(
		const char *dir, const char *pattern, const struct cn_buf *seen, struct cn_buf *names) {
	DIR *stream = opendir(dir);
	if (stream == NULL) {
		return 0;
	}
	int count = 0;
	struct dirent *entry;
	while ((entry = readdir(stream)) != NULL) {
		if (fnmatch(pattern, entry->d_name, FNM_PERIOD) != 0) {
			continue;
		}
		char line[PATH_LEN];
		snprintf(line, sizeof(line), "%s/%s\n", dir, entry->d_name);
		if (seen == NULL || strstr(seen->data, line) == NULL) {
			count++;
			cn_buf_puts(names, line);
		}
	}
	closedir(stream);
	return count;
}

// ---- a round ----

static void make_folder(char *dir) {
	const char *base = getenv("TMPDIR");
	snprintf(dir, PATH_LEN, "%s/conch-crash.XXXXXX", base != NULL && *base != '\0' ? base : "/tmp");
	if (mkdtemp(dir) == NULL) {
		die(dir);
	}
	static const char *const names[] = { ".tmp", ".run" };
	for (size_t i = 0; i < 2; i++) {
		char path[PATH_LEN + 8];
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		if (mkdir(path, 0700) < 0) {
			die(path);
		}
		setenv(i == 0 ? "CRASH_TMP" : "XDG_RUNTIME_DIR", path, 1);
	}
}

static void remove_folder(const char *dir) {
	pid_t pid = fork();
	if (pid == 0) {
		execlp("rm", "rm", "-rf", dir, (char *)NULL);
		_exit(127);
	}
	waitpid(pid, NULL, 0);
}

static pid_t start(const struct options *options, const char *dir) {
	pid_t pid = fork();
	if (pid < 0) {
		die("fork");
	}
	if (pid > 0) {
		return pid;
	}
	setsid();
	int null = open("/dev/null", O_RDONLY);
	int out = chdir(dir) < 0 ? -1 : open("stdout", O_WRONLY | O_CREAT | O_APPEND, 0600);
	int err = open("stderr", O_WRONLY | O_CREAT | O_APPEND, 0600);
	if (null < 0 || out < 0 || err < 0) {
		_exit(125);
	}
	dup2(null, 0);
	dup2(out, 1);
	dup2(err, 2);
	cn_fd_cloexec_from(3);
	setenv("TMPDIR", getenv("CRASH_TMP"), 1);
	unsetenv("CRASH_TMP");
	execvp(options->command[0], options->command);
	_exit(127);
}

// Wait for the command; false when `limit` ran out. *status as the shell counts.
static bool await_end(pid_t script, cn_time deadline, int *status) {
	int fd = (int)syscall(SYS_pidfd_open, script, 0);
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	int ended;
	do {
		ended = poll(&poll_fd, 1, cn_poll_timeout(deadline));
	} while (ended < 0 && errno == EINTR);
	close(fd);
	if (ended != 1) {
		return false;
	}
	int raw;
	waitpid(script, &raw, 0);
	*status = WIFSIGNALED(raw) ? 128 + WTERMSIG(raw) : WEXITSTATUS(raw);
	return true;
}

static bool all_gone(void) {
	static struct proctree_process found[PROCTREE_MAX];
	cn_time deadline = cn_after(500 * CN_MILLISECOND);
	for (;;) {
		reap_all();
		if (proctree_below(getpid(), found) == 0) {
			return true;
		}
		if (cn_left(deadline) == 0) {
			return false;
		}
		wait_for(CN_MILLISECOND);
	}
}

static int run_check(const struct options *options, const char *dir, int status, int64_t script,
		int64_t killed) {
	pid_t pid = fork();
	if (pid == 0) {
		char number[32];
		snprintf(number, sizeof(number), "%d", status);
		setenv("CRASH_STATUS", number, 1);
		setenv("CRASH_SCRIPT", script > 0 ? "1" : "0", 1);
		snprintf(number, sizeof(number), "%" PRId64, killed);
		setenv("CRASH_KILLED", number, 1);
		dup2(2, 1);
		if (chdir(dir) == 0) {
			execl("/bin/sh", "sh", "-c", options->check, (char *)NULL);
		}
		_exit(127);
	}
	int raw;
	waitpid(pid, &raw, 0);
	return raw;
}

static void show_file(const char *dir, const char *name) {
	char path[PATH_LEN + 16];
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	struct cn_buf text = CN_BUF_INIT;
	proctree_read_file(path, &text);
	if (text.len > 0) {
		fprintf(stderr, "--- %s\n%.2000s\n", name, text.data);
	}
	cn_buf_finish(&text);
}

// Tell of a bad round, once for each thing that is bad about it.
static void bad(const char *what, int64_t round, const struct options *options) {
	fprintf(stderr, "round %" PRId64 " (again with -s %" PRIu64 " -r %" PRId64 "): %s\n", round,
			options->seed, round, what);
}

static void look_at_files(const char *dir, const struct cn_buf *shm, int64_t round,
		const struct options *options, struct counts *counts) {
	struct cn_buf names = CN_BUF_INIT;
	int count = list_files("/dev/shm", "conch*", shm, &names);
	char tmp[PATH_LEN + 8];
	snprintf(tmp, sizeof(tmp), "%s/.tmp", dir);
	count += list_files(tmp, "*", NULL, &names);
	if (count > 0) {
		counts->files++;
		bad("files left", round, options);
		fputs(names.data, stderr);
	}
	cn_buf_finish(&names);
}

static bool has_ended(pid_t pid) {
	siginfo_t info = { 0 };
	return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || info.si_pid != 0;
}

/*
 * The moment has come. Where nobody of the kind is there, wait for one, and give it some time to get
 * to work; 0: the command ended first.
 */
static pid_t choose_soon(const struct options *options, pid_t script, uint64_t *state) {
	pid_t victim = choose(options, script, state);
	while (victim == 0 && !has_ended(script)) {
		wait_for(CN_MILLISECOND / 10);
		if (choose(options, script, state) != 0) {
			wait_for((cn_time)draw_below(state, (uint64_t)options->window / 20 + 1));
			victim = choose(options, script, state);
		}
	}
	return victim;
}

static void run_round(const struct options *options, int64_t round, struct counts *counts) {
	uint64_t state = options->seed + (uint64_t)round;
	char dir[PATH_LEN];
	make_folder(dir);
	struct cn_buf shm = CN_BUF_INIT;
	list_files("/dev/shm", "conch*", NULL, &shm);

	cn_time began = cn_now();
	pid_t script = start(options, dir);
	int64_t script_killed = 0;
	int64_t killed = 0;
	int64_t kills =
			options->kills == 0 ? 0 : 1 + (int64_t)draw_below(&state, (uint64_t)options->kills);
	for (int64_t i = 0; i < kills; i++) {
		wait_for((cn_time)draw_below(&state, (uint64_t)(options->window / kills)));
		pid_t victim = choose_soon(options, script, &state);
		if (victim == 0 || kill(victim, SIGKILL) < 0) {
			counts->spared++;
			continue;
		}
		script_killed += victim == script;
		killed++;
	}
	counts->script += script_killed;
	counts->others += killed - script_killed;

	int status = 0;
	bool ended = await_end(script, began + options->window + options->limit, &status);
	cn_time took = cn_now() - began;
	counts->shortest = counts->shortest == 0 || took < counts->shortest ? took : counts->shortest;
	bool good = true;
	if (!ended) {
		counts->hangs++;
		bad("hangs", round, options);
		describe();
		good = false;
	} else if (!all_gone()) {
		counts->left++;
		bad("processes left", round, options);
		describe();
		good = false;
	}
	kill_all();
	look_at_files(dir, &shm, round, options, counts);
	if (ended && options->check != NULL &&
			run_check(options, dir, status, script_killed, killed) != 0) {
		counts->broken++;
		bad("the check failed", round, options);
		good = false;
	}
	if (!good) {
		fprintf(stderr, "status %d, killed %" PRId64 "%s\n", status, killed,
				script_killed > 0 ? ", the script too" : "");
		show_file(dir, "stdout");
		show_file(dir, "stderr");
	}
	counts->rounds++;
	cn_buf_finish(&shm);
	remove_folder(dir);
}

// How long the command takes when nobody is killed: victims are to fall anywhere in that time.
static cn_time measure(struct options *options) {
	struct options undisturbed = *options;
	undisturbed.kills = 0;
	undisturbed.window = 0;
	struct counts counts = { 0 };
	for (int i = 0; i < 3; i++) {
		run_round(&undisturbed, 0, &counts);
	}
	if (counts.hangs + counts.left + counts.files + counts.broken > 0) {
		fputs("crash-loop: bad already when nobody is killed\n", stderr);
		exit(1);
	}
	return counts.shortest;
}

static _Noreturn void usage(void) {
	fputs("usage: crash-loop [-n ROUNDS] [-r FIRST-ROUND] [-s SEED] [-k MOST-KILLS] [-d WINDOW]\n"
		  "                  [-w LIMIT] [-v any|script|child|grandchild|below] [-c CHECK]\n"
		  "                  COMMAND [ARG...]\n",
			stderr);
	exit(2);
}

static enum selector selector_parse(const char *name) {
	for (size_t i = 0; i < sizeof(selector_names) / sizeof(selector_names[0]); i++) {
		if (strcmp(name, selector_names[i]) == 0) {
			return (enum selector)i;
		}
	}
	usage();
}

static void parse(struct options *options, int argc, char **argv) {
	int opt;
	int err = 0;
	int64_t number = 0;
	while ((opt = getopt(argc, argv, "+n:r:s:k:d:w:v:c:")) != -1 && err == 0) {
		switch (opt) {
		case 'n':
			err = cn_parse_int(optarg, 1, INT64_MAX, &options->rounds);
			break;
		case 'r':
			err = cn_parse_int(optarg, 0, INT64_MAX, &options->first);
			options->rounds = 1;
			break;
		case 's':
			err = cn_parse_int(optarg, 0, INT64_MAX, &number);
			options->seed = (uint64_t)number;
			break;
		case 'k':
			err = cn_parse_int(optarg, 0, 1000, &options->kills);
			break;
		case 'd':
			err = cn_parse_duration(optarg, &options->window);
			break;
		case 'w':
			err = cn_parse_duration(optarg, &options->limit);
			break;
		case 'v':
			options->victim = selector_parse(optarg);
			break;
		case 'c':
			options->check = optarg;
			break;
		default:
			err = -EINVAL;
		}
	}
	if (err < 0 || optind == argc) {
		usage();
	}
	options->command = argv + optind;
}

int main(int argc, char **argv) {
	struct options options = {
		.rounds = 100,
		.kills = 1,
		.limit = 10 * CN_SECOND,
		.seed = (uint64_t)time(NULL),
	};
	parse(&options, argc, argv);
	setvbuf(stdout, NULL, _IOLBF, 0);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (options.window == 0) {
		options.window = measure(&options) * 11 / 10;
	}
	printf("seed %" PRIu64 ", %s within %.1f ms\n", options.seed, selector_names[options.victim],
			(double)options.window / 1e6);

	struct counts counts = { 0 };
	for (int64_t i = 0; i < options.rounds; i++) {
		run_round(&options, options.first + i, &counts);
		if (counts.rounds % 1000 == 0 && counts.rounds < options.rounds) {
			printf("... %" PRId64 " rounds\n", counts.rounds);
		}
	}
	printf("%" PRId64 " rounds, %" PRId64 " killed (%" PRId64 " times the script, %" PRId64
		   " times nobody was there); %" PRId64 " hangs, %" PRId64 " with processes left, %" PRId64
		   " with files left, %" PRId64 " failed checks\n",
			counts.rounds, counts.script + counts.others, counts.script, counts.spared,
			counts.hangs, counts.left, counts.files, counts.broken);
	return counts.hangs + counts.left + counts.files + counts.broken == 0 ? 0 : 1;
}
