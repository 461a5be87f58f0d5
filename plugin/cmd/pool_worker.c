/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "plugin/cmd/pool_worker.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/proc/process.h"
#include "plugin/cmd/pool_run.h"
#include "plugin/report.h"

// Maps with -c so far, here and in those we are a copy of: a map in a map has a function of its
// own.
static unsigned int codes;

static int find_command(struct pool_worker *worker, const struct cmd *cmd) {
	if (worker->varies) {
		return STATUS_OK;
	}
	host->find(worker->command[0], &worker->found);
	if (worker->found.kind == HOST_NOTHING && !worker->args->dry_run) {
		// Each item fails with 127; it is said once.
		cmd_fail(cmd, STATUS_OK, "%s: command not found", worker->command[0]);
	}
	return STATUS_OK;
}

int pool_worker_init(struct pool_worker *worker, const struct cmd *cmd,
		const struct pool_map_args *args, int lists) {
	worker->args = args;
	worker->limits.memory = args->memfree;
	worker->count = (size_t)lists;
	// A copy of the words: the shell frees its own when a task leaves by longjmp.
	worker->own = calloc(worker->count + 1, sizeof(*worker->own));
	for (size_t i = 0; i < worker->count; i++) {
		worker->own[i] =
				worker->own != NULL ? pool_header_apply(worker->header, cmd->argv[i]) : NULL;
		if (worker->own == NULL || worker->own[i] == NULL) {
			return cmd_result(cmd, NULL, -ENOMEM, NULL);
		}
	}
	worker->command = worker->own;
	if (args->code != NULL) {
		if (lists > 0) {
			return cmd_fail(cmd, STATUS_USAGE, "%s: -c takes no command", cmd->argv[0]);
		}
		// The code becomes a function, so that it is parsed once.
		snprintf(worker->code_function, sizeof(worker->code_function), "_conch_code%u", ++codes);
		bool is_empty = args->code[strspn(args->code, " \t\n")] == '\0';
		if (host->define(worker->code_function, is_empty ? ":" : args->code) < 0) {
			return cmd_fail(cmd, STATUS_USAGE, "-c: not valid shell code");
		}
		worker->code_words[0] = worker->code_function;
		worker->command = worker->code_words;
		worker->count = 1;
		worker->numbered = strstr(args->code, "CONCH_ITEM") != NULL;
	}
	int err = words_compile(worker->command, worker->count, &worker->words, &worker->replaces);
	if (err < 0) {
		return cmd_result(cmd, NULL, err, NULL);
	}
	worker->varies = worker->replaces && strchr(worker->command[0], '{') != NULL;
	return find_command(worker, cmd);
}

void pool_worker_finish(struct pool_worker *worker) {
	for (char **word = worker->own; word != NULL && *word != NULL; word++) {
		free(*word);
	}
	free(worker->own);
	words_free(worker->words);
	free(worker->found.path);
	cn_vec_finish(&worker->fields);
	if (worker->command == worker->code_words) {
		host->undefine(worker->code_function);
	}
}

// ---- a call -----------------------------------------------------------------------------------

// Cut copies of the items into fields.
static int cut_fields(struct pool_worker *worker) {
	cn_vec_reset(&worker->fields);
	cn_buf_reset(&worker->copy);
	if (cn_buf_reserve(&worker->copy, worker->call.len + 1) < 0) { // so that it does not move
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < worker->call.items; i++) {
		const char *item = worker->work.words[worker->work.fixed + i];
		char *field = worker->copy.data + worker->copy.len;
		cn_buf_append(&worker->copy, item, strlen(item) + 1);
		bool more = true;
		while (more) {
			size_t len = strcspn(field, worker->args->colsep);
			if (cn_vec_push(&worker->fields, field) < 0) {
				return -ENOMEM;
			}
			more = field[len] != '\0';
			field[len] = '\0';
			field += len + 1;
		}
	}
	return 0;
}

// The words of the call: the command's, with the items behind or in them.
static int make_words(struct pool_worker *worker, char ***words) {
	struct cn_work *work = &worker->work;
	struct words_call call = {
		.fields = work->words + work->fixed,
		.count = worker->call.items,
		.seq = worker->call.seq,
		.slot = work->slot + 1,
	};
	if (worker->args->colsep != NULL) {
		if (cut_fields(worker) < 0) {
			return -ENOMEM;
		}
		call.fields = (char **)worker->fields.items;
		call.count = worker->fields.len;
	} else if (!worker->replaces) {
		memcpy(work->words, worker->command, worker->count * sizeof(*work->words));
		*words = work->words;
		return (int)(worker->count + call.count);
	}
	return words_fill(worker->words, &call, words);
}

