// SPDX-License-Identifier: Apache-2.0
// What `dbgtrace help TOPIC` says on subjects that are no command.
#pragma once

#include <span>

namespace dbgtrace::reader::cli {

struct HelpTopic {
  const char* name;
  const char* summary;
  const char* text;
};

std::span<const HelpTopic> help_topics();

}  // namespace dbgtrace::reader::cli
