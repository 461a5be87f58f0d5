/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "lib/base/err.h"
#include "tests/unit/tap.h"

int main(void) {
	is_str(cn_strerror(-ETIMEDOUT), "timed out", "our words for our errors");
	is_str(cn_strerror(-ENOENT), "no such object", "an object, not a file");
	is_str(cn_strerror(-EACCES), strerror(EACCES), "the system's words for the others");

	struct cn_err err = { "" };
	is_int(cn_err_set(&err, -EINVAL, "%s: bad %d", "x", 7), -EINVAL, "set hands the code back");
	is_str(err.text, "x: bad 7", "and keeps the sentence");
	is_int(cn_err_set(NULL, -EINVAL, "%s", "x"), -EINVAL, "a caller may not want the sentence");
	char huge[1000];
	memset(huge, 'h', sizeof(huge) - 1);
	huge[sizeof(huge) - 1] = '\0';
	cn_err_set(&err, -EINVAL, "%s", huge);
	is_int(strlen(err.text), sizeof(err.text) - 1, "a long sentence is cut");
	return done_testing();
}
