/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "plugin/cmd/pool_results.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "plugin/report.h"

int pool_results_init(struct pool_results *results, const struct cmd *cmd,
		const struct pool_map_args *args, struct pool_worker *worker) {
	*results = (struct pool_results){
		.cmd = cmd, .args = args, .worker = worker, .text = CN_BUF_INIT, .copy = CN_BUF_INIT
	};
	bool resume = args->resume || args->resume_failed;
	int status = pool_joblog_open(&results->log, cmd, args->joblog, resume, args->resume_failed);
	worker->log = resume ? &results->log : NULL;
	if (status == STATUS_OK && args->prefix != NULL) {
		int err = pool_prefix_init(&results->prefix, worker->header, args->prefix);
		status = err < 0 ? cmd_result(cmd, NULL, err, NULL) : STATUS_OK;
	}
	return status;
}

bool pool_results_needed(const struct pool_results *results) {
	const struct pool_map_args *args = results->args;
	bool tags = (args->tag || args->prefix != NULL) &&
			!args->line_buffer; // a chunk is then one call, and known anyway
	bool kept = args->outputs != NULL || args->statuses != NULL || args->reply;
	bool watched = args->joblog != NULL || args->halt != NULL || args->then != NULL;
	return tags || kept || watched || args->results != NULL || args->retries > 1;
}

// Of a call that nothing is heard of: a halt killed it, or came before it.
enum { NOT_DONE = STATUS_SIGNAL + SIGKILL };

static int room_for(struct pool_results *results, uint64_t seq) {
	if (seq <= results->room) {
		return 0;
	}
	size_t room = seq * 2 > 64 ? (size_t)seq * 2 : 64;
	struct host_text *outputs = reallocarray(results->outputs, room, sizeof(*outputs));
	results->outputs = outputs != NULL ? outputs : results->outputs;
	uint8_t *statuses = realloc(results->statuses, room);
	results->statuses = statuses != NULL ? statuses : results->statuses;
	if (outputs == NULL || statuses == NULL) {
		return -ENOMEM;
	}
	memset(outputs + results->room, 0, (room - results->room) * sizeof(*outputs));
	memset(statuses + results->room, NOT_DONE, room - results->room);
	results->room = room;
	return 0;
}

// As $(...) has it: without the newlines at the end.
static int keep_output(struct pool_results *results, uint64_t seq) {
	struct cn_buf *text = &results->text;
	cn_buf_cut_newlines(text);
	char *copy = malloc(text->len + 1);
	if (copy == NULL) {
		return -ENOMEM;
	}
	memcpy(copy, text->data, text->len);
	free((void *)(uintptr_t)results->outputs[seq - 1].data);
	results->outputs[seq - 1] = (struct host_text){ copy, text->len };
	return 0;
}

// The fields of a call whose input stands in [from, to) of the area, as its worker has cut it.
static int find_fields(struct pool_results *results, uint64_t from, uint64_t to) {
	const char *colsep = results->args->colsep;
	int delim = results->map->board->delim;
	cn_buf_reset(&results->copy);
	cn_vec_reset(&results->fields);
	if (results->args->pipe) {
		return 0;
	}
	if (cn_buf_append(&results->copy, results->map->area + from, to - from) < 0) {
		return -ENOMEM;
	}
	char *end = results->copy.data + results->copy.len;
	for (char *at = results->copy.data; at < end;) {
		char *stop = at; // what was not run has its delimiters still
		while (stop < end && *stop != '\0' && *stop != (char)delim &&
				(colsep == NULL || strchr(colsep, *stop) == NULL)) {
			stop++;
		}
		*stop = '\0';
		if (cn_vec_push(&results->fields, at) < 0) {
			return -ENOMEM;
		}
		at = stop + 1;
	}
	return 0;
}

// Print output of a call whose input stands in [from, to) of the area, behind its tag or prefix.
static int print_tagged(struct pool_results *results, const struct words_call *of, uint64_t from,
		uint64_t to, const char *text, size_t len) {
	if (find_fields(results, from, to) < 0) {
		return -ENOMEM;
	}
	struct words_call call = *of;
	call.fields = (char **)results->fields.items;
	call.count = results->fields.len;
	return pool_prefix_print(&results->prefix, &call, results->collect->out, text, len);
}

static int read_log(struct pool_results *results, uint32_t worker, uint64_t from, uint64_t to) {
	cn_buf_reset(&results->text);
	return cn_logs_read(&results->collect->logs, worker, from, to, &results->text);
}

static bool has_prefix(const struct pool_results *results) {
	return results->args->tag || results->args->prefix != NULL;
}

static int print_output(
		struct pool_results *results, uint64_t seq, const struct cn_record *record) {
	struct cn_collect *collect = results->collect;
	if (results->map->logs == NULL || record->out_to == record->out_from) {
		return 0;
	}
	if (!has_prefix(results)) {
		return cn_logs_send(
				&collect->logs, record->worker, record->out_from, record->out_to, collect->out);
	}
	struct words_call call = { .seq = seq, .slot = record->worker + 1 };
	int err = read_log(results, record->worker, record->out_from, record->out_to);
	return err < 0 ? err
				   : print_tagged(results, &call, record->item_from, record->item_to,
							 results->text.data, results->text.len);
}

// Lines of a call that runs, or has just ended.
static int print_chunk(void *data, const struct cn_chunk *chunk, const char *text, size_t len) {
	struct words_call call = { .seq = chunk->seq, .slot = chunk->worker + 1 };
	return print_tagged(data, &call, chunk->from, chunk->to, text, len);
}

