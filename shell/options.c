/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <string.h>

#include "shell/builtin.h"
#include "shell/jobs.h"
#include "shell/options.h"
#include "shell/subshell.h"
#include "shell/trap.h"

const struct sh_option_info sh_option_table[] = {
	{ "allexport", 'a', SH_OPT_ALLEXPORT },
	{ "emacs", 0, SH_OPT_EMACS },
	{ "errexit", 'e', SH_OPT_ERREXIT },
	{ "hashall", 'h', SH_OPT_HASHALL },
	{ "histexpand", 'H', SH_OPT_HISTEXPAND },
	{ "ignoreeof", 0, SH_OPT_IGNOREEOF },
	{ "interactive", 'i', SH_OPT_INTERACTIVE },
	{ "monitor", 'm', SH_OPT_MONITOR },
	{ "noclobber", 'C', SH_OPT_NOCLOBBER },
	{ "noexec", 'n', SH_OPT_NOEXEC },
	{ "noglob", 'f', SH_OPT_NOGLOB },
	{ "nolog", 0, SH_OPT_NOLOG },
	{ "notify", 'b', SH_OPT_NOTIFY },
	{ "nounset", 'u', SH_OPT_NOUNSET },
	{ "pipefail", 0, SH_OPT_PIPEFAIL },
	{ "posix", 0, SH_OPT_POSIX },
	{ "prompttraps", 0, SH_OPT_PROMPTTRAPS },
	{ "stdin", 's', SH_OPT_STDIN },
	{ "verbose", 'v', SH_OPT_VERBOSE },
	{ "vi", 0, SH_OPT_VI },
	{ "xtrace", 'x', SH_OPT_XTRACE },
	{ NULL, 'c', SH_OPT_COMMAND },
	{ NULL, 0, 0 },
};

uint32_t sh_option_letter(char letter) {
	for (const struct sh_option_info *info = sh_option_table; info->bit != 0; info++) {
		if (info->letter == letter && letter != 0) {
			return info->bit;
		}
	}
	return 0;
}

uint32_t sh_option_name(const char *name) {
	for (const struct sh_option_info *info = sh_option_table; info->name != NULL; info++) {
		if (strcmp(info->name, name) == 0) {
			return info->bit;
		}
	}
	return 0;
}

int sh_option_set(struct shell *sh, uint32_t bit, bool on) {
	if (bit == SH_OPT_MONITOR && on && !sh_subshell_detach(sh)) {
		return 0; // the child goes on with it
	}
	sh->edit_chosen |= (bit & (SH_OPT_VI | SH_OPT_EMACS)) != 0;
	if (bit == SH_OPT_VI && on) {
		sh->options &= ~(uint32_t)SH_OPT_EMACS;
	}
	if (bit == SH_OPT_EMACS && on) {
		sh->options &= ~(uint32_t)SH_OPT_VI;
	}
	sh->options = on ? sh->options | bit : sh->options & ~bit;
	if (bit == SH_OPT_MONITOR && (sh->subshell == NULL || sh->subshell->process) &&
			!sh_jobs_control(sh, on)) {
		sh->options &= ~bit;
		sh_error(sh, "no job control");
		return -1;
	}
	return 0;
}

void sh_option_letters(struct shell *sh, char *text) {
	for (const struct sh_option_info *info = sh_option_table; info->bit != 0; info++) {
		if (info->letter != 0 && (sh->options & info->bit) != 0) {
			*text++ = info->letter;
		}
	}
	*text = '\0';
}
