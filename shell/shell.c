/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "shell/builtin.h"
#include "shell/exec.h"
#include "shell/fd.h"
#include "shell/input.h"
#include "shell/jobs.h"
#include "shell/loader.h"
#include "shell/subshell.h"
#include "shell/trap.h"

/* ---- variables the shell computes or listens to ---- */

static const char *get_lineno(struct shell *sh, struct sh_name *name) {
	snprintf(sh->number, sizeof(sh->number), "%d", sh->line);
	return sh->number;
}

static const char *get_random(struct shell *sh, struct sh_name *name) {
	if (sh->state.random == 0) {
		struct timespec now;
		clock_gettime(CLOCK_MONOTONIC, &now);
		sh->state.random = ((uint32_t)now.tv_nsec ^ (uint32_t)sh->self << 16) | 1;
	}
	uint32_t x = sh->state.random;
	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	sh->state.random = x;
	snprintf(sh->number, sizeof(sh->number), "%u", x >> 8 & 0x7FFF);
	return sh->number;
}

static void seed_random(struct shell *sh, struct sh_name *name) {
	uint32_t seed = name->var.value != NULL ? (uint32_t)strtoul(name->var.value, NULL, 10) : 0;
	sh->state.random = (seed + 1) * 2654435761u | 1;
}

