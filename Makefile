# SPDX-License-Identifier: Apache-2.0
# A thin front: every target is one or two commands that may as well be typed. CMake builds.
# `make` alone builds into build/ and needs no network; `make demo` and `make test` install first.

BUILD      ?= build
BUILD_TYPE ?= RelWithDebInfo
PREFIX     ?= /usr/local
DESTDIR    ?=
JOBS       ?= $(shell nproc 2>/dev/null || echo 2)
FUZZ_SECONDS ?= 60
MAKEFLAGS  += --no-print-directory

LIBRARY_TARGETS := dbgtrace_preload dbgtrace_command
FUZZ_TARGETS    := $(patsubst tests/fuzz/%.cpp,%,$(wildcard tests/fuzz/fuzz_*.cpp))
CONFIGURE = cmake -S . -B $(BUILD) -DCMAKE_BUILD_TYPE=$(BUILD_TYPE)
SOURCES   = git ls-files --cached --others --exclude-standard '*.cpp' '*.hpp' '*.c' '*.h'
SCRIPTS   = git ls-files --cached --others --exclude-standard | xargs grep -lIE '^\#!.*\b(ba)?sh\b'

.DEFAULT_GOAL := build
.PHONY: build all help deps demo test test-real test-package test-compat bench install package format lint fuzz golden asan tsan clean

build: ## build/lib/libdbgtrace.so and build/bin/dbgtrace (the default)
	@command -v cmake >/dev/null || { echo "cmake is not installed: run 'make deps' first" >&2; exit 1; }
	@# Tests need Catch2, the two products do not: a fresh folder leaves them to 'make test'.
	@test -f $(BUILD)/CMakeCache.txt || $(CONFIGURE) -DDBGTRACE_BUILD_TESTS=OFF
	@$(CONFIGURE) >/dev/null
	@cmake --build $(BUILD) -j $(JOBS) --target $(LIBRARY_TARGETS)

all: build

help: ## print this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' \
	  | awk -F'\t' '{ printf "  make %-12s %s\n", $$1, $$2 }'

deps: ## install what build, tests, demo and page need (nothing when all is there)
	@tools/deps.sh build test demo
	@tools/page_deps.sh

demo: ## install, build, record a real program and print its reports
	@tools/deps.sh build demo
	@$(MAKE) build
	@tools/demo.sh $(BUILD)

test: ## install, build, run the unit and integration tests and the checks
	@tools/deps.sh build test
	@$(CONFIGURE) -DDBGTRACE_BUILD_TESTS=ON
	@cmake --build $(BUILD) -j $(JOBS)
	@tools/run_tests.sh $(BUILD) $(JOBS)

test-real: ## install third-party programs (servers, runtimes) and run the suites on them
	@tools/deps.sh build test real
	@tools/page_deps.sh
	@$(MAKE) build
	@tests/real/install
	@tests/real/run --lib $(BUILD)/lib/libdbgtrace.so --reader $(BUILD)/bin/dbgtrace --require-all
	@tests/real/attach --lib $(BUILD)/lib/libdbgtrace.so --reader $(BUILD)/bin/dbgtrace
	@tests/page/run $(BUILD)
	@npm --prefix tests/exports ci --no-audit --no-fund --loglevel=error
	@tests/exports/run $(BUILD) --require-all
	@tests/valgrind/run $(BUILD)
	@$(CONFIGURE) -DDBGTRACE_BUILD_TESTS=ON >/dev/null
	@cmake --build $(BUILD) -j $(JOBS) --target test_reader
	@$(BUILD)/bin/test_reader "[agreement]"

bench: ## the side-by-side benchmark and its tables
	@tools/deps.sh build bench
	@$(MAKE) build
	@bench/run --build $(BUILD)
	@bench/read --build $(BUILD)

install: build ## install below PREFIX (/usr/local), DESTDIR honoured
	@DESTDIR="$(DESTDIR)" cmake --install $(BUILD) --prefix "$(PREFIX)"

package: build ## a Debian package and a tarball in build/package
	@tools/deps.sh package
	@tools/package.sh $(BUILD)

test-package: ## install the package in a clean Debian made by debootstrap, and record there (root)
	@tools/deps.sh build package compat
	@$(MAKE) package
	@tests/package/run $(BUILD)

test-compat: ## older Debian and aarch64: loads, records, unit tests under qemu (root, network)
	@tools/deps.sh build compat
	@$(MAKE) build
	@tests/compat/run $(BUILD)

format: ## clang-format every source in place
	@tools/deps.sh dev
	@$(SOURCES) | xargs clang-format -i

lint: ## clang-format, clang-tidy, shellcheck and codespell, without changing anything
	@tools/deps.sh build test dev
	@$(SOURCES) | xargs clang-format --dry-run --Werror
	@$(CONFIGURE) -DDBGTRACE_BUILD_TESTS=ON >/dev/null
	@run-clang-tidy -quiet -p $(BUILD) -j $(JOBS) "$(CURDIR)/(ring|hooks|preload|reader)/"
	@$(SCRIPTS) | xargs shellcheck
	@git ls-files --cached --others --exclude-standard '*.md' '*.cpp' '*.hpp' '*.1' | xargs codespell -q 3

asan: ## unit tests and broken recordings under AddressSanitizer and UndefinedBehaviorSanitizer
	@tools/deps.sh build test
	@$(MAKE) build
	@cmake --preset asan
	@cmake --build --preset asan -j $(JOBS)
	@ctest --preset asan
	@tests/bad_input/run --quick --sanitized --build $(BUILD) --command build-asan/bin/dbgtrace

tsan: ## unit tests under ThreadSanitizer
	@tools/deps.sh build test
	@cmake --preset tsan
	@cmake --build --preset tsan -j $(JOBS)
	@ctest --preset tsan

fuzz: ## every fuzzer for FUZZ_SECONDS (60), with clang
	@tools/deps.sh build test dev
	@cmake --preset fuzz
	@cmake --build --preset fuzz -j $(JOBS) --target $(FUZZ_TARGETS)
	@tools/fuzz.sh build-fuzz $(FUZZ_SECONDS)

golden: ## write the expected outputs anew and show what changed
	@tools/deps.sh build test
	@$(CONFIGURE) -DDBGTRACE_BUILD_TESTS=ON >/dev/null
	@cmake --build $(BUILD) -j $(JOBS)
	@DBGTRACE_UPDATE_GOLDEN=1 ctest --test-dir $(BUILD) -R golden --no-tests=error --output-on-failure
	@git --no-pager diff --stat -- tests

clean: ## remove every build folder
	@rm -rf build build-asan build-tsan build-fuzz build-dev build-release
