/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "plugin/objects.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/shm/alloc.h"
#include "plugin/report.h"

static const struct object_kind *kind_find(enum cn_kind kind) {
	for (const struct command *const *c = commands; *c != NULL; c++) {
		if ((*c)->objects != NULL && (*c)->objects->kind == kind) {
			return (*c)->objects;
		}
	}
	return NULL;
}

// An object as it goes into the list.
struct row {
	struct cn_ref ref;
	enum cn_kind kind;
	char name[CN_NAME_MAX + 1];
};

static bool row_fill(struct row *row, const struct cn_ref *ref) {
	struct cn_object *object;
	if (cn_pin(ref, (void **)&object) < 0) {
		return false;
	}
	row->ref = *ref;
	row->kind = (enum cn_kind)object->kind;
	snprintf(row->name, sizeof(row->name), "%s", cn_object_name(object));
	cn_unpin(ref, object);
	return true;
}

static int by_kind_and_name(const void *a, const void *b) {
	const struct row *x = a;
	const struct row *y = b;
	return x->kind != y->kind ? (x->kind > y->kind) - (x->kind < y->kind)
							  : strverscmp(x->name, y->name);
}

static void append_holders(struct cn_buf *out, const struct object_view *view) {
	for (size_t i = 0; i < view->holders_count && i < OBJECT_HOLDERS_MAX; i++) {
		cn_buf_printf(out, "%s%d", i > 0 ? "," : "", (int)view->holders[i]);
	}
}

// `text` to at most `width` columns, a column per character; what moves the cursor becomes '?'.
static void append_cut(struct cn_buf *out, const char *text, size_t width) {
	for (size_t used = 0; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;
		bool begins = (c & 0xc0) != 0x80;
		if (begins && used++ == width) {
			return;
		}
		cn_buf_putc(out, c < ' ' || c == 0x7f ? '?' : *text);
	}
}

static void append_table_row(
		struct object_list *list, const struct row *row, const char *prefix, struct object_view *view) {
	struct cn_buf line = CN_BUF_INIT;
	struct cn_buf name = CN_BUF_INIT;
	struct cn_buf holders = CN_BUF_INIT;
	cn_buf_printf(&name, "%s%s", prefix, row->name);
	append_holders(&holders, view);
	if (view->holders_count > OBJECT_HOLDERS_MAX) {
		cn_buf_puts(&holders, ",...");
	}
	cn_buf_printf(&line, "%-8s %-16s %7" PRIu32 " %9" PRIu64 "  %s", cn_kind_name(row->kind),
			name.data, view->waiters, view->bytes, view->state.data);
	if (holders.len > 0) {
		cn_buf_printf(&line, " (%s)", holders.data);
	}
	while (line.len > 0 && line.data[line.len - 1] == ' ') {
		cn_buf_truncate(&line, line.len - 1);
	}
	append_cut(&list->text, line.data, list->width > 0 ? list->width : SIZE_MAX);
	cn_buf_putc(&list->text, '\n');
	cn_buf_finish(&line);
	cn_buf_finish(&name);
	cn_buf_finish(&holders);
}

static void append_json(
		struct object_list *list, const struct row *row, const char *prefix, struct object_view *view) {
	struct cn_buf *out = &list->text;
	cn_buf_printf(out, "%s\n{\"kind\":\"%s\",\"name\":\"%s%s\",\"state\":",
			list->count > 0 ? "," : "", cn_kind_name(row->kind), prefix, row->name);
	json_string(out, view->state.data, view->state.len);
	cn_buf_puts(out, ",\"holders\":[");
	append_holders(out, view);
	cn_buf_printf(out, "],\"waiters\":%" PRIu32 ",\"bytes\":%" PRIu64 "}", view->waiters, view->bytes);
}

static void append_row(struct object_list *list, const struct row *row, const char *prefix) {
	const struct object_kind *kind = kind_find(row->kind);
	struct object_view view = { .state = CN_BUF_INIT,
		.bytes = cn_alloc_room(row->ref.arena, row->ref.off) };
	if (kind == NULL || kind->describe(&row->ref, &view) == 0) {
		if (list->count == 0 && !list->json) {
			cn_buf_printf(&list->text, "%-8s %-16s %7s %9s  %s\n", "KIND", "NAME", "WAITERS",
					"BYTES", "STATE (HOLDERS)");
		}
		(list->json ? append_json : append_table_row)(list, row, prefix, &view);
		list->count++;
	}
	cn_buf_finish(&view.state);
}

void objects_begin(struct object_list *list) {
	cn_buf_puts(&list->text, list->json ? "[" : "");
}

void objects_end(struct object_list *list) {
	cn_buf_puts(&list->text, !list->json ? "" : list->count > 0 ? "\n]\n" : "]\n");
}

int objects_list(struct cn_arena *arena, const char *prefix, struct object_list *list) {
	struct cn_ref *refs;
	size_t count;
	int err = cn_name_list(arena, 0, &refs, &count);
	if (err < 0) {
		return err;
	}
	struct row *rows = calloc(count + 1, sizeof(*rows));
	if (rows == NULL) {
		free(refs);
		return -ENOMEM;
	}
	size_t used = 0;
	for (size_t i = 0; i < count; i++) {
		used += row_fill(&rows[used], &refs[i]);
	}
	qsort(rows, used, sizeof(*rows), by_kind_and_name);
	for (size_t i = 0; i < used; i++) {
		append_row(list, &rows[i], prefix);
	}
	free(rows);
	free(refs);
	return list->text.failed ? -ENOMEM : 0;
}
