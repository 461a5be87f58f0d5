/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin/cmd/spawn.c - a command as a task. A function or builtin runs in a copy of the shell. A
 * program, and whatever has a time limit or its lines labelled, has a keeper in between: a copy of
 * the shell that stays in C and starts the command as its child (lib/proc/keeper.h).
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdnoreturn.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/proc/guardian.h"
#include "lib/proc/keeper.h"
#include "lib/proc/process.h"
#include "lib/shm/names.h"
#include "lib/sync/futex.h"
#include "plugin/command.h"
#include "plugin/host.h"
#include "plugin/report.h"
#include "plugin/session.h"
#include "plugin/tasks.h"

// No --nice given. Zero is a value: it says so where the shell itself is nicer.
#define NICE_NONE INT64_MIN

struct spawn_args {
	const char *name;
	bool daemon;
	bool capture;
	bool lines;
	cn_time timeout;
	const char *input;
	const char *output;
	const char *errors;
	const char *dir;
	int64_t nice;
	bool detach;
	const char *then;
};

static const struct spawn_args spawn_defaults = { .timeout = CN_NEVER, .nice = NICE_NONE };

static const struct opt spawn_opts[] = {
	{ 'n', "name", OPT_TEXT, offsetof(struct spawn_args, name), "NAME", "what it is called" },
	{ 'd', "daemon", OPT_FLAG, offsetof(struct spawn_args, daemon), NULL,
			"killed, not awaited, at the shell's end" },
	{ 'c', "capture", OPT_FLAG, offsetof(struct spawn_args, capture), NULL,
			"keep its output for await" },
	{ 'l', "lines", OPT_FLAG, offsetof(struct spawn_args, lines), NULL,
			"pass its output on in whole lines behind NAME:" },
	{ 't', "timeout", OPT_DURATION, offsetof(struct spawn_args, timeout), "DUR",
			"kill it after DUR" },
	{ 'i', "input", OPT_TEXT, offsetof(struct spawn_args, input), "FILE",
			"its stdin; - is the shell's" },
	{ 'o', "output", OPT_TEXT, offsetof(struct spawn_args, output), "FILE", "its stdout" },
	{ 'e', "errors", OPT_TEXT, offsetof(struct spawn_args, errors), "FILE", "its stderr" },
	{ 'C', "directory", OPT_TEXT, offsetof(struct spawn_args, dir), "DIR", "where it runs" },
	{ 0, "nice", OPT_NUMBER, offsetof(struct spawn_args, nice), "N", "added to its nice value" },
	{ 0, "detach", OPT_FLAG, offsetof(struct spawn_args, detach), NULL, "outlives the session" },
	{ 0, "then", OPT_TEXT, offsetof(struct spawn_args, then), "CMD",
			"run CMD NAME STATUS in the shell at its end" },
	{ 0 },
};

// A task on its way into being.
struct start {
	const struct cmd *cmd;
	const struct spawn_args *args;
	struct tasks *tasks;
	struct host_command command;
	const char *name;
	struct cn_task *task; // nobody destroys it while its process lives
	int fds[3]; // -1: the shell's
	pid_t parent;
	sigset_t mask; // of the shell
};

// ---- in the copy ----

// What a copy does before the command's own code, whoever runs that.
static int prepare(struct start *s) {
	if (s->args->nice != NICE_NONE) {
		errno = 0;
		int now = getpriority(PRIO_PROCESS, 0);
		if (setpriority(PRIO_PROCESS, 0, now + (int)s->args->nice) < 0) {
			return cmd_fail(s->cmd, STATUS_FAILED, "--nice: %s", cn_strerror(-errno));
		}
	}
	char text[CN_TREE_TEXT_MAX];
	if (s->args->detach) {
		session_hide();
		host->unset(CN_TREE_VARIABLE);
	} else if (s->tasks->tree != 0) {
		cn_tree_text(s->tasks->tree, text);
		const char *mark = host->get(CN_TREE_VARIABLE);
		if (mark == NULL || strcmp(mark, text) != 0) {
			host->export(CN_TREE_VARIABLE, text);
		}
	}
	return STATUS_OK;
}

static int call_cd(void *data) {
	char **words = data;
	struct host_command cd;
	host->find("cd", &cd);
	return cd.kind == HOST_BUILTIN ? host->call(&cd, words, 3) : STATUS_FAILED;
}

