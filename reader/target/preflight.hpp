// SPDX-License-Identifier: Apache-2.0
// Whether a program can be recorded by a preloaded library, told before it starts: one sentence and
// a way out for each thing that stands against it. The rules are pure; what they judge is gathered
// by gather_target().
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "reader/target/elf_facts.hpp"
#include "reader/target/program_file.hpp"

namespace dbgtrace::reader::target {

// What the kernel would do with the privileges of a file.
struct Privileges {
  std::string setuid_owner;  // name, if the program would run as another user
  std::string setgid_group;
  bool capabilities = false;
};

struct Target {
  std::string name;  // as asked for
  ProgramFile file;  // without path and problem: there is no file of that name
  ElfFacts elf;
  Privileges privileges;
  // What the loader of the program lacks for our library; empty if nothing, or nobody asked.
  std::string missing;
};

// Of a program file: its ELF header, its rights, and, where it has a C library of its own, what its
// loader says to our library (LD_TRACE_LOADED_OBJECTS: nothing of the program runs).
Target gather_target(const std::string& name, const SearchPlace& place, const std::string& library);

// What the loader of the program lacks for our library: a symbol, a version, an object. Empty:
// nothing.
std::string missing_with(const std::string& program, const std::string& library);

enum class Verdict {
  kRecordable,
  kCrashesOnly,     // its allocations can't be seen
  kUnrecorded,      // the loader leaves our library out
  kNotPreloadable,  // it would fail to start with our library: leave that out
};
const char* name_of(Verdict verdict);

struct Preflight {
  Verdict verdict = Verdict::kRecordable;
  std::string obstacle;  // "static", a word for scripts; empty if there is none
  std::string sentence;  // without the name of dbgtrace before it
  std::string way_out;
};

Preflight judge(const Target& target);

}  // namespace dbgtrace::reader::target
