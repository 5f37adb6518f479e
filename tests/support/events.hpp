// SPDX-License-Identifier: Apache-2.0
// All events of a recording at once, as tests want them.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "reader/trace/event_stream.hpp"

namespace dbgtrace::tests {

inline std::vector<reader::trace::Event> events_of(std::span<const std::byte> file,
                                                   reader::trace::Trace& trace) {
  reader::trace::EventStream stream(file, trace);
  std::vector<reader::trace::Event> events;
  for (reader::trace::Event event; stream.next(event);) events.push_back(event);
  return events;
}

}  // namespace dbgtrace::tests
