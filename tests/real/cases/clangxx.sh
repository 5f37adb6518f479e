# SPDX-License-Identifier: Apache-2.0
# about: clang++ on a template-heavy file: objects, debug information, diagnostics, a linked program
# needs: clang libstdc++-12-dev
# detect: command -v clang++
# records: clang* 2
. "$CASE_LIB"
# shellcheck source=/dev/null
. "${CASE_LIB%/*}/compile.sh"

compile clang++
