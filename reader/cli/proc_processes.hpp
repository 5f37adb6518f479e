// SPDX-License-Identifier: Apache-2.0
// This machine's processes, as /proc shows them.
#pragma once

#include "reader/analysis/process_state.hpp"

namespace dbgtrace::reader::cli {

class ProcProcesses : public analysis::ProcessTable {
 public:
  analysis::MachineFacts facts() const override;
  std::optional<uint64_t> start_ticks(uint32_t pid) const override;
};

// Field 22 of a line of /proc/PID/stat; none if the line is not one, or the process is a zombie.
std::optional<uint64_t> start_ticks_of(const std::string& stat_line);

}  // namespace dbgtrace::reader::cli