// By the shell's own cd, so that PWD is right. It prints why it fails.
static int enter_directory(struct start *s) {
	const char *dir = s->args->dir;
	if (dir == NULL) {
		return STATUS_OK;
	}
	char way[PATH_MAX]; // not to be looked for in CDPATH
	snprintf(way, sizeof(way), "%s%s", dir[0] == '/' ? "" : "./", dir);
	char *words[] = { (char *)(uintptr_t) "cd", (char *)(uintptr_t) "--", way, NULL };
	bool left;
	return host->guard(call_cd, words, &left) == 0 ? STATUS_OK : STATUS_FAILED;
}

static int call_command(void *data) {
	struct start *s = data;
	if (s->command.kind == HOST_NOTHING) {
		return host->run(s->cmd->argv, (size_t)s->cmd->argc); // it says so in the shell's way
	}
	return host->call(&s->command, s->cmd->argv, (size_t)s->cmd->argc);
}

// In the process that is the task, from here on an ordinary subshell. The status to exit with.
static int run_command(struct start *s) {
	host->child_begin();
	for (int fd = 0; fd < 3; fd++) {
		if (s->fds[fd] >= 0) {
			host->set_fd(fd, s->fds[fd]);
		}
	}
	sigprocmask(SIG_SETMASK, &s->mask, NULL);
	int status = prepare(s);
	status = status == STATUS_OK ? enter_directory(s) : status;
	if (status == STATUS_OK) {
		bool left;
		status = host->guard(call_command, s, &left);
	}
	return host->child_end(status) & 0xff;
}

// Lead a group, and die with the shell; a detached one leads a session, and does not.
static void take_place(struct start *s) {
	if (s->args->detach) {
		setsid();
	} else {
		cn_process_tie(s->parent, NULL);
	}
}

static noreturn void run_here(struct start *s) {
	struct cn_arena *arena = s->tasks->arena;
	take_place(s);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	int status = run_command(s);
	bool children = cn_keeper_has_children();
	cn_owner_leave(arena); // so that whoever sees the result finds nothing held by us
	atomic_store(&s->task->lingers, children);
	cn_task_publish(arena, s->task, CN_RESULT(CN_TASK_EXITED, status));
	if (children && !s->args->detach) {
		cn_keeper_linger(arena, s->task, s->parent, status);
	}
	_exit(status);
}

// The shell's code again, below a keeper.
static pid_t start_copy(struct start *s) {
	pid_t keeper = getpid();
	pid_t pid = cn_process_copy(NULL);
	if (pid != 0) {
		if (pid > 0) {
			setpgid(pid, pid);
			cn_task_started(s->task, pid);
		}
		return pid;
	}
	cn_process_tie(keeper, NULL);
	_exit(run_command(s));
}

static int start_failed(struct start *s, int err) {
	const char *name = s->cmd->argv[0];
	int status = err == -ENOENT				   ? STATUS_NOT_FOUND
			: err == -EAGAIN || err == -ENOMEM ? STATUS_FAILED
											   : STATUS_CANNOT_RUN;
	return cmd_fail(s->cmd, status, "%s: %s", name, strerror(-err));
}

static pid_t start_program(struct start *s, int *status) {
	*status = prepare(s);
	*status = *status == STATUS_OK ? enter_directory(s) : *status;
	if (*status != STATUS_OK) {
		return -1;
	}
	struct cn_plan plan = {
		.path = s->command.path,
		.argv = s->cmd->argv,
		.env = host->environment(),
		.fds = { s->fds[0], s->fds[1], s->fds[2] },
		.group = true,
		.ward = true,
		.pid = &s->task->leader,
		.mask = &s->mask,
	};
	pid_t pid = cn_process_start(&plan);
	if (pid < 0) {
		atomic_store(&s->task->leader, 0);
		*status = start_failed(s, pid);
		return pid;
	}
	cn_task_started(s->task, pid);
	return pid;
}

// Pipes for what is passed on by lines: the command gets the one end, the keeper the other.
static int open_pipes(struct start *s, struct cn_keeper *keeper) {
	for (int i = 0; i < 2; i++) {
		int to = s->fds[i + 1] >= 0 ? s->fds[i + 1] : host->fd(i + 1);
		int ends[2];
		if (to < 0) {
			continue;
		}
		if (pipe2(ends, O_CLOEXEC) < 0) {
			return cmd_fail(s->cmd, STATUS_FAILED, "%s", cn_strerror(-errno));
		}
		keeper->from[i] = cn_fd_private(ends[0]);
		keeper->to[i] = to;
		s->fds[i + 1] = cn_fd_private(ends[1]);
	}
	return STATUS_OK;
}

