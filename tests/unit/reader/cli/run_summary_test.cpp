// SPDX-License-Identifier: Apache-2.0
#include "reader/cli/run_summary.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

namespace dbgtrace::reader::cli {

TEST_CASE("the line at the end counts and names the command to go on with") {
  RunFindings findings;
  CHECK(summary_line(findings, true) == "recorded: nothing (no allocation was sampled, no crash)");
  findings.recordings = 1;
  findings.file = "/r/a.dbgt";
  CHECK(summary_line(findings, true) ==
        "recorded: no leaks, no crashes -> dbgtrace memory /r/a.dbgt");
  findings.leaks = 3;
  findings.crashes = 1;
  findings.file_leaks = true;
  CHECK(summary_line(findings, true) == "recorded: 3 leaks, 1 crash -> dbgtrace leaks /r/a.dbgt");
  findings.leaks = 0;
  findings.crashes = 2;
  findings.file_leaks = false;
  findings.file_crashed = true;
  findings.recordings = 12;
  findings.not_judged = 5;
  findings.file = "/r/my file's.dbgt";
  CHECK(
      summary_line(findings, true) ==
      "recorded: no leaks, 2 crashes in 12 processes (5 not searched for leaks) -> dbgtrace crash "
      "'/r/my file'\\''s.dbgt'");
  CHECK(summary_line(findings, false).find("-> dbgtrace info ") != std::string::npos);
}

TEST_CASE("of a program that a signal killed it is never said that there was no crash") {
  RunFindings findings;
  findings.killed_by = "SIGTERM";
  CHECK(summary_line(findings, true).starts_with("NOT recorded, and the program was killed by "));
  findings.recordings = 1;
  findings.file = "/r/a.dbgt";
  CHECK(summary_line(findings, true) ==
        "recorded: no leaks, killed by SIGTERM -> dbgtrace memory /r/a.dbgt");
  findings.crashes = 1;
  findings.file_crashed = true;
  CHECK(summary_line(findings, true) == "recorded: no leaks, 1 crash -> dbgtrace crash /r/a.dbgt");
}

TEST_CASE("a template's folders are those that it may be filled in to") {
  std::string name = (std::filesystem::temp_directory_path() / "dbgtrace-XXXXXX").string();
  const std::filesystem::path root = mkdtemp(name.data());
  std::filesystem::create_directories(root / "one/x");
  std::filesystem::create_directories(root / "two%/x");
  CHECK(folders_of((root / "one/%e.dbgt").string()) ==
        std::vector<std::string>{(root / "one").string()});
  CHECK(folders_of((root / "two%%/%e.dbgt").string()) ==
        std::vector<std::string>{(root / "two%").string()});
  CHECK(folders_of((root / "%e/x/%p.dbgt").string()).size() == 2);
  std::filesystem::remove_all(root);
}

}  // namespace dbgtrace::reader::cli
