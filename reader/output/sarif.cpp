// SPDX-License-Identifier: Apache-2.0
#include "reader/output/sarif.hpp"

#include <fmt/format.h>

#include <array>
#include <cctype>

#include "reader/analysis/crash_signature.hpp"
#include "reader/output/crash_sentences.hpp"
#include "reader/output/human.hpp"
#include "reader/output/text_stack.hpp"

namespace dbgtrace::reader::output {
namespace {

constexpr const char* kRootName = "SRCROOT";

struct Rule {
  const char* id;
  const char* name;
  const char* description;
};
// In the order of CrashClass, then the leak.
constexpr std::array<Rule, 22> kRules = {{
    {"null-dereference", "NullDereference", "Memory was accessed through a null pointer."},
    {"wild-access", "WildAccess", "Memory was accessed through a pointer to nowhere."},
    {"wild-jump", "WildJump", "Execution went to an address that is no code."},
    {"stack-overflow", "StackOverflow", "A thread used up its stack."},
    {"stack-smash", "StackSmash", "A write past the end of a local variable hit the stack frame."},
    {"use-after-free", "UseAfterFree", "Memory was used after it had been freed."},
    {"heap-overflow", "HeapOverflow", "Memory outside of a heap block was accessed."},
    {"double-free", "DoubleFree", "A heap block was freed twice."},
    {"invalid-free", "InvalidFree", "Something was freed that is no heap block."},
    {"heap-corruption", "HeapCorruption", "The allocator's own data was overwritten."},
    {"assertion", "Assertion", "An assertion failed."},
    {"uncaught-exception", "UncaughtException", "An exception was thrown that nobody caught."},
    {"abort", "Abort", "The program called abort()."},
    {"arithmetic", "Arithmetic", "A division by zero, or another impossible calculation."},
    {"illegal-instruction", "IllegalInstruction", "The processor refused an instruction."},
    {"bus-error", "BusError", "Nothing stands behind the mapped memory."},
    {"seccomp", "Seccomp", "A system call was refused by a seccomp filter."},
    {"trap", "Trap", "A breakpoint, and no debugger that waits for it."},
    {"out-of-memory", "OutOfMemory", "There was no memory left."},
    {"sent-by-user", "SentByUser", "Somebody sent the signal."},
    {"unknown", "UnknownCrash", "A crash of a kind that could not be told."},
    {"memory-leak", "MemoryLeak", "Memory is allocated again and again and not freed."},
}};
constexpr size_t kLeakRule = kRules.size() - 1;

bool is_below(std::string_view path, const std::string& root) {
  return !root.empty() && path.size() > root.size() && path.starts_with(root) &&
         (root.back() == '/' || path[root.size()] == '/');
}

std::string escaped(std::string_view path) {
  std::string uri;
  for (const char sign : path) {
    const auto byte = static_cast<unsigned char>(sign);
    const bool plain = std::isalnum(byte) != 0 || sign == '/' || sign == '-' || sign == '.' ||
                       sign == '_' || sign == '~';
    if (plain) {
      uri += sign;
    } else {
      uri += fmt::format("%{:02X}", byte);
    }
  }
  return uri;
}

class Document {
 public:
  Document(const trace::Trace& trace, const analysis::Resolver& resolver, std::string source_root)
      : trace_(trace), resolver_(resolver), root_(std::move(source_root)) {
    while (root_.size() > 1 && root_.back() == '/') root_.pop_back();
  }

  void add(const analysis::PostMortem& crash);
  void add(const analysis::Leak& leak);
  Json finish() const;

 private:
  Json location(const symbols::Frame& frame, const std::string& message = "") const;
  Json stack(const analysis::ResolvedStack& stack, const std::string& message, uint32_t tid) const;
  size_t rule_index(size_t rule);
  Json result(size_t rule, const char* level, const std::string& text, const std::string& id);
  // Where the editor points: the frame in question, or the next one with a source.
  void add_locations(Json& result, const analysis::ResolvedStack& stack, size_t title) const;