static noreturn void keep(struct start *s) {
	struct cn_arena *arena = s->tasks->arena;
	char label[CN_NAME_MAX + 3];
	snprintf(label, sizeof(label), "%s: ", s->name);
	struct cn_keeper keeper = { .arena = arena,
		.task = s->task,
		.owner = s->parent,
		.deadline = cn_after(s->args->timeout),
		.label = label,
		.from = { -1, -1 },
		.to = { -1, -1 } };
	take_place(s);
	cn_keeper_begin();
	bool is_program = s->command.kind == HOST_PROGRAM;
	if (is_program) {
		host->child_begin();
	}
	cn_keeper_begin();
	int status = s->args->lines ? open_pipes(s, &keeper) : STATUS_OK;
	if (status == STATUS_OK) {
		keeper.leader = is_program ? start_program(s, &status) : start_copy(s);
		if (!is_program && keeper.leader < 0) {
			status = start_failed(s, keeper.leader);
		}
	}
	if (status != STATUS_OK) {
		cn_task_publish(arena, s->task, CN_RESULT(CN_TASK_EXITED, status));
		cn_futex_wake(&s->task->pid, INT_MAX);
		_exit(status);
	}
	cn_process_ward(keeper.leader);
	cn_keeper_run(&keeper);
}

// ---- in the shell ----

static int open_file(struct start *s, int fd, const char *path) {
	int flags = fd == STDIN_FILENO ? O_RDONLY : O_WRONLY | O_CREAT | O_TRUNC;
	s->fds[fd] = cn_fd_private(open(path, flags | O_CLOEXEC, 0666));
	if (s->fds[fd] < 0) {
		int err = s->fds[fd];
		s->fds[fd] = -1;
		return cmd_fail(s->cmd, STATUS_FAILED, "%s: %s", path, strerror(-err));
	}
	return STATUS_OK;
}

static int open_capture(struct start *s) {
	int fd = cn_fd_memory("conch-output");
	if (fd < 0) {
		return cmd_fail(
				s->cmd, STATUS_FAILED, "%s: no room for its output: %s", s->name, cn_strerror(fd));
	}
	fcntl(fd, F_SETFL, O_APPEND); // also for who opens /dev/stdout
	s->fds[STDOUT_FILENO] = fd;
	return STATUS_OK;
}

static int open_files(struct start *s) {
	const struct spawn_args *args = s->args;
	int status = STATUS_OK;
	if (args->input == NULL || strcmp(args->input, "-") != 0) {
		status = open_file(s, STDIN_FILENO, args->input != NULL ? args->input : "/dev/null");
	}
	if (status == STATUS_OK && args->capture) {
		status = open_capture(s);
	} else if (status == STATUS_OK && args->output != NULL) {
		status = open_file(s, STDOUT_FILENO, args->output);
	}
	if (status == STATUS_OK && args->errors != NULL) {
		if (args->output != NULL && strcmp(args->output, args->errors) == 0) {
			s->fds[STDERR_FILENO] = fcntl(s->fds[STDOUT_FILENO], F_DUPFD_CLOEXEC, CN_FD_PRIVATE);
		} else {
			status = open_file(s, STDERR_FILENO, args->errors);
		}
	}
	return status;
}

static void close_files(struct start *s) {
	for (int fd = 0; fd < 3; fd++) {
		cn_fd_close(&s->fds[fd]);
	}
}

static unsigned flags_of(const struct start *s) {
	const struct spawn_args *args = s->args;
	bool kept = args->lines || args->timeout != CN_NEVER || s->command.kind == HOST_PROGRAM;
	return (args->daemon ? CN_TASK_DAEMON : 0) | (args->detach ? CN_TASK_DETACHED : 0) |
			(kept ? CN_TASK_KEPT : 0);
}

// The pid to show is that of the command itself: its keeper says it.
static void await_start(struct start *s, struct own_task *own) {
	while (atomic_load(&s->task->pid) == 0 && !tasks_has_ended(own)) {
		cn_futex_wait(&s->task->pid, 0, cn_after(CN_SECOND / 10));
	}
}

// The copy begins with all signals blocked, until it is ready for them.
static pid_t make_copy(struct start *s, unsigned flags) {
	sigset_t all;
	sigfillset(&all);
	host->flush();
	s->parent = getpid();
	sigprocmask(SIG_SETMASK, &all, &s->mask);
	pid_t pid = cn_process_copy(NULL);
	if (pid == 0) {
		if ((flags & CN_TASK_KEPT) != 0) {
			keep(s);
		}
		run_here(s);
	}
	if (pid > 0 && !s->args->detach) {
		setpgid(pid, pid);
	}
	if (pid > 0 && (flags & CN_TASK_KEPT) != 0) {
		atomic_store(&s->task->keeper, (uint32_t)pid);
	} else if (pid > 0) {
		cn_task_started(s->task, pid);
	}
	sigprocmask(SIG_SETMASK, &s->mask, NULL);
	return pid;
}

