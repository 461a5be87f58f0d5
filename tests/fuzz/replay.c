/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The main() of a fuzz target without libFuzzer: its corpus, each input once. */
#include "config.h"

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/tap.h"

enum { INPUT_MAX = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The input lies in memory of just its size, so that a sanitizer sees a step past it. */
static bool replay(const char *folder, const char *name) {
	static uint8_t room[INPUT_MAX];
	char path[4096];
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *file = fopen(path, "r");
	if (file == NULL) {
		return false;
	}
	size_t size = fread(room, 1, sizeof(room), file);
	bool whole = !ferror(file) && feof(file);
	fclose(file);
	uint8_t *data = malloc(size == 0 ? 1 : size);
	if (!whole || data == NULL) {
		free(data);
		return false;
	}
	memcpy(data, room, size);
	bool good = LLVMFuzzerTestOneInput(data, size) == 0;
	free(data);
	return good;
}

int main(int argc, char **argv) {
	char folder[2048];
	struct dirent **entries;
	const char *source = getenv("srcdir"), *name = strrchr(argv[0], '/');
	tap_watchdog(120);
	name = strstr(name == NULL ? argv[0] : name, "fuzz_");
	snprintf(folder, sizeof(folder), "%s/tests/fuzz/corpus/%s", source == NULL ? "." : source,
			name == NULL ? "" : name + strlen("fuzz_"));
	int count = scandir(argc > 1 ? argv[1] : folder, &entries, NULL, alphasort);
	ok(count > 2, "%s has inputs", folder);
	for (int i = 0; i < count; i++) {
		if (entries[i]->d_name[0] != '.') {
			diag("%s", entries[i]->d_name);
			ok(replay(argc > 1 ? argv[1] : folder, entries[i]->d_name), "%s", entries[i]->d_name);
		}
		free(entries[i]);
	}
	if (count >= 0) {
		free(entries);
	}
	return done_testing();
}
