// SPDX-License-Identifier: Apache-2.0
#include "reader/symbols/given_answers.hpp"

#include <cstdint>
#include <cstring>
#include <optional>

#include "reader/symbols/module_names.hpp"
#include "reader/symbols/symbolizer.hpp"

namespace dbgtrace::reader::symbols {
namespace {

struct Head {
  uint32_t path_bytes;
  uint32_t build_id_bytes;
  uint64_t answers_bytes;
};
static_assert(sizeof(Head) == 16);

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

std::string given_entry(const std::pair<std::string, std::string>& module,
                        const std::string& answers) {
  const auto& [path, build_id_hex] = module;
  const Head head{static_cast<uint32_t>(path.size()), static_cast<uint32_t>(build_id_hex.size()),
                  answers.size()};
  return std::string(reinterpret_cast<const char*>(&head), sizeof(head)) + path + build_id_hex +
         answers;
}

std::string given_bytes(const Symbolizer& symbolizer) {
  std::string bytes;
  for (const ModuleNames* module : symbolizer.modules()) {
    bytes += given_entry({module->key().path, module->key().build_id_hex}, module->known_answers());
  }
  return bytes;
}

bool parse_given(std::span<const std::byte> bytes, GivenAnswers& given) {
  while (!bytes.empty()) {
    Head head;
    if (bytes.size() < sizeof(head)) return false;
    std::memcpy(&head, bytes.data(), sizeof(head));
    bytes = bytes.subspan(sizeof(head));
    const uint64_t names = uint64_t{head.path_bytes} + head.build_id_bytes;
    if (names > bytes.size() || head.answers_bytes > bytes.size() - names) return false;
    std::string path = text_of(bytes.first(head.path_bytes));
    std::string build_id = text_of(bytes.subspan(head.path_bytes, head.build_id_bytes));
    std::optional<Answers> answers =
        Answers::parse(text_of(bytes.subspan(names, head.answers_bytes)));
    if (!answers) return false;
    bytes = bytes.subspan(names + head.answers_bytes);
    given[{std::move(path), std::move(build_id)}] =
        std::make_shared<const Answers>(std::move(*answers));
  }
  return true;
}

size_t count_cut(const GivenAnswers& given) {
  size_t count = 0;
  for (const auto& [module, answers] : given) {
    for (size_t i = 0; i < answers->size(); ++i)
      count += answers->shown(i, module.first.size()).is_cut ? 1 : 0;
  }
  return count;
}

}  // namespace dbgtrace::reader::symbols
