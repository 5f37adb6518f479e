// SPDX-License-Identifier: Apache-2.0
// A source file with figures beside its lines, for people and for scripts.
#pragma once

#include <string>
#include <vector>

#include "reader/analysis/annotation.hpp"
#include "reader/output/json_writer.hpp"
#include "reader/output/text_page.hpp"

namespace dbgtrace::reader::output {

// source: the lines of the file, empty if it can't be read. context: lines shown around one with
// figures; the rest of the file is left out unless `whole`.
void put_annotation(TextPage& page, const analysis::Annotation& annotation,
                    const std::vector<std::string>& source, unsigned context, bool whole);
void write_annotation(JsonWriter& writer, const analysis::Annotation& annotation,
                      const std::vector<std::string>& source, const trace::Trace& trace);

}  // namespace dbgtrace::reader::output
