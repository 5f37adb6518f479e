// SPDX-License-Identifier: Apache-2.0
#include "reader/analysis/comparison.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "reader/analysis/statistics.hpp"

namespace dbgtrace::reader::analysis {
namespace {

constexpr double kFewestSamples = 5;  // of both sides together: fewer can't prove anything

bool is_rate(Measure measure) {
  return measure == Measure::kAllocated || measure == Measure::kAllocations;
}

Estimate divided(const Estimate& estimate, double by) {
  Estimate part = estimate;
  part.value /= by;
  part.low /= by;
  part.high /= by;
  part.variance /= by * by;
  part.seen /= by;
  return part;
}

// How many bytes (or blocks) one sample stands for, or 0 where nothing was estimated.
double bytes_a_sample(const Estimate& estimate) {
  return estimate.value > 0 ? estimate.variance / estimate.value : 0;
}

// A side without a single sample of a site still was sampled: as densely as the other one, if that
// is known, otherwise as its own interval says.
double probability_of(const Estimate& a, const Estimate& b, bool a_exact, bool b_exact) {
  double scale_a = bytes_a_sample(a), scale_b = bytes_a_sample(b);
  if (scale_a == 0 && !a_exact && a.value == 0) scale_a = scale_b;
  if (scale_b == 0 && !b_exact && b.value == 0) scale_b = scale_a;
  if (scale_a == 0 && scale_b == 0) return a.value == b.value ? 1 : 0;
  if (scale_a == 0) return count_differs(b.value / scale_b, a.value / scale_b);
  if (scale_b == 0) return count_differs(a.value / scale_a, b.value / scale_a);
  return two_counts_differ(a.value / scale_a, b.value / scale_b, 1 / scale_a, 1 / scale_b);
}

class Judge {
 public:
  Judge(const ComparedSide& old_side, const ComparedSide& new_side, const Rules& rules,
        bool per_second)
      : old_(old_side), new_(new_side), rules_(rules), per_second_(per_second) {}

  Difference difference(size_t measure, const Quantities& before, const Quantities& now) const {
    Difference d;
    d.measure = static_cast<Measure>(measure);
    const bool rate = per_second_ && is_rate(d.measure);
    d.old_value = rate ? divided(before[measure], old_.run_s) : before[measure];
    d.new_value = rate ? divided(now[measure], new_.run_s) : now[measure];
    d.probability = probability_of(d.old_value, d.new_value, old_.exact, new_.exact);
    return d;
  }

  bool matters(const Difference& d) const {
    const size_t measure = static_cast<size_t>(d.measure);
    const bool rate = per_second_ && is_rate(d.measure);
    const double total = std::max(old_.totals[measure].value / (rate ? old_.run_s : 1),
                                  new_.totals[measure].value / (rate ? new_.run_s : 1));
    const double larger = std::max(d.old_value.value, d.new_value.value);
    const double change = std::abs(d.change());
    if (d.measure != Measure::kAllocations && change < rules_.least_bytes) return false;
    return change >= rules_.least_change * larger && change >= rules_.least_share * total;
  }

  bool comparable(const Difference& d) const {
    if (old_.exact && new_.exact) return d.old_value.value != d.new_value.value;
    return static_cast<double>(d.old_value.samples + d.new_value.samples) >= kFewestSamples;
  }

