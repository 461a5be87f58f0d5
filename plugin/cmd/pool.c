/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "plugin/cmd/pool_map.h"
#include "plugin/command.h"

const struct command command_pool = {
	.name = "pool",
	.summary = "run a command for many items, by several workers",
	.verbs =
			(const struct verb[]){
					{
							.name = "map",
							.run = pool_map,
							.max = MANY,
							.operands = "[COMMAND [ARG...]] [::: ITEM...]",
							.help = "run COMMAND once per item, concurrently; items are words or "
									"lines of stdin",
							.opts = pool_map_opts,
							.args_size = sizeof(struct pool_map_args),
							.defaults = &pool_map_defaults,
							.finish = pool_map_finish,
					},
					{ 0 },
			},
};
