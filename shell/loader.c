/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "shell/builtin.h"
#include "shell/loader.h"
#include "shell/plugin_api.h"
#include "shell/trap.h"

/* A builtin of a plugin. `builtin` comes first: the shell knows no more. */
struct added {
	struct sh_builtin builtin;
	const struct sh_plugin_command *command;
};

struct sh_plugin {
	char *file;
	void *handle;
	struct cn_vec added; // struct added *
	char **wanted; // while it is loaded: the commands to take; NULL: all
};

/* Something a plugin wants to be called. */
struct sh_call {
	void (*call)(void);
};

/* The commands of conch.so, which are known before it is loaded. */
static const char *const conch_commands[] = {
#define CONCH_COMMAND(word) #word,
#include "plugin/commands.def"
#undef CONCH_COMMAND
	NULL,
};

static const char *const conch_declares[] = {
#define CONCH_COMMAND(word)
#define CONCH_DECLARES(word) #word,
#include "plugin/commands.def"
#undef CONCH_DECLARES
#undef CONCH_COMMAND
	NULL,
};

static bool is_in(const char *const *list, const char *word) {
	while (*list != NULL && strcmp(word, *list) != 0) {
		list++;
	}
	return *list != NULL;
}

const char *const *sh_loader_commands(void) {
	return conch_commands;
}

/* ---- builtins ---- */

static int run_added(struct shell *sh, int argc, char **argv) {
	const struct added *added = (const struct added *)sh->running_builtin;
	return added->command->run(added->command->data, argc, argv);
}

static bool is_added(const struct sh_builtin *builtin) {
	return builtin != NULL && (builtin->flags & SH_BUILTIN_PLUGIN) != 0;
}

static bool is_wanted(const struct sh_plugin *plugin, const char *name) {
	for (char **wanted = plugin != NULL ? plugin->wanted : NULL; wanted != NULL; wanted++) {
		if (*wanted == NULL) {
			return false;
		}
		if (strcmp(*wanted, name) == 0) {
			return true;
		}
	}
	return true;
}

int sh_loader_add(struct shell *sh, const struct sh_plugin_command *command) {
	struct sh_plugin *plugin = sh->loading;
	if (!is_wanted(plugin, command->name)) {
		return 0;
	}
	struct sh_name *name = sh_name(sh, command->name);
	const struct sh_builtin *old = sh_builtin_find(sh, name);
	if (old != NULL) {
		bool same = is_added(old) && ((const struct added *)old)->command == command;
		return same ? 0 : -EEXIST;
	}
	struct added *added = sh_xcalloc(1, sizeof(*added));
	added->command = command;
	uint32_t flags = SH_BUILTIN_PLUGIN;
	if (plugin != NULL && is_in(conch_declares, command->name)) {
		flags |= SH_BUILTIN_DECLARES;
	}
	added->builtin = (struct sh_builtin){ command->name, run_added, flags, command->usage, NULL };
	cn_vec_push(plugin != NULL ? &plugin->added : &sh->plugin_builtins, added);
	name->builtin = &added->builtin;
	name->builtin_known = true;
	return 0;
}

int sh_loader_remove(struct shell *sh, const char *text) {
	struct sh_name *name = sh_name_find(sh, text, strlen(text));
	for (size_t i = 0; name != NULL && i < sh->plugin_builtins.len; i++) {
		struct added *added = sh->plugin_builtins.items[i];
		if (name->builtin == &added->builtin) {
			name->builtin = NULL;
			cn_vec_remove(&sh->plugin_builtins, i);
			free(added);
			return 0;
		}
	}
	return -ENOENT;
}

/* ---- files ---- */

static bool is_file(const char *path) {
	return access(path, R_OK) == 0;
}

/* The folder of this program, without the slash. "": not known. */
static void own_folder(char folder[PATH_MAX]) {
	ssize_t len = readlink("/proc/self/exe", folder, PATH_MAX - 1);
	folder[len > 0 ? len : 0] = '\0';
	char *slash = strrchr(folder, '/');
	if (slash != NULL) {
		*slash = '\0';
	}
}

bool sh_loader_find(const char *folder_in_build, const char *file, char path[PATH_MAX]) {
	const char *const ways[] = { folder_in_build, CONCHLIB_FROM_BIN };
	char folder[PATH_MAX];
	own_folder(folder);
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]) && folder[0] != '\0'; i++) {
		int len = snprintf(path, PATH_MAX, "%s/%s/%s", folder, ways[i], file);
		if (len < PATH_MAX && is_file(path)) {
			return true;
		}
	}
	return snprintf(path, PATH_MAX, "%s/%s", CONCHLIB, file) < PATH_MAX && is_file(path);
}

static bool find_conch(struct shell *sh, char path[PATH_MAX]) {
	const char *given = sh_var_get_text(sh, "CONCH_PLUGIN");
	bool trusted = getuid() == geteuid() && getgid() == getegid();
	if (given != NULL && given[0] != '\0' && trusted) {
		return snprintf(path, PATH_MAX, "%s", given) < PATH_MAX;
	}
	return sh_loader_find("plugin", "conch.so", path);
}

static struct sh_plugin *plugin_of(struct shell *sh, void *handle, const char *file) {
	for (size_t i = 0; i < sh->plugins.len; i++) {
		struct sh_plugin *plugin = sh->plugins.items[i];
		if (plugin->handle == handle) {
			return plugin;
		}
	}
	struct sh_plugin *plugin = sh_xcalloc(1, sizeof(*plugin));
	plugin->handle = handle;
	plugin->file = sh_xstrdup(file);
	cn_vec_push(&sh->plugins, plugin);
	return plugin;
}

