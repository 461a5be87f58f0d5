/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A stage is a task, as spawn makes it, between two pipes; one with workers is a task that runs
 * `pool map`. Spawn opens the pipes' ends by their /proc entries; ours are closed in every copy of
 * the shell, so that a stage holds no end but its own, and in the shell once all stages run.
 */
#include "config.h"
#include "plugin/cmd/pipe_run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/base/vec.h"
#include "lib/proc/process.h"
#include "plugin/host.h"
#include "plugin/report.h"
#include "plugin/tasks.h"

const struct opt pipe_run_opts[] = {
	{ 'v', "variable", OPT_VARIABLE, offsetof(struct pipe_run_args, statuses), "ARRAY",
			"the stages' statuses go there (PIPE_STATUS)" },
	{ 'j', "jobs", OPT_TEXT, offsetof(struct pipe_run_args, jobs), "N",
			"N workers for the stage, which takes its lines in turn" },
	{ 0 },
};

enum { STAGES_MAX = 256, NAME_ROOM = 48 };

struct stage {
	char **words;
	int count;
	const char *jobs; // NULL: one process, its stdin is the pipe
	char name[NAME_ROOM];
	uint64_t number; // of its task; 0: not started
	int status;
};

struct run {
	const struct cmd *cmd;
	struct stage stages[STAGES_MAX];
	int count;
	int in; // read end for the next stage; -1: none
	int ends[2]; // the pipe behind the stage that is started
	int tty; // the terminal that the first stage has for now; -1: none
	pid_t tty_group; // who had it
	pid_t reader; // the group that has it
};

// The one that is starting its stages, for the copies it makes.
static struct run *starting;

static void close_ends(struct run *run) {
	cn_fd_close(&run->in);
	cn_fd_close(&run->ends[0]);
	cn_fd_close(&run->ends[1]);
}

static void in_copy(void) {
	if (starting != NULL) {
		close_ends(starting);
		starting = NULL;
	}
}

// ---- what is asked for ---------------------------------------------------------------------------

static int stage_add(struct run *run, char **words, int count, const char *jobs) {
	const struct cmd *cmd = run->cmd;
	if (jobs == NULL && count > 0 && strncmp(words[0], "-j", 2) == 0) {
		bool apart = words[0][2] == '\0';
		jobs = apart ? (count > 1 ? words[1] : "") : words[0] + 2;
		words += 1 + (apart && count > 1);
		count -= 1 + (apart && count > 1);
	}
	if (count > 0 && strcmp(words[0], "--") == 0) {
		words++;
		count--;
	}
	if (count == 0) {
		return cmd_fail(cmd, STATUS_USAGE, "stage %d: no command", run->count + 1);
	}
	if (run->count == STAGES_MAX) {
		return cmd_fail(cmd, STATUS_USAGE, "more than %d stages", STAGES_MAX);
	}
	run->stages[run->count++] = (struct stage){ .words = words, .count = count, .jobs = jobs };
	return STATUS_OK;
}

static int read_stages(struct run *run, const char *jobs) {
	const struct cmd *cmd = run->cmd;
	int begin = 0;
	for (int at = 0; at <= cmd->argc; at++) {
		if (at < cmd->argc && strcmp(cmd->argv[at], "::") != 0) {
			continue;
		}
		int status = stage_add(run, cmd->argv + begin, at - begin, jobs);
		if (status != STATUS_OK) {
			return status;
		}
		begin = at + 1;
		jobs = NULL;
	}
	return STATUS_OK;
}

// ---- starting ------------------------------------------------------------------------------------

static void push(struct cn_vec *words, const char *word) {
	cn_vec_push(words, (void *)(uintptr_t)word);
}

// By the name under which the shell has it.
static void push_map(struct cn_vec *words, const char *jobs) {
	struct host_command found;
	host->find("pool", &found);
	free(found.path);
	if (found.kind != HOST_BUILTIN) {
		push(words, "conch");
	}
	push(words, "pool");
	push(words, "map");
	push(words, "-j");
	push(words, jobs);
	push(words, "--");
}

static int start_stage(struct run *run, struct stage *stage) {
	static unsigned serial;
	struct cn_vec words = CN_VEC_INIT;
	char in[48] = "-";
	char out[48];
	snprintf(stage->name, sizeof(stage->name), "pipe-run.%d.%u", (int)getpid(), ++serial);
	if (run->in >= 0) {
		snprintf(in, sizeof(in), "/proc/self/fd/%d", run->in);
	}
	const char *begin[] = { "spawn", "-d", "-n", stage->name, "-i", in };
	for (size_t i = 0; i < sizeof(begin) / sizeof(begin[0]); i++) {
		push(&words, begin[i]);
	}
	if (run->ends[1] >= 0) {
		snprintf(out, sizeof(out), "/proc/self/fd/%d", run->ends[1]);
		push(&words, "-o");
		push(&words, out);
	}
	push(&words, "--");
	if (stage->jobs != NULL) {
		push_map(&words, stage->jobs);
	}
	for (int i = 0; i < stage->count; i++) {
		push(&words, stage->words[i]);
	}
	int status = words.items == NULL ? STATUS_FAILED
									 : command_run(command_find("spawn"), (int)words.len,
											   (char **)words.items);
	cn_vec_finish(&words);
	const struct own_task *own = status == STATUS_OK ? tasks_find(stage->name) : NULL;
	stage->number = own == NULL ? 0 : own->number;
	return status;
}

