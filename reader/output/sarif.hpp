// SPDX-License-Identifier: Apache-2.0
// Findings in SARIF 2.1.0, the format that code hosts and editors show beside the source: a crash
// and growing leaks, each where it happened.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "reader/analysis/leaks.hpp"
#include "reader/analysis/post_mortem.hpp"
#include "reader/output/json_documents.hpp"

namespace dbgtrace::reader::output {

// source_root: files below it are named relative to it; may be empty.
Json sarif_document(const std::optional<analysis::PostMortem>& crash,
                    const analysis::LeakReport& leaks, const trace::Trace& trace,
                    const analysis::Resolver& resolver, const std::string& source_root);

// "file:///a%20b".
std::string file_uri(std::string_view path);

}  // namespace dbgtrace::reader::output
