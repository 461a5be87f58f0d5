#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# An alarm that nobody handles ends the script; who ran it says `Alarm clock`. In Python:
# signal.alarm(1); signal.pause()
. conch.bash || exit

alarm 0.5
echo waiting
pause
echo "not reached"
