// SPDX-License-Identifier: Apache-2.0
// Runs the steps of a crash record, each at most once. A step that faults is left behind: the fault
// handler, on top of it, notes the failure and goes on with the next one.
//
//   head  message  stack* heap ...      * faults:  handler -> run(): heap ...
#pragma once

#include <atomic>
#include <span>

#include "ring/crash_layout.hpp"

namespace dbgtrace::hooks::crash {

struct Scene;

struct Step {
  ring::CrashStep id;
  void (*run)(Scene&);
};

// Thread-safety: one thread. Signal-safety: yes, that is what it is for. Allocates: never.
class StepMachine {
 public:
  constexpr StepMachine() = default;

  void start(std::span<const Step> steps, ring::BlackBox& head) {
    steps_ = steps;
    head_ = &head;
    entered_ = 0;
  }

  // To the end. Called once, and again from the handler of a fault inside a step.
  void run(Scene& scene) {
    while (entered_ < steps_.size()) {
      const Step& step = steps_[entered_];
      entered_ = entered_ + 1;
      std::atomic_signal_fence(std::memory_order_seq_cst);
      step.run(scene);
      if (step.id <= ring::CrashStep::kDone) head_->finished = static_cast<uint32_t>(step.id);
    }
    head_->finished = static_cast<uint32_t>(ring::CrashStep::kDone);
  }

  // The step that was entered last did not come to its end.
  void note_fault() {
    ++head_->faults_inside;
    if (entered_ > 0) {
      head_->failed_steps |= 1u << static_cast<uint32_t>(steps_[entered_ - 1].id);
    }
  }

 private:
  std::span<const Step> steps_;
  ring::BlackBox* head_ = nullptr;
  volatile size_t entered_ = 0;
};

}  // namespace dbgtrace::hooks::crash
