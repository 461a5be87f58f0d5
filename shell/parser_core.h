/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell/parser_core.h - what the files of the grammar (XCU 2.10) share; nobody else includes it. One
 * function per production: it begins at the token in hand, takes what is its own, and returns a
 * node in the tree's arena, or NULL, which with p->failed set is an error whose message was printed.
 *
 * parser.c          complete commands, lists, pipelines; what there is of tokens and newlines
 * parse_compound.c  if, while, for, case, { }, ( ), (( ))
 * parse_cond.c      [[ ]]
 * parse_redir.c     redirections and here-documents
 * parse_simple.c    simple commands and function definitions
 */
#ifndef SH_PARSER_CORE_H
#define SH_PARSER_CORE_H

#include "shell/parser.h"

static inline struct sh_node *sh_node_create(
		struct sh_parser *p, enum sh_node_kind kind, int line) {
	struct sh_node *node = sh_alloc_zero(&p->tree->arena, sizeof(*node));
	node->kind = (uint8_t)kind;
	node->line = line;
	return node;
}

static inline bool sh_token_is_redir(const struct sh_token *tok) {
	return tok->type == SH_TOK_REDIR || tok->type == SH_TOK_IO_NUMBER;
}

/* What was pushed to p->stack since `base`, as an array in the tree, with a NULL behind. */
void *sh_stack_take(struct sh_parser *p, size_t base, int *count);

/* A syntax error at the token in hand. NULL. */
void *sh_unexpected(struct sh_parser *p);
/* Take that keyword. False after a message: another token stands there. */
bool sh_expect_keyword(struct sh_parser *p, enum sh_keyword keyword);

void sh_skip_newlines(struct sh_parser *p);
/* The same where a command follows, so that its first word may be an assignment. */
void sh_skip_to_command(struct sh_parser *p);

/* Does the text ask which process it runs in? Then it gets one of its own. */
bool sh_text_asks_pid(const char *text, size_t len);

/* Lists up to a token that cannot begin one; NULL when there is none, or with p->failed. */
struct sh_node *sh_parse_compound_list(struct sh_parser *p);
/* A command of any kind, with its redirections. */
struct sh_node *sh_parse_command(struct sh_parser *p);

/* ---- parse_compound.c ---- */

/* What `keyword`, the token in hand, begins; without the redirections behind it. */
struct sh_node *sh_parse_compound(struct sh_parser *p, enum sh_keyword keyword, int line);
/* After `(`: a subshell, or `((...))`. */
struct sh_node *sh_parse_subshell(struct sh_parser *p, int line);

/* ---- parse_cond.c ---- */

/* After `[[`. */
struct sh_node *sh_parse_cond(struct sh_parser *p, int line);

/* ---- parse_redir.c ---- */

/* One `[n]op word`, put where *tail points, which moves on. False after a message. */
bool sh_parse_redir(struct sh_parser *p, struct sh_redir ***tail);
/* All that stand here, for a compound command. Returns the node, or NULL after a message. */
struct sh_node *sh_parse_redirs(struct sh_parser *p, struct sh_node *node);
/* Read the bodies of p->heredocs, which begin at the input's place. */
void sh_read_heredocs(struct sh_parser *p);

/* ---- parse_simple.c ---- */

/* A simple command, or a definition `name() body`. */
struct sh_node *sh_parse_simple(struct sh_parser *p);
/* After `function`. */
struct sh_node *sh_parse_function_keyword(struct sh_parser *p, int line);

#endif