static int give_names(const struct cmd *cmd, const char *name, uint32_t pid) {
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", pid);
	int status = cmd_give(cmd, "SPAWN", name, strlen(name));
	return status == STATUS_OK ? cmd_give(cmd, "SPAWN_PID", text, (size_t)len) : status;
}

static int start_task(struct start *s, const struct cn_ref *ref) {
	unsigned flags = flags_of(s);
	char *then = s->args->then != NULL ? strdup(s->args->then) : NULL;
	int capture = s->args->capture ? s->fds[STDOUT_FILENO] : -1;
	struct own_task *own = tasks_add(ref, s->name, flags, then, capture);
	if (own == NULL) {
		free(then);
		cn_ref_destroy(ref);
		return cmd_result(s->cmd, s->name, -ENOMEM, NULL);
	}
	pid_t pid = make_copy(s, flags);
	if (capture >= 0) {
		s->fds[STDOUT_FILENO] = -1; // own's
	}
	int err = pid < 0 ? pid : tasks_started(own, pid);
	if (err < 0) {
		tasks_drop(own);
		return cmd_fail(s->cmd, STATUS_FAILED, "cannot start a process: %s", cn_strerror(err));
	}
	if ((flags & CN_TASK_KEPT) != 0) {
		await_start(s, own);
	}
	return give_names(s->cmd, s->name, atomic_load(&s->task->pid));
}

static int no_record(struct start *s, int err) {
	if (err == -EINVAL) {
		return cmd_fail(s->cmd, STATUS_USAGE, "%s: not a name", s->args->name);
	}
	if (err == -EAGAIN) {
		return cmd_fail(s->cmd, STATUS_FAILED, "too many processes in the session");
	}
	return cmd_result(s->cmd, s->args->name, err, NULL);
}

static int create_record(struct start *s, struct cn_ref *ref) {
	struct cn_task_setup setup = {
		.flags = flags_of(s),
		.capture = s->args->capture ? s->fds[STDOUT_FILENO] : -1,
		.owner = s->tasks->self,
		.tree = s->tasks->tree,
		.words = s->cmd->argv,
	};
	int err = cn_task_create(s->tasks->arena, s->args->name, &setup, ref);
	if (err == -EEXIST) {
		return cmd_fail(s->cmd, STATUS_NO_OBJECT, "%s: the name is taken", s->args->name);
	}
	return err == 0 ? STATUS_OK : no_record(s, err);
}

static int spawn_task(struct start *s) {
	struct cn_ref ref;
	int status = create_record(s, &ref);
	if (status != STATUS_OK) {
		return status;
	}
	void *pinned;
	int err = cn_pin(&ref, &pinned);
	if (err < 0) {
		cn_ref_destroy(&ref);
		return no_record(s, err);
	}
	char name[CN_NAME_MAX + 1];
	s->task = pinned;
	snprintf(name, sizeof(name), "%s", cn_object_name(pinned));
	s->name = name;
	status = start_task(s, &ref);
	cn_unpin(&ref, pinned);
	return status;
}

static int spawn_run(struct cmd *cmd, void *data) {
	const struct spawn_args *args = data;
	if (args->capture && args->output != NULL) {
		return cmd_fail(cmd, STATUS_USAGE, "-c and -o: the output goes to one place");
	}
	if (args->nice != NICE_NONE && (args->nice < -40 || args->nice > 40)) {
		return cmd_fail(cmd, STATUS_USAGE, "--nice: out of range");
	}
	struct start s = { .cmd = cmd, .args = args, .fds = { -1, -1, -1 } };
	int status = tasks_open(cmd, &s.tasks);
	if (status != STATUS_OK) {
		return status;
	}
	tasks_update();
	int err = tasks_guard();
	if (err < 0) {
		return cmd_fail(cmd, STATUS_FAILED, "cannot start a process: %s", cn_strerror(err));
	}
	host->find(cmd->argv[0], &s.command);
	status = open_files(&s);
	if (status == STATUS_OK) {
		status = spawn_task(&s);
	}
	close_files(&s);
	free(s.command.path);
	return status;
}

const struct command command_spawn = {
	.name = "spawn",
	.summary = "run a command concurrently, as a task",
	.verbs =
			(const struct verb[]){
					{ NULL, spawn_run, 1, MANY, "COMMAND [ARG...]",
							"The task's name is put in SPAWN, its process in SPAWN_PID.",
							spawn_opts, sizeof(struct spawn_args), &spawn_defaults },
			},
};
