/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "plugin/cmd/pool_worker.h"

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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
	worker->count = (size_t)lists;
	// A copy of the words: the shell frees its own when a task leaves by longjmp.
	worker->own = calloc(worker->count + 1, sizeof(*worker->own));
	for (size_t i = 0; i < worker->count; i++) {
		worker->own[i] = worker->own != NULL ? strdup(cmd->argv[i]) : NULL;
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

// Cut the items into fields where they stand.
static int cut_fields(struct pool_worker *worker) {
	cn_vec_reset(&worker->fields);
	for (uint32_t i = 0; i < worker->call.items; i++) {
		char *item = worker->work.words[worker->work.fixed + i];
		bool more = true;
		while (more) {
			size_t len = strcspn(item, worker->args->colsep);
			if (cn_vec_push(&worker->fields, item) < 0) {
				return -ENOMEM;
			}
			more = item[len] != '\0';
			item[len] = '\0';
			item += len + 1;
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

static void print_word(const char *word, bool last) {
	static const char safe[] = "@%_-+=:,./";
	bool plain = *word != '\0';
	for (const char *p = word; *p != '\0'; p++) {
		plain = plain && (isalnum((unsigned char)*p) || strchr(safe, *p) != NULL);
	}
	if (plain) {
		host->write(word, strlen(word));
	} else {
		host->write("'", 1);
		for (const char *p = word; *p != '\0'; p++) {
			const char *text = *p == '\'' ? "'\\''" : p;
			host->write(text, *p == '\'' ? 4 : 1);
		}
		host->write("'", 1);
	}
	host->write(last ? "\n" : " ", 1);
}

static int print_words(char **words, int count) {
	for (int i = 0; i < count; i++) {
		print_word(words[i], i + 1 == count);
	}
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

// The call is over: put back what it changed, give its reply.
static void end_call(struct pool_worker *worker, int status) {
	host->task_end(&status);
	if (!worker->args->fresh) {
		give_reply(worker);
	}
	cn_work_done(&worker->work, status);
}

static int run_calls(void *data) {
	struct pool_worker *worker = data;
	while (cn_work_next(&worker->work, &worker->call)) {
		end_call(worker, worker->args->fresh ? run_fresh(worker) : run_call(worker));
	}
	return 0;
}

void pool_worker_main(void *data, uint32_t slot) {
	struct pool_worker *worker = data;
	int kind = worker->found.kind;
	bool only_programs = !worker->varies && (kind == HOST_PROGRAM || kind == HOST_NOTHING);
	host->child_begin();
	if (only_programs) {
		signal(SIGCHLD, SIG_DFL); // the shell's handler would take the program's status
	}
	host->worker_begin();
	if (cn_work_init(&worker->work, worker->map, slot, (uint32_t)worker->count) < 0) {
		_exit(1);
	}
	worker->work.flush = host->flush;
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
