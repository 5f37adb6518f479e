// SPDX-License-Identifier: Apache-2.0
// Runs a fuzz target over files and folders given as arguments, for compilers without libFuzzer and
// for the normal test run; with --whole, over nothing but whole files.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size_bytes);

namespace {

size_t run_file(const std::filesystem::path& path, bool whole) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(file),
                                std::istreambuf_iterator<char>()};
  const auto* data = reinterpret_cast<const uint8_t*>(bytes.data());
  LLVMFuzzerTestOneInput(data, bytes.size());
  if (whole) return 1;
  // Every prefix at some step as well: a cut is the most frequent damage.
  for (size_t size = 0; size < bytes.size(); size += bytes.size() / 64 + 1)
    LLVMFuzzerTestOneInput(data, size);
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  size_t files = 0;
  const bool whole = argc > 1 && std::string_view(argv[1]) == "--whole";
  for (int i = whole ? 2 : 1; i < argc; ++i) {
    if (!std::filesystem::is_directory(argv[i])) {
      files += run_file(argv[i], whole);
      continue;
    }
    for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
      if (entry.is_regular_file()) files += run_file(entry.path(), whole);
    }
  }
  std::printf("%zu files\n", files);
  return files == 0 ? 1 : 0;
}
