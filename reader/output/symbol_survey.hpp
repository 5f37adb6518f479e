// SPDX-License-Identifier: Apache-2.0
// How much of a recording has names, as text and as JSON.
#pragma once

#include "reader/analysis/symbol_survey.hpp"
#include "reader/output/json_documents.hpp"
#include "reader/output/text_page.hpp"

namespace dbgtrace::reader::output {

void put_symbol_survey(TextPage& page, const analysis::SymbolSurvey& survey,
                       const symbols::SymbolCache& cache);
Json json_symbol_survey(const analysis::SymbolSurvey& survey, const symbols::SymbolCache& cache);

}  // namespace dbgtrace::reader::output
