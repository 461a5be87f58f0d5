/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * shell/jobs_core.h - what the files of jobs (jobs.h) share; nobody else includes it.
 *
 * jobs.c            the table of jobs, their states, reports
 * jobs_wait.c       waiting for children, and what became of them
 * jobs_terminal.c   job control: process groups, the terminal, the end of the shell
 */
#ifndef SH_JOBS_CORE_H
#define SH_JOBS_CORE_H

#include "shell/builtin.h"
#include "shell/jobs.h"

/* The process whose status counts: the last, or with pipefail the last that failed. */
const struct sh_proc *sh_job_decisive(const struct sh_job *job);
/* Print a line like "[1] + Stopped (SIGTSTP) sleep 5"; the job's state counts as reported. */
void sh_job_report(struct shell *sh, struct sh_job *job);

/* ---- jobs_wait.c ---- */

/* A program was killed: say so; as for SIGINT and SIGPIPE nobody wants to hear. */
void sh_report_killed(struct shell *sh, const char *name, int status);
/* Does the option say that traps run while a foreground program does, and can there be any? */
bool sh_wait_runs_traps(const struct shell *sh);
/* Run what is pending, outside of the redirections of the command that is waited for. */
void sh_run_traps_aside(struct shell *sh);

#endif
