#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Tests the checks of tools/ on small trees and libraries made here: each misdeed must be named, and a clean
# sample must pass. A check that finds nothing is otherwise taken for a tree without faults.
# Usage: tests/checks_test.sh [CC]
set -uo pipefail
tools=$(cd "$(dirname "$0")/../tools" && pwd)
cc=${1:-cc}
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1
passed=0 failed=0

# expect CLAIM WANTED_STATUS PATTERN COMMAND...: status must fit and the output contain PATTERN.
expect() {
  local claim=$1 wanted=$2 pattern=$3 output status
  shift 3
  output=$("$@" 2>&1)
  status=$?
  if [[ $status -eq $wanted && ($wanted -eq 0 && -z $output || $wanted -ne 0 && $output =~ $pattern) ]]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    printf 'FAILED: %s (status %s, wanted %s)\n%s\n' "$claim" "$status" "$wanted" "$output"
  fi
}

# --- layers
mkdir -p layers/{ring,hooks/os,preload,reader}
echo '#include <cstdint>' >layers/ring/a.hpp
echo '#include "ring/a.hpp"' >layers/hooks/os/b.hpp
echo '#include "hooks/os/b.hpp"' >layers/preload/c.cpp
echo '#include "ring/a.hpp"' >layers/reader/d.cpp
expect "clean layers pass" 0 '' "$tools/check_layers.py" layers
echo '#include "hooks/os/b.hpp"' >layers/reader/bad.cpp
expect "reader may not include hooks" 1 'reader/bad.cpp:1: reader/ may not include hooks/' "$tools/check_layers.py" layers
echo '#include "hooks/os/b.hpp"' >layers/ring/bad.cpp
expect "ring includes nobody" 1 'ring/bad.cpp:1: ring/ may not include hooks/' "$tools/check_layers.py" layers
echo '#include <unistd.h>' >layers/ring/bad.cpp
expect "ring is pure" 1 'may not include <unistd.h>' "$tools/check_layers.py" layers
echo '#include "b.hpp"' >layers/hooks/os/bad.cpp
expect "includes start at the root" 1 'not a path from the root' "$tools/check_layers.py" layers
echo '#include "ring/f.hpp"' >layers/ring/e.hpp
echo '#include "ring/e.hpp"' >layers/ring/f.hpp
expect "circles are named" 1 'circle: ring/e.hpp -> ring/f.hpp -> ring/e.hpp' "$tools/check_layers.py" layers

# --- exports
# shellcheck disable=SC2054
flags=(-shared -fPIC -nostartfiles -Wl,-z,now -Wl,-z,nodelete -Wl,--version-script=map)
echo '{ global: shim_a; /* why */ shim_b; local: *; };' >map
cat >good.c <<'CODE'
#include <string.h>
static __thread __attribute__((tls_model("initial-exec"))) char small[64];
unsigned long shim_a(const char *text) { return strlen(text) + (unsigned long)small; }
void shim_b(void) {}
CODE
"$cc" "${flags[@]}" -o good.so good.c
expect "a clean library passes" 0 '' "$tools/check_exports.sh" good.so map
echo 'DBGTRACE_1 { global: shim_a; shim_b; local: *; };' >map
"$cc" "${flags[@]}" -o versioned.so good.c
expect "a versioned map passes" 0 '' "$tools/check_exports.sh" versioned.so map
echo '{ global: shim_a; shim_c; local: *; };' >map_other
expect "a name too few is named" 1 'shim_c is listed in map_other but not exported' "$tools/check_exports.sh" good.so map_other
expect "a name too many is named" 1 'shim_b is exported but not listed' "$tools/check_exports.sh" good.so map_other
echo '{ global: shim_a; shim_b; malloc; local: *; };' >map
cat >bad.c <<'CODE'
#include <stdlib.h>
#include <stdio.h>
#include <math.h>
#include <sys/random.h>
static __thread char large[200];
__thread int dynamic __attribute__((tls_model("global-dynamic")));
void *malloc(size_t size) { return size ? (void *)large : 0; }
double shim_a(double x) { void *volatile block = malloc((size_t)x); return block ? pow(x, x) : dynamic; }
void shim_b(void) { printf("%p", calloc(1, 1)); getrandom(large, 1, 0); }
CODE
"$cc" -O0 -fno-builtin -shared -fPIC -nostartfiles -Wl,-z,lazy -Wl,--version-script=map -o bad.so bad.c -lm
for pattern in 'NEEDED libm.so.6' 'needs GLIBC_2.25 .*getrandom' 'imports calloc' 'imports printf' \
  'shim_a calls malloc through' 'storage is [0-9]+ bytes' 'initial-exec' 'not linked with -z now' 'z nodelete'; do
  expect "a bad library: $pattern" 1 "$pattern" "$tools/check_exports.sh" bad.so map
