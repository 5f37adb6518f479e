// SPDX-License-Identifier: Apache-2.0
#include "reader/output/html_document.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "reader/analysis/call_tree.hpp"
#include "reader/output/human.hpp"
#include "reader/output/json_crash.hpp"
#include "reader/output/text_info.hpp"
#include "reader/output/text_leaks.hpp"
#include "reader/output/text_losses.hpp"

namespace dbgtrace::reader::output {
namespace {

int64_t whole(double value) {
  constexpr double kMost = 9e15;  // what a number of the page can hold exactly
  return std::isfinite(value) ? std::llround(std::clamp(value, -kMost, kMost)) : 0;
}

// Each text once; the page refers to it by number. 0 is the empty one.
class Strings {
 public:
  size_t number(std::string_view text) {
    const auto [entry, is_new] = numbers_.try_emplace(std::string(text), list_.size());
    if (is_new) list_.emplace_back(text);
    return entry->second;
  }
  Json json() const { return list_; }

 private:
  std::vector<std::string> list_{""};
  std::unordered_map<std::string, size_t> numbers_{{"", 0}};
};

Json facts_of(const PageContents& page) {
  const analysis::RecordingInfo& info = page.info;
  Json facts = Json::array();
  facts.push_back({"command", fmt::format("{}", fmt::join(info.cmdline, " "))});
  facts.push_back({"host", info.host});
  facts.push_back({"pid", std::to_string(info.pid)});
  facts.push_back({"started", human_date(info.start_unix)});
  facts.push_back({"recorded", human_duration(info.run_s)});
  facts.push_back({"sampling", density_text(info)});
  facts.push_back({"heap", human_bytes(page.memory.live_bytes)});
  facts.push_back({"peak", human_bytes(page.memory.peak_bytes)});
  facts.push_back({"allocated", human_bytes(page.memory.allocated_bytes)});
  return facts;
}

// index: of a leak's stack among the sites that are shown.
Json verdicts_of(const PageContents& page, const std::unordered_map<uint32_t, size_t>& index) {
  Json verdicts = Json::array();
  for (const analysis::Leak& leak : page.leaks.leaks) {
    if (leak.verdict.leak_class != analysis::LeakClass::kGrowing) continue;
    Json verdict = {{"severity", name_of(leak.severity)},
                    {"title", leak_title(leak, page.resolver)},
                    {"detail", fmt::format("How sure: {}: {}.", confidence_text(leak.verdict),
                                           evidence_text(leak))}};
    if (const auto found = index.find(leak.stack); found != index.end()) {
      verdict["site"] = found->second;
    }
    verdicts.push_back(std::move(verdict));
    if (verdicts.size() >= 10) break;
  }
  if (verdicts.empty()) {
    const bool short_run = page.leaks.run_s < 1;
    verdicts.push_back(
        {{"severity", short_run ? "low" : "good"},
         {"title", short_run ? "The run was too short to tell leaks." : "No leak found."}});
  }
  for (const analysis::Loss& loss : page.info.losses) {
    if (loss.count == 0 || loss.forgets_by_design) continue;
    Json verdict = {{"severity", "low"}, {"title", "Left out: " + loss_text(loss)}};
    if (*loss.advice != '\0') verdict["detail"] = std::string("Next time: ") + loss.advice;
    verdicts.push_back(std::move(verdict));
  }
  return verdicts;
}

Json timeline_of(const PageContents& page) {
  Json t = Json::array(), live = Json::array(), rss = Json::array(), marks = Json::array();
  for (const analysis::TimelinePoint& point : page.memory.timeline) {
    t.push_back(point.t_s);
    live.push_back(whole(point.live_bytes));
    rss.push_back(point.rss_bytes > 0 ? Json(whole(point.rss_bytes)) : Json(nullptr));
  }
  if (page.memory.peak_s > 0) {
    marks.push_back({{"t", page.memory.peak_s}, {"kind", "peak"}, {"label", "peak"}});
  }
  if (page.info.state.kind == analysis::StateKind::kCrashed) {
    marks.push_back({{"t", page.info.run_s}, {"kind", "crash"}, {"label", "crash"}});
  }
  return {{"t", t}, {"live", live}, {"rss", rss}, {"marks", marks}};
}

// The live bytes of a group over time: the sum of its sites' series, each holding its last value.
Json series_of(const PageContents& page, const analysis::MemorySite& site, size_t index) {
  std::vector<std::pair<uint32_t, double>> changes;
  for (const uint32_t id : site.sites) {
    double before = 0;
    for (const ring::HistoryPoint& point : page.trace.sites[id].series) {
      const auto now = static_cast<double>(point.live_bytes);
      changes.emplace_back(point.time_ds, now - before);
      before = now;
    }
  }
  if (changes.empty()) return nullptr;
  std::stable_sort(changes.begin(), changes.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  Json t = Json::array(), live = Json::array();
  double sum = 0;
  for (size_t i = 0; i < changes.size(); ++i) {
    sum += changes[i].second;
    if (i + 1 < changes.size() && changes[i + 1].first == changes[i].first) continue;
    t.push_back(changes[i].first / 10.0);
    live.push_back(whole(sum));
  }
  return {{"site", index}, {"t", t}, {"live", live}};
}

Json lifetimes_of(const PageContents& page, const analysis::MemorySite& site) {
  trace::Lifetimes::Counts sums{};
  for (const uint32_t id : site.sites) page.trace.sites[id].lifetimes.add_to(sums);
  Json from = Json::array(), hits = Json::array();
  for (size_t k = 0; k < sums.size(); ++k) {
    if (sums[k] == 0) continue;
    from.push_back(k == 0 ? 0.0 : std::ldexp(1e-6, static_cast<int>(k)));
    hits.push_back(sums[k]);
  }
  if (hits.empty()) return nullptr;
  return {{"from_s", from}, {"hits", hits}};
}

// A table as columns: each name once, then one array.
class Columns {
 public:
  template <typename T>
  void put(const char* name, T&& value) {
    if (!json_.contains(name)) json_[name] = Json::array();
    json_[name].push_back(std::forward<T>(value));
  }
  void declare(std::initializer_list<const char*> names) {
    for (const char* name : names) json_[name] = Json::array();
  }
  Json take() { return std::move(json_); }

 private:
  Json json_ = Json::object();
};

void put_site(Columns& columns, const analysis::MemorySite& site, const analysis::Leak* leak,
              analysis::CallTree::Place place, Strings& strings) {
  columns.put("node", place.node);
  columns.put("title", place.title);
  columns.put("live_bytes", whole(site.live_bytes.value));
  const bool exact = site.live_bytes.exact();
  columns.put("live_low", exact ? Json(nullptr) : Json(whole(site.live_bytes.low)));
  columns.put("live_high", exact ? Json(nullptr) : Json(whole(site.live_bytes.high)));
  columns.put("live_count", whole(site.live_count.value));
  columns.put("peak_bytes", whole(site.peak_bytes));
  columns.put("allocated_bytes", whole(site.allocated_bytes.value));
  columns.put("allocations", whole(site.allocations.value));
  columns.put("temporary", whole(site.temporary));
  columns.put("samples", site.allocations.samples);
  const bool leaks = leak != nullptr && leak->verdict.leak_class == analysis::LeakClass::kGrowing;
  columns.put("leaked_bytes", leaks ? whole(leak->bytes.value) : 0);
  columns.put("growth", leaks && leak->growth ? Json(whole(leak->growth->bytes_per_s)) : Json());
  columns.put("verdict",
              leak == nullptr
                  ? Json(-1)
                  : Json(strings.number(fmt::format("{}, {}", name_of(leak->verdict.leak_class),
                                                    confidence_text(leak->verdict)))));
}

Json frame_columns(const analysis::CallTree& tree, Strings& strings) {
  Columns columns;
  columns.declare({"name", "file", "line", "module", "inlined"});
  for (const symbols::Frame& frame : tree.frames()) {
    columns.put("name", strings.number(analysis::frame_label(frame)));
    columns.put("file", strings.number(frame.file));
    columns.put("line", frame.line);
    columns.put("module", strings.number(frame.module));
    columns.put("inlined", frame.inlined ? 1 : 0);
  }
  return columns.take();
}

Json node_columns(const analysis::CallTree& tree) {
  Columns columns;
  for (const analysis::CallTree::Node& node : tree.nodes()) {
    columns.put("parent", node.parent);
    columns.put("frame", node.frame);
  }
  return columns.take();
}

}  // namespace

Json html_document(const PageContents& page) {
  std::unordered_map<uint32_t, const analysis::Leak*> leak_of;
  for (const analysis::Leak& leak : page.leaks.leaks) leak_of.emplace(leak.stack, &leak);
  analysis::CallTree tree;
  Strings strings;
  Columns sites;
  sites.declare({"node", "title", "live_bytes", "leaked_bytes", "peak_bytes", "allocated_bytes",
                 "allocations", "temporary"});
  std::unordered_map<uint32_t, size_t> index;
  Json series = Json::array(), details = Json::object();
  const size_t shown = std::min(page.max_sites, page.memory.sites.size());
  for (size_t i = 0; i < shown; ++i) {
    const analysis::MemorySite& site = page.memory.sites[i];
    const auto leak = leak_of.find(site.stack);
    put_site(sites, site, leak == leak_of.end() ? nullptr : leak->second,
             tree.add(page.resolver.resolve(site.stack)), strings);
    index.emplace(site.stack, i);
    if (Json one = series_of(page, site, i); !one.is_null()) series.push_back(std::move(one));
    if (Json one = lifetimes_of(page, site); !one.is_null()) {
      details[std::to_string(i)] = {{"lifetimes", std::move(one)}};
    }
  }
  Json json = json_document("html", page.trace.path);
  const std::string exe = page.info.exe.substr(page.info.exe.rfind('/') + 1);
  json["info"] = {
      {"name", exe}, {"state_text", state_text(page.info.state)}, {"facts", facts_of(page)}};
  json["totals"] = {{"live_bytes", whole(page.memory.live_bytes.value)}};
  if (page.crash != nullptr) json["crash"] = json_crash(*page.crash, page.trace);
  json["verdicts"] = verdicts_of(page, index);
  json["timeline"] = timeline_of(page);
  json["frames"] = frame_columns(tree, strings);
  json["nodes"] = node_columns(tree);
  json["sites"] = sites.take();
  json["series"] = std::move(series);
  json["details"] = std::move(details);
  json["left_out"] = page.memory.sites.size() - shown;
  json["strings"] = strings.json();
  return json;
}

}  // namespace dbgtrace::reader::output
