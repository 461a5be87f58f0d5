#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Pipe(duplex=False): one end sends, one receives. poll says whether there is something; the end of
# the sender is the end of the pipe.

. conch.bash || exit

pipe create -1 out in

sender() {
  pipe send out "one" "two"
}
pipe poll in || echo "nothing yet"
spawn sender
pipe poll -t 5s in && echo "something"
pipe recv in
pipe recv in
await
pipe recv in
echo "the sender is gone: $?"

#| nothing yet
#| something
#| one
#| two
#| the sender is gone: 3
