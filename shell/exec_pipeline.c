/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell/exec_pipeline.c - pipelines (XCU 2.9.2), asynchronous lists (2.9.3.1), subshells (2.13). See
 * exec.h.
 */
#include "config.h"

#include <string.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "shell/builtin.h"
#include "shell/exec.h"
#include "shell/expand.h"
#include "shell/fd.h"
#include "shell/jobs.h"
#include "shell/subshell.h"
#include "shell/trap.h"

/* In a forked child: execute the node as the rest of this process. */
static void exec_child(struct shell *sh, struct sh_node *node) {
	while (node->kind == SH_NODE_SUBSHELL && node->redirs == NULL) {
		node = node->pair.left; // it is a subshell already
	}
	sh->loops = 0;
	sh_exec(sh, node, SH_EXEC_LAST);
	if (sh_signal_any) {
		sh_trap_run(sh);
	}
	sh->unwind = SH_UNWIND_NONE;
	sh_trap_run_exit(sh);
	sh_exit_process(sh, sh->status);
}

/* ---- one process of a pipeline or asynchronous list ---- */

struct stage {
	struct sh_node *node;
	int in, out; // real descriptors, -1: as they are
	int other; // the read end of the next pipe, to be closed in the child
	pid_t pgid; // -1: no job control; 0: the first of the job
	bool foreground, async;
};

static void stage_child(struct shell *sh, const struct stage *stage) {
	if (stage->pgid >= 0) {
		setpgid(0, stage->pgid);
		if (stage->foreground) {
			sh_jobs_give_terminal(sh, getpgrp());
		}
	}
	sh->jobs->control = false;
	sh->is_background = stage->async;
	if (stage->other >= 0) {
		close(stage->other);
	}
	if (stage->async && stage->pgid < 0) {
		sh_trap_ignore_interrupts(sh);
		if (stage->in < 0) {
			sh_file_drop(sh_fd_replace(sh, 0, sh_file_open(sh, "/dev/null", O_RDONLY, 0)));
		}
	}
	exec_child(sh, stage->node);
}

/* Is the stage a program, with words whose expansion has no effect? Then no fork is needed. */
static bool is_plain(const struct sh_node *node) {
	if (node->kind != SH_NODE_SIMPLE || node->simple.assign_count > 0 || node->redirs != NULL ||
			node->simple.word_count == 0) {
		return false;
	}
	for (int i = 0; i < node->simple.word_count; i++) {
		if ((node->simple.words[i]->flags & SH_WORD_NO_COMMANDS) == 0) {
			return false;
		}
	}
	return true;
}

/* Start the program of a plain stage directly: its pid, 0 when it is none (or fails), -1. */
static pid_t stage_spawn(struct shell *sh, const struct stage *stage) {
	struct sh_fields fields = { 0 };
	struct sh_word *first = stage->node->simple.words[0];
	if ((first->flags & SH_WORD_PLAIN) == 0 || (sh->options & (SH_OPT_XTRACE | SH_OPT_NOUNSET)) != 0) {
		return 0;
	}
	struct sh_command cmd = sh_lookup(sh, first->text, 0);
	if (cmd.kind != SH_CMD_PROGRAM) {
		return 0;
	}
	for (int i = 0; i < stage->node->simple.word_count; i++) {
		if (!sh_expand_word(sh, stage->node->simple.words[i], &fields)) {
			return 0;
		}
	}
	sh_fields_end(sh, &fields);
	struct sh_spawn plan = { .path = cmd.path, .argv = fields.items, .envp = sh_var_environ(sh),
		.pgid = stage->pgid, .foreground = stage->foreground, .async = stage->async,
		.null_input = stage->async && stage->pgid < 0 && stage->in < 0 };
	pid_t pid = sh_spawn(sh, &plan);
	return pid > 0 ? pid : 0;
}

static pid_t stage_start(struct shell *sh, const struct stage *stage) {
	pid_t pid = 0;
	if (is_plain(stage->node)) {
		/* The pipe's ends are put into the table for the time of the start. */
		struct sh_file *in = NULL;
		struct sh_file *out = NULL;
		struct sh_mark mark = sh_arena_mark(&sh->scratch);
		if (stage->in >= 0) {
			in = sh_fd_replace(sh, 0, sh_file_real(dup(stage->in)));
			fcntl(sh_fd_real(sh, 0), F_SETFD, FD_CLOEXEC);
		}
		if (stage->out >= 0) {
			out = sh_fd_replace(sh, 1, sh_file_real(fcntl(stage->out, F_DUPFD_CLOEXEC, 10)));
		}
		pid = stage_spawn(sh, stage);
		if (stage->in >= 0) {
			sh_fd_restore(sh, 0, in);
		}
		if (stage->out >= 0) {
			sh_fd_restore(sh, 1, out);
		}
		sh_arena_release(&sh->scratch, mark);
		if (pid != 0) {
			return pid;
		}
	}
	pid = sh_fork(sh);
	if (pid == 0) {
		if (stage->in >= 0) {
			sh_file_drop(sh_fd_replace(sh, 0, sh_file_real(stage->in)));
		}
		if (stage->out >= 0) {
			sh_file_drop(sh_fd_replace(sh, 1, sh_file_real(stage->out)));
		}
		stage_child(sh, stage);
	}
	if (pid > 0 && stage->pgid >= 0) {
		setpgid(pid, stage->pgid);
	}
	return pid;
}