static int print_words(char **words, int count) {
	struct cn_buf line = CN_BUF_INIT;
	for (int i = 0; i < count; i++) {
		if (i > 0) {
			cn_buf_putc(&line, ' ');
		}
		pool_quote(&line, words[i]);
	}
	cn_buf_putc(&line, '\n');
	host->write(line.data, line.len);
	cn_buf_finish(&line);
	return host->flush() == 0 ? STATUS_OK : STATUS_FAILED;
}

static int run_words(struct pool_worker *worker, char **words, int count) {
	struct host_command found = { .kind = HOST_NOTHING };
	const struct host_command *command = &worker->found;
	if (worker->args->dry_run) {
		return worker->code_words[0] != NULL ? print_words(words + 1, count - 1)
											 : print_words(words, count);
	}
	if (worker->varies) {
		host->find(words[0], &found);
		command = &found;
	}
	int status = STATUS_NOT_FOUND;
	if (command->kind != HOST_NOTHING) {
		status = pool_run(command, words, (size_t)count, "map");
	} else if (worker->varies) {
		fprintf(stderr, "pool: map: %s: command not found\n", words[0]);
	}
	free(found.path);
	return status;
}

static void number_item(const struct pool_worker *worker) {
	char text[24];
	int len = snprintf(text, sizeof(text), "%llu", (unsigned long long)worker->call.seq);
	host->set("CONCH_ITEM", text, (size_t)len);
}

static int run_call(struct pool_worker *worker) {
	char **words;
	if (worker->args->reply) {
		host->set("REPLY", "", 0);
	}
	if (worker->numbered) {
		number_item(worker);
	}
	int count = make_words(worker, &words);
	return count < 0 ? STATUS_FAILED : run_words(worker, words, count);
}

// The block as stdin: a file of its own, since the command may read it in any way.
static int give_block(struct pool_worker *worker) {
	if (worker->block <= 0) {
		worker->block = cn_fd_memory("conch-block");
		if (worker->block < 0) {
			return worker->block;
		}
		dup2(worker->block, STDIN_FILENO);
	}
	const struct cn_call *call = &worker->call;
	lseek(worker->block, 0, SEEK_SET);
	int err = cn_write_full(worker->block, call->block, call->len);
	if (err == 0 && ftruncate(worker->block, (off_t)call->len) < 0) {
		err = -errno;
	}
	lseek(worker->block, 0, SEEK_SET);
	return err;
}

// The folder of --results.
static int open_folder(struct pool_worker *worker) {
	struct cn_work *work = &worker->work;
	char *const *fields = work->words + work->fixed;
	size_t count = worker->call.items;
	if (worker->args->colsep != NULL) {
		if (cut_fields(worker) < 0) {
			return -ENOMEM;
		}
		fields = (char *const *)worker->fields.items;
		count = worker->fields.len;
	}
	struct pool_dirs_names names = { 0 };
	if (worker->header != NULL) {
		names = (struct pool_dirs_names){ (char *const *)worker->header->names.items,
			worker->header->names.len };
	}
	host->flush();
	return pool_dirs_begin(
			&worker->dirs, worker->args->results, &names, fields, count, worker->call.seq);
}

static int prepare_call(struct pool_worker *worker) {
	int err = worker->args->pipe ? give_block(worker) : 0;
	if (err == 0 && worker->args->results != NULL && !worker->args->dry_run) {
		err = open_folder(worker);
	}
	if (err < 0) {
		fprintf(stderr, "pool: map: %s: %s\n",
				worker->args->results != NULL ? worker->args->results : "--pipe", strerror(-err));
	}
	return err;
}

// ---- a worker ---------------------------------------------------------------------------------

static int call_guarded(void *data) {
	return run_call(data);
}

static void give_reply(struct pool_worker *worker) {
	if (worker->args->reply) {
		const char *reply = host->get("REPLY");
		size_t len = reply != NULL ? strlen(reply) : 0;
		host->flush();
		cn_write_full(STDOUT_FILENO, reply, len);
		cn_work_reply(&worker->work, len);
	}
}

