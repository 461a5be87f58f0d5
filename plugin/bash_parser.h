/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin/bash_parser.h - what has to be done about the parser of bash 5.2 for a trap's command.
 *
 * To expand a $(...) bash tells its parser to take DOLPAREN for the first token of the string, and
 * begins to parse, and the first thing that does is to run the traps that are pending. The command
 * of the trap is parsed first then, gets the DOLPAREN, lacks the parenthesis at its end, and fails;
 * the string lacks the DOLPAREN, and fails, too: "unexpected EOF while looking for matching `)'".
 *
 * So the text of our own traps has the parenthesis, on a second line. Parsed behind a DOLPAREN it
 * is the body of a substitution; else the first line is a command, and in it we drop the second
 * one. In the former case the parser is given its DOLPAREN back.
 *
 *	snprintf(code, sizeof(code), "%s%s", command, bash_parser_tail());
 *	...
 *	bool robbed = bash_parser_begin(); // in the command
 *	run();
 *	if (robbed) {
 *		bash_parser_give_back();
 *	}
 */
#ifndef PLUGIN_BASH_PARSER_H
#define PLUGIN_BASH_PARSER_H

#include <stdbool.h>

/* What the text of a trap must end with; "" where the parser has not this fault. */
const char *bash_parser_tail(void);

/*
 * In the command of such a trap: nothing is read behind it. Whether it was parsed in the place of a
 * $(...); what is parsed from now on is not, in that case.
 */
bool bash_parser_begin(void);

/* At its end, in that case. */
void bash_parser_give_back(void);

#endif
