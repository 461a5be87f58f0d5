/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "plugin/pools.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/list.h"
#include "lib/sync/self.h"
#include "plugin/host.h"

// A keeper may be killed and started anew this often; then something kills it on purpose.
enum { KEEPERS_MAX = 1000 };

struct own_pool {
	struct cn_list link;
	struct cn_ref ref;
	struct cn_crew *crew;
	int keepers; // started
};

struct callback {
	struct cn_list link;
	struct future future;
	char *name;
	char *then;
};

static struct {
	struct tasks *tasks;
	uint32_t tid; // of the process all this belongs to; 0: none yet
	struct cn_list pools; // struct own_pool
	struct cn_list callbacks; // struct callback, in the order of submission
	bool calling; // one runs: others do not interrupt it
} pools;

static bool is_mine(void) {
	return pools.tid != 0 && cn_self()->tid == pools.tid;
}

// ---- keepers ----

static bool has_work(const struct own_pool *own) {
	struct cn_pool_info info;
	if (cn_pool_info(&own->ref, &info) < 0 || info.phase == CN_POOL_TERMINATED ||
			info.broken != 0) {
		return false;
	}
	return info.phase == CN_POOL_OPEN || info.queued > 0 || info.running > 0;
}

static void give_up(struct own_pool *own, int err) {
	struct cn_pool *pool;
	if (cn_pin(&own->ref, (void **)&pool) == 0) {
		cn_pool_abandon(own->ref.arena, pool, CN_RESULT(CN_TASK_EXITED, STATUS_FAILED), -err);
		cn_unpin(&own->ref, pool);
	}
}

static int start_keeper(struct own_pool *own) {
	if (++own->keepers > KEEPERS_MAX) {
		return -ECHILD;
	}
	host->flush();
	return cn_crew_start(own->crew);
}

// A keeper that was killed has no successor when all is to end anyway: we do the rest.
static void bury_all(struct own_pool *own) {
	struct cn_pool *pool;
	if (cn_pin(&own->ref, (void **)&pool) < 0) {
		return;
	}
	for (uint32_t i = 0; i < pool->most && i < CN_POOL_SEATS; i++) {
		if (pool->seats[i].job != 0) {
			cn_seat_wait_for_death(&pool->seats[i].seat);
			cn_pool_finish(own->ref.arena, pool, i, CN_RESULT(CN_TASK_KILLED, SIGKILL), 0, 0);
		}
	}
	cn_unpin(&own->ref, pool);
}

// A keeper that was killed gets a successor: a copy of the shell as it is now.
static void update(void) {
	if (!is_mine()) {
		return;
	}
	for (struct cn_list *at = pools.pools.next; at != &pools.pools; at = at->next) {
		struct own_pool *own = cn_list_entry(at, struct own_pool, link);
		if (!cn_crew_has_ended(own->crew)) {
			continue;
		}
		if (!has_work(own)) {
			bury_all(own);
			continue;
		}
		int err = start_keeper(own);
		if (err < 0) {
			give_up(own, err);
		}
	}
}

static void own_free(struct own_pool *own) {
	cn_list_remove(&own->link);
	free(own->crew->data);
	free(own->crew);
	free(own);
	tasks_expect(-1);
}

void pools_forget(const struct cn_ref *ref) {
	if (!is_mine()) {
		return;
	}
	for (struct cn_list *at = pools.pools.next; at != &pools.pools; at = at->next) {
		struct own_pool *own = cn_list_entry(at, struct own_pool, link);
		if (own->ref.serial == ref->serial) {
			cn_crew_wait(own->crew);
			own_free(own);
			return;
		}
	}
}

// ---- callbacks ----

static void callback_free(struct callback *call) {
	cn_list_remove(&call->link);
	free(call->name);
	free(call->then);
	free(call);
}

static void run_callback(struct callback *call, uint32_t result) {
	char status[16];
	char *name = call->name;
	char *then = call->then;
	snprintf(status, sizeof(status), "%d", cn_task_status(result));
	// All is as if it were done, since the call may not come back.
	cn_list_remove(&call->link);
	free(call);
	tasks_expect(-1);
	char *words[] = { then, name, status, NULL };
	host->run(words, 3);
	free(name);
	free(then);
}

static void stop_calling(void *data) {
	pools.calling = false;
}

static void call_back(void) {
	if (!is_mine() || pools.calling) {
		return;
	}
	pools.calling = true;
	host->protect(stop_calling, NULL);
	for (struct cn_list *at = pools.callbacks.next; at != &pools.callbacks;) {
		struct callback *call = cn_list_entry(at, struct callback, link);
		uint32_t result = 0;
		at = at->next;
		if (future_result(&call->future, &result, NULL) < 0) { // collected: the status is not known
			callback_free(call);
			tasks_expect(-1);
		} else if (result != 0) {
			run_callback(call, result);
			at = pools.callbacks.next; // it may have changed the list
		}
	}
	host->unprotect();
	pools.calling = false;
}

// ---- the end of the shell ----

static bool is_busy(void) {
	for (struct cn_list *at = pools.pools.next; at != &pools.pools; at = at->next) {
		struct own_pool *own = cn_list_entry(at, struct own_pool, link);
		struct cn_pool_info info;
		if (cn_pool_info(&own->ref, &info) == 0 && info.queued + info.running > 0) {
			return true;
		}
	}
	return false;
}

// What is queued is done first, then its callbacks run, then the pools go.
static void leave(void) {
	if (!is_mine()) {
		return;
	}
	for (struct cn_list *at = pools.pools.next; at != &pools.pools; at = at->next) {
		cn_pool_watch(&cn_list_entry(at, struct own_pool, link)->ref, pools.tasks->self);
	}
	while (is_busy()) {
		cn_park(pools.tasks->arena, CN_NEVER, NULL, 0);
		update();
		call_back();
	}
	call_back();
	while (!cn_list_is_empty(&pools.pools)) {
		struct own_pool *own = cn_list_entry(pools.pools.next, struct own_pool, link);
		cn_pool_set_phase(&own->ref, CN_POOL_TERMINATED);
		cn_crew_wait(own->crew);
		cn_ref_destroy(&own->ref);
		own_free(own);
	}
}

static void enter(struct tasks *tasks) {
	if (!is_mine()) {
		pools.tasks = tasks;
		pools.tid = cn_self()->tid;
		cn_list_init(&pools.pools);
		cn_list_init(&pools.callbacks);
		host->on_exit(leave);
	}
	tasks_also(update, call_back);
}

int pools_start(struct tasks *tasks, const struct cn_ref *ref, struct cn_crew *crew) {
	enter(tasks);
	struct own_pool *own = calloc(1, sizeof(*own));
	if (own == NULL) {
		free(crew->data);
		free(crew);
		return -ENOMEM;
	}
	own->ref = *ref;
	own->crew = crew;
	cn_list_push(&pools.pools, &own->link);
	tasks_expect(1);
	int err = start_keeper(own);
	if (err < 0) {
		own_free(own);
	}
	return err;
}

int pools_call_back(
		struct tasks *tasks, const struct future *future, const char *name, const char *then) {
	enter(tasks);
	struct callback *call = calloc(1, sizeof(*call));
	if (call == NULL) {
		return -ENOMEM;
	}
	cn_list_push(&pools.callbacks, &call->link);
	call->future = *future;
	call->name = strdup(name);
	call->then = strdup(then);
	if (call->name == NULL || call->then == NULL) {
		callback_free(call);
		return -ENOMEM;
	}
	tasks_expect(1);
	return 0;
}
