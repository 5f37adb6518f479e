// SPDX-License-Identifier: Apache-2.0
#include "reader/analysis/process_state.hpp"

#include <catch2/catch.hpp>
#include <cstring>

namespace dbgtrace::test {
namespace {

using namespace reader::analysis;

struct OneProcess : ProcessTable {
  MachineFacts here{{1, 2, 3}, 4026531836, "box"};
  std::optional<uint64_t> ticks;
  MachineFacts facts() const override { return here; }
  std::optional<uint64_t> start_ticks(uint32_t pid) const override {
    return pid == 42 ? ticks : std::nullopt;
  }
};

ring::Header header_of_42() {
  ring::Header header{};
  header.pid = 42;
  header.process_start_ticks = 777;
  header.pid_namespace = 4026531836;
  header.boot_id[0] = 1, header.boot_id[1] = 2, header.boot_id[2] = 3;
  std::strcpy(header.host, "box");
  header.live.state = static_cast<uint32_t>(ring::State::kRunning);
  return header;
}

}  // namespace

TEST_CASE("a process that still has its start time is running") {
  OneProcess processes;
  processes.ticks = 777;
  CHECK(state_of(header_of_42(), processes).kind == StateKind::kRunning);
}

TEST_CASE("a pid that is free or somebody else's means that the process was killed") {
  OneProcess processes;
  CHECK(state_of(header_of_42(), processes).kind == StateKind::kKilled);
  processes.ticks = 778;
  CHECK(state_of(header_of_42(), processes).kind == StateKind::kKilled);
}

TEST_CASE("a restart of the same machine has killed it, of another machine nothing is known") {
  OneProcess processes;
  processes.here.boot_id = {9};
  CHECK(state_of(header_of_42(), processes).kind == StateKind::kKilled);
  processes.here.host = "other";
  CHECK(state_of(header_of_42(), processes).kind == StateKind::kUnknown);
}

TEST_CASE("from outside of its container a process's pid says nothing") {
  OneProcess processes;
  processes.ticks = 777;
  processes.here.pid_namespace = 1;
  CHECK(state_of(header_of_42(), processes).kind == StateKind::kUnknown);
}

TEST_CASE("how a process ended itself stands in its header") {
  ring::Header header = header_of_42();
  header.live.state = static_cast<uint32_t>(ring::State::kExited);
  header.live.exit_code = 3;
  CHECK(state_of(header, OneProcess{}).kind == StateKind::kExited);
  CHECK(state_of(header, OneProcess{}).code == 3);
  header.live.state = static_cast<uint32_t>(ring::State::kCrashed);
  header.live.exit_code = 11;
  CHECK(state_of(header, OneProcess{}).kind == StateKind::kCrashed);
  CHECK(state_of(header, OneProcess{}).signal == 11);
  CHECK(!state_of(header, OneProcess{}).code);
  header.live.state = 99;
  CHECK(state_of(header, OneProcess{}).kind == StateKind::kUnknown);
}

}  // namespace dbgtrace::test
