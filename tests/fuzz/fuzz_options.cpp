// SPDX-License-Identifier: Apache-2.0
// Any bytes as an environment, its entries ended by NUL, as the kernel hands it over: parsed, and
// the path of the recording expanded from what was found.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "hooks/os/text.hpp"
#include "hooks/process/options.hpp"
#include "hooks/process/output_path.hpp"
#include "ring/layout.hpp"

using namespace dbgtrace;
namespace process = hooks::process;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

bool lies_in(std::string_view part, const std::string& whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void check_ranges(const process::Options& options) {
  constexpr uint64_t kMost = uint64_t{1} << 50;
  require(options.size_bytes >= ring::kMinFileBytes && options.size_bytes <= kMost);
  require(options.sample_bytes <= kMost && options.total_bytes <= kMost);
  require(options.crash_stack_bytes <= kMost && options.budget_per_mille <= 1000);
  require(options.children <= process::Children::kNone);
}

void check_path(std::string_view path_template, std::string_view name) {
  char buffer[process::kMaxPath];
  hooks::os::Text path(buffer, sizeof(buffer));
  const process::PathFacts facts{name, name, "/srv", ~uint64_t{0}, ~uint32_t{0}, 0};
  if (!process::expand_path(path_template, facts, path)) return;
  require(path.view().front() == '/' && path.size() + 16 < process::kMaxPath);
  char numbered[process::kMaxPath];
  hooks::os::Text next(numbered, sizeof(numbered));
  process::numbered_path(path.view(), ~uint32_t{0}, next);
  require(!next.cut());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size_bytes) {
  const std::string bytes(reinterpret_cast<const char*>(data), size_bytes);
  std::vector<const char*> environment;
  for (size_t at = 0; at < bytes.size(); at += std::string_view(bytes.c_str() + at).size() + 1)
    environment.push_back(bytes.c_str() + at);
  environment.push_back(nullptr);

  process::OptionErrors errors;
  const process::Options options = process::parse_options(environment.data(), errors);
  check_ranges(options);
  for (const std::string_view text : {options.out, options.log, options.only})
    require(lies_in(text, bytes));
  require(errors.count <= process::kMaxOptionErrors);
  for (uint32_t i = 0; i < errors.count; ++i) {
    const auto& error = errors.entries[i];
    require(lies_in(error.name, bytes) && lies_in(error.value, bytes) && !error.expected.empty());
  }
  // An environment that names no variable of ours changes nothing.
  if (bytes.find("DBGTRACE_") == std::string::npos)
    require(errors.count == 0 && options.sample_bytes == process::Options{}.sample_bytes);

  check_path(options.out, options.only);
  char buffer[process::kMaxPath];
  hooks::os::Text place(buffer, sizeof(buffer));
  process::default_template(environment.data(), ~uint32_t{0}, place);
  require(place.view().front() == '/');
  check_path(place.view(), options.only);
  return 0;
}
