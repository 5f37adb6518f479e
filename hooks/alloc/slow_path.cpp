// SPDX-License-Identifier: Apache-2.0
#include "hooks/alloc/slow_path.hpp"

#include <errno.h>

#include "hooks/alloc/fast_path.hpp"
#include "hooks/alloc/next_allocator.hpp"
#include "hooks/alloc/operators.hpp"
#include "hooks/alloc/sampling.hpp"

namespace dbgtrace::hooks::alloc {
namespace {

// The program may look at errno after a successful call, too.
class KeepErrno {
 public:
  KeepErrno() : saved_(errno) {}
  ~KeepErrno() { errno = saved_; }
  KeepErrno(const KeepErrno&) = delete;
  KeepErrno& operator=(const KeepErrno&) = delete;

 private:
  int saved_;
};

// A shim came here with the request taken off the countdown.
Hit hit(size_t size) {
  if (follows_all()) {
    t_state.countdown = 0;
    return {true, ring::kWeightOne, true};
  }
  give_back(size);
  KeepErrno keep;
  return take_hit(size);
}

void* recorded(void* block, size_t size, Hit sample, Frame frame) {
  if ((sample.sampled || sample.counted) && block != nullptr) {
    KeepErrno keep;
    record_block(block, size, sample, frame);
  }
  return block;
}

// Apart from resize(), whose registers it would take.
[[gnu::noinline]] void* resize_recorded(void* block, size_t size, size_t usable) {
  const int saved = errno;
  Resize change(block, size, usable);
  errno = saved;
  void* result = g_next.realloc(block, size);
  KeepErrno keep;
  change.finish(result, result == nullptr && size != 0, __builtin_frame_address(0));
  return result;
}

}  // namespace

void* slow_malloc(size_t size) {
  if (follows_all()) {
    t_state.countdown = 0;
    void* block = g_next.malloc(size);
    if (block == nullptr) return block;
    KeepErrno keep;
    record_exactly(block, size, __builtin_frame_address(0));
    return block;
  }
  const Hit sample = hit(size);
  return recorded(g_next.malloc(size), size, sample, __builtin_frame_address(0));
}

void* slow_calloc(size_t count, size_t size) {
  const Hit sample = hit(count * size);
  return recorded(g_next.calloc(count, size), count * size, sample, __builtin_frame_address(0));
}

void* slow_realloc_new(size_t size) {
  const Hit sample = hit(size);
  return recorded(g_next.realloc(nullptr, size), size, sample, __builtin_frame_address(0));
}

void* slow_memalign(size_t alignment, size_t size) {
  const Hit sample = hit(size);
  return recorded(g_next.memalign(alignment, size), size, sample, __builtin_frame_address(0));
}

void* slow_aligned_alloc(size_t alignment, size_t size) {
  const Hit sample = hit(size);
  return recorded(g_next.aligned_alloc(alignment, size), size, sample, __builtin_frame_address(0));
}

int slow_posix_memalign(void** block, size_t alignment, size_t size) {
  const Hit sample = hit(size);
  const int result = g_next.posix_memalign(block, alignment, size);
  if (result == 0) recorded(*block, size, sample, __builtin_frame_address(0));
  return result;
}

void* slow_valloc(size_t size) {
  const Hit sample = hit(size);
  return recorded(g_next.valloc(size), size, sample, __builtin_frame_address(0));
}

void* slow_pvalloc(size_t size) {
  const Hit sample = hit(size);
  return recorded(g_next.pvalloc(size), size, sample, __builtin_frame_address(0));
}

void slow_free(void* block) {
  if (block != nullptr) {
    KeepErrno keep;
    record_free(block, __builtin_frame_address(0));
  }
  g_next.free(block);
}

void* slow_new(size_t size, size_t second, size_t third, NewFunction next) {
  const Hit sample = hit(size);
  return recorded(next(size, second, third), size, sample, __builtin_frame_address(0));
}

void slow_delete(void* block, size_t second, size_t third, DeleteFunction next) {
  if (block != nullptr) {
    KeepErrno keep;
    record_free(block, __builtin_frame_address(0));
  }
  next(block, second, third);
}

void* record_late(void* block, size_t size, Frame frame) {
  return recorded(block, size, hit(size), frame);
}

void* resize(void* block, size_t size) {
  const size_t usable = g_next.size_before_resize(block);
  const size_t growth = size > usable ? size - usable : 0;
  ThreadState& thread = t_state;
  if (growth >= thread.countdown || may_be_sampled(block)) [[unlikely]]
    return resize_recorded(block, size, usable);
  thread.countdown -= growth;
  return g_next.realloc(block, size);
}

void* refuse() {
  errno = ENOMEM;
  return nullptr;
}

}  // namespace dbgtrace::hooks::alloc
