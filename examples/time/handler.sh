#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# signal.signal(SIGALRM, handler) and pause(): the handler runs, then the script goes on.

. conch.bash || exit

handler() { echo "handler called with $1"; }
signal on ALRM handler
alarm 50ms
pause
echo "and on"

#| handler called with ALRM
#| and on
