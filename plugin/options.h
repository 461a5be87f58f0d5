/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin/options.h - reads a verb's options into its argument struct, by its table.
 */
#ifndef PLUGIN_OPTIONS_H
#define PLUGIN_OPTIONS_H

#include "plugin/command.h"

enum opt_outcome {
	OPT_READ, // all options read; *operands is where the operands begin
	OPT_HELP, // -h or --help was among them
	OPT_ERROR, // a message was printed
};

/*
 * Read the options at the front of argv[0, argc): -x, clustered -xy, -nVALUE, -n VALUE, --name,
 * --name=VALUE, --name VALUE; "--" or the first word that is none ends them ("-" is none). A long
 * name may be cut short while it stays unique. `args` gets the values; texts are borrowed from
 * argv.
 */
enum opt_outcome options_read(
		const struct cmd *cmd, int argc, char **argv, void *args, int *operands);

#endif
