// SPDX-License-Identifier: Apache-2.0
#include "hooks/process/child_policy.hpp"

#include <cstring>

#include "hooks/os/link_map.hpp"

namespace dbgtrace::hooks::process {
namespace {

bool is_separator(char c) { return c == ':' || c == ' '; }

bool is_this_library(std::string_view entry, std::string_view own_path) {
  if (entry == own_path) return true;
  constexpr std::string_view kName = "libdbgtrace.so";
  const size_t slash = entry.rfind('/');
  if (slash != std::string_view::npos) entry.remove_prefix(slash + 1);
  return entry == kName;
}

// Copies the list over itself without this library's entries.
void remove_entries(char* list, std::string_view own_path) {
  char* write = list;
  for (const char* read = list; *read != '\0';) {
    const char* end = read;
    while (*end != '\0' && !is_separator(*end)) ++end;
    const std::string_view entry(read, static_cast<size_t>(end - read));
    const bool kept = !entry.empty() && !is_this_library(entry, own_path);
    if (kept) {
      if (write != list) *write++ = ':';
      std::memmove(write, read, entry.size());
      write += entry.size();
    }
    read = *end == '\0' ? end : end + 1;
  }
  *write = '\0';
}

}  // namespace

void apply_child_policy(Children policy, const char* const* environment) {
  if (policy == Children::kAll) return;
  const link_map* own = os::own_object();
  const std::string_view own_path = own != nullptr && own->l_name != nullptr ? own->l_name : "";
  const std::string_view list = find_variable(environment, "LD_PRELOAD");
  if (list.data() != nullptr) remove_entries(const_cast<char*>(list.data()), own_path);
}

}  // namespace dbgtrace::hooks::process
