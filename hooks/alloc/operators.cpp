// SPDX-License-Identifier: Apache-2.0
#include "hooks/alloc/operators.hpp"

#include <utility>

#include "hooks/alloc/fast_path.hpp"
#include "hooks/alloc/next_allocator.hpp"
#include "hooks/alloc/slow_path.hpp"
#include "hooks/os/link_map.hpp"
#include "hooks/process/session.hpp"

namespace dbgtrace::hooks::alloc {
namespace {

constexpr os::SymbolName kNewNames[] = {
#define NEW(name) #name,
#define DELETE(name)
#include "hooks/alloc/operators.def"
#undef NEW
#undef DELETE
};
constexpr os::SymbolName kDeleteNames[] = {
#define NEW(name)
#define DELETE(name) #name,
#include "hooks/alloc/operators.def"
#undef NEW
#undef DELETE
};

template <uint32_t kForm>
void* first_new(size_t size, size_t second, size_t third);
template <uint32_t kForm>
void first_delete(void* block, size_t second, size_t third);

template <uint32_t... kNews, uint32_t... kDeletes>
constexpr Operators stand_ins(std::integer_sequence<uint32_t, kNews...>,
                              std::integer_sequence<uint32_t, kDeletes...>) {
  return {{first_new<kNews>...}, {first_delete<kDeletes>...}};
}

// The definitions behind us.
alignas(64) constinit Operators g_next_operators = {};

template <uint32_t kForm>
void* counted_new(size_t size, size_t second, size_t third) {
  const NewFunction next = g_next_operators.news[kForm];
  return passes(size) ? next(size, second, third) : slow_new(size, second, third, next);
}

template <uint32_t kForm>
void* probing_new(size_t size, size_t second, size_t third) {
  return probe_new(size, second, third, kForm);
}

template <uint32_t kForm>
void counted_delete(void* block, size_t second, size_t third) {
  const DeleteFunction next = g_next_operators.deletes[kForm];
  return may_be_sampled(block) ? slow_delete(block, second, third, next)
                               : next(block, second, third);
}

template <uint32_t... kNews>
NewFunction counted_form(uint32_t form, std::integer_sequence<uint32_t, kNews...>) {
  constexpr NewFunction kCounted[] = {counted_new<kNews>...};
  return kCounted[form];
}

// A program that calls an operator which no object of the process defines would not have come to
// this call without us.
[[noreturn]] void nobody_defines_it() { __builtin_trap(); }

// The next definition, and whether it is the allocator's own.
void* find_operator(const os::SymbolName& name, bool& of_allocator) {
  void* address = nullptr;
  const link_map* object = os::next_definer(name, address);
  if (object == nullptr) nobody_defines_it();
  of_allocator = object == next_allocator_object();
  return address;
}

template <uint32_t kForm>
void* first_new(size_t size, size_t second, size_t third) {
  bool of_allocator = false;
  const auto next = reinterpret_cast<NewFunction>(find_operator(kNewNames[kForm], of_allocator));
  g_next_operators.news[kForm] = next;
  g_operators.news[kForm] = of_allocator ? probing_new<kForm> : next;
  return g_operators.news[kForm](size, second, third);
}

template <uint32_t kForm>
void first_delete(void* block, size_t second, size_t third) {
  bool of_allocator = false;
  const auto next =
      reinterpret_cast<DeleteFunction>(find_operator(kDeleteNames[kForm], of_allocator));
  g_next_operators.deletes[kForm] = next;
  g_operators.deletes[kForm] = of_allocator ? counted_delete<kForm> : next;
  return g_operators.deletes[kForm](block, second, third);
}

bool is_operator(const char* name) {
  return name[0] == '_' && name[1] == 'Z' && (name[2] == 'n' || name[2] == 'd');
}

}  // namespace

constinit Operators g_operators = stand_ins(std::make_integer_sequence<uint32_t, kNewForms>{},
                                            std::make_integer_sequence<uint32_t, kDeleteForms>{});

void settle_operators(bool recording) {
  const link_map* allocator = next_allocator_object();
  const bool own_operators = recording && allocator != nullptr &&
                             os::find_in_object(*allocator, kNewNames[kForm_Znwm]) != nullptr;
  if (!own_operators) os::hide_own_symbols(is_operator);
}

void* probe_new(size_t size, size_t second, size_t third, uint32_t form) {
  const NewFunction next = g_next_operators.news[form];
  ThreadState& thread = t_state;
  const uint64_t countdown = thread.countdown, interval_bytes = thread.interval_bytes,
                 follow_left = thread.follow_left;
  thread.last_sample = 0;
  void* block = next(size, second, third);
  // Before the recorder is there, malloc leaves no trace either.
  const bool undecided =
      block == nullptr || size == 0 || process::g_session.state() == process::SessionState::kUnborn;
  if (undecided) return block;
  const bool came_through_malloc =
      thread.countdown != countdown || thread.interval_bytes != interval_bytes ||
      thread.follow_left != follow_left || thread.last_sample == reinterpret_cast<uintptr_t>(block);
  g_operators.news[form] =
      came_through_malloc ? next
                          : counted_form(form, std::make_integer_sequence<uint32_t, kNewForms>{});
  if (came_through_malloc || passes(size)) return block;
  return record_late(block, size, __builtin_frame_address(0));
}

}  // namespace dbgtrace::hooks::alloc
