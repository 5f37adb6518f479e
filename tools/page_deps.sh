#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Fetches what the page of `dbgtrace html` is built and tested with: Node.js (Debian's, unless there is one) and the npm packages
# of the committed lock file. Nothing when all is there.
set -euo pipefail
cd "$(dirname "$0")/.."

web=reader/web
installed=$web/node_modules/.package-lock.json
if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
  tools/deps.sh page
fi
if [[ ! -f $installed || $web/package-lock.json -nt $installed ]]; then
  echo "deps: npm packages of the page"
  npm --prefix "$web" ci --no-audit --no-fund --loglevel=error
  touch "$installed"
fi
