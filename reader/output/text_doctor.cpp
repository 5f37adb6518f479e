// SPDX-License-Identifier: Apache-2.0
#include "reader/output/text_doctor.hpp"

#include <fmt/format.h>

namespace dbgtrace::reader::output {
namespace {

constexpr size_t kIndent = 21;

void add_limit(Json& json, const char* key, uint64_t value) {
  if (value != target::kNoLimit) json[key] = value;
}

}  // namespace

void put_checkup(TextPage& page, const target::Checkup& checkup) {
  for (const target::Check& check : checkup.checks) {
    const auto tone = check.status == target::CheckStatus::kProblem ? TextPage::Tone::kBad
                      : check.status == target::CheckStatus::kOk    ? TextPage::Tone::kPlain
                                                                    : TextPage::Tone::kBold;
    page.paragraph(
        fmt::format("{:<8} {:<11} {}", target::name_of(check.status), check.subject, check.finding),
        kIndent, tone);
    if (!check.fix.empty()) {
      page.paragraph(fmt::format("{:<{}}-> {}", "", kIndent, check.fix), kIndent + 3);
    }
  }
  page.gap();
  page.paragraph(checkup.conclusion, 0, TextPage::Tone::kBold);
}

Json json_checkup(const target::Checkup& checkup, const target::Surroundings& here,
                  const std::optional<target::Target>& target) {
  Json json = {{"schema", "dbgtrace.doctor/1"},
               {"verdict", target::name_of(checkup.verdict)},
               {"conclusion", checkup.conclusion}};
  if (target) {
    json["program"] = {{"name", target->name}};
    if (!target->file.path.empty()) json["program"]["file"] = target->file.path;
    Json scripts = Json::array();
    for (const target::ScriptLink& link : target->file.chain) scripts.push_back(link.script);
    if (!scripts.empty()) json["program"]["scripts"] = std::move(scripts);
    const target::Preflight preflight = target::judge(*target);
    if (!preflight.obstacle.empty()) json["program"]["obstacle"] = preflight.obstacle;
  }
  if (here.process) {
    json["pid"] = here.process->pid;
    json["recorded"] = here.process->recorded;
  }
  json["checks"] = Json::array();
  for (const target::Check& check : checkup.checks) {
    Json entry = {{"subject", check.subject},
                  {"status", target::name_of(check.status)},
                  {"finding", check.finding}};
    if (!check.fix.empty()) entry["fix"] = check.fix;
    json["checks"].push_back(std::move(entry));
  }
  json["library"] = here.library;
  json["c_library"] = here.libc;
  json["kernel"] = here.kernel;
  json["outputs"] = Json::array();
  for (const target::OutputPlace& place : here.outputs) {
    json["outputs"].push_back({{"folder", place.folder},
                               {"writable", place.writable && !place.read_only},
                               {"free_bytes", place.free_bytes},
                               {"in_memory", place.in_memory}});
  }
  json["limits"] = Json::object();
  add_limit(json["limits"], "file_bytes", here.limits.file_bytes);
  add_limit(json["limits"], "address_space_bytes", here.limits.address_space_bytes);
  add_limit(json["limits"], "descriptors", here.limits.descriptors);
  json["seccomp"] = here.seccomp;
  json["container"] = here.container;
  if (here.cgroup_memory_bytes) json["cgroup_memory_bytes"] = *here.cgroup_memory_bytes;
  if (here.yama_scope) json["ptrace_scope"] = *here.yama_scope;
  return json;
}

}  // namespace dbgtrace::reader::output
