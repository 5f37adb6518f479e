// SPDX-License-Identifier: Apache-2.0
#include "reader/target/preflight.hpp"

#include <elf.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

namespace dbgtrace::reader::target {
namespace {

#if defined(__x86_64__)
constexpr uint16_t kMachine = EM_X86_64;
#else
constexpr uint16_t kMachine = EM_AARCH64;
#endif

Target good() {
  Target target;
  target.name = "prog";
  target.file.path = "/bin/prog";
  target.elf.is_elf = target.elf.is_dynamic = true;
  target.elf.machine = kMachine;
  target.elf.word_bits = 64;
  target.elf.interpreter = "/lib64/ld-linux-x86-64.so.2";
  return target;
}

// A folder of its own for one test.
struct Scratch {
  std::filesystem::path root;
  Scratch() {
    std::string name = (std::filesystem::temp_directory_path() / "dbgtrace-XXXXXX").string();
    root = mkdtemp(name.data());
  }
  ~Scratch() { std::filesystem::remove_all(root); }
  std::string write(const std::string& name, const std::string& text) const {
    const std::filesystem::path path = root / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
    std::filesystem::permissions(path, std::filesystem::perms::all);
    return path.string();
  }
};

}  // namespace

TEST_CASE("an ordinary program has nothing against it") {
  const Preflight result = judge(good());
  CHECK(result.verdict == Verdict::kRecordable);
  CHECK(result.obstacle.empty());
}

TEST_CASE("what is not a program is not judged: the kernel says what it thinks of it") {
  Target target = good();
  target.elf = {};
  CHECK(judge(target).obstacle.empty());
}

TEST_CASE("the reason that keeps the library out comes before the one that only limits it") {
  Target target = good();
  target.elf.defines_malloc = true;
  CHECK(judge(target).verdict == Verdict::kCrashesOnly);
  target.elf.sanitizer = "ThreadSanitizer";
  CHECK(judge(target).obstacle == "sanitizer");
  target.privileges.setuid_owner = "root";
  CHECK(judge(target).obstacle == "setuid");
  target.elf.is_dynamic = false;
  CHECK(judge(target).obstacle == "static");
  target.elf.word_bits = 32;
  CHECK(judge(target).obstacle == "architecture");
}

TEST_CASE("a static program keeps LD_PRELOAD for its children, one that would not start does not") {
  Target target = good();
  target.elf.is_dynamic = false;
  CHECK(judge(target).verdict == Verdict::kUnrecorded);
  target = good();
  target.missing = "on_exit";
  CHECK(judge(target).verdict == Verdict::kNotPreloadable);
}

TEST_CASE("scripts are followed to what runs in their place") {
  const Scratch scratch;
  const std::string program = scratch.write("bin/program",
                                            "\x7f"
                                            "ELF");
  const SearchPlace place{(scratch.root / "bin").string(), scratch.root.string(), "", nullptr};
  for (const std::string& line :
       {"#!" + program, "#! " + program + " -x", std::string("#!/usr/bin/env program"),
        std::string("#!/usr/bin/env -S A=b program -x"), std::string("#!/bin/env -u C program")}) {
    const std::string script = scratch.write("script", line + "\n");
    INFO(line);
    CHECK(resolve_program(script, place).path == program);
    CHECK(resolve_program(script, place).chain.size() == 1);
  }
  const std::string outer = scratch.write("outer", "#!" + scratch.write("script", "#!" + program));
  CHECK(resolve_program(outer, place).chain.size() == 2);
  const std::string circle = scratch.write("circle", "#!" + (scratch.root / "circle").string());
  CHECK(resolve_program(circle, place).path.empty());
  CHECK_FALSE(resolve_program(circle, place).problem.empty());
  CHECK(resolve_program(scratch.write("empty", "#!\n"), place).path.empty());
}

TEST_CASE("a shim stands for the version that its manager would choose") {
  const Scratch scratch;
  const std::string text =
      "#!/usr/bin/env bash\nexec \"/opt/rbenv/libexec/rbenv\" exec \"$program\"\n";
  const std::string shim = scratch.write("shims/ruby", text);
  const std::string older = scratch.write("versions/2.7/bin/ruby",
                                          "\x7f"
                                          "ELF");
  const std::string newer = scratch.write("versions/3.2/bin/ruby",
                                          "\x7f"
                                          "ELF");
  scratch.write("version", "# the default\n2.7\n");
  SearchPlace place{"/bin:/usr/bin", (scratch.root / "project/deep").string(), "", nullptr};
  CHECK(resolve_program(shim, place).path == older);
  scratch.write("project/.ruby-version", "3.2\n");
  CHECK(resolve_program(shim, place).path == newer);
  place.variable = [](const std::string& name) -> std::string {
    return name == "RBENV_VERSION" ? "2.7" : "";
  };
  CHECK(resolve_program(shim, place).path == older);
  const std::string asdf = scratch.write(
      "shims/tool",
      "#!/usr/bin/env bash\n# asdf-plugin: tools 1.0\nexec asdf exec \"tool\" \"$@\"\n");
  const std::string installed = scratch.write("installs/tools/1.0/bin/tool",
                                              "\x7f"
                                              "ELF");
  CHECK(resolve_program(asdf, place).path == installed);
}

TEST_CASE("a name is searched along PATH, a path is taken as it is") {
  const Scratch scratch;
  const std::string program = scratch.write("b/tool", "x");
  scratch.write("a/tool", "x");
  std::filesystem::permissions(scratch.root / "a/tool", std::filesystem::perms::owner_read);
  const SearchPlace place{(scratch.root / "a").string() + ":" + (scratch.root / "b").string(), "",
                          "", nullptr};
  CHECK(find_program(program, place) == program);
  CHECK(find_program("nothing", place).empty());
  CHECK(find_program("", place).empty());
  CHECK(find_program(scratch.root.string(), place).empty());
  if (getuid() != 0) CHECK(find_program("tool", place) == program);
}

TEST_CASE("this very test is a program for this machine") {
  const ElfFacts facts = read_elf_facts("/proc/self/exe");
  CHECK(facts.is_elf);
  CHECK(facts.machine == kMachine);
  CHECK(facts.word_bits == 64);
  CHECK_FALSE(read_elf_facts("/dev/null").is_elf);
  CHECK_FALSE(read_elf_facts("/no/such/file").is_elf);
}

}  // namespace dbgtrace::reader::target
