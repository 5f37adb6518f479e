#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What `make demo` shows once dbgtrace is built: an unmodified sqlite3 with an extension that leaks, and
# that uses a block after it was freed. Usage: tools/demo.sh [BUILD_DIR [leak|crash ...]]; without parts both.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
build=${1:-$root/build}
[ $# -eq 0 ] || shift
case $build in /*) ;; *) build=$PWD/$build ;; esac
library=$build/lib/libdbgtrace.so
dbgtrace=$build/bin/dbgtrace
out=$build/demo
example=$root/examples/sqlite_extension

step() { printf '\n==> %s\n' "$*"; }
say() { printf '    %s\n' "$*"; }
fail() { printf 'demo: %s\n' "$*" >&2; exit 1; }

# record NAME INTERVAL: runs sqlite3 on NAME.sql under the recorder; sets status, printed and recording.
record() {
  status=0
  printed=$out/$1.log
  # The outer shell reports a death by signal; that line belongs to the log as well.
  { (cd "$out" && LD_PRELOAD=$library DBGTRACE_SAMPLE=$2 DBGTRACE_OUT=$out/$1/%e.%p.dbgt \
    exec sqlite3 -batch < "$example/$1.sql") || status=$?; } > "$printed" 2>&1
  recording=$(find "$out/$1" -name 'sqlite3.*.dbgt' 2> /dev/null | head -n 1)
  [ -n "$recording" ] || { cat "$printed" >&2; fail "sqlite3 left no recording in $out/$1"; }
}

leak() {
  step "Running Debian's $(sqlite3 --version | cut -d' ' -f1) sqlite3 with the extension under LD_PRELOAD"
  say "LD_PRELOAD=$library DBGTRACE_SAMPLE=64K sqlite3 < queries.sql   (some seconds)"
  record queries 64K
  [ "$status" = 0 ] || { cat "$printed" >&2; fail "sqlite3 ended with status $status"; }
  say "It printed its $(wc -l < "$printed") lines of results, of 120,000 calls of redact(), and ended well."
  say "Beside them it left $recording ($(du -k "$recording" | cut -f1) KiB on disk)."

  step 'Asking the recording for leaks: dbgtrace leaks FILE'
  "$dbgtrace" leaks "$recording"
  say ''
  say 'The culprit is examples/sqlite_extension/redact.c: each call of redact() loses its buffer.'
}

crash() {
  step 'The same extension keeps a pointer to a note that it has freed: sqlite3 dies of it'
  say "LD_PRELOAD=$library DBGTRACE_SAMPLE=1 sqlite3 < crash.sql"
  record crash 1
  [ "$status" -gt 128 ] || fail "sqlite3 was expected to die by a signal; it ended with $status"
  say "It ended with status $status, that is by signal $((status - 128)). Its last moments are on disk."

  step 'Asking the recording for the crash: dbgtrace crash FILE'
  "$dbgtrace" crash "$recording"
  say ''
  say 'The culprit is examples/sqlite_extension/redact.c: forget() frees the note and keeps the pointer to it.'
}

command -v sqlite3 > /dev/null || fail 'no sqlite3 here: make deps installs it'
for built in "$library" "$dbgtrace"; do
  [ -e "$built" ] || fail "no $built: make first"
done

step 'Building the example, an SQLite extension: examples/sqlite_extension/redact.c'
mkdir -p "$out"
rm -rf "$out/queries" "$out/crash"
cc -O2 -g -std=gnu11 -shared -fPIC -o "$out/redact.so" "$example/redact.c"
say "done: $out/redact.so"

[ $# -gt 0 ] || set -- leak crash
for part in "$@"; do
  case $part in
    leak | crash) "$part" ;;
    *) fail "unknown part: $part (leak, crash)" ;;
  esac
done
