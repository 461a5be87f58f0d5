/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lib/data/cell.h - a number of a C type (lib/base/scalar.h) in shared memory, changed atomically:
 * what value and array are made of. A cell is aligned to its size.
 *
 * A raw number is a uint64_t whose first bytes in memory are the number, as cn_scalar_parse() and
 * cn_scalar_format() take it; the others are 0.
 */
#ifndef CN_DATA_CELL_H
#define CN_DATA_CELL_H

#include <stdbool.h>
#include <stdint.h>

/* What is added to a cell: to an unsigned one a negative number, too. */
struct cn_delta {
	bool negative; // integers
	uint64_t magnitude;
	double real; // f, d
};

/* Of a number to be added to cells of that type. 0, -EINVAL, -ERANGE, -EDOM (not for type c). */
int cn_delta_parse(char code, const char *text, struct cn_delta *out);

/* That of an integer, for integer types. */
struct cn_delta cn_delta_of(int64_t n);

/* A raw number of text; as cn_scalar_parse(). */
int cn_raw_parse(char code, const char *text, uint64_t *raw);

/* Less than, equal to, greater than 0. */
int cn_raw_compare(char code, uint64_t a, uint64_t b);

/* *sum = raw + delta; 0 or -EOVERFLOW, with *sum untouched. */
int cn_raw_add(char code, uint64_t raw, const struct cn_delta *delta, uint64_t *sum);

uint64_t cn_cell_load(char code, const void *cell);
void cn_cell_store(char code, void *cell, uint64_t raw);
uint64_t cn_cell_swap(char code, void *cell, uint64_t raw);

/* Set it to `raw` if it is `expected`; else false, and *expected is what it is. */
bool cn_cell_cas(char code, void *cell, uint64_t *expected, uint64_t raw);

/* Add. *now is what it became. 0 or -EOVERFLOW, with the cell unchanged. */
int cn_cell_add(char code, void *cell, const struct cn_delta *delta, uint64_t *now);

/* Make it `raw` if that is greater (sign 1) or less (sign -1) than it is. *now: what it is then. */
void cn_cell_limit(char code, void *cell, int sign, uint64_t raw, uint64_t *now);

#endif
