/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "plugin/cmd/pool_results.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "plugin/report.h"

// Off a terminal a progress line this often.
#define LINE_EVERY (5 * CN_SECOND)

void pool_results_init(
		struct pool_results *results, const struct cmd *cmd, const struct pool_map_args *args) {
	*results = (struct pool_results){ .cmd = cmd, .args = args, .text = CN_BUF_INIT };
}

bool pool_results_needed(const struct pool_results *results) {
	const struct pool_map_args *args = results->args;
	return args->tag || args->outputs != NULL || args->statuses != NULL || args->reply;
}

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
	memset(statuses + results->room, 0, room - results->room);
	results->room = room;
	return 0;
}

static int read_log(struct pool_results *results, uint32_t worker, uint64_t from, uint64_t to) {
	struct cn_buf *text = &results->text;
	cn_buf_reset(text);
	int err = cn_buf_reserve(text, to - from);
	while (err == 0 && from < to) {
		ssize_t n =
				pread(results->map->logs[worker], text->data + text->len, to - from, (off_t)from);
		if (n <= 0) {
			return n < 0 ? -errno : -EIO;
		}
		cn_buf_truncate(text, text->len + (size_t)n);
		from += (uint64_t)n;
	}
	return err;
}

// As $(...) has it: without the newlines at the end.
static int keep_output(struct pool_results *results, uint64_t seq) {
	struct cn_buf *text = &results->text;
	size_t len = text->len;
	while (len > 0 && text->data[len - 1] == '\n') {
		len--;
	}
	char *copy = malloc(len + 1);
	if (copy == NULL) {
		return -ENOMEM;
	}
	memcpy(copy, text->data, len);
	free((void *)(uintptr_t)results->outputs[seq - 1].data);
	results->outputs[seq - 1] = (struct host_text){ copy, len };
	return 0;
}

// Each line of the text behind the item, whose parts are joined by blanks.
static int print_tagged(struct pool_results *results, const struct cn_record *record, int out) {
	struct cn_buf lines = CN_BUF_INIT;
	const char *item = (const char *)results->map->area + record->item_from;
	size_t item_len = (size_t)(record->item_to - record->item_from) - 1;
	const char *from = results->text.data;
	const char *end = from + results->text.len;
	while (from < end) {
		const char *stop = memchr(from, '\n', (size_t)(end - from));
		size_t start = lines.len;
		cn_buf_append(&lines, item, item_len);
		for (size_t i = start; i < lines.len; i++) {
			lines.data[i] = lines.data[i] == '\0' ? ' ' : lines.data[i];
		}
		cn_buf_putc(&lines, '\t');
		cn_buf_append(&lines, from, (size_t)((stop != NULL ? stop : end) - from));
		cn_buf_putc(&lines, '\n');
		from = stop != NULL ? stop + 1 : end;
	}
	int err = lines.failed ? -ENOMEM : cn_write_full(out, lines.data, lines.len);
	cn_buf_finish(&lines);
	return err;
}

static int print_output(struct pool_results *results, const struct cn_record *record, int out) {
	if (results->map->logs == NULL || record->out_to == record->out_from) {
		return 0;
	}
	if (!results->args->tag) {
		return cn_send(out, results->map->logs[record->worker], record->out_from, record->out_to);
	}
	int err = read_log(results, record->worker, record->out_from, record->out_to);
	return err == 0 ? print_tagged(results, record, out) : err;
}

static int take_result(void *data, uint64_t seq, const struct cn_record *record) {
	struct pool_results *results = data;
	const struct pool_map_args *args = results->args;
	int out = host->fd(STDOUT_FILENO);
	bool keeps = args->outputs != NULL || args->statuses != NULL;
	int err = keeps ? room_for(results, seq) : 0;
	if (err < 0) {
		return err;
	}
	results->highest = seq > results->highest ? seq : results->highest;
	if (args->statuses != NULL) {
		results->statuses[seq - 1] = (uint8_t)record->status;
	}
	if (args->outputs != NULL && results->map->logs != NULL) {
		uint64_t from = args->reply ? record->out_to : record->out_from;
		uint64_t to = args->reply ? record->reply_to : record->out_to;
		err = read_log(results, record->worker, from, to);
		err = err == 0 ? keep_output(results, seq) : err;
	}
	if (err == 0 && (args->outputs == NULL || args->reply)) {
		err = print_output(results, record, out);
	}
	return err;
}

