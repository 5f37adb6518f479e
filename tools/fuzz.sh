#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs every fuzzer of a build for a while: tools/fuzz.sh BUILD_DIR [SECONDS]. What a fuzzer finds anew is
# kept in BUILD_DIR/fuzz-corpus/NAME, never in the tree; an input that breaks it is written there too.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
build=${1:?usage: tools/fuzz.sh BUILD_DIR [SECONDS]}
seconds=${2:-60}
passed=0 failed=0

# fuzz FUZZER NAME [OPTIONS]: with the seeds of the fuzzer, and a corpus and a line of output for that name.
fuzz() {
  local fuzzer=$1 name=$2 own=${1##*/} grown=$build/fuzz-corpus/$2 seeds=() folder
  shift 2
  mkdir -p "$grown"
  for folder in "tests/fuzz/corpus/$own" "tests/fuzz/corpus/${own#fuzz_}"; do
    [[ -d $folder ]] && seeds+=("$folder")
  done
  echo "fuzz: $name for $seconds s"
  if "$fuzzer" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=2048 -malloc_limit_mb=1024 \
    -print_final_stats=1 -artifact_prefix="$grown/" "$@" "$grown" "${seeds[@]}"; then
    passed=$((passed + 1))
  else
    echo "fuzz: $name found an input; it is in $grown" >&2
    failed=$((failed + 1))
  fi
}

for fuzzer in "$build"/bin/fuzz_*; do
  [[ -x $fuzzer ]] || continue
  name=${fuzzer##*/}
  if [[ $name != fuzz_commands ]]; then
    fuzz "$fuzzer" "$name"
    continue
  fi
  # Each command that reads a recording by itself. What grows there is no longer than its seeds need.
  for command in info leaks memory crash diff dump list annotate html export bundle; do
    DBGTRACE_FUZZ_COMMAND=$command fuzz "$fuzzer" "$name-$command" -len_control=0 -max_len=131072
  done
done
echo "$passed passed, $failed failed"
[[ $failed -eq 0 && $passed -gt 0 ]]
