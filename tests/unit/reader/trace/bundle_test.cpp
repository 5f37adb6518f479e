// SPDX-License-Identifier: Apache-2.0
#include "reader/trace/bundle.hpp"

#include <catch2/catch.hpp>
#include <cstring>
#include <filesystem>
#include <random>
#include <vector>

#include "reader/trace/load.hpp"
#include "tests/support/recording_builder.hpp"
#include "tests/support/temp_file.hpp"

namespace dbgtrace::test {
namespace {

using namespace reader::trace;

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

std::string with_head(std::string bundle, const BundleHead& head) {
  std::memcpy(bundle.data(), &head, sizeof(head));
  return bundle;
}

}  // namespace

TEST_CASE("a bundle reads like the recording that it was made of") {
  const std::vector<std::byte> file = tests::make_example().finish();
  const tests::TempFile plain(file);
  const tests::TempFile bundle(bytes_of(pack_bundle(file, "names")));
  const auto before = open_recording(plain.path());
  const auto after = open_recording(bundle.path());
  REQUIRE(before);
  REQUIRE(after);
  CHECK(std::filesystem::file_size(bundle.path()) < file.size() / 4);
  CHECK(after->trace.damages.size() == before->trace.damages.size());
  CHECK(after->trace.sites.size() == before->trace.sites.size());
  CHECK(after->trace.live.size() == before->trace.live.size());
  REQUIRE(after->image.bytes().size() == before->image.bytes().size());
  CHECK(std::memcmp(after->image.bytes().data(), before->image.bytes().data(),
                    before->image.bytes().size()) == 0);
  const auto appendix = after->image.appendix();
  CHECK(std::string(reinterpret_cast<const char*>(appendix.data()), appendix.size()) == "names");
  CHECK(before->image.appendix().empty());
}

TEST_CASE("a small bundle that claims to be huge is refused before memory is taken") {
  const std::string bundle = pack_bundle(std::vector<std::byte>(4096), "");
  BundleHead head;
  REQUIRE(bundle_problem(bytes_of(bundle), head).empty());
  for (const uint64_t claimed : {uint64_t{1} << 60, ~uint64_t{0}, uint64_t{1} << 33}) {
    BundleHead liar = head;
    liar.recording_bytes = claimed;
    CHECK(bundle_problem(bytes_of(with_head(bundle, liar)), head).find("claims") !=
          std::string::npos);
    std::swap(liar.recording_bytes, liar.appendix_bytes);
    CHECK(bundle_problem(bytes_of(with_head(bundle, liar)), head).find("claims") !=
          std::string::npos);
  }
}

TEST_CASE("a bundle that was changed or cut anywhere is refused") {
  std::vector<std::byte> recording(5000);
  std::mt19937 random(1);
  for (std::byte& byte : recording) byte = static_cast<std::byte>(random() % 7);
  const std::string bundle = pack_bundle(recording, "names");
  BundleHead head;
  for (size_t size = 0; size < bundle.size(); size += 13) {
    CHECK_FALSE(bundle_problem(bytes_of(bundle.substr(0, size)), head).empty());
  }
  for (size_t at = 8; at < bundle.size(); at += 7) {
    std::string changed = bundle;
    changed[at] = static_cast<char>(changed[at] ^ 0x10);
    CHECK_FALSE(bundle_problem(bytes_of(changed), head).empty());
  }
}

TEST_CASE("packed bytes of another size than the head says are refused") {
  const std::string bundle = pack_bundle(std::vector<std::byte>(5000), "names");
  std::vector<std::byte> unpacked(5005);
  CHECK(unpack_bundle(bytes_of(bundle), unpacked));
  unpacked.resize(5004);
  CHECK_FALSE(unpack_bundle(bytes_of(bundle), unpacked));
  unpacked.resize(5006);
  CHECK_FALSE(unpack_bundle(bytes_of(bundle), unpacked));
}

}  // namespace dbgtrace::test
