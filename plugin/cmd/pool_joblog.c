/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "plugin/cmd/pool_joblog.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "plugin/report.h"

static const char header[] =
		"Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand\n";

// Numbers of calls above this are taken for damage.
#define SEQ_MAX (UINT64_C(1) << 36)

void pool_quote(struct cn_buf *out, const char *word) {
	static const char safe[] = "@%_-+=:,./";
	bool plain = *word != '\0';
	for (const char *p = word; *p != '\0'; p++) {
		plain = plain && (isalnum((unsigned char)*p) || strchr(safe, *p) != NULL);
	}
	if (plain) {
		cn_buf_puts(out, word);
		return;
	}
	cn_buf_putc(out, '\'');
	for (const char *p = word; *p != '\0'; p++) {
		if (*p == '\'') {
			cn_buf_puts(out, "'\\''");
		} else {
			cn_buf_putc(out, *p);
		}
	}
	cn_buf_putc(out, '\'');
}

static int mark(struct pool_joblog *log, uint64_t seq, bool done) {
	if (seq >= log->done_room) {
		uint64_t room = (seq + 1) * 2 < 1024 ? 1024 : (seq + 1) * 2;
		unsigned char *bits = realloc(log->done, room / 8 + 1);
		if (bits == NULL) {
			return -ENOMEM;
		}
		uint64_t had = log->done_room > 0 ? log->done_room / 8 + 1 : 0;
		memset(bits + had, 0, room / 8 + 1 - had);
		log->done = bits;
		log->done_room = room;
	}
	unsigned char bit = (unsigned char)(1 << seq % 8);
	if (done) {
		log->done[seq / 8] |= bit;
	} else {
		log->done[seq / 8] &= (unsigned char)~bit;
	}
	return 0;
}

// The number in the column, or -1.
static long long column(const char *line, int which) {
	for (; which > 0; which--) {
		line = strchr(line, '\t');
		if (line == NULL) {
			return -1;
		}
		line++;
	}
	return isdigit((unsigned char)*line) ? strtoll(line, NULL, 10) : -1;
}

// What counts is the last line of a call.
static int read_line(struct pool_joblog *log, const char *line, bool failed) {
	long long seq = column(line, 0);
	long long status = column(line, 6);
	long long sig = column(line, 7);
	if (seq <= 0 || (uint64_t)seq > SEQ_MAX || status < 0 || sig < 0) {
		return 0;
	}
	return mark(log, (uint64_t)seq, !failed || (status == 0 && sig == 0));
}

static int read_log(struct pool_joblog *log, const char *path, bool failed, bool *torn) {
	FILE *file = fopen(path, "re");
	if (file == NULL) {
		return errno == ENOENT ? 0 : -errno;
	}
	char *line = NULL;
	size_t room = 0;
	ssize_t len;
	int err = 0;
	while (err == 0 && (len = getline(&line, &room, file)) > 0) {
		*torn = line[len - 1] != '\n';
		err = *torn ? 0 : read_line(log, line, failed);
	}
	free(line);
	fclose(file);
	return err;
}

int pool_joblog_open(struct pool_joblog *log, const struct cmd *cmd, const char *path, bool resume,
		bool failed) {
	*log = (struct pool_joblog){ .fd = -1, .line = CN_BUF_INIT };
	if (path == NULL) {
		return STATUS_OK;
	}
	bool torn = false;
	int err = resume ? read_log(log, path, failed, &torn) : 0;
	if (err == 0) {
		int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | (resume ? 0 : O_TRUNC);
		log->fd = cn_fd_private(open(path, flags, 0666));
		err = log->fd < 0 ? log->fd : 0;
	}
	if (err == 0 && torn) {
		err = cn_write_full(log->fd, "\n", 1);
	}
	if (err == 0 && lseek(log->fd, 0, SEEK_END) == 0) {
		err = cn_write_full(log->fd, header, sizeof(header) - 1);
	}
	return err < 0 ? cmd_fail(cmd, STATUS_FAILED, "%s: %s", path, strerror(-err)) : STATUS_OK;
}

void pool_joblog_close(struct pool_joblog *log) {
	cn_fd_close(&log->fd);
	free(log->done);
	log->done = NULL;
	log->done_room = 0;
	cn_buf_finish(&log->line);
}

int pool_joblog_add(struct pool_joblog *log, uint64_t seq, const struct cn_record *record,
		char *const words[], int count) {
	bool killed = record->status > STATUS_SIGNAL;
	cn_buf_reset(&log->line);
	cn_buf_printf(&log->line, "%llu\t:\t%.3f\t%10.3f\t0\t%llu\t%d\t%d\t", (unsigned long long)seq,
			(double)record->began / 1e9, (double)record->took / 1e9,
			(unsigned long long)(record->out_to - record->out_from), killed ? 0 : record->status,
			killed ? record->status - STATUS_SIGNAL : 0);
	size_t from = log->line.len;
	for (int i = 0; i < count; i++) {
		if (i > 0) {
			cn_buf_putc(&log->line, ' ');
		}
		pool_quote(&log->line, words[i]);
	}
	for (size_t i = from; i < log->line.len; i++) { // a line is a line
		log->line.data[i] = log->line.data[i] == '\n' ? ' ' : log->line.data[i];
	}
	cn_buf_putc(&log->line, '\n');
	return log->line.failed ? -ENOMEM : cn_write_full(log->fd, log->line.data, log->line.len);
}
