/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A script, which is parsed to its end or its first error and not executed. */
#include "config.h"
#include "shell/parser.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shell/builtin.h"
#include "shell/shell.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct shell sh;

static void set_up(void) {
	sh_init(&sh, "fuzz", environ);
	sh.arg0 = "fuzz";
	sh_alias_set(&sh, "a", "echo ");
	sh_alias_set(&sh, "b", "if x; then");
	sh_alias_set(&sh, "c", "a b c");
	sh_alias_set(&sh, "d", "cat <<E\nd\nE\n");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	if (sh.arg0 == NULL) {
		set_up();
	}
	struct sh_input in;
	struct sh_parser parser;
	struct sh_tree *tree;
	sh_input_string(&in, (const char *)data, size, 1);
	sh_parser_init(&parser, &sh, &in);
	while (sh_parse(&parser, &tree) > 0) {
		sh_tree_drop(tree);
	}
	sh_parser_finish(&parser);
	sh_input_finish(&in);
	sh.unwind = SH_UNWIND_NONE;
	return 0;
}
