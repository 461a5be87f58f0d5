/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "plugin/words.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

// Which part of an item a replacement string stands for.
enum part { PART_ALL, PART_STEM, PART_BASE, PART_DIR, PART_BASE_STEM, PART_SEQ, PART_SLOT };

// A piece of a word: literal text, and behind it a replacement string.
struct piece {
	const char *text;
	size_t len;
	bool has_field; // a replacement string follows
	enum part part;
	size_t field; // from 1; 0: all
};

struct word {
	struct piece *pieces;
	size_t count;
	bool is_all; // just {}
};

struct words {
	char *const *source;
	struct word *words;
	size_t count;
	bool replaces;
	struct cn_buf text; // the filled words, one behind the other
	size_t *starts; // offsets of the filled words in text
	char **filled;
	size_t room;
};

// A replacement string at `text`? Its length, or 0.
static size_t parse(const char *text, struct piece *piece) {
	static const struct {
		const char *name;
		enum part part;
	} parts[] = {
		{ "}", PART_ALL },
		{ ".}", PART_STEM },
		{ "/}", PART_BASE },
		{ "//}", PART_DIR },
		{ "/.}", PART_BASE_STEM },
		{ "#}", PART_SEQ },
		{ "%}", PART_SLOT },
	};
	if (*text != '{') {
		return 0;
	}
	const char *p = text + 1;
	size_t field = 0;
	for (; isdigit((unsigned char)*p) && field < 100000; p++) {
		field = field * 10 + (size_t)(*p - '0');
	}
	if (p > text + 1 && field == 0) {
		return 0; // {0}
	}
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		size_t len = strlen(parts[i].name);
		bool number = parts[i].part == PART_SEQ || parts[i].part == PART_SLOT;
		if (strncmp(p, parts[i].name, len) == 0 && !(number && field > 0)) {
			piece->has_field = true;
			piece->part = parts[i].part;
			piece->field = field;
			return (size_t)(p - text) + len;
		}
	}
	return 0;
}

static int compile(const char *source, struct word *word) {
	const char *from = source;
	const char *p = source;
	bool end = false;
	while (!end) {
		struct piece piece = { .text = from };
		size_t len = 0;
		while (*p != '\0' && len == 0) {
			len = parse(p, &piece);
			p += len == 0;
		}
		piece.len = (size_t)(p - from);
		end = len == 0;
		struct piece *pieces = reallocarray(word->pieces, word->count + 1, sizeof(*pieces));
		if (pieces == NULL) {
			return -ENOMEM;
		}
		word->pieces = pieces;
		word->pieces[word->count++] = piece;
		p += len;
		from = p;
	}
	word->is_all = strcmp(source, "{}") == 0;
	return 0;
}

int words_compile(char *const source[], size_t count, struct words **out, bool *replaces) {
	struct words *words = calloc(1, sizeof(*words));
	if (words == NULL) {
		return -ENOMEM;
	}
	cn_buf_init(&words->text);
	words->source = source;
	words->count = count;
	words->words = calloc(count + 1, sizeof(*words->words));
	int err = words->words == NULL ? -ENOMEM : 0;
	for (size_t i = 0; i < count && err == 0; i++) {
		err = compile(source[i], &words->words[i]);
		words->replaces = words->replaces || (err == 0 && words->words[i].pieces[0].has_field) ||
				words->words[i].count > 1;
	}
	if (err < 0) {
		words_free(words);
		return err;
	}
	*replaces = words->replaces;
	*out = words;
	return 0;
}

void words_free(struct words *words) {
	if (words == NULL) {
		return;
	}
	for (size_t i = 0; words->words != NULL && i < words->count; i++) {
		free(words->words[i].pieces);
	}
	free(words->words);
	free(words->starts);
	free(words->filled);
	cn_buf_finish(&words->text);
	free(words);
}

// The length of `item` without its extension; a dot at the start of the name begins none.
static size_t stem(const char *item, size_t len) {
	for (size_t i = len; i > 1 && item[i - 1] != '/'; i--) {
		if (item[i - 1] == '.' && item[i - 2] != '/') {
			return i - 1;
		}
	}
	return len;
}

static const char *base(const char *item) {
	const char *slash = strrchr(item, '/');
	return slash == NULL ? item : slash + 1;
}

static void append_part(struct cn_buf *out, enum part part, const char *item) {
	const char *name = base(item);
	switch (part) {
	case PART_STEM:
		cn_buf_append(out, item, stem(item, strlen(item)));
		break;
	case PART_BASE:
		cn_buf_puts(out, name);
		break;
	case PART_BASE_STEM:
		cn_buf_append(out, name, stem(name, strlen(name)));
		break;
	case PART_DIR:
		if (name == item) {
			cn_buf_putc(out, '.');
		} else {
			cn_buf_append(out, item, name - 1 > item ? (size_t)(name - 1 - item) : 1);
		}
		break;
	default:
		cn_buf_puts(out, item);
	}
}

static void append_piece(
		struct cn_buf *out, const struct piece *piece, const struct words_call *call) {
	cn_buf_append(out, piece->text, piece->len);
	if (!piece->has_field) {
		return;
	}
	if (piece->part == PART_SEQ) {
		cn_buf_printf(out, "%llu", (unsigned long long)call->seq);
	} else if (piece->part == PART_SLOT) {
		cn_buf_printf(out, "%u", call->slot);
	} else if (piece->field > 0) {
		append_part(out, piece->part,
				piece->field <= call->count ? call->fields[piece->field - 1] : "");
	} else {
		for (size_t i = 0; i < call->count; i++) {
			if (i > 0) {
				cn_buf_putc(out, ' ');
			}
			append_part(out, piece->part, call->fields[i]);
		}
	}
}

static int room_for(struct words *words, size_t count) {
	if (count < words->room) {
		return 0;
	}
	size_t room = count * 2 + 8;
	size_t *starts = reallocarray(words->starts, room, sizeof(*starts));
	words->starts = starts != NULL ? starts : words->starts;
	char **filled = reallocarray(words->filled, room, sizeof(*filled));
	words->filled = filled != NULL ? filled : words->filled;
	if (starts == NULL || filled == NULL) {
		return -ENOMEM;
	}
	words->room = room;
	return 0;
}

int words_fill(struct words *words, const struct words_call *call, char ***out) {
	if (room_for(words, words->count + (call->count + 1) * (words->count + 1)) < 0) {
		return -ENOMEM;
	}
	size_t count = 0;
	// Words that are as they were given are pointed to; others stand in text, which may still move.
	cn_buf_reset(&words->text);
	for (size_t i = 0; i < words->count; i++) {
		const struct word *word = &words->words[i];
		if (word->is_all) {
			for (size_t f = 0; f < call->count; f++) {
				words->filled[count++] = call->fields[f];
			}
		} else if (word->count == 1 && !word->pieces[0].has_field) {
			words->filled[count++] = words->source[i];
		} else {
			words->starts[count] = words->text.len;
			for (size_t p = 0; p < word->count; p++) {
				append_piece(&words->text, &word->pieces[p], call);
			}
			cn_buf_putc(&words->text, '\0');
			words->filled[count++] = NULL;
		}
	}
	for (size_t f = 0; !words->replaces && f < call->count; f++) {
		words->filled[count++] = call->fields[f];
	}
	for (size_t i = 0; i < count; i++) {
		if (words->filled[i] == NULL) {
			words->filled[i] = words->text.data + words->starts[i];
		}
	}
	words->filled[count] = NULL;
	*out = words->filled;
	return words->text.failed ? -ENOMEM : (int)count;
}
