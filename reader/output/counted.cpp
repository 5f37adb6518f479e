// SPDX-License-Identifier: Apache-2.0
#include "reader/output/counted.hpp"

#include "reader/output/human.hpp"

namespace dbgtrace::reader::output {
namespace {

std::string with_word(const std::string& number, std::string_view what) {
  std::string text = number + " " + std::string(what);
  if (number != "1") text += what.ends_with('h') ? "es" : "s";
  return text;
}

}  // namespace

std::string counted(double count, std::string_view what) {
  return with_word(human_count(count), what);
}

std::string counted(const analysis::Estimate& count, std::string_view what) {
  return with_word(human_count(count), what);
}

}  // namespace dbgtrace::reader::output
