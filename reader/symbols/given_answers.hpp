// SPDX-License-Identifier: Apache-2.0
// The answers that a bundle brings along: of each module its path, its build-id and what is known
// of its addresses. docs/bundle-format.md specifies the bytes; they are hostile until parse has
// seen them.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "reader/symbols/answers.hpp"

namespace dbgtrace::reader::symbols {

// By path and build-id.
using GivenAnswers = std::map<std::pair<std::string, std::string>, std::shared_ptr<const Answers>>;

class Symbolizer;

// One module, named by path and build-id, with what AnswersWriter made.
std::string given_entry(const std::pair<std::string, std::string>& module,
                        const std::string& answers);

// Everything that this one was asked so far and could answer.
std::string given_bytes(const Symbolizer& symbolizer);

// Adds to what is given already. False if the bytes are not whole: what comes before is added.
bool parse_given(std::span<const std::byte> bytes, GivenAnswers& given);

// Of how many addresses not all is shown that is given, see Answers::Shown.
size_t count_cut(const GivenAnswers& given);

}  // namespace dbgtrace::reader::symbols
