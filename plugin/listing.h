/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * plugin/listing.h - results that are many texts: on stdout each in a line, or with -0 behind each
 * a NUL, or with -J a JSON array; or with -v an array variable.
 *
 *	static const struct opt items_opts[] = { LISTING_OPTIONS, { 0 } };
 */
#ifndef PLUGIN_LISTING_H
#define PLUGIN_LISTING_H

#include "lib/base/buf.h"
#include "lib/data/dict.h"
#include "plugin/command.h"

struct listing_args {
	const char *var;
	bool nul;
	bool json;
};

/* For a verb whose arguments are, or begin with, a struct listing_args. */
#define LISTING_OPTIONS                                                                            \
	{ 'v', "variable", OPT_VARIABLE, offsetof(struct listing_args, var), "ARRAY",                  \
		"put them into ARRAY instead of on stdout" },                                              \
			{ '0', "null", OPT_FLAG, offsetof(struct listing_args, nul), NULL,                     \
				"behind each a NUL" },                                                             \
	{                                                                                              \
		'J', "json", OPT_FLAG, offsetof(struct listing_args, json), NULL, "as JSON"                \
	}

/* Starts zeroed. */
struct listing {
	struct cn_buf data; // private
	size_t *ends;
	size_t count;
	size_t room;
};

/* 0 or -ENOMEM. */
int listing_add(struct listing *listing, struct cn_bytes text);

/* One of them; borrowed. */
struct cn_bytes listing_at(const struct listing *listing, size_t i);

/* Give them out; the status. */
int listing_give(
		const struct cmd *cmd, const struct listing_args *args, const struct listing *listing);

/*
 * The same where they are keys and values in turn: lines of a key, a tab and the value; with -0 a
 * NUL behind each of both; a JSON object; or with -v an associative array.
 */
int listing_give_pairs(
		const struct cmd *cmd, const struct listing_args *args, const struct listing *listing);

void listing_finish(struct listing *listing);

#endif
