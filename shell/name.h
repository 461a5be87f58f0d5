/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell/name.h - interned names. The parser interns every name once; variable, function, alias,
 * builtin and remembered program of that name hang on it, so executing never hashes a string.
 */
#ifndef SH_NAME_H
#define SH_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shell/arena.h"
#include "shell/var.h"

struct sh_func;
struct sh_builtin;

struct sh_name {
	struct sh_name *next; // in the bucket
	uint32_t hash;
	uint32_t len;
	struct sh_var var;
	struct sh_func *func; // NULL: no function
	char *alias; // its value, heap; NULL: no alias
	const struct sh_builtin *builtin; // valid when builtin_known
	char *path; // the program remembered for it (XCU 2.9.1.4), heap; NULL: none
	uint32_t hits; // of path, for `hash`
	bool builtin_known;
	uint8_t on_path; // of a builtin, does PATH have the program? 0: not known, 1: yes, 2: no
	bool loader_asked;
	bool in_environ; // while the environment is built
	char text[]; // NUL-terminated
};

struct sh_names {
	struct sh_arena arena; // the names themselves
	struct sh_name **buckets;
	size_t cap; // a power of two
	size_t len;
};

struct shell;

/* The name text[0, len), made when it is new; it lives as long as the shell. */
struct sh_name *sh_name_intern(struct shell *sh, const char *text, size_t len);
/* The same for a NUL-terminated text. */
struct sh_name *sh_name(struct shell *sh, const char *text);
/* The name when it exists already, else NULL. */
struct sh_name *sh_name_find(struct shell *sh, const char *text, size_t len);

/*
 * All names for which keep() says true, sorted by strcoll, as a NULL-terminated heap array the
 * caller frees. For `set`, `alias`, `hash`, `export -p`.
 */
struct sh_name **sh_name_list(struct shell *sh, bool (*keep)(const struct sh_name *name));

/* Is text[0, len) a name by XBD 3.216? */
bool sh_is_name(const char *text, size_t len);

/* How much of the beginning of the text is a name; 0: it does not begin with one. */
size_t sh_name_len(const char *text);

#endif