  const trace::Trace& trace_;
  const analysis::Resolver& resolver_;
  std::string root_;
  Json rules_ = Json::array();
  std::vector<size_t> used_;
  Json results_ = Json::array();
};

Json Document::location(const symbols::Frame& frame, const std::string& message) const {
  Json json = Json::object();
  if (!frame.file.empty()) {
    Json place = Json::object();
    if (is_below(frame.file, root_)) {
      place["artifactLocation"] = {{"uri", escaped(frame.file.substr(root_.size() + 1))},
                                   {"uriBaseId", kRootName}};
    } else if (frame.file.front() == '/') {
      place["artifactLocation"] = {{"uri", file_uri(frame.file)}};
    } else {
      place["artifactLocation"] = {{"uri", escaped(frame.file)}};
    }
    if (frame.line != 0) place["region"] = {{"startLine", frame.line}};
    json["physicalLocation"] = std::move(place);
  }
  json["logicalLocations"] =
      Json::array({{{"fullyQualifiedName", function_text(frame)}, {"kind", "function"}}});
  if (!message.empty()) json["message"] = {{"text", message}};
  return json;
}

Json Document::stack(const analysis::ResolvedStack& stack, const std::string& message,
                     uint32_t tid) const {
  Json json = {{"message", {{"text", message}}}, {"frames", Json::array()}};
  for (const symbols::Frame& frame : stack.frames) {
    Json item = {{"location", location(frame)}};
    if (!frame.module.empty()) item["module"] = frame.module;
    if (tid != 0) item["threadId"] = tid;
    json["frames"].push_back(std::move(item));
  }
  return json;
}

size_t Document::rule_index(size_t rule) {
  for (size_t i = 0; i < used_.size(); ++i) {
    if (used_[i] == rule) return i;
  }
  used_.push_back(rule);
  rules_.push_back(
      {{"id", kRules[rule].id},
       {"name", kRules[rule].name},
       {"shortDescription", {{"text", kRules[rule].description}}},
       {"defaultConfiguration", {{"level", rule == kLeakRule ? "warning" : "error"}}}});
  return used_.size() - 1;
}

Json Document::result(size_t rule, const char* level, const std::string& text,
                      const std::string& id) {
  return {{"ruleId", kRules[rule].id},
          {"ruleIndex", rule_index(rule)},
          {"level", level},
          {"message", {{"text", text}}},
          {"locations", Json::array()},
          {"partialFingerprints", {{"dbgtraceSignature/v1", id}}}};
}

void Document::add_locations(Json& result, const analysis::ResolvedStack& stack,
                             size_t title) const {
  for (size_t i = title; i < stack.frames.size(); ++i) {
    if (stack.frames[i].file.empty()) continue;
    result["locations"].push_back(location(stack.frames[i]));
    return;
  }
  if (title < stack.frames.size()) result["locations"].push_back(location(stack.frames[title]));
}

void Document::add(const analysis::PostMortem& crash) {
  const size_t rule = static_cast<size_t>(crash.verdict.crash_class);
  std::string text = summary_text(crash) + ".";
  if (!crash.message.empty()) text += " " + crash.message;
  const std::string heap = heap_text(crash);
  if (!heap.empty()) text += " " + heap;
  Json item = result(rule, "error", text, crash.signature_id);
  const analysis::ResolvedStack& stack_now = crash.scene.stack;
  add_locations(item, stack_now, crash.title);
  const ring::CrashHead& head = crash.scene.crash->head;
  item["stacks"] = Json::array(
      {stack(stack_now, "Stack of " + thread_text(head.tid, head.thread_name), head.tid)});
  if (crash.heap.block) {
    const analysis::BlockUse& block = *crash.heap.block;
    item["relatedLocations"] = Json::array();
    const auto relate = [&](const analysis::ResolvedStack& from, const char* what, uint32_t tid) {
      if (from.frames.empty()) return;
      item["relatedLocations"].push_back(location(from.frames[from.title], what));
      item["stacks"].push_back(stack(from, what, tid));
    };
    relate(block.birth, "The block was allocated here.", block.birth_thread.tid);
    relate(block.death, "The block was freed here.", block.death_thread.tid);
    if (item["relatedLocations"].empty()) item.erase("relatedLocations");
  }
  item["properties"] = {{"confidence", crash.verdict.confidence},
                        {"signature", crash.signature},
                        {"evidence", crash.verdict.evidence}};
  results_.push_back(std::move(item));
}

void Document::add(const analysis::Leak& leak) {
  const analysis::ResolvedStack from = resolver_.resolve(leak.stack);
  const std::string signature = analysis::crash_signature(from.frames, from.title);
  std::string text =
      fmt::format("{} holds {} that nobody frees", title_text(from), human_bytes(leak.bytes));
  if (leak.growth) text += fmt::format(", growing {}/s", human_bytes(leak.growth->bytes_per_s));
  Json item = result(kLeakRule, "warning", text + ".", analysis::signature_id("leak " + signature));
  add_locations(item, from, from.title);
  item["stacks"] = Json::array({stack(from, "Allocated by", 0)});
  item["properties"] = {{"confidence", leak.verdict.confidence}, {"signature", signature}};
  results_.push_back(std::move(item));
}

Json Document::finish() const {
  Json run = {
      {"tool",
       {{"driver", {{"name", "dbgtrace"}, {"version", DBGTRACE_VERSION}, {"rules", rules_}}}}},
      {"results", results_}};
  if (!root_.empty()) run["originalUriBaseIds"][kRootName] = {{"uri", file_uri(root_) + "/"}};
  run["properties"] = {{"recording", trace_.path}, {"program", trace_.header.exe}};
  return {{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
          {"version", "2.1.0"},
          {"runs", Json::array({run})}};
}

}  // namespace

std::string file_uri(std::string_view path) { return "file://" + escaped(path); }

Json sarif_document(const std::optional<analysis::PostMortem>& crash,
                    const analysis::LeakReport& leaks, const trace::Trace& trace,
                    const analysis::Resolver& resolver, const std::string& source_root) {
  Document document(trace, resolver, source_root);
  if (crash) document.add(*crash);
  for (const analysis::Leak& leak : leaks.leaks) {
    if (leak.verdict.leak_class == analysis::LeakClass::kGrowing) document.add(leak);
  }
  return document.finish();
}

}  // namespace dbgtrace::reader::output
