// SPDX-License-Identifier: Apache-2.0
// What became of a recorded process. The header says how it ended if it had the time to; a process
// that was killed had not, and still claims to run: whether it does is asked of the kernel, by the
// process's start time, since a pid alone may be somebody else's by now.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "ring/layout.hpp"

namespace dbgtrace::reader::analysis {

enum class StateKind { kRunning, kExited, kCrashed, kKilled, kExec, kDetached, kUnknown };

struct ProcessState {
  StateKind kind = StateKind::kUnknown;
  std::optional<int> code;    // of exited: what the program gave to exit()
  std::optional<int> signal;  // of crashed; of exited: of the handler that it exited from, if known
  const char* reason = "";    // of unknown, and of killed: how it is known

  // What the parent is told: the kernel passes on the lowest byte.
  std::optional<int> status() const {
    return code ? std::optional<int>(*code & 0xff) : std::nullopt;
  }
};

// This machine at this moment. An argument, so that the rules can be told without processes.
struct MachineFacts {
  std::array<uint8_t, 16> boot_id{};
  uint64_t pid_namespace = 0;
  std::string host;
};
class ProcessTable {
 public:
  virtual ~ProcessTable() = default;
  virtual MachineFacts facts() const = 0;
  // Start time in ticks since boot; none if there is no such process or it is dead already.
  virtual std::optional<uint64_t> start_ticks(uint32_t pid) const = 0;
};

ProcessState state_of(const ring::Header& header, const ProcessTable& processes);

const char* name_of(StateKind kind);  // as in JSON: "exited"

}  // namespace dbgtrace::reader::analysis
