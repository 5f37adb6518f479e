// SPDX-License-Identifier: Apache-2.0
// How a process ended that left no crash record, for people and as JSON.
#pragma once

#include "reader/analysis/death.hpp"
#include "reader/output/json_documents.hpp"
#include "reader/output/text_page.hpp"

namespace dbgtrace::reader::output {

// "vanished: SIGKILL or out of memory; ...", one clause a fact.
std::string death_text(const analysis::Death& death, const analysis::Resolver& resolver);

void put_death(TextPage& page, const analysis::Death& death, const trace::Trace& trace,
               const analysis::Resolver& resolver);
Json json_death(const analysis::Death& death, const analysis::Resolver& resolver);

}  // namespace dbgtrace::reader::output
