/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/shm/alloc.h"
#include "lib/shm/names.h"
#include "tests/unit/tap.h"

struct thing {
	struct cn_object object;
	uint64_t value;
	cn_off inner;
};

static struct cn_arena *arena;

static void thing_init(void *object, const void *data) {
	((struct thing *)object)->value = *(const uint64_t *)data;
}

static void thing_finish(struct cn_arena *a, struct cn_object *object) {
	struct thing *thing = (struct thing *)object;
	if (thing->inner != 0) {
		cn_alloc_retire(a, &thing->inner, 0);
	}
}

static const struct cn_kind_ops thing_ops = { .finish = thing_finish };

static int make(const char *name, uint64_t value, struct cn_ref *ref) {
	return cn_name_create(arena, CN_VALUE, name, sizeof(struct thing), thing_init, &value, ref);
}

static uint64_t blocks(void) {
	struct cn_alloc_stats stats;
	cn_alloc_stats(arena, &stats);
	return stats.blocks;
}

static void test_names(void) {
	static const char *const bad[] = { "", "1a", "a b", "-a", "a/b", "\xc3\xa4", "a\n" };
	static const char *const good[] = { "a", "_", "A9_.-", "jobs.v2" };
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ok(!cn_name_is_valid(bad[i]), "not a name");
	}
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		ok(cn_name_is_valid(good[i]), "%s is a name", good[i]);
	}
	char name[CN_NAME_MAX + 2];
	memset(name, 'x', sizeof(name));
	name[CN_NAME_MAX + 1] = '\0';
	ok(!cn_name_is_valid(name), "256 bytes are too long");
	ok(cn_name_is_valid(name + 1), "255 are not");
	struct cn_ref ref;
	is_int(make(name + 1, 1, &ref), 0, "the longest name can be made");
	is_int(cn_ref_destroy(&ref), 0, "and destroyed");
	is_int(make("a b", 1, &ref), -EINVAL, "a bad one cannot");
}

static void test_find(void) {
	struct cn_ref ref;
	struct cn_ref again;
	struct thing *thing;
	is_int(cn_name_find(arena, CN_VALUE, "a", &ref), -ENOENT, "what was not made is not found");
	is_int(make("a", 7, &ref), 0, "an object is made");
	is_int(make("a", 8, &again), -EEXIST, "not twice");
	ok(again.off == ref.off && again.serial == ref.serial, "the one that is there is told");
	is_int(cn_name_find(arena, CN_QUEUE, "a", &again), -ENOENT, "another kind has other names");
	is_int(cn_name_find(arena, CN_VALUE, "a", &again), 0, "it is found");
	is_int(cn_pin(&again, (void **)&thing), 0, "and pinned");
	is_int((int64_t)thing->value, 7, "as it was made");
	is_str(cn_object_name(&thing->object), "a", "with its name");
	is_int(cn_name_destroy(arena, CN_VALUE, "a"), 0, "it can be destroyed while it is pinned");
	is_int(cn_name_destroy(arena, CN_VALUE, "a"), -ENOENT, "once");
	ok(cn_object_is_dead(&thing->object), "who has it sees that");
	is_int((int64_t)thing->value, 7, "and its memory is still there");
	void *object;
	is_int(cn_pin(&ref, &object), -ENOENT, "nobody else gets it");
	is_int(cn_object_lock(arena, &thing->object), -ENOENT, "nor its mutex");
	uint64_t before = blocks();
	cn_unpin(&again, thing);
	is_int((int64_t)blocks(), (int64_t)before - 1, "the last one to let go frees it");
	is_int(make("a", 9, &again), 0, "the name is free again");
	is_int(cn_pin(&ref, &object), -ENOENT, "the old reference does not lead to the new object");
	cn_ref_destroy(&again);
	is_int((int64_t)blocks(), 0, "nothing is left");
}

static void test_owned(void) {
	struct cn_ref ref;
	struct thing *thing;
	make("a", 1, &ref);
	cn_pin(&ref, (void **)&thing);
	cn_off off;
	cn_alloc(arena, 100000, &off);
	cn_alloc_publish(arena, &thing->inner, off);
	cn_unpin(&ref, thing);
	cn_ref_destroy(&ref);
	is_int((int64_t)blocks(), 0, "what an object owns is freed with it");
}

static void test_dead_pins(void) {
	struct cn_ref ref;
	make("a", 1, &ref);
	pid_t pid = fork();
	if (pid == 0) {
		struct thing *thing;
		cn_pin(&ref, (void **)&thing);
		cn_ref_destroy(&ref);
		raise(SIGKILL);
	}
	waitpid(pid, NULL, 0);
	is_int((int64_t)blocks(), 1, "a process dies with the pin on a destroyed object");
	is_int(cn_name_sweep(arena), 1, "which is swept");
	is_int((int64_t)blocks(), 0, "and gone then");
	void *object;
	make("a", 1, &ref);
	int err = 0;
	for (int i = 0; i <= CN_PINS_MAX; i++) {
		err = cn_pin(&ref, &object);
	}
	is_int(err, -EMFILE, "one pin too many is an error");
	for (int i = 0; i < CN_PINS_MAX; i++) {
		cn_unpin(&ref, object);
	}
	cn_ref_destroy(&ref);
	is_int((int64_t)blocks(), 0, "nothing is left");
}

static void test_many(void) {
	enum { MANY = 20000 };
	int wrong = 0;
	for (int i = 0; i < MANY; i++) {
		char name[32];
		struct cn_ref ref;
		snprintf(name, sizeof(name), "n%d", i);
		wrong += make(name, (uint64_t)i, &ref) != 0;
	}
	is_int(wrong, 0, "twenty thousand objects");
	struct cn_ref *refs;
	size_t count;
	cn_name_list(arena, CN_VALUE, &refs, &count);
	is_int((int64_t)count, MANY, "are listed");
	for (size_t i = 0; i < count; i++) {
		wrong += cn_ref_destroy(&refs[i]) != 0;
	}
	free(refs);
	is_int(wrong, 0, "and destroyed");
	is_int((int64_t)blocks(), 0, "nothing is left");
}

int main(void) {
	tap_watchdog(60);
	if (cn_arena_create(256 * CN_ARENA_MIN, &arena) < 0) {
		return 1;
	}
	cn_kind_register(CN_VALUE, &thing_ops);
	test_names();
	test_find();
	test_owned();
	test_dead_pins();
	test_many();
	cn_arena_close(arena);
	return done_testing();
}
