/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell/var.h - variables (XCU 2.5.3): scalars, indexed and associative arrays. A variable is part
 * of its interned name. Changing one inside a forkless subshell first puts its old state into the
 * subshell's journal (see subshell.h): that is the copy on write.
 */
#ifndef SH_VAR_H
#define SH_VAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct shell;
struct sh_name;
struct sh_array;
struct sh_item;
struct sh_var;

enum sh_var_flags {
	SH_VAR_SET = 1 << 0, // has a value
	SH_VAR_EXPORT = 1 << 1,
	SH_VAR_READONLY = 1 << 2,
	SH_VAR_INDEXED = 1 << 3, // value is in `array`
	SH_VAR_ASSOC = 1 << 4, // value is in `array`
	SH_VAR_BORROWED = 1 << 5, // value points into the environment we were given
	SH_VAR_SHARED = 1 << 6, // the journal holds the same value: copy before changing in place
	SH_VAR_INTEGER = 1 << 7, // declare -i
};

/* A variable the shell computes or wants to hear of: RANDOM, IFS, PATH, OPTIND... */
struct sh_var_hooks {
	/* The value now; the text may be in sh->number or otherwise borrowed until the next call. */
	const char *(*get)(struct shell *sh, struct sh_name *name);
	/* Called after the value changed or was unset. */
	void (*changed)(struct shell *sh, struct sh_name *name);
	/*
	 * Of a variable whose value is kept elsewhere, which a local variable of its name is not:
	 * before its array is looked at; after the element changed (item NULL: the whole array);
	 * before the element goes.
	 */
	bool is_kept;
	void (*refresh)(struct shell *sh, struct sh_name *name);
	void (*stored)(struct shell *sh, struct sh_name *name, const struct sh_item *item);
	void (*removed)(struct shell *sh, struct sh_name *name, const struct sh_item *item);
};

struct sh_var {
	char *value; // NUL-terminated; NULL when not SH_VAR_SET
	size_t len;
	size_t cap; // bytes allocated; 0 when borrowed
	struct sh_array *array;
	const struct sh_var_hooks *hooks;
	const void *kept; // for the hooks, where `is_kept`
	uint32_t flags; // enum sh_var_flags
	uint32_t level; // subshell level that owns this state
};

/*
 * The value, or NULL when unset. For an array: its element 0. Borrowed until the variable changes.
 */
const char *sh_var_get(struct shell *sh, struct sh_name *name);
const char *sh_var_get_text(struct shell *sh, const char *name);
/* With its length; *len is left alone when NULL is returned. */
const char *sh_var_get_len(struct shell *sh, struct sh_name *name, size_t *len);

/*
 * Set it to a copy of value[0, len) (which may be part of the old value). Applies `set -a`.
 * Returns 0, or -1 with a message when it is read-only.
 */
int sh_var_set(struct shell *sh, struct sh_name *name, const char *value, size_t len);
int sh_var_set_text(struct shell *sh, const char *name, const char *value);
int sh_var_set_int(struct shell *sh, struct sh_name *name, intmax_t value);
/* Append, in place where possible. 0 or -1 as above. */
int sh_var_append(struct shell *sh, struct sh_name *name, const char *value, size_t len);

/* Unset it, array or scalar. 0, or -1 with a message when it is read-only. */
int sh_var_unset(struct shell *sh, struct sh_name *name);

/* Add and remove flags: SH_VAR_EXPORT, SH_VAR_READONLY, SH_VAR_INTEGER. */
void sh_var_flag(struct shell *sh, struct sh_name *name, uint32_t add, uint32_t remove);

/* Before var.array is looked at, and after it was changed other than by the functions below. */
void sh_var_refresh(struct shell *sh, struct sh_name *name);
void sh_var_stored(struct shell *sh, struct sh_name *name);

static inline bool sh_var_is_array(const struct sh_var *var) {
	return (var->flags & (SH_VAR_INDEXED | SH_VAR_ASSOC)) != 0;
}

/*
 * Set, get, unset by a reference as a script writes it: `name`, `name[3]`, `name[key]`. For
 * `read`, `printf -v`, `unset` and the plugin. 0, or -1 with a message (bad name, read-only).
 * The text got is borrowed until the variable changes; NULL when unset.
 */
int sh_ref_set(struct shell *sh, const char *ref, const char *value, size_t len);
const char *sh_ref_get(struct shell *sh, const char *ref, size_t *len);
int sh_ref_unset(struct shell *sh, const char *ref);

/*
 * Make `name` local to the function being executed: unset until assigned, back to what it was at
 * the function's end. -1 outside functions (no message) or when it is read-only (message).
 */
int sh_var_local(struct shell *sh, struct sh_name *name);

/* Save the variable, which keeps its value, among sh->locals until sh_undo_to(). */
void sh_var_save(struct shell *sh, struct sh_name *name);

/* Take in the environment (XCU 2.5.3): names that are not valid are passed on untouched. */
void sh_var_import(struct shell *sh, char **environ_given);

/*
 * The environment for a program: cached until an exported variable changes; borrowed until then.
 */
char **sh_var_environ(struct shell *sh);

#endif
