/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "plugin/session.h"

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "lib/base/fd.h"
#include "lib/proc/process.h"
#include "lib/shm/session.h"
#include "lib/sync/self.h"
#include "plugin/host.h"
#include "plugin/report.h"

static struct cn_arena *session;

// Where this shell and its subshells meet when none of them has a session yet; -1: nowhere.
static int meeting = -1;

static int publish(const struct cmd *cmd, const char *joined) {
	char text[CN_SESSION_TEXT_MAX];
	int err = cn_session_text(session, joined, text);
	err = err == 0 ? host->export(CN_SESSION_VARIABLE, text) : err;
	return err == 0 ? STATUS_OK : cmd_result(cmd, CN_SESSION_VARIABLE, err, NULL);
}

void session_follow_copies(void) {
	static bool done;
	if (!done) {
		cn_process_on_copy(cn_process_forked);
		done = true;
	}
}

int session_open(const struct cmd *cmd, struct cn_arena **out) {
	if (session != NULL) {
		*out = session;
		return STATUS_OK;
	}
	uint64_t size;
	const char *wanted = host->get("CONCH_ARENA");
	if (cn_arena_size(wanted, &size) < 0) {
		return cmd_fail(
				cmd, STATUS_USAGE, "CONCH_ARENA=%s: not a size that an arena can have", wanted);
	}
	bool joined;
	struct cn_err why = { 0 };
	const char *text = host->get(CN_SESSION_VARIABLE);
	int err = cn_session_open(text, meeting, size, &session, &joined, &why);
	if (err < 0) {
		return cmd_fail(cmd, STATUS_FAILED, "no session: %s",
				why.text[0] != '\0' ? why.text : cn_strerror(err));
	}
	session_follow_copies();
	*out = session;
	return publish(cmd, joined ? text : NULL);
}

struct cn_arena *session_get(void) {
	return session;
}

void session_meet(int fd) {
	if (meeting < 0) {
		meeting = fd >= 0 ? fd : cn_fd_memory("conch");
	}
}

void session_follow_parent(void) {
	static pid_t followed; // by this process
	pid_t self = getpid();
	if (followed == self) {
		return;
	}
	followed = self;
	if (host->is_foreground_copy() && !host->is_interactive()) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	}
}

void session_hide(void) {
	host->unset(CN_SESSION_VARIABLE);
}
