#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Checks that no text of the tree names a developer's machine (absolute home or work paths) or leaves
# something undone behind (markers, remains of a merge). Usage: tools/check_words.sh [ROOT]
set -uo pipefail
cd "${1:-$(dirname "$0")/..}" || exit 1
export LC_ALL=C

# The brackets keep these patterns from finding themselves.
machine='(^|[^[:alnum:]_.}~-])/([h]ome|[r]oot|[U]sers|[w]ork|[w]orkspace|[t]mp/[b]rief)/[[:alnum:]_.-]+'
undone='\b(TO[D]O|FIX[M]E)\b'
merge='^(<{7} |>{7} |={7}$)'

# Tracked files and those about to be; without git (a release archive) every file outside build folders.
list_files() {
  git -c safe.directory='*' ls-files -z --cached --others --exclude-standard 2>/dev/null ||
    find . \( -name .git -o -name 'build*' -o -name node_modules \) -prune -o -type f -print0
}

violations=0
report() {
  while IFS= read -r line; do
    echo "words: $2: $line"
    violations=$((violations + 1))
  done < <(list_files | xargs -0 grep -nIE -e "$1" -- 2>/dev/null)
}
report "$machine" "path of a machine"
report "$undone" "left undone"
report "$merge" "remains of a merge"
[[ $violations -eq 0 ]]
