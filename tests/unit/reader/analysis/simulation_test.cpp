// SPDX-License-Identifier: Apache-2.0
#include "simulation.hpp"

#include <algorithm>
#include <bit>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "ring/weight.hpp"

namespace dbgtrace::test {
namespace {

uint64_t us(double seconds) { return static_cast<uint64_t>(std::max(0.0, seconds) * 1e6); }

}  // namespace

Simulation::Simulation(double run_s, double interval_bytes, uint64_t seed)
    : run_s_(run_s), interval_(interval_bytes), random_(seed) {
  trace_.header.base_interval_bytes = static_cast<uint64_t>(interval_bytes);
  trace_.header.live.interval_bytes = static_cast<uint64_t>(interval_bytes);
  trace_.header.live.last_us = us(run_s);
  trace_.sites.emplace_back();  // "other"
  trace_.modules.push_back({0x1000, 0x9000000, 0x1000, 0, 0, "/usr/bin/simulated", "0102"});
  live_ = next_due_ds_ = {0};
  step_ds_ = {1};
  hits_ = {0};
}

void Simulation::site() {
  trace::Stack stack;
  stack.pcs = {0x2000 + 16 * trace_.sites.size(), 0x1800};
  trace_.stacks.add(stack);
  trace::Site site;
  site.id = static_cast<uint32_t>(trace_.sites.size());
  site.stack = static_cast<uint32_t>(trace_.stacks.size() - 1);
  site.has_history = true;
  site.first_us = us(run_s_);
  trace_.sites.push_back(site);
  live_.push_back(0);
  next_due_ds_.push_back(0);
  step_ds_.push_back(1);
  hits_.push_back(0);
}

void Simulation::births(double amount, double size, double from, double to,
                        const Lifetime& lifetime) {
  const double chance = -std::expm1(-size);
  const auto blocks = static_cast<uint64_t>(amount / size + 0.5);
  const uint64_t sampled = std::binomial_distribution<uint64_t>(blocks, chance)(random_);
  const double weight = ring::weight_to_double(ring::weight_from_double(1 / chance));
  for (uint64_t i = 0; i < sampled; ++i) {
    const double birth = uniform(from, to);
    blocks_.push_back({static_cast<uint32_t>(trace_.sites.size() - 1), birth * run_s_,
                       (birth + lifetime()) * run_s_, std::floor(size * interval_), weight});
  }
}

void Simulation::growing_buffer(double amount, int steps, double from, double to) {
  const auto site = static_cast<uint32_t>(trace_.sites.size() - 1);
  const double delta = amount / steps;
  const double chance = -std::expm1(-delta);
  double estimate = 0, birth_s = -1;
  for (int i = 0; i < steps; ++i) {
    if (uniform(0, 1) >= chance) continue;
    const double time_s = (from + (to - from) * i / steps) * run_s_;
    const double chunk = delta * interval_ / chance;
    if (birth_s < 0) birth_s = time_s;
    growth_.push_back({time_s, site, estimate == 0 ? 1 : 0, birth_s, delta * interval_, 1, chunk});
    estimate += chunk;
  }
  if (birth_s < 0) return;
  const double size = amount * interval_ * std::min(1.0, (1 - from) / (to - from));
  trace_.live.push_back({0x10000, static_cast<uint64_t>(size), us(birth_s), estimate / size, site,
                         1, ring::LiveState::kHeld});
}

Simulation::Lifetime Simulation::forever() const {
  return [] { return std::numeric_limits<double>::infinity(); };
}

Simulation::Lifetime Simulation::exponential(double mean) {
  return [this, mean] { return std::exponential_distribution<double>(1 / mean)(random_); };
}

double Simulation::uniform(double from, double to) {
  return std::uniform_real_distribution<double>(from, to)(random_);
}

// As the recorder keeps a site: tallies, lifetimes, and the series that thins itself.
void Simulation::apply(const Change& change) {
  trace::Site& site = trace_.sites[change.site];
  live_[change.site] += change.bytes;
  hits_[change.site] += static_cast<uint32_t>(change.hits);
  if (change.hits < 0) {
    ++site.deaths.hits;
    site.deaths.bytes += static_cast<uint64_t>(change.size * change.weight);
    const uint64_t lifetime = std::max<uint64_t>(1, us(change.time_s - change.birth_s));
    site.lifetimes.add(static_cast<size_t>(std::bit_width(lifetime) - 1));
  } else {
    site.births.hits += static_cast<uint64_t>(change.hits);
    site.births.bytes += static_cast<uint64_t>(change.bytes);
    site.births.weight_q15 += static_cast<uint64_t>(change.weight * ring::kOneQ15);
    site.births.bytes_variance += change.weight * (change.weight - 1) * change.size * change.size;
    site.births.weight_variance += change.weight * (change.weight - 1);
    site.first_us = std::min(site.first_us, us(change.time_s));
  }
  site.live_bytes = static_cast<uint64_t>(std::max(0.0, live_[change.site]));
  if (site.live_bytes > site.peak_live_bytes) {
    site.peak_live_bytes = site.live_bytes;
    site.peak_us = us(change.time_s);
  }
  const double time_ds = std::floor(change.time_s * 10);
  if (time_ds < next_due_ds_[change.site]) {
    site.series.back().live_bytes = site.live_bytes;
    return;
  }
  double& step_ds = step_ds_[change.site];
  if (site.series.size() >= ring::kHistoryPoints) {
    for (size_t i = 1; i < ring::kHistoryPoints / 2; ++i) site.series[i] = site.series[2 * i];
    site.series.resize(ring::kHistoryPoints / 2);
    step_ds *= 2;
  }
  site.series.push_back({static_cast<uint32_t>(time_ds), hits_[change.site], site.live_bytes});
  next_due_ds_[change.site] = std::floor(time_ds / step_ds) * step_ds + step_ds;
}

trace::Trace Simulation::finish(ring::State state, bool exit_frees) {
  std::vector<Change> changes = growth_;
  for (const Sampled& block : blocks_) {
    const double bytes = block.size * block.weight;
    changes.push_back(
        {block.birth_s, block.site, 1, block.birth_s, block.size, block.weight, bytes});
    const double death_s = exit_frees ? std::min(block.death_s, run_s_ * 0.9999) : block.death_s;
    if (death_s < run_s_) {
      changes.push_back({death_s, block.site, -1, block.birth_s, block.size, block.weight, -bytes});
      continue;
    }
    trace_.live.push_back({0x20000 + 64 * trace_.live.size(), static_cast<uint64_t>(block.size),
                           us(block.birth_s), block.weight, block.site, 1, ring::LiveState::kHeld});
  }
  std::stable_sort(changes.begin(), changes.end(),
                   [](const Change& a, const Change& b) { return a.time_s < b.time_s; });
  for (const Change& change : changes) apply(change);
  trace_.header.live.state = static_cast<uint32_t>(state);
  if (state == ring::State::kExited) trace_.header.live.end_us = us(run_s_);
  return trace_;
}

TEST_CASE("a simulated recording balances births, deaths and living blocks") {
  Simulation simulation(100, 4096, 1);
  simulation.site();
  simulation.births(500, 0.1, 0, 1, simulation.exponential(0.1));
  const trace::Trace recording = simulation.finish();
  const trace::Site& site = recording.sites[1];
  CHECK(site.births.hits == site.deaths.hits + recording.live.size());
  CHECK(site.births.hits == Approx(500).epsilon(0.2));
  CHECK(site.series.size() >= ring::kHistoryPoints / 2);
}

}  // namespace dbgtrace::test
