// SPDX-License-Identifier: Apache-2.0
#include "reader/cli/launch.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>

#include "reader/cli/proc_processes.hpp"
#include "reader/cli/recording_variables.hpp"

namespace dbgtrace::reader::cli {
namespace {

bool accepts(const std::string& variable, const std::string& value) {
  for (const RecordingVariable& known : recording_variables()) {
    if (variable == known.variable()) return known.makes_sense(value);
  }
  return false;
}

}  // namespace

TEST_CASE("the library stands before what is preloaded already") {
  CHECK(preload_value("/l/a.so", "", "") == "/l/a.so");
  CHECK(preload_value("/l/a.so", "", "b.so:c.so") == "/l/a.so:b.so:c.so");
  CHECK(preload_value("/l/a.so", "m.so", "b.so") == "/l/a.so:m.so:b.so");
}

TEST_CASE("a relative template is made absolute, percent signs of the folder stay themselves") {
  CHECK(absolute_template("./%e.%p.dbgt", "/srv/me") == "/srv/me/%e.%p.dbgt");
  CHECK(absolute_template("x/%p", "/srv/100%") == "/srv/100%%/x/%p");
  CHECK(absolute_template("/tmp/%p", "/srv/me") == "/tmp/%p");
}

TEST_CASE("a folder as template means the default name inside of it") {
  CHECK(absolute_template("/tmp", "/srv/me") == "/tmp/%e.%p.dbgt");
  CHECK(absolute_template("tmp", "/") == "//tmp/%e.%p.dbgt");
  CHECK(absolute_template("made/later/", "/srv/me") == "/srv/me/made/later/%e.%p.dbgt");
  CHECK(absolute_template("/no/such/folder", "/srv/me") == "/no/such/folder");
}

TEST_CASE("values that make no sense are known as such before anything starts") {
  for (const char* good : {"0", "1", "64K", "2m", "1G", "512"})
    CHECK(accepts("DBGTRACE_SAMPLE", good));
  for (const char* bad : {"", "K", "-1", "1T", "64KB", "1.5M", "banana", "9999999999G"}) {
    INFO(bad);
    CHECK_FALSE(accepts("DBGTRACE_SAMPLE", bad));
  }
  CHECK(accepts("DBGTRACE_SIZE", "1M"));
  CHECK_FALSE(accepts("DBGTRACE_SIZE", "1023K"));
  CHECK(accepts("DBGTRACE_BUDGET", "0.5%"));
  for (const char* bad : {"101%", "100.5%", ".5%", "2.55%", "%", ""})
    CHECK_FALSE(accepts("DBGTRACE_BUDGET", bad));
  CHECK(accepts("DBGTRACE_CHILDREN", "fork"));
  CHECK_FALSE(accepts("DBGTRACE_CHILDREN", "some"));
}

TEST_CASE("each setting that users make is an option of run, and its default makes sense") {
  for (const RecordingVariable& known : recording_variables()) {
    INFO(known.name);
    CHECK(known.makes_sense(known.initial));
    CHECK(known.is_option == (known.name != "OUT_PID" && known.name != "RUN"));
    if (known.name == "CRASH_STACK") {
      CHECK(known.variable() == "DBGTRACE_CRASH_STACK");
      CHECK(known.option() == "--crash-stack");
    }
  }
}

TEST_CASE("a start time is found behind any name, and a zombie has none") {
  const std::string rest = " 1 1 1 0 -1 4194560 1 0 0 0 1 1 0 0 20 0 1 0 98765 1 1";
  CHECK(start_ticks_of("42 (a) b (c) S" + rest) == 98765);
  CHECK_FALSE(start_ticks_of("42 (a) Z" + rest));
  CHECK_FALSE(start_ticks_of(""));
  CHECK_FALSE(start_ticks_of("42 (a) S 1 2"));
}

TEST_CASE("this very process is found with a start time") {
  const ProcProcesses processes;
  CHECK(processes.start_ticks(static_cast<uint32_t>(getpid())));
  CHECK(processes.facts().pid_namespace != 0);
}

}  // namespace dbgtrace::reader::cli
