/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell/ast.h - the syntax tree (XCU 2.10). A tree and all it points to live in one arena and are
 * never changed by execution, but for caches. Whoever keeps a part of it (a function) keeps the
 * whole tree by its reference count.
 */
#ifndef SH_AST_H
#define SH_AST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shell/arena.h"

struct sh_arith;
struct sh_assign;
struct sh_name;
struct sh_node;
struct sh_pattern;
struct sh_word;

enum sh_part_kind {
	SH_PART_TEXT, // literal
	SH_PART_TILDE, // ~ or ~user
	SH_PART_PARAM, // $x, ${x...}
	SH_PART_COMMAND, // $(...) or `...`
	SH_PART_ARITH, // $((...))
};

/* What ${...} does to its parameter. Those in pairs: the second is the doubled operator. */
enum sh_param_op {
	SH_OP_NONE,
	SH_OP_LENGTH, // ${#x}
	SH_OP_DEFAULT, // -
	SH_OP_ASSIGN, // =
	SH_OP_ERROR, // ?
	SH_OP_ALTERNATIVE, // +
	SH_OP_PREFIX, // #
	SH_OP_PREFIX_LONG, // ##
	SH_OP_SUFFIX, // %
	SH_OP_SUFFIX_LONG, // %%
	SH_OP_SUBSTRING, // :off:len (from here on: extensions)
	SH_OP_REPLACE, // /
	SH_OP_REPLACE_ALL, // //
	SH_OP_REPLACE_PREFIX, // /#
	SH_OP_REPLACE_SUFFIX, // /%
	SH_OP_UPPER, // ^
	SH_OP_UPPER_ALL, // ^^
	SH_OP_LOWER, // ,
	SH_OP_LOWER_ALL, // ,,
	SH_OP_KEYS, // ${!x[@]}
	SH_OP_INDIRECT, // ${!x}
	SH_OP_BAD, // not valid: an error when it is expanded, not before
};

struct sh_param {
	struct sh_name *name; // NULL: special or positional
	char special; // one of @*#?-$!0, or 'n': number
	char index_all; // '@' or '*' for ${x[@]}; 0
	bool colon; // the test is for null as well
	uint8_t op; // enum sh_param_op
	int number; // positional
	struct sh_word *index; // subscript, or NULL
	struct sh_word *word; // operand, or NULL
	struct sh_word *word2; // length of a substring, replacement
};

struct sh_part {
	struct sh_part *next;
	uint8_t kind; // enum sh_part_kind
	bool quoted;
	size_t len; // of text
	union {
		const char *text; // quotes removed; for ~: the user's name; for a bad ${}: its text
		struct sh_param *param;
		struct {
			struct sh_node *command; // NULL: empty
			const char *source; // to be parsed again where there are aliases
			int line;
			bool has_alias; // the word is in the source
		};
		struct {
			struct sh_word *word;
			struct sh_arith *expr; // NULL: expand the word and parse that
		} arith;
	};
};

enum sh_word_flags {
	SH_WORD_PLAIN = 1 << 0, // `text` is what it expands to, always, as one field
	SH_WORD_BARE = 1 << 1, // and nothing in it was quoted: may be a keyword or alias
	SH_WORD_NO_COMMANDS = 1 << 2, // expanding runs no command
};

struct sh_word {
	struct sh_part *parts;
	const char *text; // of a plain word
	size_t len;
	struct sh_name *name; // of a plain word: interned when first looked up
	struct sh_pattern *pattern; // of a plain word used as a pattern: compiled when first used
	struct sh_assign *assign; // an operand of a declaration utility that is an assignment
	uint32_t flags; // enum sh_word_flags
	int line;
};

struct sh_assign {
	struct sh_name *name;
	struct sh_word *index; // a[index]=, or NULL
	struct sh_word *value;
	struct sh_assign *items; // a=(...): `count` items, name NULL, index for [i]=v
	int count; // -1: not an array assignment
	bool append; // +=
	bool self; // x=$x...: value holds what comes after $x
};

