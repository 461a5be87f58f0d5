/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "plugin/names.h"

#include <errno.h>

#include "lib/shm/names.h"
#include "lib/shm/shared.h"
#include "plugin/host.h"
#include "plugin/report.h"
#include "plugin/session.h"

static void tidy(void) {
	cn_shared_tidy();
}

// `word` NULL: not for an object.
static int open_shared(
		const struct cmd *cmd, const char *word, bool create, struct cn_arena **arena) {
	*arena = NULL;
	uint64_t size = CN_SHARED_SIZE;
	const char *wanted = host->get("CONCH_ARENA");
	if (wanted != NULL && cn_arena_size(wanted, &size) < 0) {
		return cmd_fail(
				cmd, STATUS_USAGE, "CONCH_ARENA=%s: not a size that an arena can have", wanted);
	}
	struct cn_err why = { 0 };
	int err = cn_shared_open(host->get("XDG_RUNTIME_DIR"), create ? size : 0, arena, &why);
	if (err == -ENOENT && word == NULL) {
		return STATUS_OK;
	}
	if (err == -ENOENT) {
		return cmd_fail(cmd, STATUS_NO_OBJECT, "%s: no such %s", word, cmd->command->name);
	}
	if (err < 0) {
		return cmd_fail(cmd, STATUS_FAILED, "%s: %s", word != NULL ? word : "/", why.text);
	}
	session_follow_copies();
	host->on_exit(tidy);
	return STATUS_OK;
}

int name_open(const struct cmd *cmd, const char *word, bool create, struct cn_arena **arena,
		const char **name) {
	bool is_shared = word[0] == '/';
	*name = word + is_shared;
	if (!cn_name_is_valid(*name)) {
		return cmd_fail(cmd, STATUS_USAGE, "%s: not a name", word);
	}
	return is_shared ? open_shared(cmd, word, create, arena) : session_open(cmd, arena);
}

int names_shared(const struct cmd *cmd, struct cn_arena **arena) {
	return open_shared(cmd, NULL, false, arena);
}
