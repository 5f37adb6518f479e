# SPDX-License-Identifier: Apache-2.0
# What the cases share. A case runs in the empty folder $WORK (compared afterwards, like $HOME) and
# has $SCRATCH and $TMPDIR for what differs from run to run, and the loopback port $PORT. It starts
# the program under test with `traced PROG ARGS`, prints what has to be equal, and exits 0.
# shellcheck shell=bash
set -u
ulimit -c 0

started=()
stop_all() {
  for pid in "${started[@]}"; do kill "$pid"; done 2>/dev/null
  wait
}
trap stop_all EXIT

# start PROG ARGS: in the background, stopped at the end of the case whatever happens; sets $pid.
start() {
  "$@" &
  pid=$!
  started+=("$pid")
}

# stopped LABEL: waits for the last one started, which was asked to end, and prints its exit status.
stopped() {
  wait "$pid"
  echo "$1: exit $?"
  unset 'started[-1]'
}

# status LABEL PROG ARGS: prints the exit status; the shell's note on a signal's death has a pid.
status() {
  local label=$1
  shift
  "$@"
  echo "$label: exit $?"
}

# wait_for PROG ARGS: until it succeeds, at most 30 seconds.
wait_for() {
  local tries=600
  until "$@" >/dev/null 2>&1; do
    ((tries-- > 0)) || { echo "waited in vain for: $*" >&2; exit 1; }
    sleep 0.05
  done
}

# unprivileged PROG ARGS: as nobody if we are root; some servers refuse to run as root.
unprivileged() {
  if ((EUID == 0)); then
    exec setpriv --reuid=nobody --regid=nogroup --clear-groups "$@"
  fi
  exec "$@"
}
