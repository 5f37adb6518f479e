// SPDX-License-Identifier: Apache-2.0
#include "reader/target/checkup.hpp"

#include <catch2/catch.hpp>
#include <string_view>

namespace dbgtrace::reader::target {
namespace {

Surroundings healthy() {
  Surroundings here;
  here.libc = "glibc 2.36";
  here.libc_major = 2;
  here.libc_minor = 36;
  here.library = "/usr/lib/libdbgtrace.so";
  here.size_bytes = 50 << 20;
  OutputPlace place;
  place.folder = "/srv/out";
  place.exists = place.writable = true;
  place.free_bytes = uint64_t{1} << 40;
  here.outputs = {place};
  return here;
}

Check check_of(const Surroundings& here, std::string_view subject) {
  for (const Check& check : examine(here, std::nullopt).checks) {
    if (check.subject == subject) return check;
  }
  return {"", CheckStatus::kProblem, "no such check", ""};
}

}  // namespace

TEST_CASE("a healthy machine has nothing to mend") {
  const Checkup checkup = examine(healthy(), std::nullopt);
  CHECK(checkup.verdict == Verdict::kRecordable);
  for (const Check& check : checkup.checks) {
    INFO(check.subject);
    CHECK(check.status == CheckStatus::kOk);
    CHECK(check.fix.empty());
  }
  CHECK(checkup.conclusion == "A program can be recorded: dbgtrace run -- PROG");
}

TEST_CASE("each thing that prevents a recording is a problem with a fix") {
  Surroundings here = healthy();
  const auto is_problem = [&](const char* subject) {
    const Check check = check_of(here, subject);
    INFO(check.finding);
    CHECK(check.status == CheckStatus::kProblem);
    CHECK_FALSE(check.fix.empty());
    CHECK(examine(here, std::nullopt).verdict == Verdict::kUnrecorded);
    here = healthy();
  };
  here.library.clear();
  is_problem("library");
  here.library = "/opt/my tools/libdbgtrace.so";
  is_problem("library");
  here.library_lacks = "GLIBC_2.17";
  is_problem("library");
  here.libc_minor = 12;
  is_problem("c-library");
  here.outputs[0].read_only = true;
  is_problem("output");
  here.outputs[0].writable = false;
  is_problem("output");
  here.outputs[0].free_bytes = 1000;
  is_problem("output");
  here.limits.file_bytes = 1000;
  is_problem("limits");
  here.limits.address_space_bytes = 8 << 20;
  is_problem("limits");
}

TEST_CASE("what only limits a recording is a warning, and it can be made all the same") {
  Surroundings here = healthy();
  const auto is_warning = [&](const char* subject) {
    const Check check = check_of(here, subject);
    INFO(check.finding);
    CHECK(check.status == CheckStatus::kWarning);
    CHECK_FALSE(check.fix.empty());
    CHECK(examine(here, std::nullopt).verdict == Verdict::kRecordable);
    here = healthy();
  };
  here.outputs[0].free_bytes = 20 << 20;
  is_warning("output");
  here.outputs[0].in_memory = true;
  here.cgroup_memory_bytes = 128 << 20;
  is_warning("output");
  here.limits.file_bytes = 8 << 20;
  is_warning("limits");
  here.limits.address_space_bytes = 100 << 20;
  is_warning("limits");
  here.limits.descriptors = 3;
  is_warning("limits");
  here.seccomp = true;
  is_warning("seccomp");
  for (int scope = 1; scope <= 3; ++scope) {
    here.yama_scope = scope;
    is_warning("ptrace");
  }
  here.yama_scope = 3;
  here.may_trace_all = true;
  is_warning("ptrace");
}

TEST_CASE("the program's own obstacle decides the verdict") {
  Target target;
  target.name = "prog";
  CHECK(examine(healthy(), target).verdict == Verdict::kUnrecorded);
  CHECK(examine(healthy(), target).conclusion == "prog can't be recorded here as things are.");
  target.file.path = "/bin/prog";
  target.elf.is_elf = true;
  target.elf.machine = 2;  // SPARC
  target.elf.word_bits = 32;
  CHECK(examine(healthy(), target).checks.front().finding.find("is built for machine 2") !=
        std::string::npos);
}

TEST_CASE("a running process is looked at before it is attached to") {
  Surroundings here = healthy();
  here.process = RunningProcess{};
  here.process->pid = 42;
  CHECK(check_of(here, "process").finding == "process 42 belongs to another user");
  here.process->readable = true;
  CHECK(check_of(here, "process").status == CheckStatus::kOk);
  CHECK(examine(here, std::nullopt).conclusion == "Process 42 can be recorded.");
  here.process->same_files = false;
  CHECK(check_of(here, "process").status == CheckStatus::kWarning);
  here.process->recorded = true;
  CHECK(examine(here, std::nullopt).conclusion == "Process 42 is recorded.");
}

TEST_CASE("this machine can be looked around on without harm") {
  const Surroundings here = look_around(0, "", "nowhere", {"/", "/no/such/folder"}, 1 << 20);
  CHECK(here.libc_major == 2);
  CHECK(here.outputs.size() == 2);
  CHECK_FALSE(here.outputs[1].exists);
  CHECK(here.outputs[1].free_bytes > 0);
}

}  // namespace dbgtrace::reader::target
