/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lib/base/cpu.h - the processors we may use.
 */
#ifndef CN_BASE_CPU_H
#define CN_BASE_CPU_H

/*
 * At least 1: the processors in our affinity mask, or fewer when the control group's quota
 * (cpu.max of cgroup 2) allows less time than they have.
 */
int cn_cpus(void);

/*
 * Move this process to the n-th (from 0) of the processors in its affinity mask, from where the
 * system may move it on: a system often leaves two processes that were just made on one processor
 * for some milliseconds, though another is idle. Does nothing when there are not so many.
 */
void cn_cpu_start_on(int n);

#endif
