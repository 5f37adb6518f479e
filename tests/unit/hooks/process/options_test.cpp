// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <cstring>
#include <string>
#include <vector>

#include "hooks/os/text.hpp"
#include "hooks/process/facts.hpp"
#include "hooks/process/options.hpp"
#include "hooks/process/output_path.hpp"

using namespace dbgtrace::hooks;
using process::OptionErrors;
using process::Options;

namespace {

Options parse(std::vector<const char*> environment, OptionErrors& errors) {
  environment.push_back(nullptr);
  return process::parse_options(environment.data(), errors);
}

std::string expand(std::string_view path_template) {
  char buffer[process::kMaxPath];
  os::Text path(buffer, sizeof(buffer));
  REQUIRE(process::expand_path(path_template, {"redis-server", "host1", "/srv", 1700000000, 42, 0},
                               path));
  return std::string(path.view());
}

}  // namespace

TEST_CASE("an empty environment gives the contract's defaults", "[hooks][options]") {
  OptionErrors errors;
  const Options options = parse({}, errors);
  CHECK(errors.count == 0);
  CHECK(options.sample_bytes == 512 << 10);
  CHECK(options.size_bytes == 50 << 20);
  CHECK(options.total_bytes == uint64_t{1} << 30);
  CHECK(options.budget_per_mille == 20);
  CHECK(options.keep_count == 0);
  CHECK(options.children == process::Children::kAll);
  CHECK(options.crash_stack_bytes == 64 << 10);
  CHECK(options.crash);
  CHECK_FALSE(options.disable);
  CHECK_FALSE(options.budget_set);
}

TEST_CASE("a budget counts as asked for only if its value makes sense", "[hooks][options]") {
  OptionErrors errors;
  CHECK(parse({"DBGTRACE_BUDGET=0.5%"}, errors).budget_set);
  CHECK(parse({"DBGTRACE_BUDGET=100"}, errors).budget_per_mille == 1000);
  CHECK(errors.count == 0);
  CHECK_FALSE(parse({"DBGTRACE_BUDGET=half"}, errors).budget_set);
}

TEST_CASE("a process is called by its executable or by what it was started as",
          "[hooks][options]") {
  process::Facts facts{};
  std::strcpy(facts.exe, "/usr/bin/python3.11");
  std::strcpy(facts.cmdline, "/opt/bin/python3");
  CHECK(facts.is_called("python3.11"));
  CHECK(facts.is_called("python3"));
  CHECK_FALSE(facts.is_called("python"));
  CHECK_FALSE(facts.is_called(""));
}

TEST_CASE("sizes are binary multiples", "[hooks][options]") {
  OptionErrors errors;
  CHECK(parse({"DBGTRACE_SAMPLE=64K"}, errors).sample_bytes == 65536);
  CHECK(parse({"DBGTRACE_SAMPLE=1"}, errors).sample_bytes == 1);
  CHECK(parse({"DBGTRACE_SAMPLE=0"}, errors).sample_bytes == 0);
  CHECK(parse({"DBGTRACE_SIZE=2m"}, errors).size_bytes == 2 << 20);
  CHECK(errors.count == 0);
}

TEST_CASE("a value that makes no sense leaves the default and is named", "[hooks][options]") {
  for (const char* entry :
       {"DBGTRACE_SAMPLE=lots", "DBGTRACE_SAMPLE=-1",
        "DBGTRACE_SAMPLE=", "DBGTRACE_SAMPLE=99999999999999999999", "DBGTRACE_SIZE=12K",
        "DBGTRACE_BUDGET=2.55%", "DBGTRACE_BUDGET=100.5%", "DBGTRACE_BUDGET=200%",
        "DBGTRACE_CHILDREN=some", "DBGTRACE_CRASH=yes", "DBGTRACE_SMAPLE=64K"}) {
    OptionErrors errors;
    const Options options = parse({entry}, errors);
    INFO(entry);
    REQUIRE(errors.count == 1);
    CHECK(std::string(entry).starts_with(errors.entries[0].name));
    CHECK_FALSE(errors.entries[0].expected.empty());
    CHECK(options.sample_bytes == 512 << 10);
    CHECK(options.size_bytes == 50 << 20);
    CHECK(options.budget_per_mille == 20);
  }
}

TEST_CASE("a path template is expanded and never leaves its folder by a name", "[hooks][options]") {
  CHECK(expand("/var/tmp/%e.%p.dbgt") == "/var/tmp/redis-server.42.dbgt");
  CHECK(expand("out/%h-%t-100%%") == "/srv/out/host1-1700000000-100%");
  CHECK(expand("/x/%q%") == "/x/%q%");
  CHECK(expand("/x/") == "/x/redis-server.42.dbgt");
  char buffer[process::kMaxPath];
  os::Text path(buffer, sizeof(buffer));
  REQUIRE(process::expand_path("/x/%e", {"../evil/name", "", "", 0, 1, 0}, path));
  CHECK(path.view() == "/x/.._evil_name");
}

TEST_CASE("a taken name gets a number before its extension", "[hooks][options]") {
  char buffer[process::kMaxPath];
  os::Text path(buffer, sizeof(buffer));
  process::numbered_path("/x/a.dbgt", 2, path);
  CHECK(path.view() == "/x/a-2.dbgt");
  path.truncate(0);
  process::numbered_path("/x/a", 13, path);
  CHECK(path.view() == "/x/a-13");
}

TEST_CASE("the default folder comes from XDG_STATE_HOME, HOME, else /var/tmp", "[hooks][options]") {
  auto folder = [](std::vector<const char*> environment) {
    environment.push_back(nullptr);
    char buffer[process::kMaxPath];
    os::Text text(buffer, sizeof(buffer));
    process::default_template(environment.data(), 7, text);
    return std::string(text.view());
  };
  CHECK(folder({"HOME=/h", "XDG_STATE_HOME=/s"}) == "/s/dbgtrace/%e.%p.dbgt");
  CHECK(folder({"HOME=/h"}) == "/h/.local/state/dbgtrace/%e.%p.dbgt");
  CHECK(folder({"HOME=/"}) == "/var/tmp/dbgtrace-7/%e.%p.dbgt");
  CHECK(folder({"HOME=relative"}) == "/var/tmp/dbgtrace-7/%e.%p.dbgt");
}
