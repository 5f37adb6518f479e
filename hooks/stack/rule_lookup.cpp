// SPDX-License-Identifier: Apache-2.0
#include "hooks/stack/rule_lookup.hpp"

#include <cstring>

#include "hooks/stack/eh_frame.hpp"
#include "hooks/stack/object_finder.hpp"
#include "hooks/stack/readable.hpp"

namespace dbgtrace::hooks::stack {

constinit PcTable known_rules;

#if defined(__x86_64__)
namespace {

// A signal trampoline without call frame information (another C library's, Go's):
// mov $SYS_rt_sigreturn, %rax; syscall.
bool is_sigreturn(uintptr_t pc, const CodeObject& object, SystemCalls calls) {
  constexpr uint8_t kCode[] = {0x48, 0xc7, 0xc0, 0x0f, 0x00, 0x00, 0x00, 0x0f, 0x05};
  if (calls == SystemCalls::kForbidden || object.map_end - pc < sizeof kCode) return false;
  const uintptr_t last = pc + sizeof kCode - 1;
  if (!readable(pc & ~uintptr_t{7}) || !readable(last & ~uintptr_t{7})) return false;
  return std::memcmp(reinterpret_cast<const void*>(pc), kCode, sizeof kCode) == 0;
}

}  // namespace

Rule look_up_rule(uintptr_t key, SystemCalls calls) {
  CodeObject object;
  if (!find_object(key, object)) return Rule::no_cfi();
  Rule rule = rule_from_eh_frame(object, key);
  if (rule == Rule::no_cfi()) {
    if (is_sigreturn(key + 1, object, calls) || is_sigreturn(key, object, calls)) {
      rule = {RuleKind::kSigframe, 0, 0};
    } else if (starts_function(object, key + 1)) {
      // No call returns to a function's first byte: makecontext planted it below the fiber's first
      // function (glibc's __start_context). Beyond it there is only a stale rbp.
      rule = Rule::outermost();
    }
  }
  known_rules.insert(key, rule);
  return rule;
}
#else
// Compilers for aarch64 keep frame records by default: no call frame information is read there.
Rule look_up_rule(uintptr_t, SystemCalls) { return Rule::no_cfi(); }
#endif

}  // namespace dbgtrace::hooks::stack
