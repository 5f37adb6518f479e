// SPDX-License-Identifier: Apache-2.0
#include "hooks/crash/step_machine.hpp"

#include <catch2/catch.hpp>
#include <vector>

#include "hooks/crash/scene.hpp"

using namespace dbgtrace::hooks::crash;
using dbgtrace::ring::CrashStep;

namespace {

StepMachine machine;
dbgtrace::ring::BlackBox head;
std::vector<int> trace;

void one(Scene&) { trace.push_back(1); }
void two(Scene&) { trace.push_back(2); }
void three(Scene&) { trace.push_back(3); }
// What a fault inside a step is: the handler runs on top of it, and never returns into it.
void faults(Scene& scene) {
  trace.push_back(9);
  machine.note_fault();
  machine.run(scene);
}

template <size_t n>
void run(const Step (&steps)[n]) {
  static Scene scene;
  trace.clear();
  head = {};
  machine.start(steps, head);
  machine.run(scene);
}

}  // namespace

TEST_CASE("steps run in order, each once, and the last one is said to be done") {
  constexpr Step kSteps[] = {
      {CrashStep::kHead, one}, {CrashStep::kMessage, two}, {CrashStep::kStack, three}};
  run(kSteps);
  CHECK(trace == std::vector<int>{1, 2, 3});
  CHECK(head.finished == static_cast<uint32_t>(CrashStep::kDone));
  CHECK(head.failed_steps == 0);
}

TEST_CASE("a step that faults is followed by the next one and named") {
  constexpr Step kSteps[] = {
      {CrashStep::kHead, one}, {CrashStep::kMessage, faults}, {CrashStep::kStack, three}};
  run(kSteps);
  CHECK(trace == std::vector<int>{1, 9, 3});
  CHECK(head.failed_steps == 1u << static_cast<uint32_t>(CrashStep::kMessage));
  CHECK(head.faults_inside == 1);
  CHECK(head.finished == static_cast<uint32_t>(CrashStep::kDone));
}

TEST_CASE("every step may fault") {
  constexpr Step kSteps[] = {
      {CrashStep::kHead, faults}, {CrashStep::kMessage, faults}, {CrashStep::kThreads, faults}};
  run(kSteps);
  CHECK(trace == std::vector<int>{9, 9, 9});
  CHECK(head.faults_inside == 3);
  CHECK(head.finished == static_cast<uint32_t>(CrashStep::kDone));
}

TEST_CASE("a step beside the order is never the last one finished") {
  static uint32_t seen;
  constexpr Step kSteps[] = {{CrashStep::kHead, one},
                             {CrashStep::kAskThreads, two},
                             {CrashStep::kStack, [](Scene&) { seen = head.finished; }}};
  run(kSteps);
  CHECK(seen == static_cast<uint32_t>(CrashStep::kHead));
}
