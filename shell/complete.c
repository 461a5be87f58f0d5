/* SPDX-License-Identifier: GPL-3.0-or-later */
/* shell/complete.c - the candidates of each kind of thing. See complete.h. */
#include "config.h"

#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "shell/builtin.h"
#include "shell/complete.h"
#include "shell/jobs.h"
#include "shell/loader.h"
#include "shell/options.h"
#include "shell/trap.h"

/* ---- candidates ---- */

void sh_candidate_add(
		struct sh_candidates *out, const char *prefix, const char *text, const char *suffix) {
	size_t size = strlen(prefix) + strlen(text) + strlen(suffix) + 1;
	char *item = sh_xmalloc(size);
	snprintf(item, size, "%s%s%s", prefix, text, suffix);
	if (cn_vec_push(&out->items, item) < 0) {
		free(item);
	}
}

void sh_candidates_finish(struct sh_candidates *out) {
	while (out->items.len > 0) {
		free(cn_vec_pop(&out->items));
	}
	cn_vec_finish(&out->items);
}

static bool begins(const char *text, const char *with) {
	return strncmp(text, with, strlen(with)) == 0;
}

static void add_if(struct sh_candidates *out, const char *text, const char *word) {
	if (begins(text, word)) {
		sh_candidate_add(out, "", text, "");
	}
}

/* ---- the shell's own things ---- */

static bool is_wanted_name(const struct sh_name *name, uint32_t actions) {
	bool is_set = (name->var.flags & SH_VAR_SET) != 0 || sh_var_is_array(&name->var);
	return ((actions & (SH_COMPLETE_FUNCTIONS | SH_COMPLETE_COMMANDS)) != 0 && name->func != NULL) ||
			((actions & (SH_COMPLETE_ALIASES | SH_COMPLETE_COMMANDS)) != 0 && name->alias != NULL) ||
			((actions & SH_COMPLETE_VARIABLES) != 0 && is_set) ||
			((actions & SH_COMPLETE_EXPORTS) != 0 && is_set &&
					(name->var.flags & SH_VAR_EXPORT) != 0);
}

static void add_names(
		struct shell *sh, uint32_t actions, const char *word, struct sh_candidates *out) {
	for (size_t i = 0; i < sh->names.cap; i++) {
		for (struct sh_name *name = sh->names.buckets[i]; name != NULL; name = name->next) {
			if (begins(name->text, word) && is_wanted_name(name, actions)) {
				sh_candidate_add(out, "", name->text, "");
			}
		}
	}
}

static void add_builtins(struct shell *sh, const char *word, struct sh_candidates *out) {
	for (const struct sh_builtin *const *b = sh_builtin_table; *b != NULL; b++) {
		add_if(out, (*b)->name, word);
	}
	if ((sh->options & SH_OPT_POSIX) == 0) {
		for (const char *const *name = sh_loader_commands(); *name != NULL; name++) {
			add_if(out, *name, word);
		}
	}
}

static void add_keywords(const char *word, struct sh_candidates *out) {
	static const char *const keywords[] = { "if", "then", "elif", "else", "fi", "for", "in", "while",
		"until", "do", "done", "case", "esac", "{", "}", "!", "function", "[[", "]]" };
	for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++) {
		add_if(out, keywords[i], word);
	}
}

static void add_programs(struct shell *sh, const char *word, struct sh_candidates *out) {
	const char *path = sh_var_get(sh, sh->n.path);
	while (path != NULL && *path != '\0') {
		size_t len = strcspn(path, ":");
		char *name = sh_xstrndup(path, len);
		DIR *dir = opendir(len > 0 ? name : ".");
		for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
			struct stat st;
			if (entry->d_name[0] != '.' && begins(entry->d_name, word) &&
					fstatat(dirfd(dir), entry->d_name, &st, 0) == 0 && S_ISREG(st.st_mode) &&
					faccessat(dirfd(dir), entry->d_name, X_OK, AT_EACCESS) == 0) {
				sh_candidate_add(out, "", entry->d_name, "");
			}
		}
		if (dir != NULL) {
			closedir(dir);
		}
		free(name);
		path += len + (path[len] == ':');
	}
}

static void add_users(const char *word, struct sh_candidates *out) {
	setpwent();
	for (struct passwd *user; (user = getpwent()) != NULL;) {
		add_if(out, user->pw_name, word);
	}
	endpwent();
}

static void add_groups(const char *word, struct sh_candidates *out) {
	setgrent();
	for (struct group *group; (group = getgrent()) != NULL;) {
		add_if(out, group->gr_name, word);
	}
	endgrent();
}