// A stage in a group of its own may read the terminal only when that is given to it.
static void give_terminal(struct run *run) {
	int fd = host->fd(STDIN_FILENO);
	const char *pid = host->get("SPAWN_PID");
	if (fd < 0 || pid == NULL || !isatty(fd) || tcgetpgrp(fd) != getpgrp()) {
		return;
	}
	run->tty = fd;
	run->tty_group = getpgrp();
	run->reader = atoi(pid);
	tcsetpgrp(fd, run->reader);
}

static void take_terminal(struct run *run) {
	if (run->tty < 0) {
		return;
	}
	sigset_t stop;
	sigset_t mask;
	sigemptyset(&stop);
	sigaddset(&stop, SIGTTOU);
	sigprocmask(SIG_BLOCK, &stop, &mask);
	tcsetpgrp(run->tty, run->tty_group);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	run->tty = -1;
}

static int start_all(struct run *run) {
	cn_process_on_copy(in_copy);
	starting = run;
	int status = STATUS_OK;
	for (int i = 0; i < run->count && status == STATUS_OK; i++) {
		if (i + 1 < run->count) {
			if (pipe2(run->ends, O_CLOEXEC) < 0) {
				status = cmd_fail(run->cmd, STATUS_FAILED, "%s", cn_strerror(-errno));
				break;
			}
			run->ends[0] = cn_fd_private(run->ends[0]);
			run->ends[1] = cn_fd_private(run->ends[1]);
		}
		status = start_stage(run, &run->stages[i]);
		if (i == 0 && status == STATUS_OK) {
			give_terminal(run);
		}
		cn_fd_close(&run->in);
		cn_fd_close(&run->ends[1]);
		run->in = run->ends[0];
		run->ends[0] = -1;
	}
	close_ends(run);
	starting = NULL;
	return status;
}

// What spawn says in SPAWN and SPAWN_PID is no concern of the script.
static int start_quietly(struct run *run) {
	static const char *const names[] = { "SPAWN", "SPAWN_PID" };
	char *saved[2];
	for (int i = 0; i < 2; i++) {
		const char *value = host->get(names[i]);
		saved[i] = value == NULL ? NULL : strdup(value);
	}
	int status = start_all(run);
	for (int i = 0; i < 2; i++) {
		if (saved[i] == NULL) {
			host->unset(names[i]);
		} else {
			host->set(names[i], saved[i], strlen(saved[i]));
		}
		free(saved[i]);
	}
	return status;
}

// ---- waiting -------------------------------------------------------------------------------------

static struct own_task *look_up(const struct stage *stage) {
	struct own_task *own = stage->number == 0 ? NULL : tasks_find(stage->name);
	return own != NULL && own->number == stage->number ? own : NULL;
}

static void kill_stage(const struct stage *stage) {
	struct own_task *own = look_up(stage);
	struct cn_task *task;
	if (own != NULL && cn_pin(&own->ref, (void **)&task) == 0) {
		cn_task_kill(task, SIGTERM);
		cn_task_kill(task, SIGKILL);
		cn_unpin(&own->ref, task);
	}
}

// Also on the way of a longjmp out of the wait.
static void abandon(void *data) {
	struct run *run = data;
	take_terminal(run);
	for (int i = 0; i < run->count; i++) {
		kill_stage(&run->stages[i]);
		struct own_task *own = look_up(&run->stages[i]);
		if (own != NULL) {
			tasks_forget(own);
		}
	}
	free(run);
}

// It may have read before the terminal was its own, and was stopped; nor can ^Z stop a builtin.
static void go_on(const struct run *run) {
	if (run->tty >= 0) {
		kill(-run->reader, SIGCONT);
	}
}

static void wait_for_stage(const struct run *run, struct stage *stage) {
	struct own_task *own;
	while ((own = look_up(stage)) != NULL && !tasks_has_ended(own)) {
		tasks_wait(run->tty < 0 ? CN_NEVER : cn_after(100 * CN_MILLISECOND));
		go_on(run);
	}
	stage->status = own == NULL ? STATUS_FAILED : cn_task_status(own->result);
	if (own != NULL) {
		tasks_forget(own);
	}
}

static int give_statuses(struct run *run, const char *var) {
	char texts[STAGES_MAX][8];
	struct host_text values[STAGES_MAX];
	for (int i = 0; i < run->count; i++) {
		int len = snprintf(texts[i], sizeof(texts[i]), "%d", run->stages[i].status);
		values[i] = (struct host_text){ texts[i], (size_t)len };
	}
	int err = host->set_array(var, values, (size_t)run->count);
	return cmd_result(run->cmd, var, err, NULL);
}

int pipe_run(struct cmd *cmd, void *data) {
	const struct pipe_run_args *args = data;
	struct tasks *tasks;
	int status = tasks_open(cmd, &tasks);
	struct run *run = status == STATUS_OK ? calloc(1, sizeof(*run)) : NULL;
	if (run == NULL) {
		return status != STATUS_OK ? status : cmd_result(cmd, NULL, -ENOMEM, NULL);
	}
	run->cmd = cmd;
	run->in = run->ends[0] = run->ends[1] = run->tty = -1;
	status = read_stages(run, args->jobs);
	if (status == STATUS_OK) {
		status = start_quietly(run);
	}
	if (status != STATUS_OK) {
		abandon(run);
		return status;
	}
	host->protect(abandon, run);
	for (int i = 0; i < run->count; i++) {
		wait_for_stage(run, &run->stages[i]);
		status = run->stages[i].status != 0 ? run->stages[i].status : status;
	}
	host->unprotect();
	take_terminal(run);
	int given = give_statuses(run, args->statuses != NULL ? args->statuses : "PIPE_STATUS");
	free(run);
	return given != STATUS_OK ? given : status;
}
