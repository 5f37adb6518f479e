// SPDX-License-Identifier: Apache-2.0
// What `dbgtrace doctor` found, for people and for scripts.
#pragma once

#include "reader/output/json_documents.hpp"
#include "reader/output/text_page.hpp"
#include "reader/target/checkup.hpp"

namespace dbgtrace::reader::output {

void put_checkup(TextPage& page, const target::Checkup& checkup);

Json json_checkup(const target::Checkup& checkup, const target::Surroundings& here,
                  const std::optional<target::Target>& target);

}  // namespace dbgtrace::reader::output