// In a new copy of the shell, which ends with the call.
static int run_fresh(struct pool_worker *worker) {
	host->flush();
	sigset_t mask;
	pool_block_children(&mask);
	pid_t parent = getpid();
	pid_t pid = cn_process_copy(NULL);
	if (pid == 0) {
		pid_t group = getpgrp();
		cn_process_tie(parent, NULL);
		setpgid(0, group);
		sigprocmask(SIG_SETMASK, &mask, NULL);
		bool left;
		int status = host->guard(call_guarded, worker, &left);
		host->task_end(&status);
		give_reply(worker);
		host->flush();
		_exit(status);
	}
	int status = pid > 0 ? pool_wait_for_child(pid) : STATUS_FAILED;
	sigprocmask(SIG_SETMASK, &mask, NULL);
	return status;
}

// Whether a call that failed is to be tried again; waits until it is.
static bool tries_again(struct pool_worker *worker, int status) {
	const struct pool_map_args *args = worker->args;
	const struct cn_board *board = worker->map->board;
	if (status == 0 || ++worker->tries >= args->retries || board->stopped != 0) {
		return false;
	}
	cn_time until = cn_after(pool_backoff(args->backoff, (uint32_t)worker->tries));
	while (board->stopped == 0 && cn_left(until) > 0) {
		cn_time left = cn_left(until);
		struct timespec slice = cn_timespec(left < CN_SECOND / 10 ? left : CN_SECOND / 10);
		nanosleep(&slice, NULL);
	}
	return board->stopped == 0;
}

// The call is over: put back what it changed, give its reply.
static void end_call(struct pool_worker *worker, int status) {
	host->task_end(&status);
	if (worker->args->results != NULL) {
		host->flush();
		pool_dirs_end(&worker->dirs);
	}
	worker->again = worker->args->retries > 1 && tries_again(worker, status);
	if (worker->again) {
		cn_work_again(&worker->work);
		return;
	}
	if (!worker->args->fresh) {
		give_reply(worker);
	}
	cn_work_done(&worker->work, status);
}

// The next call, or the same once more. false: there are no more.
static bool next_call(struct pool_worker *worker) {
	if (worker->again) {
		return true;
	}
	while (cn_work_next(&worker->work, &worker->call)) {
		if (worker->log == NULL || !pool_joblog_has(worker->log, worker->call.seq)) {
			worker->tries = worker->call.tries;
			return true;
		}
		cn_work_done(&worker->work, 0); // another run has done it
	}
	return false;
}

static int run_calls(void *data) {
	struct pool_worker *worker = data;
	while (next_call(worker)) {
		if (prepare_call(worker) < 0) {
			end_call(worker, STATUS_FAILED);
		} else {
			end_call(worker, worker->args->fresh ? run_fresh(worker) : run_call(worker));
		}
	}
	return 0;
}

static void gate(void *data) {
	struct pool_worker *worker = data;
	if (worker->log == NULL || !pool_joblog_has(worker->log, worker->call.seq)) {
		pool_limits_wait(&worker->limits, worker->map->board);
	}
}

void pool_worker_main(void *data, uint32_t slot) {
	struct pool_worker *worker = data;
	int kind = worker->found.kind;
	bool only_programs = !worker->varies && (kind == HOST_PROGRAM || kind == HOST_NOTHING);
	host->child_begin();
	if (worker->progress != NULL) {
		pool_progress_join(worker->progress, worker->map->logs == NULL);
	}
	if (only_programs) {
		signal(SIGCHLD, SIG_DFL); // the shell's handler would take the program's status
	}
	host->worker_begin();
	if (kind == HOST_BUILTIN) {
		host->find(worker->command[0], &worker->found); // a worker has some of its own
	}
	if (cn_work_init(&worker->work, worker->map, slot, (uint32_t)worker->count) < 0) {
		_exit(1);
	}
	worker->work.flush = host->flush;
	worker->dirs.saved = -1;
	cn_buf_init(&worker->dirs.path);
	cn_buf_init(&worker->copy);
	if (worker->limits.load > 0 || worker->limits.memory > 0) {
		worker->work.gate = gate;
		worker->work.data = worker;
	}
	for (;;) {
		bool left = false;
		int status = host->guard(run_calls, worker, &left);
		if (!left) {
			break;
		}
		end_call(worker, status); // exit, set -e and the like end the call, not the worker
	}
	host->flush();
}
