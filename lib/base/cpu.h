/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lib/base/cpu.h - how many processors we may use.
 */
#ifndef CN_BASE_CPU_H
#define CN_BASE_CPU_H

/*
 * At least 1: the processors in our affinity mask, or fewer when the control group's quota
 * (cpu.max of cgroup 2) allows less time than they have.
 */
int cn_cpus(void);

#endif
