// SPDX-License-Identifier: Apache-2.0
#include "hooks/stack/rule_lookup.hpp"

#include <cstring>

#include "hooks/stack/eh_frame.hpp"
#include "hooks/stack/object_finder.hpp"
#include "hooks/stack/readable.hpp"

namespace dbgtrace::hooks::stack {

constinit PcTable known_rules;

namespace {

// A signal trampoline without call frame information that says so: another C library's, Go's, and
// on aarch64 each.
bool is_sigreturn(uintptr_t pc, SystemCalls calls) {
#if defined(__aarch64__)
  // mov x8, #SYS_rt_sigreturn; svc #0
  constexpr uint8_t kCode[] = {0x68, 0x11, 0x80, 0xd2, 0x01, 0x00, 0x00, 0xd4};
#else
  // mov $SYS_rt_sigreturn, %rax; syscall
  constexpr uint8_t kCode[] = {0x48, 0xc7, 0xc0, 0x0f, 0x00, 0x00, 0x00, 0x0f, 0x05};
#endif
  if (calls == SystemCalls::kForbidden || pc > UINTPTR_MAX - sizeof kCode) return false;
  const uintptr_t last = pc + sizeof kCode - 1;
  if (!readable(pc & ~uintptr_t{7}) || !readable(last & ~uintptr_t{7})) return false;
  return std::memcmp(reinterpret_cast<const void*>(pc), kCode, sizeof kCode) == 0;
}

}  // namespace

#if defined(__x86_64__)
Rule look_up_rule(uintptr_t key, SystemCalls calls) {
  CodeObject object;
  if (!find_object(key, object)) return Rule::no_cfi();
  Rule rule = rule_from_eh_frame(object, key);
  if (rule == Rule::no_cfi()) {
    if (is_sigreturn(key + 1, calls) || is_sigreturn(key, calls)) {
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
// Compilers for aarch64 keep frame records by default, and so does the kernel: call frame
// information is read of interrupted code alone (step.cpp). The kernel's trampoline lies in the
// vdso, which need not be an object to the loader.
Rule look_up_rule(uintptr_t key, SystemCalls calls) {
  CodeObject object;
  const bool found = find_object(key, object) || find_object(key + 1, object);
  Rule rule = found ? Rule::frame_record() : Rule::no_cfi();
  if (is_sigreturn(key + 1, calls) || is_sigreturn(key, calls)) rule = {RuleKind::kSigframe, 0, 0};
  if (found && calls == SystemCalls::kAllowed) known_rules.insert(key, rule);
  return rule;
}
#endif

}  // namespace dbgtrace::hooks::stack