 private:
  const ComparedSide& old_;
  const ComparedSide& new_;
  const Rules& rules_;
  bool per_second_;
};

// Whole runs are compared as wholes: a slower machine makes the same work no smaller. What was
// stopped or still runs has no whole, only a pace.
bool compares_rates(const ComparedSide& a, const ComparedSide& b, Per per) {
  if (!(a.run_s > 0) || !(b.run_s > 0) || a.moment) return false;
  if (per != Per::kAuto) return per == Per::kSecond;
  return !(a.ended_itself && b.ended_itself);
}

double size_of(const ChangedSite& site) { return std::abs(site.differences.front().change()); }

void sort_by_size(std::vector<ChangedSite>& sites) {
  std::stable_sort(sites.begin(), sites.end(), [](const ChangedSite& a, const ChangedSite& b) {
    if (a.worse() != b.worse()) return a.worse();
    if (size_of(a) != size_of(b)) return size_of(a) > size_of(b);
    return std::tie(a.name, a.stack) < std::tie(b.name, b.stack);
  });
}

}  // namespace

uint64_t Comparison::regressions() const {
  return static_cast<uint64_t>(std::count_if(changed.begin(), changed.end(),
                                             [](const ChangedSite& site) { return site.worse(); }));
}
uint64_t Comparison::improvements() const { return changed.size() - regressions(); }

Comparison compare(const ComparedSide& old_side, const ComparedSide& new_side, const Rules& rules) {
  Comparison result;
  result.per_second = compares_rates(old_side, new_side, rules.per);
  result.only_live = old_side.moment || new_side.moment;
  const size_t measures = result.only_live ? 1 : kMeasures;
  const Judge judge(old_side, new_side, rules, result.per_second);

  struct Candidate {
    ChangedSite site;
    bool leaks_before, leaks_now;
  };
  std::vector<Candidate> candidates;
  static const ComparedSite kAbsent;
  const auto add = [&](const ComparedSite* before, const ComparedSite* now) {
    const ComparedSite& left = before == nullptr ? kAbsent : *before;
    const ComparedSite& right = now == nullptr ? kAbsent : *now;
    ChangedSite site;
    site.in_old = before != nullptr;
    site.in_new = now != nullptr;
    site.name = now != nullptr ? right.name : left.name;
    site.stack = now != nullptr ? right.stack : left.stack;
    for (size_t i = 0; i < measures; ++i) {
      const Difference d = judge.difference(i, left.quantities, right.quantities);
      if (!judge.comparable(d)) continue;
      ++result.comparisons;
      site.differences.push_back(d);
    }
    candidates.push_back(
        {std::move(site), left.leaking_bytes_per_s > 0, right.leaking_bytes_per_s > 0});
  };
  for (const auto& [key, now] : new_side.sites) {
    const auto before = old_side.sites.find(key);
    add(before == old_side.sites.end() ? nullptr : &before->second, &now);
  }
  for (const auto& [key, before] : old_side.sites) {
    if (!new_side.sites.contains(key)) add(&before, nullptr);
  }

  // Half of the false alarms that are allowed for the totals, half for all sites together.
  const double for_total = rules.false_alarms / 2 / static_cast<double>(measures);
  const double for_site =
      rules.false_alarms / 2 / static_cast<double>(std::max<uint64_t>(1, result.comparisons));
  for (size_t i = 0; i < measures; ++i) {
    const Difference d = judge.difference(i, old_side.totals, new_side.totals);
    result.totals[i] = d;
    result.total_changed[i] = judge.comparable(d) && judge.matters(d) && d.probability < for_total;
  }
  for (Candidate& candidate : candidates) {
    std::vector<Difference>& all = candidate.site.differences;
    std::erase_if(
        all, [&](const Difference& d) { return d.probability >= for_site || !judge.matters(d); });
    if (all.empty()) {
      ++result.unchanged;
      continue;
    }
    // A leak is new if its memory is: the class alone can tip over between two equal runs.
    const auto live = std::find_if(all.begin(), all.end(),
                                   [](const Difference& d) { return d.measure == Measure::kLive; });
    if (live != all.end() && candidate.leaks_now != candidate.leaks_before &&
        (live->change() > 0) == candidate.leaks_now) {
      ChangedSite leak = candidate.site;
      leak.differences = {*live};
      (candidate.leaks_now ? result.new_leaks : result.gone_leaks).push_back(std::move(leak));
    }
    std::stable_sort(all.begin(), all.end(), [](const Difference& a, const Difference& b) {
      // Bytes before numbers of allocations.
      const bool bytes_a = a.measure != Measure::kAllocations;
      const bool bytes_b = b.measure != Measure::kAllocations;
      return bytes_a != bytes_b ? bytes_a : std::abs(a.change()) > std::abs(b.change());
    });
    result.changed.push_back(std::move(candidate.site));
  }
  sort_by_size(result.changed);
  sort_by_size(result.new_leaks);
  sort_by_size(result.gone_leaks);
  return result;
}

}  // namespace dbgtrace::reader::analysis
