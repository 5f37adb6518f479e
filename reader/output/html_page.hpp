// SPDX-License-Identifier: Apache-2.0
// The page of `dbgtrace html`: a template that was built from reader/web/ and linked in, with the
// document of a recording put into its place. Nothing of the recording can end the script element
// that it stands in, whatever its names are.
#pragma once

#include <optional>
#include <string>

#include "reader/output/json_documents.hpp"

namespace dbgtrace::reader::output {

// None: this build has no page, since Node.js or the page's packages were missing.
std::optional<std::string> html_page(const Json& document);

// The document as text that may stand inside <script>: every '<' is escaped.
std::string script_text(const Json& document);

}  // namespace dbgtrace::reader::output
