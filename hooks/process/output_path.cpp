// SPDX-License-Identifier: Apache-2.0
#include "hooks/process/output_path.hpp"

#include "hooks/os/files.hpp"
#include "hooks/process/options.hpp"

namespace dbgtrace::hooks::process {
namespace {

constexpr std::string_view kDefaultName = "%e.%p.dbgt";

// A name that comes from outside must not leave its folder.
void add_name(std::string_view name, os::Text& path) {
  for (char c : name) path.add(c == '/' ? '_' : c);
}

void fill_in(std::string_view path_template, const PathFacts& facts, os::Text& path) {
  for (size_t i = 0; i < path_template.size(); ++i) {
    const char c = path_template[i];
    if (c != '%' || i + 1 == path_template.size()) {
      path.add(c);
      continue;
    }
    switch (path_template[++i]) {
      case 'e':
        add_name(facts.executable, path);
        break;
      case 'p':
        path.add_number(facts.pid);
        break;
      case 'h':
        add_name(facts.host, path);
        break;
      case 't':
        path.add_number(facts.start_unix_s);
        break;
      case '%':
        path.add('%');
        break;
      default:
        path.add('%').add(path_template[i]);
        break;
    }
  }
}

// With room for a number, if the name exists.
bool fits(const os::Text& path) { return !path.cut() && path.size() + 16 < kMaxPath; }

}  // namespace

void default_template(const char* const* environment, uint32_t uid, os::Text& text) {
  const std::string_view state = find_variable(environment, "XDG_STATE_HOME");
  const std::string_view home = find_variable(environment, "HOME");
  if (!state.empty() && state.front() == '/') {
    text.add(state).add("/dbgtrace/").add(kDefaultName);
  } else if (!home.empty() && home.front() == '/' && home != "/") {
    text.add(home).add("/.local/state/dbgtrace/").add(kDefaultName);
  } else {
    text.add("/var/tmp/dbgtrace-").add_number(uid).add('/').add(kDefaultName);
  }
}

bool expand_path(std::string_view path_template, const PathFacts& facts, os::Text& path) {
  if (path_template.empty()) return false;
  if (path_template.front() != '/') path.add(facts.working_directory).add('/');
  fill_in(path_template, facts, path);
  if (path_template.back() == '/') fill_in(kDefaultName, facts, path);
  return fits(path);
}

bool add_default_name(const PathFacts& facts, os::Text& path) {
  path.add('/');
  fill_in(kDefaultName, facts, path);
  return fits(path);
}

void numbered_path(std::string_view path, uint32_t number, os::Text& result) {
  constexpr std::string_view kExtension = ".dbgt";
  const bool extended = path.ends_with(kExtension);
  if (extended) path.remove_suffix(kExtension.size());
  result.add(path).add('-').add_number(number);
  if (extended) result.add(kExtension);
}

long make_folders(os::Text& path) {
  constexpr long kExists = -17;
  long result = 0;
  static constinit char buffer[kMaxPath] = {};
  os::Text folder(buffer, sizeof(buffer));
  const std::string_view whole = path.view();
  for (size_t i = 0; i < whole.size(); ++i) {
    if (whole[i] == '/' && i > 0)
      result = os::raw_syscall(SYS_mkdirat, AT_FDCWD, os::as_argument(folder.c_str()), 0700);
    folder.add(whole[i]);
  }
  return result == kExists ? 0 : result;
}

}  // namespace dbgtrace::hooks::process
