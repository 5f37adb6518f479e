# SPDX-License-Identifier: Apache-2.0
# about: g++ on a template-heavy file: objects, debug information, diagnostics, a linked program
# needs: g++ libstdc++-12-dev
# detect: command -v g++
# records: cc1plus 2
. "$CASE_LIB"
# shellcheck source=/dev/null
. "${CASE_LIB%/*}/compile.sh"

compile g++