enum sh_redir_kind {
	SH_REDIR_IN, // <
	SH_REDIR_OUT, // >
	SH_REDIR_CLOBBER, // >|
	SH_REDIR_APPEND, // >>
	SH_REDIR_RDWR, // <>
	SH_REDIR_DUP_IN, // <&
	SH_REDIR_DUP_OUT, // >&
	SH_REDIR_HERE, // << <<-
	SH_REDIR_HERE_STRING, // <<<
	SH_REDIR_BOTH, // &> and &>>: `fd` 1 and 2
	SH_REDIR_BOTH_APPEND,
};

struct sh_redir {
	struct sh_redir *next;
	struct sh_word *word; // target; of a here-document: its body
	const char *delimiter; // of a here-document, while parsing
	int fd;
	uint8_t kind; // enum sh_redir_kind
	bool strip; // <<-
	bool quoted; // the delimiter was: no expansion
};

enum sh_node_kind {
	SH_NODE_SIMPLE,
	SH_NODE_PIPELINE,
	SH_NODE_NOT,
	SH_NODE_AND,
	SH_NODE_OR,
	SH_NODE_LIST, // a; b; c
	SH_NODE_ASYNC, // a &
	SH_NODE_BRACE,
	SH_NODE_SUBSHELL,
	SH_NODE_FOR,
	SH_NODE_CASE,
	SH_NODE_IF,
	SH_NODE_WHILE,
	SH_NODE_UNTIL,
	SH_NODE_FUNCTION,
	SH_NODE_ARITH, // ((...))
	SH_NODE_ARITH_FOR, // for ((;;))
	SH_NODE_COND, // [[ ... ]]
};

enum sh_node_flags {
	SH_NODE_MUST_FORK = 1 << 0, // a subshell that asks for its own process ($BASHPID, $PPID)
};

struct sh_case_item {
	struct sh_case_item *next;
	struct sh_word **patterns;
	int count;
	bool fall; // ;&
	struct sh_node *body; // NULL: empty
};

/* [[ ]]: a binary tree. `op` is "&&", "||", "!", a unary or binary operator, or "" for -n. */
struct sh_cond {
	const char *op;
	struct sh_cond *left, *right; // && || !
	struct sh_word *a, *b;
};

struct sh_node {
	uint8_t kind; // enum sh_node_kind
	uint8_t flags; // enum sh_node_flags
	int line;
	struct sh_redir *redirs; // of simple and compound commands
	const char *source; // text for `jobs`, of asynchronous lists and pipelines; NULL: not kept
	union {
		struct {
			struct sh_assign *assigns;
			struct sh_word **words;
			char **argv; // when all words are plain
			int assign_count;
			int word_count;
			bool declares; // the words after the first may be assignments (XCU 2.9.1.1)
			bool expands; // not all words are plain
		} simple;
		struct {
			struct sh_node **items;
			int count;
		} list; // also pipeline
		struct {
			struct sh_node *left, *right; // NOT, ASYNC, BRACE, SUBSHELL: left only
		} pair;
		struct {
			struct sh_node *cond, *body, *otherwise;
		} branch; // if, while, until
		struct {
			struct sh_name *name;
			struct sh_word **words;
			int count; // -1: no `in`: "$@"
			struct sh_node *body;
		} each;
		struct {
			struct sh_word *word;
			struct sh_case_item *items;
		} cases;
		struct {
			struct sh_name *name;
			struct sh_node *body;
			const char *text; // of the body, as it was written; NULL: it lies in pieces
		} function;
		struct {
			struct sh_part *expr[3]; // NULL: empty; ((...)) has one
			struct sh_node *body;
		} arith;
		struct sh_cond *cond;
	};
};

struct sh_tree {
	struct sh_arena arena;
	int refs;
	struct sh_node *root; // NULL: nothing but blank lines and comments
};

struct sh_tree *sh_tree_create(void);
static inline struct sh_tree *sh_tree_hold(struct sh_tree *tree) {
	tree->refs++;
	return tree;
}
void sh_tree_drop(struct sh_tree *tree);

#endif
