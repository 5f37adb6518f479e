// SPDX-License-Identifier: Apache-2.0
#include "hooks/crash/exception.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <new>
#include <stdexcept>
#include <string>
#include <system_error>
#include <typeinfo>

using namespace dbgtrace::hooks::crash;

namespace {

struct Other {
  virtual ~Other() = default;
  int number = 7;
};
struct Parsing : std::runtime_error {
  using std::runtime_error::runtime_error;
};
struct Mixed : Other, Parsing {
  explicit Mixed(const char* text) : Parsing(text) {}
};
struct Plain : std::exception {
  const char* what() const noexcept override { return "not to be read"; }
};

struct Answer {
  std::string type, what;
};

// What is told of the exception that is being handled.
Answer ask() {
  GuardedReader reader;
  reader.use_kernel(static_cast<uint32_t>(getpid()));
  Exception exception;
  if (!find_uncaught(reader, exception)) return {"none", ""};
  std::byte text[256];
  Answer answer;
  size_t size = read_type_name(reader, exception, text);
  answer.type.assign(reinterpret_cast<const char*>(text), size);
  size = read_what(reader, exception, text);
  answer.what.assign(reinterpret_cast<const char*>(text), size);
  return answer;
}

template <typename Thrown>
Answer ask_in_handler_of(const Thrown& thrown) {
  try {
    throw thrown;
  } catch (...) {
    return ask();
  }
}

}  // namespace

TEST_CASE("without an exception there is none to tell") { CHECK(ask().type == "none"); }

TEST_CASE("type and text of the standard exceptions are told") {
  const Answer answer = ask_in_handler_of(std::out_of_range("index 7 of 5"));
  CHECK(answer.type == typeid(std::out_of_range).name());
  CHECK(answer.what == "index 7 of 5");
  CHECK(ask_in_handler_of(std::runtime_error("x")).what == "x");
  const std::system_error error(std::make_error_code(std::errc::io_error), "disk");
  CHECK(ask_in_handler_of(error).what == error.what());
}

TEST_CASE("text of what derives from them is told, also at an offset") {
  CHECK(ask_in_handler_of(Parsing("line 3")).what == "line 3");
  const Answer answer = ask_in_handler_of(Mixed("line 4"));
  CHECK(answer.type == typeid(Mixed).name());
  CHECK(answer.what == "line 4");
}

TEST_CASE("a text whose place is unknown is not guessed") {
  CHECK(ask_in_handler_of(Plain{}).what.empty());
  CHECK(ask_in_handler_of(std::bad_alloc{}).type == "St9bad_alloc");
  CHECK(ask_in_handler_of(42).what.empty());
  CHECK(ask_in_handler_of(42).type == "i");
}

TEST_CASE("a thrown text is itself told") {
  CHECK(ask_in_handler_of<const char*>("gone").what == "gone");
  CHECK(ask_in_handler_of(std::string("a longer text than fits into the object")).what ==
        "a longer text than fits into the object");
}

TEST_CASE("an exception that was carried over and thrown again is told") {
  std::exception_ptr carried;
  try {
    throw std::logic_error("carried");
  } catch (...) {
    carried = std::current_exception();
  }
  try {
    std::rethrow_exception(carried);
  } catch (...) {
    const Answer answer = ask();
    CHECK(answer.type == typeid(std::logic_error).name());
    CHECK(answer.what == "carried");
  }
}