done

# --- libc calls
mkdir -p CMakeFiles/dbgtrace_{hooks,preload}.dir
hooks=CMakeFiles/dbgtrace_hooks.dir/a.cpp.o
preload=CMakeFiles/dbgtrace_preload.dir/b.cpp.o
printf 'memcpy pure\nLZ4_* static\n' >allowed
echo 'void *memcpy(); void LZ4_x(); void f(void *p) { memcpy(p, p, 1); LZ4_x(); }' >a.c
echo 'void f(); void *malloc(unsigned long n) { f(); return (void *)n; }' >b.c
"$cc" -w -fno-builtin -c -o "$hooks" a.c
"$cc" -w -fno-builtin -c -o "$preload" b.c
check_calls=("$tools/check_libc_calls.py" --allowed allowed "$hooks" "$preload")
expect "allowed calls pass" 0 '' "${check_calls[@]}"
echo 'void *malloc(); void f(void *p) { p = malloc(1); }' >a.c
"$cc" -w -fno-builtin -c -o "$hooks" a.c
expect "hooks may not call our own shim" 1 'hooks/a.cpp needs malloc' "${check_calls[@]}"
echo 'memset' >>allowed
expect "an entry needs a reason" 1 'allowed:3: memset has no reason' "${check_calls[@]}"

# --- words
mkdir words
echo "see https://example.org/srv/x and ~/srv/y" >words/good.md
expect "clean words pass" 0 '' "$tools/check_words.sh" words
printf 'path /%s/someone/src\n' home >words/bad.md
expect "a home path is named" 1 'bad.md:1:.*someone' "$tools/check_words.sh" words
printf '// %s: later\n' "TO""DO" >words/bad.md
expect "an undone thing is named" 1 'left undone: .*bad.md:1' "$tools/check_words.sh" words

# --- docs
mkdir -p docs_tree/{hooks,docs}
echo 'read("DBGTRACE_OUT");' >docs_tree/hooks/options.cpp
echo 'DBGTRACE_OUT is where' | tee docs_tree/README.md >docs_tree/docs/dbgtrace.1
printf '# The File: 1\n[a](../README.md) [b](#the-file-1) [c](https://example.org)\n' >docs_tree/docs/x.md
expect "clean documents pass" 0 '' "$tools/check_docs.py" docs_tree
echo '[a](nowhere.md) [b](#no-heading)' >docs_tree/docs/x.md
expect "a dead link is named" 1 'docs/x.md:1: link to nowhere.md: no such file' "$tools/check_docs.py" docs_tree
expect "a dead anchor is named" 1 'docs/x.md:1: link to #no-heading: no such heading' "$tools/check_docs.py" docs_tree
echo 'read("DBGTRACE_NEW");' >docs_tree/hooks/options.cpp
expect "an undocumented variable is named" 1 'DBGTRACE_NEW .* is not in README.md' "$tools/check_docs.py" docs_tree
echo 'SETTING(ROW, Flag, row, "0", "0 or 1", "help", "")' >docs_tree/hooks/settings.def
expect "a row of the table of settings counts" 1 'DBGTRACE_ROW .hooks/settings.def. is not in' "$tools/check_docs.py" docs_tree
expect "an unknown variable is named" 1 'README.md names DBGTRACE_OUT, which no source' "$tools/check_docs.py" docs_tree

echo "$passed passed, $failed failed"
[[ $failed -eq 0 ]]
