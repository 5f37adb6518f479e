#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs everything that `make test` runs on a finished build and closes with one line for all parts:
# "N passed, N failed, N skipped". Usage: tools/run_tests.sh BUILD_DIR [JOBS]
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
build=${1:?usage: tools/run_tests.sh BUILD_DIR [JOBS]}
jobs=${2:-1}
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
passed=0 failed=0 skipped=0

# ctest: unit tests, integration tests and the checks of tools/ (tests/checks.cmake).
ctest --test-dir "$build" --output-on-failure -j "$jobs" | tee "$log"
ctest_status=${PIPESTATUS[0]}
if [[ $(tail -n 30 "$log") =~ ([0-9]+)\ tests?\ failed\ out\ of\ ([0-9]+) ]]; then
  ctest_failed=${BASH_REMATCH[1]} ctest_total=${BASH_REMATCH[2]}
  ctest_skipped=$(grep -c '\*\*\*Skipped' "$log")
  passed=$((ctest_total - ctest_failed - ctest_skipped))
  failed=$ctest_failed
  skipped=$ctest_skipped
fi
# No count at all (no tests found, a broken build folder) is a failure as well.
if [[ $((passed + failed)) -eq 0 || ($ctest_status -ne 0 && $failed -eq 0) ]]; then
  echo "run_tests: ctest gave no result (status $ctest_status)" >&2
  failed=$((failed + 1))
fi

# Third-party programs: those that happen to be installed; the suite names the ones that it skips.
if [[ -x tests/real/run ]]; then
  tests/real/run --lib "$build/lib/libdbgtrace.so" --reader "$build/bin/dbgtrace" | tee "$log"
  real_status=${PIPESTATUS[0]}
  real_failed=0
  if [[ $(tail -n 5 "$log") =~ ([0-9]+)\ passed,\ ([0-9]+)\ failed(,\ ([0-9]+)\ skipped)? ]]; then
    passed=$((passed + BASH_REMATCH[1]))
    real_failed=${BASH_REMATCH[2]}
    skipped=$((skipped + ${BASH_REMATCH[4]:-0}))
  fi
  [[ $real_status -eq 0 || $real_failed -gt 0 ]] || real_failed=1
  failed=$((failed + real_failed))
fi

echo "$passed passed, $failed failed, $skipped skipped"
[[ $failed -eq 0 ]]
