// SPDX-License-Identifier: Apache-2.0
// The sentences of a post-mortem, one wording for the terminal, JSON and SARIF.
#pragma once

#include <string>

#include "reader/analysis/post_mortem.hpp"

namespace dbgtrace::reader::output {

// "SIGSEGV reading 0x18: null dereference in Session::name (session.cpp:41)".
std::string summary_text(const analysis::PostMortem& report);
// "SIGSEGV (SEGV_MAPERR) reading 0x18".
std::string cause_text(const analysis::CrashScene& scene);
// "null dereference", of "null-dereference".
std::string class_text(analysis::CrashClass crash_class);
// What to do next: a sentence.
std::string advice_text(const analysis::PostMortem& report);

// "24 bytes into a 64-byte block that Session::close (session.cpp:41) freed 3 ms before, on thread
// 7 "worker"; allocated by Session::open (session.cpp:12)".
std::string block_text(const analysis::BlockUse& use);
// The block that the crash is about; else what is known instead, and why no more. Empty if the heap
// has no part in it.
std::string heap_text(const analysis::PostMortem& report);

// Where a register points: "stack, 24 bytes above sp".
std::string meaning_text(const analysis::RegisterMeaning& meaning);

std::string thread_text(uint32_t tid, const std::string& name);  // "thread 7 "worker""
std::string confidence_text(double confidence);                  // "very likely (97 %)"

}  // namespace dbgtrace::reader::output
