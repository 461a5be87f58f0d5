/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "plugin/bash_builtins.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/map.h"
#include "plugin/bash_api.h"
#include "plugin/command.h"
#include "plugin/host.h"

enum { WORDS_FEW = 32 };

static struct cn_map added = CN_MAP_INIT; // const struct host_builtin *

static int run_words(const struct host_builtin *builtin, WORD_LIST *words) {
	size_t count = 1;
	for (WORD_LIST *w = words; w != NULL; w = w->next) {
		count++;
	}
	char *few[WORDS_FEW + 1];
	char **argv = few;
	char frame[] = "conch-added";
	if (count > WORDS_FEW) {
		begin_unwind_frame(frame);
		argv = xmalloc((count + 1) * sizeof(*argv));
		add_unwind_protect(xfree, argv);
	}
	int argc = 0;
	argv[argc++] = (char *)(uintptr_t)builtin->name;
	for (WORD_LIST *w = words; w != NULL; w = w->next) {
		argv[argc++] = w->word->word;
	}
	argv[argc] = NULL;
	int status = builtin->run(builtin->data, argc, argv);
	if (argv != few) {
		run_unwind_frame(frame);
	}
	return status;
}

// All of them come in here; bash says by which name.
static int run_added(WORD_LIST *words) {
	const char *name = this_command_name;
	const struct host_builtin *builtin =
			name != NULL ? cn_map_get(&added, name, strlen(name)) : NULL;
	return builtin != NULL ? run_words(builtin, words) : STATUS_NOT_FOUND;
}

// bash keeps a pointer to the entry it found last, the command that led here: find that again.
static void table_has_changed(const char *running) {
	current_builtin = NULL;
	if (running != NULL) {
		builtin_address_internal((char *)(uintptr_t)running, 1);
	}
}

static const char *running_name(void) {
	return current_builtin != NULL ? current_builtin->name : NULL;
}

// A sorted copy of bash's table with one more entry, as `enable -f` makes it.
static void grow_table(const struct builtin *entry) {
	size_t count = (size_t)num_shell_builtins;
	struct builtin *table = xmalloc((count + 2) * sizeof(*table));
	memcpy(table, shell_builtins, count * sizeof(*table));
	table[count] = *entry;
	table[count + 1] = (struct builtin){ 0 };
	const char *running = running_name();
	if (shell_builtins != static_shell_builtins) {
		xfree(shell_builtins);
	}
	shell_builtins = table;
	num_shell_builtins++;
	initialize_shell_builtins();
	table_has_changed(running);
}

// bash may keep the name and the texts for good.
static char **make_doc(const struct host_builtin *builtin) {
	char **doc = calloc(2, sizeof(*doc));
	if (doc != NULL && (doc[0] = strdup(builtin->help)) == NULL) {
		free(doc);
		return NULL;
	}
	return doc;
}

int bash_add_builtin(const struct host_builtin *builtin) {
	if (builtin_address_internal((char *)(uintptr_t)builtin->name, 1) != NULL) {
		return -EEXIST;
	}
	char **doc = make_doc(builtin);
	char *name = strdup(builtin->name);
	int err = doc != NULL && name != NULL ? 0 : -ENOMEM;
	err = err == 0 ? cn_map_set(&added, builtin->name, strlen(builtin->name),
							 (void *)(uintptr_t)builtin, NULL)
				   : err;
	if (err < 0) {
		free(name);
		return err;
	}
	grow_table(&(struct builtin){ .name = name, .function = run_added, .flags = BUILTIN_ENABLED,
			.long_doc = doc, .short_doc = builtin->usage });
	return 0;
}

void bash_remove_builtin(const char *name) {
	struct builtin *there = builtin_address_internal((char *)(uintptr_t)name, 1);
	if (cn_map_remove(&added, name, strlen(name)) == NULL || there == NULL ||
			there->function != run_added) {
		return;
	}
	const char *running = running_name();
	size_t behind = (size_t)(shell_builtins + num_shell_builtins - there); // with the last, empty one
	memmove(there, there + 1, behind * sizeof(*there));
	num_shell_builtins--;
	table_has_changed(running);
}
