// SPDX-License-Identifier: Apache-2.0
#include "reader/trace/file_image.hpp"

#include <sys/stat.h>
#include <unistd.h>
#include <catch2/catch.hpp>

#include <vector>

#include "reader/trace/load.hpp"
#include "tests/support/recording_builder.hpp"
#include "tests/support/temp_file.hpp"

using namespace dbgtrace;
using reader::trace::FileImage;

TEST_CASE("an image has the file's bytes, with zeros for its holes") {
  const std::vector<std::byte> bytes(5000, std::byte{7});
  const tests::TempFile file(bytes);
  REQUIRE(::ftruncate(file.fd(), 1 << 20) == 0);
  REQUIRE(::pwrite(file.fd(), "end", 3, (1 << 20) - 3) == 3);
  const auto image = FileImage::read(file.path(), ~uint64_t{0});
  REQUIRE(image);
  REQUIRE(image->bytes().size() == 1 << 20);
  CHECK(image->bytes()[4999] == std::byte{7});
  CHECK(image->bytes()[500'000] == std::byte{0});
  CHECK(image->bytes()[(1 << 20) - 1] == std::byte{'d'});
}

TEST_CASE("a limit cuts the image, not the file's size") {
  const tests::TempFile file(std::vector<std::byte>(5000, std::byte{7}));
  const auto image = FileImage::read(file.path(), 100);
  REQUIRE(image);
  CHECK(image->bytes().size() == 100);
  CHECK(image->file_bytes() == 5000);
}

TEST_CASE("an image does not change or fault when its file is truncated") {
  const tests::TempFile file(std::vector<std::byte>(100'000, std::byte{7}));
  const auto image = FileImage::read(file.path(), ~uint64_t{0});
  REQUIRE(::ftruncate(file.fd(), 0) == 0);
  REQUIRE(image);
  CHECK(image->bytes()[99'999] == std::byte{7});
}

TEST_CASE("what is no regular file is refused at once") {
  CHECK_THAT(FileImage::read("/does/not/exist", 10).error().message,
             Catch::Contains("No such file"));
  CHECK_THAT(FileImage::read("/", 10).error().message, Catch::Contains("not a regular file"));
  CHECK_THAT(FileImage::read("/dev/zero", 10).error().message,
             Catch::Contains("not a regular file"));
  const tests::TempFile file;
  const std::string fifo = file.path() + ".fifo";
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  CHECK_THAT(FileImage::read(fifo, 10).error().message, Catch::Contains("not a regular file"));
  ::unlink(fifo.c_str());
}

TEST_CASE("a file of holes beyond the limit of size is refused, not walked through") {
  const tests::TempFile file;
  REQUIRE(::ftruncate(file.fd(), static_cast<off_t>(FileImage::kMaxBytes) + 1) == 0);
  CHECK_THAT(FileImage::read(file.path(), ~uint64_t{0}).error().message,
             Catch::Contains("at most"));
}

TEST_CASE("load reads a recording from its path and names the path in errors") {
  const tests::TempFile good(tests::make_example().finish());
  const auto trace = reader::trace::load(good.path());
  REQUIRE(trace);
  CHECK(trace->damages.empty());
  CHECK(trace->path == good.path());
  const tests::TempFile empty;
  const auto error = reader::trace::load(empty.path());
  REQUIRE_FALSE(error);
  CHECK_THAT(error.error().message, Catch::Contains(empty.path() + ": the file is empty"));
}