void pool_results_begin(struct pool_results *results, struct cn_collect *collect) {
	collect->result = take_result;
	collect->data = results;
	results->began = cn_now();
	results->is_terminal = isatty(STDERR_FILENO);
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

static void format_time(char *out, size_t size, cn_time time) {
	long long seconds = time / CN_SECOND;
	if (seconds < 3600) {
		snprintf(out, size, "%lld:%02lld", seconds / 60, seconds % 60);
	} else {
		snprintf(out, size, "%lld:%02lld:%02lld", seconds / 3600, seconds / 60 % 60, seconds % 60);
	}
}

static unsigned terminal_width(void) {
	struct winsize size;
	return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

// "[#####     ] " in what the line leaves free.
static void append_bar(struct cn_buf *line, uint64_t done, uint64_t total, size_t taken) {
	unsigned width = terminal_width();
	if (total == 0 || width < taken + 14) {
		return;
	}
	unsigned cells = width - (unsigned)taken - 4;
	cells = cells < 40 ? cells : 40;
	unsigned full = (unsigned)((double)done / (double)total * cells);
	cn_buf_putc(line, '[');
	for (unsigned i = 0; i < cells; i++) {
		cn_buf_putc(line, i < full ? '#' : ' ');
	}
	cn_buf_puts(line, "] ");
}

static void describe(struct cn_buf *out, const struct pool_results *results,
		const struct cn_collect *collect, uint64_t total) {
	cn_time spent = cn_now() - results->began;
	double rate = spent > 0 ? (double)collect->calls / ((double)spent / 1e9) : 0;
	cn_buf_printf(out, "%llu", (unsigned long long)collect->calls);
	if (total > 0) {
		cn_buf_printf(out, "/%llu %d%%", (unsigned long long)total,
				(int)((double)collect->calls * 100 / (double)total));
	}
	cn_buf_printf(out, rate < 100 ? " %.1f/s" : " %.0f/s", rate);
	if (total > 0 && collect->calls > 0 && collect->calls < total) {
		char left[32];
		format_time(left, sizeof(left),
				(cn_time)((double)(total - collect->calls) / rate * (double)CN_SECOND));
		cn_buf_printf(out, " %s left", left);
	}
	if (collect->failed > 0) {
		cn_buf_printf(out, " %llu failed", (unsigned long long)collect->failed);
	}
}

void pool_results_progress(
		struct pool_results *results, const struct cn_collect *collect, uint64_t total, bool last) {
	cn_time now = cn_now();
	cn_time every = results->is_terminal ? 90 * CN_MILLISECOND : LINE_EVERY;
	if (!last && now - results->drawn < every &&
			(results->drawn != 0 || results->is_terminal || now - results->began < every)) {
		return;
	}
	results->drawn = now;
	struct cn_buf text = CN_BUF_INIT;
	struct cn_buf line = CN_BUF_INIT;
	describe(&text, results, collect, total);
	if (results->is_terminal) {
		cn_buf_putc(&line, '\r');
		append_bar(&line, collect->calls, total, text.len);
		size_t width = terminal_width();
		cn_buf_append(&line, text.data, text.len < width ? text.len : width - 1);
		cn_buf_puts(&line, last ? "\033[K\n" : "\033[K");
	} else {
		cn_buf_printf(&line, "%s\n", text.data);
	}
	cn_write_full(STDERR_FILENO, line.data, line.len);
	cn_buf_finish(&text);
	cn_buf_finish(&line);
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
	return status;
}
