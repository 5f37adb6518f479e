// SPDX-License-Identifier: Apache-2.0
#include "reader/target/preflight.hpp"

#include <elf.h>
#include <fmt/format.h>

namespace dbgtrace::reader::target {
namespace {

#if defined(__x86_64__)
constexpr uint16_t kOwnMachine = EM_X86_64;
#else
constexpr uint16_t kOwnMachine = EM_AARCH64;
#endif

Preflight privileged(const std::string& who, const std::string& how, const std::string& way_out) {
  return {Verdict::kUnrecorded, how.substr(0, how.find(' ')),
          fmt::format("{} {}: the loader takes no LD_PRELOAD for it, it runs unrecorded", who,
                      how == "capabilities" ? "has file capabilities" : "is " + how),
          way_out};
}

}  // namespace

const char* name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::kRecordable:
      return "recordable";
    case Verdict::kCrashesOnly:
      return "crashes-only";
    case Verdict::kUnrecorded:
    case Verdict::kNotPreloadable:
      return "unrecorded";
  }
  return "unrecorded";
}

Preflight judge(const Target& target) {
  const ElfFacts& elf = target.elf;
  if (!elf.is_elf) return {};
  const std::string who = target.file.chain.empty() ? target.name
                                                    : fmt::format("{} is run by {}, which",
                                                                  target.name, target.file.path);
  if (elf.machine != kOwnMachine || elf.word_bits != 64) {
    const std::string own = machine_name(kOwnMachine, 64);
    return {Verdict::kNotPreloadable, "architecture",
            fmt::format("{} is built for {}, the recorder for {}: it runs unrecorded", who,
                        machine_name(elf.machine, elf.word_bits), own),
            fmt::format("Use its {} build.", own)};
  }
  if (!elf.is_dynamic && elf.is_go) {
    return {Verdict::kUnrecorded, "static",
            fmt::format("{} is a Go program without cgo, which uses no C library: it runs "
                        "unrecorded",
                        who),
            "Go's own profiler (net/http/pprof) sees its heap."};
  }
  if (!elf.is_dynamic) {
    return {Verdict::kUnrecorded, "static",
            fmt::format("{} is statically linked, no library can be preloaded into it: it runs "
                        "unrecorded",
                        who),
            "Link it without -static."};
  }
  const Privileges& rights = target.privileges;
  if (!rights.setuid_owner.empty()) {
    return privileged(
        who, "setuid " + rights.setuid_owner,
        fmt::format("Run it as {}, or a copy (cp leaves the bit out).", rights.setuid_owner));
  }
  if (!rights.setgid_group.empty()) {
    return privileged(who, "setgid " + rights.setgid_group, "Run a copy (cp leaves the bit out).");
  }
  if (rights.capabilities) {
    return privileged(who, "capabilities", "Run it as root, or a copy (cp leaves them out).");
  }
  if (elf.interpreter.find("ld-musl") != std::string::npos) {
    return {Verdict::kNotPreloadable, "musl",
            fmt::format("{} is linked with musl, the recorder with glibc: it runs unrecorded", who),
            "Use its glibc build."};
  }
  if (!elf.sanitizer.empty()) {
    return {Verdict::kNotPreloadable, "sanitizer",
            fmt::format("{} is built with {}, which takes malloc and the signals for itself: it "
                        "runs unrecorded",
                        who, elf.sanitizer),
            "Build it without -fsanitize."};
  }
  if (!target.missing.empty()) {
    return {Verdict::kNotPreloadable, "c-library",
            fmt::format("{} has a C library that lacks what the recorder needs ({}): it runs "
                        "unrecorded",
                        who, target.missing),
            "Run it with glibc 2.17 or newer."};
  }
  if (elf.defines_malloc) {
    return {Verdict::kCrashesOnly, "own-malloc",
            fmt::format("{} defines malloc itself, no preloaded library sees its allocations: only "
                        "its crashes are recorded",
                        who),
            "Build it without an allocator of its own; `dbgtrace run --allocator` brings one."};
  }
  return {};
}

}  // namespace dbgtrace::reader::target
