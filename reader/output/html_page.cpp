// SPDX-License-Identifier: Apache-2.0
#include "reader/output/html_page.hpp"

#include <string_view>

// The linked-in template, from page_template.S; empty if it was not built.
extern "C" const char dbgtrace_page_begin[];
extern "C" const char dbgtrace_page_end[];

namespace dbgtrace::reader::output {

std::string script_text(const Json& document) {
  const std::string plain = document.dump(-1, ' ', false, Json::error_handler_t::replace);
  std::string text;
  text.reserve(plain.size() + plain.size() / 16);
  for (const char c : plain) {
    if (c == '<')
      text += "\\u003c";
    else
      text += c;
  }
  return text;
}

std::optional<std::string> html_page(const Json& document) {
  static constexpr std::string_view kPlace = "/*DBGTRACE_RECORDING*/null";
  const std::string_view page(dbgtrace_page_begin,
                              static_cast<size_t>(dbgtrace_page_end - dbgtrace_page_begin));
  const size_t at = page.find(kPlace);
  if (at == std::string_view::npos) return std::nullopt;
  std::string text(page.substr(0, at));
  text += script_text(document);
  text += page.substr(at + kPlace.size());
  return text;
}

}  // namespace dbgtrace::reader::output
