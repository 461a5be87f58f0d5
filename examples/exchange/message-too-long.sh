#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# recv_bytes(maxlength): a message that is too long stays, and can be had with more room.

. conch.bash || exit

pipe create a b
pipe send a "twelve bytes"
pipe recv -m 5 b
echo "with 5 bytes of room: $?"
pipe recv -m 100 b

#| with 5 bytes of room: 1
#| twelve bytes
