// SPDX-License-Identifier: Apache-2.0
// Numbers as people read them: sizes in binary units, durations, rates, dates, and estimates with
// their interval and the samples that they rest on.
#pragma once

#include <cstdint>
#include <string>

#include "reader/analysis/estimate.hpp"

namespace dbgtrace::reader::output {

std::string human_bytes(double bytes);       // "12.4 MiB"
std::string human_count(double count);       // "1,234"; "12.4 million" from a million on
std::string human_duration(double seconds);  // "850 ms", "12.3 s", "4 min 10 s", "3 d 4 h"
std::string human_date(double unix_s);       // "2026-01-31 12:00:00 UTC"

// "~12.4 MiB [10.9 .. 14.1 MiB]", or "12.4 MiB" if nothing about it is estimated.
std::string human_bytes(const analysis::Estimate& estimate);
std::string human_count(const analysis::Estimate& estimate);
std::string human_samples(uint64_t samples);  // "1 sample", "31 samples"

}  // namespace dbgtrace::reader::output