/* dlopen() looks elsewhere for a name without a slash. */
static void *open_file(struct shell *sh, const char *path) {
	char here[PATH_MAX];
	if (strchr(path, '/') == NULL) {
		snprintf(here, sizeof(here), "./%s", path);
		path = here;
	}
	return dlopen(path, RTLD_NOW | RTLD_LOCAL);
}

static bool has_command(const struct sh_plugin *plugin, const char *name) {
	for (size_t i = 0; i < plugin->added.len; i++) {
		const struct added *added = plugin->added.items[i];
		if (strcmp(added->command->name, name) == 0) {
			return true;
		}
	}
	return false;
}

static int check_names(struct shell *sh, const struct sh_plugin *plugin, char **names) {
	int result = 0;
	for (char **name = names; name != NULL && *name != NULL; name++) {
		if (!has_command(plugin, *name)) {
			sh_error(sh, "%s: %s: no such command in it", plugin->file, *name);
			result = -1;
		}
	}
	return result;
}

static int load(struct shell *sh, const char *path, char **names) {
	void *handle = open_file(sh, path);
	if (handle == NULL) {
		sh_error(sh, "%s: cannot be loaded: %s", path, dlerror());
		return -1;
	}
	sh_plugin_init *init;
	*(void **)&init = dlsym(handle, SH_PLUGIN_INIT);
	if (init == NULL) {
		sh_error(sh, "%s: no plugin: has no %s", path, SH_PLUGIN_INIT);
		dlclose(handle);
		return -1;
	}
	struct sh_plugin *plugin = plugin_of(sh, handle, path);
	struct sh_plugin *outer = sh->loading;
	plugin->wanted = names;
	sh->loading = plugin;
	int err = init(sh, &sh_plugin_table);
	sh->loading = outer;
	plugin->wanted = NULL;
	if (err < 0) {
		sh_error(sh, "%s: does not work with this shell", path);
		return -1;
	}
	return check_names(sh, plugin, names);
}

int sh_loader_load(struct shell *sh, const char *file, char **names) {
	char path[PATH_MAX];
	if (strcmp(file, "conch.so") == 0 && find_conch(sh, path)) {
		return load(sh, path, names);
	}
	if (strchr(file, '/') == NULL && sh_loader_find("plugin", file, path)) {
		return load(sh, path, names);
	}
	return load(sh, file, names);
}

bool sh_loader_declares(struct shell *sh, const char *word) {
	return (sh->options & SH_OPT_POSIX) == 0 && is_in(conch_declares, word);
}

const struct sh_builtin *sh_loader_autoload(struct shell *sh, struct sh_name *name) {
	char path[PATH_MAX];
	if ((sh->options & SH_OPT_POSIX) != 0 || !is_in(conch_commands, name->text) ||
			!find_conch(sh, path) || load(sh, path, NULL) < 0) {
		return NULL;
	}
	return name->builtin;
}

void sh_loader_list(struct shell *sh) {
	for (size_t i = 0; i < sh->plugins.len; i++) {
		const struct sh_plugin *plugin = sh->plugins.items[i];
		sh_printf(sh, "%s:", plugin->file);
		for (size_t j = 0; j < plugin->added.len; j++) {
			const struct added *added = plugin->added.items[j];
			sh_printf(sh, " %s", added->command->name);
		}
		sh_putc(sh, '\n');
	}
}

/* ---- callbacks ---- */

static void note_call(struct cn_vec *calls, void (*call)(void)) {
	for (size_t i = 0; i < calls->len; i++) {
		if (((struct sh_call *)calls->items[i])->call == call) {
			return;
		}
	}
	struct sh_call *noted = sh_xcalloc(1, sizeof(*noted));
	noted->call = call;
	cn_vec_push(calls, noted);
}

void sh_loader_on_exit(struct shell *sh, void (*leave)(void)) {
	note_call(&sh->at_exit, leave);
}

void sh_loader_on_safe_point(struct shell *sh, void (*reached)(void)) {
	note_call(&sh->safe_points, reached);
}

void sh_loader_on_prompt(struct shell *sh, void (*before)(void)) {
	note_call(&sh->prompt_calls, before);
}

void sh_loader_before_prompt(struct shell *sh) {
	int status = sh->status;
	for (size_t i = 0; i < sh->prompt_calls.len; i++) {
		((struct sh_call *)sh->prompt_calls.items[i])->call();
	}
	sh->status = status;
}

void sh_loader_at_exit(struct shell *sh) {
	while (sh->at_exit.len > 0) {
		struct sh_call *noted = cn_vec_pop(&sh->at_exit);
		noted->call();
		free(noted);
		sh->unwind = SH_UNWIND_NONE;
	}
}

void sh_loader_safe_point(struct shell *sh) {
	sh_safe_point_due = 0;
	int status = sh->status;
	for (size_t i = 0; i < sh->safe_points.len && sh->unwind == SH_UNWIND_NONE; i++) {
		((struct sh_call *)sh->safe_points.items[i])->call();
	}
	if (sh->unwind == SH_UNWIND_NONE) {
		sh->status = status;
	}
}

void sh_loader_meet(struct shell *sh) {
	if (sh->meeting == 0 && sh->plugins.len == 0 && (sh->options & SH_OPT_POSIX) == 0) {
		sh->meeting = cn_fd_memory("conch"); // an error once is not tried again
	}
}
