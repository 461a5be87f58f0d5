/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "plugin/options.h"

#include <errno.h>
#include <string.h>

#include "lib/base/number.h"
#include "lib/base/vec.h"
#include "plugin/host.h"
#include "plugin/report.h"

const struct opt *opt_find_letter(const struct opt *opts, char letter) {
	for (; opts != NULL && opts->name != NULL; opts++) {
		if (opts->letter == letter && letter != 0) {
			return opts;
		}
	}
	return NULL;
}

const struct opt *opt_find(const struct opt *opts, const char *name, size_t len) {
	const struct opt *found = NULL;
	for (; opts != NULL && opts->name != NULL; opts++) {
		if (strncmp(opts->name, name, len) != 0) {
			continue;
		}
		if (opts->name[len] == '\0') {
			return opts;
		}
		if (found != NULL) {
			return NULL; // cut too short to tell
		}
		found = opts;
	}
	return found;
}

static int set_value(const struct opt *opt, char *args, const char *text) {
	void *field = args + opt->offset;
	switch ((enum opt_type)opt->type) {
	case OPT_FLAG:
		*(bool *)field = true;
		return 0;
	case OPT_COUNT:
		return cn_parse_int(text, 0, INT64_MAX, field);
	case OPT_NUMBER:
		return cn_parse_int(text, INT64_MIN, INT64_MAX, field);
	case OPT_SIZE:
		return cn_parse_size(text, field);
	case OPT_DURATION:
		return cn_parse_duration(text, field);
	case OPT_TEXT:
		*(const char **)field = text;
		return 0;
	case OPT_VARIABLE:
		*(const char **)field = text;
		return host->may_set(text);
	case OPT_TEXTS:
		return cn_vec_push(field, (void *)(uintptr_t)text);
	}
	return -EINVAL;
}

static const char *kind_name(const struct opt *opt) {
	switch ((enum opt_type)opt->type) {
	case OPT_COUNT:
		return "count";
	case OPT_SIZE:
		return "size";
	case OPT_DURATION:
		return "duration";
	default:
		return "number";
	}
}

// `shown` is the option as the user wrote it, for the message.
static enum opt_outcome take(const struct cmd *cmd, const struct opt *opt, void *args,
		const char *text, const char *shown) {
	int err = set_value(opt, args, text);
	if (err < 0 && opt->type == OPT_VARIABLE) {
		cmd_variable_result(cmd, text, err);
	} else if (err == -EINVAL) {
		cmd_fail(cmd, STATUS_USAGE, "%s: %s: not a %s", shown, text, kind_name(opt));
	} else if (err == -ERANGE) {
		cmd_fail(cmd, STATUS_USAGE, "%s: %s: out of range", shown, text);
	} else if (err < 0) {
		cmd_fail(cmd, STATUS_FAILED, "%s", cn_strerror(err));
	}
	return err == 0 ? OPT_READ : OPT_ERROR;
}

static enum opt_outcome unknown(const struct cmd *cmd, const char *shown) {
	const char *names[64];
	size_t count = 0;
	for (const struct opt *o = cmd->verb->opts; o != NULL && o->name != NULL && count < 64; o++) {
		names[count++] = o->name;
	}
	const char *near = strncmp(shown, "--", 2) == 0 ? nearest(shown + 2, names, count) : NULL;
	if (near != NULL) {
		cmd_fail(cmd, STATUS_USAGE, "%s: unknown option; did you mean --%s?", shown, near);
	} else {
		cmd_fail(cmd, STATUS_USAGE, "%s: unknown option; try --help", shown);
	}
	return OPT_ERROR;
}

static enum opt_outcome read_long(
		const struct cmd *cmd, char **argv, int argc, int *at, void *args) {
	const char *name = argv[*at] + 2;
	const char *equals = strchr(name, '=');
	size_t len = equals != NULL ? (size_t)(equals - name) : strlen(name);
	if (len == 4 && strncmp(name, "help", 4) == 0) {
		return OPT_HELP;
	}
	const struct opt *opt = opt_find(cmd->verb->opts, name, len);
	if (opt == NULL) {
		return unknown(cmd, argv[*at]);
	}
	const char *shown = argv[*at];
	const char *value = equals != NULL ? equals + 1 : NULL;
	if (opt->type == OPT_FLAG && value != NULL) {
		cmd_fail(cmd, STATUS_USAGE, "--%s: takes no value", opt->name);
		return OPT_ERROR;
	}
	if (opt->type != OPT_FLAG && value == NULL) {
		if (*at + 1 >= argc) {
			cmd_fail(cmd, STATUS_USAGE, "%s: needs %s", shown, opt->value);
			return OPT_ERROR;
		}
		value = argv[++*at];
	}
	++*at;
	return take(cmd, opt, args, value, shown);
}

static enum opt_outcome read_short(
		const struct cmd *cmd, char **argv, int argc, int *at, void *args) {
	const char *word = argv[(*at)++];
	for (const char *p = word + 1; *p != '\0'; p++) {
		const char shown[] = { '-', *p, '\0' };
		const struct opt *opt = opt_find_letter(cmd->verb->opts, *p);
		if (opt == NULL && *p == 'h') {
			return OPT_HELP;
		}
		if (opt == NULL) {
			return unknown(cmd, shown);
		}
		if (opt->type == OPT_FLAG) {
			set_value(opt, args, NULL);
			continue;
		}
		if (p[1] != '\0') {
			return take(cmd, opt, args, p + 1, shown);
		}
		if (*at >= argc) {
			cmd_fail(cmd, STATUS_USAGE, "%s: needs %s", shown, opt->value);
			return OPT_ERROR;
		}
		return take(cmd, opt, args, argv[(*at)++], shown);
	}
	return OPT_READ;
}

enum opt_outcome options_read(
		const struct cmd *cmd, int argc, char **argv, void *args, int *operands) {
	int at = 0;
	while (at < argc && argv[at][0] == '-' && argv[at][1] != '\0') {
		if (strcmp(argv[at], "--") == 0) {
			at++;
			break;
		}
		enum opt_outcome outcome = argv[at][1] == '-' ? read_long(cmd, argv, argc, &at, args)
													  : read_short(cmd, argv, argc, &at, args);
		if (outcome != OPT_READ) {
			return outcome;
		}
	}
	*operands = at;
	return OPT_READ;
}
