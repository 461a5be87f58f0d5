# SPDX-License-Identifier: GPL-3.0-or-later
# queue-workers.sh [-j WORKERS] DIR: checksums of all files below DIR, by workers that share a queue.
# A worker leases a file, and acknowledges it when its line is out: when one is killed, its file goes
# to another. Both queues are bounded, so that memory is, however many files there are.
#
# For bash, after `. conch.bash`, and for conch.

workers=2
if [ "${1-}" = -j ]; then
  workers=$2
  shift 2
fi

# In the order of find; ends when there are no more, then waits until all are done.
find_files() {
  find "$1" -type f -print0 | queue put -0 files
  queue close files
  queue join files
  queue close sums
}

work() {
  while queue get --lease -v file files; do
    queue put sums "$(cksum <"$file") $file"
    queue ack files
  done
}

queue create -c 1000 files
queue create -c 1000 sums
spawn -d find_files "$1"
i=0
while [ "$i" -lt "$workers" ]; do
  spawn -d work
  i=$((i + 1))
done
while queue get -c 100 sums; do :; done
