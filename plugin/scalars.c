/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "plugin/scalars.h"

#include <errno.h>

#include "lib/base/scalar.h"
#include "lib/data/value.h"
#include "plugin/report.h"

int scalar_code(const struct cmd *cmd, const char *word, bool text, char *code) {
	*code = word[0];
	if (word[0] != '\0' && word[1] == '\0' &&
			(cn_scalar_size(*code) != 0 || (text && *code == CN_VALUE_TEXT))) {
		return STATUS_OK;
	}
	return cmd_fail(cmd, STATUS_USAGE, "%s: not a type; one of b B h H i I l L q Q f d c%s", word,
			text ? " s" : "");
}

static int complain(const struct cmd *cmd, char code, const char *word, int err) {
	if (err == 0) {
		return STATUS_OK;
	}
	if (err == -EDOM) {
		return cmd_fail(cmd, STATUS_USAGE, "%s: not for type %c", word, code);
	}
	if (code == 'c') {
		return cmd_fail(cmd, STATUS_USAGE, "%s: not one byte", word);
	}
	return cmd_fail(cmd, STATUS_USAGE,
			err == -ERANGE ? "%s: out of range of type %c (%s)"
						   : "%s: not a number of type %c (%s)",
			word, code, cn_scalar_name(code));
}

int scalar_read(const struct cmd *cmd, char code, const char *word, uint64_t *raw) {
	return complain(cmd, code, word, cn_raw_parse(code, word, raw));
}

int scalar_read_delta(const struct cmd *cmd, char code, const char *word, struct cn_delta *delta) {
	int err = code == CN_VALUE_TEXT ? -EDOM : cn_delta_parse(code, word, delta);
	return complain(cmd, code, word, err);
}
