// SPDX-License-Identifier: Apache-2.0
#include "reader/output/json_crash.hpp"

#include <cmath>

#include "reader/analysis/kernel_names.hpp"
#include "reader/output/crash_sentences.hpp"

namespace dbgtrace::reader::output {
namespace {

using analysis::PostMortem;

double rounded(double confidence) { return std::round(confidence * 1000) / 1000; }

Json thread_json(const analysis::ThreadName& thread) {
  Json json = {{"tid", thread.tid}};
  if (!thread.name.empty()) json["name"] = thread.name;
  return json;
}

Json block_json(const analysis::BlockUse& use) {
  constexpr const char* kPlaces[] = {"inside", "behind", "before"};
  const trace::HeapPointer& block = use.pointer;
  Json json = {{"value", hex(block.value)},
               {"address", hex(block.block_address)},
               {"bytes", block.block_bytes},
               {"state", block.freed ? "freed" : "live"},
               {"place", kPlaces[static_cast<size_t>(use.place)]},
               {"distance", use.distance},
               {"age_s", use.age_s}};
  if (block.freed) json["freed_ago_s"] = use.freed_ago_s;
  if (use.birth_thread.tid != 0) json["allocated_by"] = thread_json(use.birth_thread);
  if (use.death_thread.tid != 0) json["freed_by"] = thread_json(use.death_thread);
  if (!use.birth.frames.empty()) json["allocation_stack"] = json_stack(use.birth);
  if (!use.death.frames.empty()) json["free_stack"] = json_stack(use.death);
  json["text"] = block_text(use);
  return json;
}

Json heap_json(const PostMortem& report) {
  const analysis::HeapContext& heap = report.heap;
  Json json = {{"exact", heap.exact}, {"interval", heap.interval_bytes}};
  json["live_bytes"] = report.live_bytes;
  json["peak_bytes"] = report.peak_live_bytes;
  const std::string text = heap_text(report);
  if (!text.empty()) json["text"] = text;
  if (heap.block) json["block"] = block_json(*heap.block);
  if (heap.overrun) json["overrun"] = block_json(*heap.overrun);
  if (heap.chunk) {
    json["chunk"] = {{"address", hex(heap.chunk->chunk_address)},
                     {"bytes", heap.chunk->chunk_bytes}};
    if (heap.chunk->in_use < 2) json["chunk"]["in_use"] = heap.chunk->in_use == 1;
  }
  json["pointers"] = Json::array();
  const auto names = analysis::register_names(report.scene.arch);
  for (const analysis::BlockUse& use : heap.reached) {
    Json item = block_json(use);
    const trace::HeapPointer& pointer = use.pointer;
    if (pointer.from == ring::PointerFrom::kRegister && pointer.index < names.size()) {
      item["from"] = names[pointer.index];
    } else if (pointer.from == ring::PointerFrom::kStackWord) {
      item["from"] = "stack";
      item["stack_offset"] = uint64_t{pointer.index} * 8;
    }
    json["pointers"].push_back(std::move(item));
  }
  return json;
}

Json registers_json(const PostMortem& report) {
  Json json = Json::object();
  const auto names = analysis::register_names(report.scene.arch);
  const auto& values = report.scene.registers;
  for (size_t i = 0; i < std::min(names.size(), values.size()); ++i)
    json[names[i]] = hex(values[i]);
  return json;
}

Json register_map_json(const PostMortem& report) {
  Json json = Json::object();
  for (const analysis::RegisterMeaning& meaning : report.registers) {
    const std::string text = meaning_text(meaning);
    if (!text.empty()) json[meaning.name] = text;
  }
  return json;
}

Json threads_json(const PostMortem& report) {
  Json json = Json::array();
  const trace::Crash& crash = *report.scene.crash;
  for (size_t group = 0; group < report.threads.size(); ++group) {
    const Json stack = json_stack(report.threads[group].stack);
    for (const size_t index : report.threads[group].threads) {
      const trace::CrashThread& thread = crash.threads[index];
      Json item = {{"tid", thread.tid}};
      if (!thread.name.empty()) item["name"] = thread.name;
      if (thread.state != 0) item["state"] = std::string(1, thread.state);
      if (thread.system_call) {
        item["system_call"] = analysis::system_call_name(report.scene.arch, *thread.system_call);
      }
      item["source"] = thread.source == ring::ThreadSource::kSignal       ? "answered"
                       : thread.source == ring::ThreadSource::kLastSample ? "last-sample"
                                                                          : "none";
      if (thread.source == ring::ThreadSource::kLastSample) {
        item["sampled_at"] = static_cast<double>(thread.sample_us) / 1e6;
      }
      item["group"] = group;
      item["stack"] = stack;
      json.push_back(std::move(item));
    }
  }
  return json;
}

Json modules_json(const trace::Trace& trace) {
  Json json = Json::array();
  for (const trace::Module& module : trace.modules) {
    if (module.end == 0 || module.unload_us != 0) continue;
    Json item = {{"path", module.path}, {"start", hex(module.start)}, {"end", hex(module.end)}};
    item["bias"] = hex(module.bias);
    if (!module.build_id.empty()) item["build_id"] = module.build_id;
    json.push_back(std::move(item));
  }
  return json;
}

Json map_json(const analysis::MemoryMap& map) {
  Json json = Json::array();
  for (const analysis::Mapping& mapping : map.all()) {
    Json item = {{"start", hex(mapping.start)}, {"end", hex(mapping.end)}};
    item["permissions"] = mapping.permissions();
    if (mapping.is_file()) item["offset"] = hex(mapping.offset);
    if (!mapping.path.empty()) item["path"] = mapping.path;
    json.push_back(std::move(item));
  }
  return json;
}

Json process_json(const analysis::ProcessFacts& facts) {
  Json json = Json::object();
  if (facts.resident_bytes) json["rss_bytes"] = *facts.resident_bytes;
  if (facts.virtual_bytes) json["virtual_bytes"] = *facts.virtual_bytes;
  if (facts.threads) json["threads"] = *facts.threads;
  if (facts.cgroup.limit) json["memory_limit"] = *facts.cgroup.limit;
  if (facts.cgroup.current) json["cgroup_bytes"] = *facts.cgroup.current;
  if (facts.descriptors) json["descriptors"] = *facts.descriptors;
  if (facts.descriptor_limit) json["descriptor_limit"] = *facts.descriptor_limit;
  if (!facts.system.empty()) json["system"] = facts.system;
  return json;
}

Json source_json(const analysis::SourceLines& source, unsigned line) {
  return {{"file", source.path},
          {"line", line},
          {"first", source.first},
          {"lines", source.lines},
          {"newer", source.newer}};
}

void add_thread(Json& json, const PostMortem& report) {
  const trace::Crash& crash = *report.scene.crash;
  Json thread = {{"tid", crash.head.tid}};
  if (crash.head.thread_name[0] != '\0') thread["name"] = crash.head.thread_name;
  thread["title_frame"] = report.title;
  thread["crash_frame"] = report.scene.crash_frame;
  if (report.scene.stack.omitted_frames > 0)
    thread["omitted_frames"] = report.scene.stack.omitted_frames;
  if (report.scene.stack.truncated) thread["truncated"] = true;
  thread["stack"] = json_stack(report.scene.stack);
  json["thread"] = std::move(thread);
}

void add_black_box(Json& json, const trace::BlackBox& box) {
  if (!box.handled.empty()) {
    json["handled"] = Json::array();
    for (const ring::HandledFault& fault : box.handled) {
      json["handled"].push_back({{"signal", analysis::signal_name(static_cast<int>(fault.signal))},
                                 {"count", fault.count},
                                 {"last_t", static_cast<double>(fault.last_us) / 1e6},
                                 {"last_pc", hex(fault.last_pc)}});
    }
  }
  if (box.minor.empty()) return;
  json["minor"] = Json::array();
  for (const ring::MinorCrash& minor : box.minor) {
    json["minor"].push_back({{"tid", minor.tid},
                             {"signal", analysis::signal_name(minor.signal)},
                             {"code", analysis::signal_code_name(minor.signal, minor.code)},
                             {"fault_address", hex(minor.fault_address)},
                             {"pc", hex(minor.pc)}});
  }
}

}  // namespace

Json json_crash(const PostMortem& report, const trace::Trace& trace) {
  const analysis::CrashScene& scene = report.scene;
  const ring::CrashHead& head = scene.crash->head;
  Json json = {{"signal", analysis::signal_name(scene.signal)},
               {"code", analysis::signal_code_name(scene.signal, scene.code)}};
  if (scene.reraised) json["death_signal"] = analysis::signal_name(scene.death_signal);
  if (scene.fault_address) json["fault_address"] = hex(*scene.fault_address);
  if (scene.address_computed) json["fault_address_computed"] = true;
  if (scene.access != analysis::Access::kUnknown) json["access"] = name_of(scene.access);
  json["class"] = name_of(report.verdict.crash_class);
  json["confidence"] = rounded(report.verdict.confidence);
  json["evidence"] = report.verdict.evidence;
  if (!report.message.empty()) json["message"] = report.message;
  if (!scene.exception_type.empty()) json["exception"] = scene.exception_type;
  json["signature"] = report.signature;
  json["signature_id"] = report.signature_id;
  json["summary"] = summary_text(report);
  json["advice"] = advice_text(report);
  json["t"] = report.time_s;
  json["time_unix"] = report.time_unix;
  json["pid"] = head.pid != 0 ? head.pid : trace.header.pid;
  if (scene.sent) {
    json["sender"] = {{"pid", head.sender_pid}, {"uid", head.sender_uid}};
    if (!report.sender.empty()) json["sender"]["name"] = report.sender;
  }
  if (scene.system_call)
    json["system_call"] = analysis::system_call_name(scene.arch, *scene.system_call);
  if (scene.instruction) json["instruction"] = scene.instruction->text;
  if ((head.flags & ring::kCrashInHandler) != 0) json["in_handler"] = true;
  if ((head.flags & ring::kCrashInVforkChild) != 0) json["vfork_child"] = true;
  json["complete"] = report.complete;
  add_thread(json, report);
  json["threads"] = threads_json(report);
  json["registers"] = registers_json(report);
  json["register_map"] = register_map_json(report);
  json["heap"] = heap_json(report);
  if (!report.source.lines.empty()) {
    json["source"] = source_json(report.source, report.title_frame()->line);
  }
  json["process"] = process_json(report.process);
  add_black_box(json, trace.black_box);
  json["modules"] = modules_json(trace);
  json["memory_map"] = map_json(scene.map);
  return json;
}

Json json_crash_groups(const std::vector<analysis::CrashGroup>& groups) {
  Json json = Json::array();
  for (const analysis::CrashGroup& group : groups) {
    const analysis::CrashEntry& best = group.best();
    Json item = {{"signature", best.signature},
                 {"signature_id", best.signature_id},
                 {"count", group.crashes.size()},
                 {"first_unix", group.first_unix()},
                 {"last_unix", group.last_unix()},
                 {"class", name_of(best.crash_class)},
                 {"confidence", rounded(best.confidence)},
                 {"summary", best.summary},
                 {"exes", group.exes},
                 {"build_ids", group.build_ids}};
    item["files"] = Json::array();
    for (const analysis::CrashEntry& crash : group.crashes) item["files"].push_back(crash.file);
    json.push_back(std::move(item));
  }
  return json;
}

}  // namespace dbgtrace::reader::output