static int64_t seconds_now(void) {
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

static const char *get_seconds(struct shell *sh, struct sh_name *name) {
	snprintf(sh->number, sizeof(sh->number), "%" PRId64, seconds_now() - sh->state.seconds_base);
	return sh->number;
}

static void set_seconds(struct shell *sh, struct sh_name *name) {
	int64_t value = name->var.value != NULL ? strtoll(name->var.value, NULL, 10) : 0;
	sh->state.seconds_base = seconds_now() - value;
}

static const char *get_epoch_realtime(struct shell *sh, struct sh_name *name) {
	struct timeval now;
	gettimeofday(&now, NULL);
	snprintf(sh->number, sizeof(sh->number), "%jd.%06ld", (intmax_t)now.tv_sec, (long)now.tv_usec);
	return sh->number;
}

static const char *get_epoch_seconds(struct shell *sh, struct sh_name *name) {
	snprintf(sh->number, sizeof(sh->number), "%jd", (intmax_t)time(NULL));
	return sh->number;
}

static const char *get_bashpid(struct shell *sh, struct sh_name *name) {
	sh_subshell_detach(sh); // whoever asks gets a process of its own
	snprintf(sh->number, sizeof(sh->number), "%d", (int)sh->self);
	return sh->number;
}

static const char *get_uid(struct shell *sh, struct sh_name *name) {
	uid_t id = name->text[0] == 'E' ? geteuid() : getuid();
	snprintf(sh->number, sizeof(sh->number), "%u", (unsigned)id);
	return sh->number;
}

/* Sort out the characters of IFS (2.6.5); unset means space, tab, newline. */
static void ifs_changed(struct shell *sh, struct sh_name *name) {
	const char *ifs = name->var.value != NULL ? name->var.value : " \t\n";
	memset(sh->ifs_class, 0, sizeof(sh->ifs_class));
	sh->ifs_multibyte = false;
	for (const char *c = ifs; *c != '\0'; c++) {
		if ((*c & 0x80) != 0 && sh_is_utf8(sh)) {
			sh->ifs_multibyte = true;
			continue;
		}
		sh->ifs_class[(unsigned char)*c] = strchr(" \t\n\v\f\r", *c) != NULL ? 1 : 2;
	}
	uint32_t wc;
	sh->ifs_join = ifs;
	sh->ifs_join_len = ifs[0] != '\0' ? sh_char(sh, ifs, strlen(ifs), &wc) : 0;
}

static void path_changed(struct shell *sh, struct sh_name *name) {
	sh_lookup_reset(sh);
}

static void locale_changed(struct shell *sh, struct sh_name *name) {
	sh->locale = 0;
	if (sh->n.ifs != NULL && sh->n.ifs->var.value != NULL) {
		ifs_changed(sh, sh->n.ifs);
	}
}

static void optind_changed(struct shell *sh, struct sh_name *name) {
	sh->state.offset = 0;
}

static const struct sh_var_hooks hooks[] = {
	{ get_lineno, NULL },
	{ get_random, seed_random },
	{ get_seconds, set_seconds },
	{ get_epoch_realtime, NULL },
	{ get_bashpid, NULL },
	{ get_uid, NULL },
	{ NULL, ifs_changed },
	{ NULL, path_changed },
	{ NULL, locale_changed },
	{ NULL, optind_changed },
	{ get_epoch_seconds, NULL },
};

static const struct special {
	const char *name;
	int hook;
} specials[] = {
	{ "LINENO", 0 },
	{ "RANDOM", 1 },
	{ "SECONDS", 2 },
	{ "EPOCHREALTIME", 3 },
	{ "BASHPID", 4 },
	{ "UID", 5 },
	{ "EUID", 5 },
	{ "IFS", 6 },
	{ "PATH", 7 },
	{ "LC_ALL", 8 },
	{ "LC_CTYPE", 8 },
	{ "LC_COLLATE", 8 },
	{ "LANG", 8 },
	{ "OPTIND", 9 },
	{ "EPOCHSECONDS", 10 },
};

/* ---- starting ---- */

static void init_names(struct shell *sh) {
	sh->n.ifs = sh_name(sh, "IFS");
	sh->n.path = sh_name(sh, "PATH");
	sh->n.home = sh_name(sh, "HOME");
	sh->n.pwd = sh_name(sh, "PWD");
	sh->n.oldpwd = sh_name(sh, "OLDPWD");
	sh->n.lineno = sh_name(sh, "LINENO");
	sh->n.optind = sh_name(sh, "OPTIND");
	sh->n.optarg = sh_name(sh, "OPTARG");
	sh->n.reply = sh_name(sh, "REPLY");
}

static void init_specials(struct shell *sh) {
	for (size_t i = 0; i < sizeof(specials) / sizeof(specials[0]); i++) {
		const struct sh_var_hooks *hook = &hooks[specials[i].hook];
		struct sh_name *name = sh_name(sh, specials[i].name);
		name->var.hooks = hook;
		if (hook->get != NULL) { // what the environment says of it means nothing
			name->var.flags = SH_VAR_SET;
			name->var.value = NULL;
			name->var.len = 0;
		}
	}
}

/* Is PWD from the environment an absolute name of this directory without . and ..? (sh, PWD) */
static bool is_cwd(const char *path) {
	struct stat a;
	struct stat b;
	if (path == NULL || path[0] != '/') {
		return false;
	}
	for (const char *p = path; *p != '\0'; p++) {
		if (p[0] == '/' && p[1] == '.' &&
				(p[2] == '/' || p[2] == '\0' || (p[2] == '.' && (p[3] == '/' || p[3] == '\0')))) {
			return false;
		}
	}
	return stat(path, &a) == 0 && stat(".", &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

static void init_pwd(struct shell *sh) {
	const char *given = sh_var_get(sh, sh->n.pwd);
	if (is_cwd(given)) {
		sh->cwd = sh_xstrdup(given);
		return;
	}
	sh->cwd = getcwd(NULL, 0);
	if (sh->cwd != NULL) {
		sh_var_set(sh, sh->n.pwd, sh->cwd, strlen(sh->cwd));
		sh_var_flag(sh, sh->n.pwd, SH_VAR_EXPORT, 0);
	}
}

/* The name of the program lies above its arguments and environment, at the top of the stack. */
static void init_stack(struct shell *sh) {
	struct rlimit limit;
	const char *here = __builtin_frame_address(0);
	const char *top = (const char *)getauxval(AT_EXECFN); // NOLINT
	ptrdiff_t size = 8 << 20;
	if (getrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
			limit.rlim_cur < (rlim_t)1 << 32) {
		size = (ptrdiff_t)limit.rlim_cur;
	}
	sh->stack_base = top > here && top - here < size ? top : here;
	sh->stack_limit = size - (size / 4 > 512 << 10 ? 512 << 10 : size / 4);
}

void sh_init(struct shell *sh, const char *arg0, char **environ_given) {
	memset(sh, 0, sizeof(*sh));
	sh->arg0 = arg0;
	sh->pid = sh->self = getpid();
	cn_buf_init(&sh->out);
	cn_buf_init(&sh->kept);
	init_stack(sh);
	sh_fd_init(sh);
	sh_trap_init(sh);
	sh_jobs_init(sh);
	init_names(sh);
	sh_var_import(sh, environ_given);
	init_specials(sh);
	sh->state.seconds_base = seconds_now();
	sh_var_set(sh, sh->n.ifs, " \t\n", 3); // never from the environment (2.5.3)
	sh->n.ifs->var.flags &= ~(uint32_t)SH_VAR_EXPORT;
	sh_var_set(sh, sh->n.optind, "1", 1);
	sh->n.optind->var.flags &= ~(uint32_t)SH_VAR_EXPORT;
	struct sh_name *ppid = sh_name(sh, "PPID");
	sh_var_set_int(sh, ppid, getppid());
	ppid->var.flags &= ~(uint32_t)SH_VAR_EXPORT;
	sh_var_set_text(sh, "CONCH_VERSION", SH_VERSION);
	static const char *const prompts[][2] = { { "PS1", "$ " }, { "PS2", "> " }, { "PS4", "+ " } };
	for (size_t i = 0; i < 3; i++) {
		if (sh_var_get_text(sh, prompts[i][0]) == NULL) {
			bool root = i == 0 && geteuid() == 0;
			sh_var_set_text(sh, prompts[i][0], root ? "# " : prompts[i][1]);
		}
	}
	init_pwd(sh);
}

/* ---- ending ---- */

void sh_exit_process(struct shell *sh, int status) {
	sh_flush(sh);
	sh_loader_at_exit(sh);
	sh_flush(sh);
	sh_fd_sync(sh);
	_exit(status & 0xFF);
}

/* ---- running text ---- */

int sh_eval_at(struct shell *sh, const char *text, int line) {
	struct sh_input in;
	if (!sh_stack_ok(sh)) {
		return sh->status;
	}
	sh_input_string(&in, text, strlen(text), line);
	int status = sh_run_input(sh, &in, false, 0);
	sh_input_finish(&in);
	return status;
}

int sh_eval(struct shell *sh, const char *text) {
	return sh_eval_at(sh, text, sh->line > 0 ? sh->line : 1);
}

int sh_source(struct shell *sh, const char *path) {
	if (!sh_stack_ok(sh)) {
		return -1;
	}
	struct sh_file *file = sh_file_open(sh, path, O_RDONLY, 0);
	if (file == NULL) {
		sh_error(sh, "%s: %s", path, strerror(errno));
		return -1;
	}
	if (file->refs > 1) { // /dev/stdin: shared
		file->refs--;
		file = sh_file_real(fcntl(file->real, F_DUPFD_CLOEXEC, 10));
	}
	struct sh_input in;
	int line = sh->line;
	const char *running = sh->running;
	const struct sh_builtin *builtin = sh->running_builtin;
	sh->running = NULL;
	sh->running_builtin = NULL;
	sh_input_fd(&in, file->real, SH_INPUT_BLOCKS);
	file->real = -1;
	sh_file_drop(file);
	int status = sh_run_input(sh, &in, false, 0);
	sh_input_finish(&in);
	sh->line = line;
	sh->running = running;
	sh->running_builtin = builtin;
	return status;
}
