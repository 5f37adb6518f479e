#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs every fuzzer of a build for a while: tools/fuzz.sh BUILD_DIR [SECONDS]. What a fuzzer finds anew is
# kept in BUILD_DIR/fuzz-corpus/NAME, never in the tree; an input that breaks it is written there too.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
build=${1:?usage: tools/fuzz.sh BUILD_DIR [SECONDS]}
seconds=${2:-60}
passed=0 failed=0
for fuzzer in "$build"/bin/fuzz_*; do
  [[ -x $fuzzer ]] || continue
  name=${fuzzer##*/}
  grown=$build/fuzz-corpus/$name
  mkdir -p "$grown"
  seeds=()
  for folder in "tests/fuzz/corpus/$name" "tests/fuzz/corpus/${name#fuzz_}" tests/golden/traces; do
    [[ -d $folder ]] && seeds+=("$folder")
  done
  echo "fuzz: $name for $seconds s"
  if "$fuzzer" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="$grown/" "$grown" "${seeds[@]}"; then
    passed=$((passed + 1))
  else
    echo "fuzz: $name found an input; it is in $grown" >&2
    failed=$((failed + 1))
  fi
done
echo "$passed passed, $failed failed"
[[ $failed -eq 0 && $passed -gt 0 ]]
