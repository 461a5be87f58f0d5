/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The words of a simple command, which are expanded in each of the ways there are. Words that would
 * run a command are left alone: it could be any. The first byte sets options and IFS.
 */
#include "config.h"
#include "shell/expand.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shell/parser.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct shell sh;
static char *params[] = { (char[]){ "one" }, (char[]){ " two  three " }, (char[]){ "" },
	(char[]){ "*.c:a/b" }, NULL };

static void set_up(uint8_t choice) {
	static const char *const ifs[] = { " \t\n", "", ":", " :", "a", "\303\251 ", "\\", "*" };
	if (sh.arg0 == NULL) {
		setenv("LC_ALL", "C.UTF-8", 1);
		sh_init(&sh, "fuzz", environ);
		sh.arg0 = "fuzz";
	}
	sh.options = (choice & 1 ? SH_OPT_NOUNSET : 0) | (choice & 2 ? 0 : SH_OPT_NOGLOB);
	sh.params.argv = params;
	sh.params.argc = 4;
	sh_var_set_text(&sh, "IFS", ifs[choice >> 2 & 7]);
	sh_var_set_text(&sh, "x", "a  b:c");
	sh_var_set_text(&sh, "y", "/usr/lib/a.b.c");
	sh_var_set_text(&sh, "p", "[a-c]*");
	sh_var_set_text(&sh, "n", "7");
	sh_var_set_text(&sh, "e", "");
	sh_var_unset(&sh, sh_name(&sh, "u"));
}

static bool has_command(const struct sh_word *word) {
	const struct sh_part *part = word == NULL ? NULL : word->parts;
	for (; part != NULL; part = part->next) {
		const struct sh_param *param = part->param;
		if (part->kind == SH_PART_COMMAND ||
				(part->kind == SH_PART_ARITH && has_command(part->arith.word))) {
			return true;
		}
		if (part->kind == SH_PART_PARAM &&
				(has_command(param->index) || has_command(param->word) ||
						has_command(param->word2))) {
			return true;
		}
	}
	return false;
}

static bool is_harmless(const struct sh_node *node) {
	if (node == NULL || node->kind != SH_NODE_SIMPLE || node->redirs != NULL) {
		return false;
	}
	for (int i = 0; i < node->simple.word_count; i++) {
		if (has_command(node->simple.words[i])) {
			return false;
		}
	}
	return true;
}

static void expand(struct sh_node *node) {
	for (int i = 0; i < node->simple.word_count; i++) {
		struct sh_word *word = node->simple.words[i];
		struct sh_mark mark = sh_arena_mark(&sh.scratch);
		struct sh_fields fields = { 0 };
		size_t len;
		sh_expand_word(&sh, word, &fields);
		sh.unwind = SH_UNWIND_NONE;
		sh_expand_string(&sh, word, &len);
		sh.unwind = SH_UNWIND_NONE;
		sh_expand_pattern(&sh, word, &len);
		sh.unwind = SH_UNWIND_NONE;
		sh_arena_release(&sh.scratch, mark);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	struct sh_input in;
	struct sh_parser parser;
	struct sh_tree *tree;
	if (size < 2) {
		return 0;
	}
	set_up(data[0]);
	sh_input_string(&in, (const char *)data + 1, size - 1, 1);
	sh_parser_init(&parser, &sh, &in);
	while (sh_parse(&parser, &tree) > 0) {
		if (is_harmless(tree->root)) {
			expand(tree->root);
		}
		sh_tree_drop(tree);
	}
	sh_parser_finish(&parser);
	sh_input_finish(&in);
	sh.unwind = SH_UNWIND_NONE;
	return 0;
}
