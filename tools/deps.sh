#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs the Debian packages that a purpose needs: tools/deps.sh [--list] [build|test|demo|page|real|bench|package|compat|dev ...]
# One list a purpose stands here and nowhere else. When everything is there (asked of dpkg-query, no
# network, no root) nothing is called; otherwise apt-get runs once, as root or through sudo.
set -euo pipefail

# The compiler, CMake and what libdbgtrace.so (lz4) and the dbgtrace command (the rest) are linked with; mimalloc,
# the command's allocator, may be absent: then it is the C library's.
build=(g++ make cmake pkg-config binutils liblz4-dev libdw-dev libelf-dev libiberty-dev libcapstone-dev
  libfmt-dev nlohmann-json3-dev libcli11-dev libmimalloc-dev zlib1g-dev)
# The unit tests' framework, and what the scripts under tools/ and tests/ are written in.
test=(catch2 python3 binutils file git libunwind-dev libcap2-bin mount libc6-dev xz-utils libjemalloc2 libtcmalloc-minimal4
  libmimalloc2.0 libdebuginfod1 gcc musl-tools)
# Debian's sqlite3 is the program that is recorded; its extension is built with the compiler of `build`.
demo=(gcc libc6-dev sqlite3 libsqlite3-dev)
# What the page of `dbgtrace html` is built with; its npm packages come by tools/page_deps.sh.
page=(nodejs npm)
# What the suites under tests/real share; each program is installed by tests/real/install.
real=(python3 curl ca-certificates chromium golang-go python3-jsonschema valgrind llvm-14 libllvm14 libc6-dbg)
# The workloads and the peers of the side-by-side tables.
bench=(python3 g++ libc6-dev sqlite3 perl jq clang libstdc++-12-dev redis-server redis-tools nginx wrk postgresql-15
  postgresql-client-15 heaptrack valgrind libmimalloc2.0 libjemalloc2 libgoogle-perftools4 liblsan0)
# What `make package` calls beside the compiler.
package=(dpkg-dev binutils)
# Clean and older userlands, and the other architecture.
compat=(debootstrap qemu-user-static g++-aarch64-linux-gnu)
# For those who change the code: formatter, linters, fuzzers, a debugger.
dev=(clang clang-format clang-tidy libclang-rt-14-dev shellcheck codespell ninja-build gdb)

usage() {
  echo "usage: tools/deps.sh [--list] [build|test|demo|page|real|bench|package|compat|dev ...]" >&2
  exit 2
}

list_only=no
if [[ ${1:-} == --list ]]; then
  list_only=yes
  shift
fi
[[ $# -gt 0 ]] || set -- build test demo

wanted=()
for purpose in "$@"; do
  case $purpose in
    build) wanted+=("${build[@]}") ;;
    test) wanted+=("${test[@]}") ;;
    demo) wanted+=("${demo[@]}") ;;
    page) wanted+=("${page[@]}") ;;
    real) wanted+=("${real[@]}") ;;
    bench) wanted+=("${bench[@]}") ;;
    package) wanted+=("${package[@]}") ;;
    compat) wanted+=("${compat[@]}") ;;
    dev) wanted+=("${dev[@]}") ;;
    *) usage ;;
  esac
done
mapfile -t wanted < <(printf '%s\n' "${wanted[@]}" | sort -u)

if [[ $list_only == yes ]]; then
  printf '%s\n' "${wanted[@]}"
  exit 0
fi

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  echo "deps: not a Debian system; CMake will name what is missing of: ${wanted[*]}" >&2
  exit 0
fi

missing=()
for package in "${wanted[@]}"; do
  status=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
  [[ $status == installed ]] || missing+=("$package")
done
[[ ${#missing[@]} -gt 0 ]] || exit 0

as_root=()
if [[ $(id -u) -ne 0 ]]; then
  if ! command -v sudo >/dev/null; then
    echo "deps: neither root nor sudo; run as root: apt-get install -y ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi

# A Debian machine that has just booted often updates itself: wait for its lock rather than fail.
apt() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 "$@"
}

echo "deps: installing ${missing[*]}"
for attempt in 1 2 3; do
  apt update && break
  echo "deps: apt-get update failed (attempt $attempt of 3)" >&2
  sleep 5
done
apt install --no-install-recommends "${missing[@]}"