/* ---- pipelines (2.9.2) ---- */

static int open_pipe(struct shell *sh, int ends[2]) {
	if (pipe2(ends, O_CLOEXEC) < 0) {
		sh_error(sh, "cannot make a pipe: %s", strerror(errno));
		return -1;
	}
	for (int i = 0; i < 2; i++) {
		if (ends[i] <= 2) {
			int fd = fcntl(ends[i], F_DUPFD_CLOEXEC, 10);
			close(ends[i]);
			ends[i] = fd;
		}
	}
	return 0;
}

/* Start all stages: how many, their pids in `pids`. */
static int pipeline_start(
		struct shell *sh, struct sh_node *node, pid_t *pids, pid_t pgid, bool async) {
	int in = -1;
	int started = 0;
	for (int i = 0; i < node->list.count; i++) {
		int ends[2] = { -1, -1 };
		bool last = i == node->list.count - 1;
		if (!last && open_pipe(sh, ends) < 0) {
			break;
		}
		struct stage stage = { .node = node->list.items[i], .in = in, .out = ends[1],
			.other = ends[0], .pgid = pgid, .foreground = pgid >= 0 && !async, .async = async };
		pid_t pid = stage_start(sh, &stage);
		cn_fd_close(&in);
		cn_fd_close(&ends[1]);
		in = ends[0];
		if (pid < 0) {
			break;
		}
		pids[started++] = pid;
		pgid = pgid == 0 ? pid : pgid;
	}
	cn_fd_close(&in);
	return started;
}

int sh_exec_pipeline(struct shell *sh, struct sh_node *node, uint32_t flags) {
	int count = node->list.count;
	pid_t *pids = sh_xmalloc((size_t)count * sizeof(*pids));
	bool control = sh->jobs->control && sh->subshell == NULL;
	bool pipefail = (sh->options & SH_OPT_PIPEFAIL) != 0;
	int started = pipeline_start(sh, node, pids, control ? 0 : -1, false);
	int status = 0;
	if (control && started == count) {
		struct sh_job *job = sh_job_add(sh, pids, count, pids[0], node->source);
		status = sh_job_foreground(sh, job, false);
	} else {
		for (int i = 0; i < started && sh->unwind == SH_UNWIND_NONE; i++) {
			bool last = i == started - 1;
			int one = sh_wait_process(sh, pids[i], NULL, last ? flags & SH_EXEC_TAIL : 0);
			status = last && !pipefail ? one : pipefail && one != 0 ? one : status;
		}
		status = started < count ? 125 : status;
	}
	free(pids);
	if (sh->unwind != SH_UNWIND_NONE) {
		return sh->status; // by a trap meanwhile
	}
	sh->status = status;
	return status;
}

/* ---- asynchronous lists (2.9.3.1) ---- */

/* The processes of a job: those of a pipeline are our own children, of which $! is the last. */
static int async_start(struct shell *sh, struct sh_node *body, pid_t *pids, pid_t pgid) {
	if (body->kind == SH_NODE_PIPELINE) {
		return pipeline_start(sh, body, pids, pgid, true);
	}
	struct stage stage = { .node = body, .in = -1, .out = -1, .other = -1, .pgid = pgid,
		.async = true };
	pids[0] = stage_start(sh, &stage);
	return pids[0] > 0 ? 1 : 0;
}

int sh_exec_async(struct shell *sh, struct sh_node *node) {
	if (!sh_subshell_detach(sh)) {
		return sh->status;
	}
	bool control = sh->jobs->control;
	struct sh_node *body = node->pair.left;
	sh_jobs_poll(sh);
	int count = body->kind == SH_NODE_PIPELINE ? body->list.count : 1;
	pid_t *pids = sh_xcalloc((size_t)count, sizeof(*pids));
	count = async_start(sh, body, pids, control ? 0 : -1);
	if (count > 0) {
		struct sh_job *job = sh_job_add(sh, pids, count, control ? pids[0] : 0, node->source);
		job->async = true;
		sh->last_async = pids[count - 1];
		if (sh->interactive) {
			char text[64];
			int len = snprintf(text, sizeof(text), "[%d] %ld\n", job->number, (long)sh->last_async);
			sh_fd_write(sh, 2, text, (size_t)len);
		}
	}
	free(pids);
	sh->status = count > 0 ? 0 : 125;
	return sh->status;
}

int sh_exec_subshell_job(struct shell *sh, struct sh_node *node) {
	struct stage stage = { .node = node->pair.left, .in = -1, .out = -1, .other = -1, .pgid = 0,
		.foreground = true };
	pid_t pid = stage_start(sh, &stage);
	if (pid < 0) {
		return 125;
	}
	struct sh_job *job = sh_job_add(sh, &pid, 1, pid, node->source != NULL ? node->source : "(...)");
	sh->status = sh_job_foreground(sh, job, false);
	return sh->status;
}