/* By the first word of the command; with a `%` where the user began so, or by number. */
static void add_jobs(
		struct shell *sh, uint32_t actions, const char *word, struct sh_candidates *out) {
	for (int i = 0; i < sh->jobs->count; i++) {
		const struct sh_job *job = sh->jobs->items[i];
		enum sh_proc_state state = sh_job_state(job);
		bool wanted = (actions & SH_COMPLETE_JOBS) != 0 ||
				((actions & SH_COMPLETE_RUNNING) != 0 && state == SH_RUNNING) ||
				((actions & SH_COMPLETE_STOPPED) != 0 && state == SH_STOPPED);
		if (!wanted || state == SH_DONE) {
			continue;
		}
		char number[16];
		snprintf(number, sizeof(number), "%%%d", job->number);
		char *first = sh_xstrndup(job->text, strcspn(job->text, " \t\n;|&"));
		if (word[0] == '%' && begins(number, word)) {
			sh_candidate_add(out, "", number, "");
		} else if (word[0] == '%' && begins(first, word + 1)) {
			sh_candidate_add(out, "%", first, "");
		} else if (word[0] != '%' && begins(first, word)) {
			sh_candidate_add(out, "", word[0] == '\0' ? number : first, "");
		}
		free(first);
	}
}

static void add_signals(const char *word, struct sh_candidates *out) {
	bool prefixed = begins(word, "SIG");
	for (int sig = 0; sig < SH_SIGNALS; sig++) {
		const char *name = sh_signal_name(sig);
		if (name != NULL && (!prefixed || sig > 0) && begins(name, word + (prefixed ? 3 : 0))) {
			sh_candidate_add(out, prefixed ? "SIG" : "", name, "");
		}
	}
}

/* ---- files ---- */

/* `~` and `~user` at the beginning of a path: the path, on the heap. */
static char *without_tilde(struct shell *sh, const char *path) {
	size_t len = strcspn(path, "/");
	if (path[0] != '~') {
		return sh_xstrdup(path);
	}
	char *user = sh_xstrndup(path + 1, len - 1);
	const struct passwd *entry = len > 1 ? getpwnam(user) : NULL;
	const char *home = len == 1 ? sh_var_get(sh, sh->n.home) : entry != NULL ? entry->pw_dir : NULL;
	struct cn_buf out = CN_BUF_INIT;
	cn_buf_puts(&out, home != NULL ? home : "");
	cn_buf_puts(&out, home != NULL ? path + len : path);
	free(user);
	char *result = cn_buf_steal(&out);
	return result != NULL ? result : sh_xstrdup(path);
}

static void add_files(struct shell *sh, const char *word, bool dirs_only, struct sh_candidates *out) {
	const char *slash = strrchr(word, '/');
	const char *base = slash != NULL ? slash + 1 : word;
	char *prefix = sh_xstrndup(word, (size_t)(base - word));
	char *folder = without_tilde(sh, prefix);
	DIR *dir = opendir(slash != NULL ? folder : ".");
	out->files = true;
	for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
		const char *name = entry->d_name;
		struct stat st;
		bool special = strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
		if (!begins(name, base) || (name[0] == '.' && (base[0] != '.' || special))) {
			continue;
		}
		if (!dirs_only || (fstatat(dirfd(dir), name, &st, 0) == 0 && S_ISDIR(st.st_mode))) {
			sh_candidate_add(out, prefix, name, "");
		}
	}
	if (dir != NULL) {
		closedir(dir);
	}
	free(folder);
	free(prefix);
}

void sh_complete_actions(
		struct shell *sh, uint32_t actions, const char *word, struct sh_candidates *out) {
	add_names(sh, actions, word, out);
	if ((actions & (SH_COMPLETE_BUILTINS | SH_COMPLETE_COMMANDS)) != 0) {
		add_builtins(sh, word, out);
	}
	if ((actions & (SH_COMPLETE_KEYWORDS | SH_COMPLETE_COMMANDS)) != 0) {
		add_keywords(word, out);
	}
	if ((actions & SH_COMPLETE_COMMANDS) != 0) {
		add_programs(sh, word, out);
	}
	if ((actions & SH_COMPLETE_USERS) != 0) {
		add_users(word, out);
	}
	if ((actions & SH_COMPLETE_GROUPS) != 0) {
		add_groups(word, out);
	}
	if ((actions & (SH_COMPLETE_JOBS | SH_COMPLETE_RUNNING | SH_COMPLETE_STOPPED)) != 0) {
		add_jobs(sh, actions, word, out);
	}
	if ((actions & SH_COMPLETE_SIGNALS) != 0) {
		add_signals(word, out);
	}
	for (const struct sh_option_info *o = sh_option_table;
			(actions & SH_COMPLETE_OPTIONS) != 0 && o->name != NULL; o++) {
		add_if(out, o->name, word);
	}
	if ((actions & (SH_COMPLETE_FILES | SH_COMPLETE_DIRECTORIES)) != 0) {
		add_files(sh, word, (actions & SH_COMPLETE_FILES) == 0, out);
	}
}
