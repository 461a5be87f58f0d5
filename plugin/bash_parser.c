/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "plugin/bash_parser.h"

#include <link.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "plugin/bash_api.h"

// Of 5.2, in the stock y.tab.h, whose other names are in our way.
enum { TOKEN_DOLPAREN = 304 };

// What parse.y keeps for whoever runs it, without a header of its own in all distributions.
enum { ST_STRING = 3 };
struct bash_input_start {
	int type;
	char *name;
	char *string; // in a union
};
extern struct bash_input_start bash_input;
extern int parser_state;
extern int shell_eof_token;
extern void reset_parser(void);
extern void reset_readahead_token(void);

enum { STATE_CMDSUBST = 0x000040, STATE_EOFTOKEN = 0x008000 }; // parser.h

#pragma weak bash_input
#pragma weak parser_state
#pragma weak reset_parser
#pragma weak reset_readahead_token
#pragma weak shell_eof_token

static const char tail[] = "\n)";

const char *bash_parser_tail(void) {
	bool known = &dist_version != NULL && strcmp(dist_version, "5.2") == 0 && &bash_input != NULL &&
			&parser_state != NULL && &shell_eof_token != NULL && reset_parser != NULL &&
			reset_readahead_token != NULL;
	return known ? tail : "";
}

bool bash_parser_begin(void) {
	bool ours = bash_parser_tail() == tail && bash_input.type == ST_STRING &&
			bash_input.name != NULL && strcmp(bash_input.name, "trap") == 0;
	if (!ours) {
		return false;
	}
	if (strcmp(bash_input.string, tail + 1) == 0) {
		bash_input.string++;
		return false;
	}
	if (bash_input.string[0] != '\0') {
		return false; // some other text that calls us
	}
	parser_state &= ~(STATE_CMDSUBST | STATE_EOFTOKEN); // they are put back with the rest of it
	shell_eof_token = 0;
	return true;
}

// ---- the token to read next, a static variable of parse.y ----

struct range {
	int *start;
	size_t count;
};

// The variables of the program itself, which is the first object.
static int find_variables(struct dl_phdr_info *info, size_t size, void *data) {
	struct range *range = data;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
		if (segment->p_type == PT_LOAD && (segment->p_flags & PF_W) != 0) {
			uintptr_t start = info->dlpi_addr + segment->p_vaddr;
			uintptr_t end = start + segment->p_memsz;
			start = (start + sizeof(int) - 1) / sizeof(int) * sizeof(int);
			*range = (struct range){ (void *)start, (end - start) / sizeof(int) };
		}
	}
	return 1;
}

// The one variable that reset_readahead_token() changes from a newline to nothing.
static int *find_changed(const struct range *range, int *saved) {
	int *found = NULL;
	reset_parser();
	memcpy(saved, range->start, range->count * sizeof(*saved));
	reset_readahead_token();
	for (size_t i = 0; i < range->count; i++) {
		if (saved[i] != range->start[i]) {
			if (found != NULL || saved[i] != '\n' || range->start[i] != 0) {
				return NULL;
			}
			found = &range->start[i];
		}
	}
	return found;
}

static int *find_token(void) {
	struct range range = { NULL, 0 };
	sigset_t all;
	sigset_t mask;
	dl_iterate_phdr(find_variables, &range);
	int *saved = range.count > 0 ? malloc(range.count * sizeof(*saved)) : NULL;
	if (saved == NULL) {
		return NULL;
	}
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &mask);
	int *found = find_changed(&range, saved);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	free(saved);
	return found;
}

/*
 * Where it is found out here, for here it does no harm: the parser is between two strings, and all
 * that reset_parser() resets is put back when the trap has ended.
 */
void bash_parser_give_back(void) {
	static int *token;
	if (token == NULL) {
		token = find_token();
	}
	if (token != NULL) {
		*token = TOKEN_DOLPAREN;
	}
}