// A line of the joblog; the words are made again, as the worker has made them.
static int write_log(struct pool_results *results, uint64_t seq, const struct cn_record *record) {
	int err = find_fields(results, record->item_from, record->item_to);
	struct words_call call = {
		.fields = (char **)results->fields.items,
		.count = results->fields.len,
		.seq = seq,
		.slot = record->worker + 1,
	};
	char **words;
	int count = err < 0 ? err : words_fill(results->worker->words, &call, &words);
	if (count > 0 && results->args->code != NULL) {
		words[0] = (char *)(uintptr_t)results->args->code;
	}
	return count < 0 ? count : pool_joblog_add(&results->log, seq, record, words, count);
}

// --then: may not come back, and is as a call of the script's own.
static int call_back(struct pool_results *results, uint64_t seq, const struct cn_record *record) {
	char number[24];
	char status[16];
	int err = read_log(results, record->worker, record->out_from, record->out_to);
	if (err < 0) {
		return err;
	}
	struct cn_buf *text = &results->text;
	cn_buf_cut_newlines(text);
	snprintf(number, sizeof(number), "%llu", (unsigned long long)seq);
	snprintf(status, sizeof(status), "%d", record->status);
	char *words[] = { (char *)(uintptr_t)results->args->then, number, status, text->data, NULL };
	host->run(words, 4);
	return host->flush();
}

static int keep_status(struct pool_results *results, uint64_t seq, int status) {
	if (results->args->outputs == NULL && results->args->statuses == NULL) {
		return 0;
	}
	int err = room_for(results, seq);
	if (err == 0) {
		results->highest = seq > results->highest ? seq : results->highest;
		results->statuses[seq - 1] = (uint8_t)status;
	}
	return err;
}

static int keep_output_of(
		struct pool_results *results, uint64_t seq, const struct cn_record *record) {
	const struct pool_map_args *args = results->args;
	int err = 0;
	if (args->outputs != NULL && results->map->logs != NULL) {
		uint64_t from = args->reply ? record->out_to : record->out_from;
		uint64_t to = args->reply ? record->reply_to : record->out_to;
		err = read_log(results, record->worker, from, to);
		err = err == 0 ? keep_output(results, seq) : err;
	}
	return err;
}

static int take_result(void *data, uint64_t seq, const struct cn_record *record) {
	struct pool_results *results = data;
	const struct pool_map_args *args = results->args;
	if (results->worker->log != NULL && pool_joblog_has(&results->log, seq)) {
		return keep_status(results, seq, STATUS_OK); // another run has done it
	}
	if (results->halted && record->status == NOT_DONE) {
		return keep_status(results, seq, NOT_DONE); // killed because the map stopped
	}
	int err = keep_status(results, seq, record->status);
	err = err == 0 ? keep_output_of(results, seq, record) : err;
	if (err == 0 && args->then != NULL) {
		err = call_back(results, seq, record);
	} else if (err == 0 && args->results == NULL && (args->outputs == NULL || args->reply)) {
		err = print_output(results, seq, record);
	}
	// Last: what the log says was done was seen.
	return err == 0 && results->log.fd >= 0 ? write_log(results, seq, record) : err;
}

// Something will be printed.
static void hide(void *data) {
	pool_progress_hide(&((struct pool_results *)data)->progress);
}

void pool_results_begin(struct pool_results *results, struct cn_collect *collect) {
	results->collect = collect;
	collect->result = take_result;
	collect->print = has_prefix(results) ? print_chunk : NULL;
	collect->lines = results->args->line_buffer && !pool_results_needed(results);
	collect->data = results;
	collect->before = results->progress.is_on ? hide : NULL;
	collect->logs.track = collect->before != NULL;
}

static int set_outputs(struct pool_results *results) {
	if (results->highest == 0) {
		return host->set_array(results->args->outputs, NULL, 0);
	}
	return host->set_array(results->args->outputs, results->outputs, (size_t)results->highest);
}

static int set_statuses(struct pool_results *results) {
	size_t count = (size_t)results->highest;
	struct host_text *texts = calloc(count + 1, sizeof(*texts));
	char(*numbers)[4] = calloc(count + 1, sizeof(*numbers));
	int err = texts == NULL || numbers == NULL ? -ENOMEM : 0;
	for (size_t i = 0; i < count && err == 0; i++) {
		int len = snprintf(numbers[i], sizeof(numbers[i]), "%u", (unsigned)results->statuses[i]);
		texts[i] = (struct host_text){ numbers[i], (size_t)len };
	}
	err = err == 0 ? host->set_array(results->args->statuses, texts, count) : err;
	free(texts);
	free(numbers);
	return err;
}

int pool_results_end(struct pool_results *results, int status) {
	const struct pool_map_args *args = results->args;
	int err = 0;
	if (args->outputs != NULL) {
		err = set_outputs(results);
		if (err < 0) {
			status = cmd_result(results->cmd, args->outputs, err, NULL);
		}
	}
	if (args->statuses != NULL) {
		err = set_statuses(results);
		if (err < 0) {
			status = cmd_result(results->cmd, args->statuses, err, NULL);
		}
	}
	for (uint64_t i = 0; results->outputs != NULL && i < results->highest; i++) {
		free((void *)(uintptr_t)results->outputs[i].data);
	}
	free(results->outputs);
	free(results->statuses);
	cn_buf_finish(&results->text);
	cn_buf_finish(&results->copy);
	cn_vec_finish(&results->fields);
	pool_prefix_finish(&results->prefix);
	pool_joblog_close(&results->log);
	return status;
}
