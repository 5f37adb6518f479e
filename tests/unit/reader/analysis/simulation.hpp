// SPDX-License-Identifier: Apache-2.0
// Recordings of programs that never ran: sites with a known way of life, sampled as the recorder
// samples, filled into a Trace as the loader would. Times are fractions of the run and amounts are
// in sampling intervals, so that one program can be had as a run of seconds or of hours.
#pragma once

#include <cstdint>
#include <functional>
#include <random>
#include <vector>

#include "reader/trace/trace.hpp"

namespace dbgtrace::test {

namespace trace = reader::trace;

class Simulation {
 public:
  Simulation(double run_s, double interval_bytes, uint64_t seed);

  // A new site; everything below goes to the newest one.
  void site();

  using Lifetime = std::function<double()>;  // of one block, as a fraction of the run
  // `amount` intervals' worth of blocks of that size (in intervals), at random between the times.
  void births(double amount, double size, double from, double to, const Lifetime& lifetime);
  // One buffer that grows by realloc in even steps, `amount` intervals in all.
  void growing_buffer(double amount, int steps, double from, double to);

  Lifetime forever() const;
  Lifetime exponential(double mean);
  double uniform(double from, double to);

  // With exit_frees everything that lives is freed in the last moment, as destructors do.
  trace::Trace finish(ring::State state = ring::State::kRunning, bool exit_frees = false);

 private:
  struct Change {  // of one sampled block
    double time_s;
    uint32_t site;
    int hits;  // +1 birth, -1 death, 0 growth
    double birth_s;
    double size, weight;  // the death has those of the birth
    double bytes;         // what it adds to the live estimate
  };
  struct Sampled {
    uint32_t site;
    double birth_s, death_s, size, weight;
  };
  void apply(const Change& change);

  double run_s_, interval_;
  std::mt19937_64 random_;
  trace::Trace trace_;
  std::vector<Sampled> blocks_;
  std::vector<Change> growth_;
  std::vector<double> live_, next_due_ds_, step_ds_;
  std::vector<uint32_t> hits_;
};

}  // namespace dbgtrace::test
