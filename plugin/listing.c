/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "plugin/listing.h"

#include <errno.h>
#include <stdlib.h>

#include "plugin/host.h"
#include "plugin/report.h"

int listing_add(struct listing *listing, struct cn_bytes text) {
	if (listing->data.data == NULL) {
		cn_buf_init(&listing->data);
	}
	if (listing->count == listing->room) {
		size_t room = listing->room == 0 ? 64 : 2 * listing->room;
		size_t *ends = reallocarray(listing->ends, room, sizeof(*ends));
		if (ends == NULL) {
			return -ENOMEM;
		}
		listing->ends = ends;
		listing->room = room;
	}
	int err = cn_buf_append(&listing->data, text.data, text.len);
	if (err == 0) {
		listing->ends[listing->count++] = listing->data.len;
	}
	return err;
}

void listing_finish(struct listing *listing) {
	if (listing->data.data != NULL) {
		cn_buf_finish(&listing->data);
	}
	free(listing->ends);
}

struct cn_bytes listing_at(const struct listing *listing, size_t i) {
	size_t begin = i == 0 ? 0 : listing->ends[i - 1];
	return (struct cn_bytes){ listing->data.data + begin, listing->ends[i] - begin };
}

static void json(struct cn_buf *out, struct cn_bytes text) {
	json_string(out, text.data, text.len);
}

static int set_array(const struct cmd *cmd, const char *var, const struct listing *listing) {
	struct host_text *texts = calloc(listing->count + 1, sizeof(*texts));
	if (texts == NULL) {
		return cmd_variable_result(cmd, var, -ENOMEM);
	}
	for (size_t i = 0; i < listing->count; i++) {
		struct cn_bytes text = listing_at(listing, i);
		texts[i] = (struct host_text){ text.data, text.len };
	}
	int err = host->set_array(var, texts, listing->count);
	free(texts);
	return cmd_variable_result(cmd, var, err);
}

int listing_give(
		const struct cmd *cmd, const struct listing_args *args, const struct listing *listing) {
	if (args->var != NULL) {
		return set_array(cmd, args->var, listing);
	}
	struct cn_buf out = CN_BUF_INIT;
	cn_buf_puts(&out, args->json ? "[" : "");
	for (size_t i = 0; i < listing->count; i++) {
		struct cn_bytes text = listing_at(listing, i);
		if (args->json) {
			cn_buf_puts(&out, i == 0 ? "" : ",");
			json(&out, text);
		} else {
			cn_buf_append(&out, text.data, text.len);
			cn_buf_putc(&out, args->nul ? '\0' : '\n');
		}
	}
	cn_buf_puts(&out, args->json ? "]\n" : "");
	int status = cmd_print(cmd, &out);
	cn_buf_finish(&out);
	return status;
}

// An associative array of the pairs and of nothing else.
static int set_assoc(const struct cmd *cmd, const char *var, const struct listing *listing) {
	struct cn_buf element = CN_BUF_INIT;
	host->unset(var);
	int err = host->make_assoc(var);
	for (size_t i = 0; i + 1 < listing->count && err == 0; i += 2) {
		struct cn_bytes key = listing_at(listing, i);
		struct cn_bytes value = listing_at(listing, i + 1);
		cn_buf_reset(&element);
		cn_buf_printf(&element, "%s[%.*s]", var, (int)key.len, key.data);
		err = element.failed ? -ENOMEM : host->set(element.data, value.data, value.len);
	}
	int status = cmd_result(cmd, element.len > 0 ? element.data : var, err, NULL);
	cn_buf_finish(&element);
	return status;
}

int listing_give_pairs(
		const struct cmd *cmd, const struct listing_args *args, const struct listing *listing) {
	if (args->var != NULL) {
		return set_assoc(cmd, args->var, listing);
	}
	struct cn_buf out = CN_BUF_INIT;
	cn_buf_puts(&out, args->json ? "{" : "");
	for (size_t i = 0; i + 1 < listing->count; i += 2) {
		struct cn_bytes key = listing_at(listing, i);
		struct cn_bytes value = listing_at(listing, i + 1);
		if (args->json) {
			cn_buf_puts(&out, i == 0 ? "" : ",");
			json(&out, key);
			cn_buf_putc(&out, ':');
			json(&out, value);
		} else {
			cn_buf_append(&out, key.data, key.len);
			cn_buf_putc(&out, args->nul ? '\0' : '\t');
			cn_buf_append(&out, value.data, value.len);
			cn_buf_putc(&out, args->nul ? '\0' : '\n');
		}
	}
	cn_buf_puts(&out, args->json ? "}\n" : "");
	int status = cmd_print(cmd, &out);
	cn_buf_finish(&out);
	return status;
}
