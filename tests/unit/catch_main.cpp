// SPDX-License-Identifier: Apache-2.0
// Catch2's main, compiled once per test binary. No test in these binaries may crash on purpose:
// Catch2 takes fatal signals.
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
