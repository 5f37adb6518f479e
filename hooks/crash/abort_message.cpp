// SPDX-License-Identifier: Apache-2.0
#include "hooks/crash/abort_message.hpp"

#include "hooks/crash/exception.hpp"
#include "hooks/os/link_map.hpp"

namespace dbgtrace::hooks::crash {
namespace {

constexpr size_t kMaxMessageBytes = 4096;
constexpr size_t kMaxNameBytes = 1024;

// struct abort_msg_s of the C library: a size, then the text. Every fatal message of its own is put
// there before it aborts. Private to glibc, hence found by our own walk, and absent elsewhere.
size_t read_abort_message(Scene& scene) {
  const void* variable = os::find_anywhere("__abort_msg");
  uintptr_t message = 0;
  if (variable == nullptr || !scene.reader.load(reinterpret_cast<uintptr_t>(variable), message)) {
    return 0;
  }
  if (message == 0) return 0;
  size_t size =
      scene.reader.copy_text(message + sizeof(uint32_t), scene.stage.first(kMaxMessageBytes));
  while (size > 0 && scene.stage[size - 1] == std::byte{'\n'}) --size;
  return size;
}

}  // namespace

void keep_message(Scene& scene) {
  const size_t message = read_abort_message(scene);
  if (message > 0) {
    scene.append_text(ring::TextKind::kAbortMessage, scene.stage.first(message));
    return;  // the C library ended this process, perhaps with a lock of malloc held
  }
  Exception exception;
  if (scene.signal != SIGABRT || !find_uncaught(scene.reader, exception)) return;
  const size_t name = read_type_name(scene.reader, exception, scene.stage.first(kMaxNameBytes));
  if (name > 0) scene.append_text(ring::TextKind::kExceptionType, scene.stage.first(name));
  const size_t what = read_what(scene.reader, exception, scene.stage.first(kMaxMessageBytes));
  if (what > 0) scene.append_text(ring::TextKind::kExceptionWhat, scene.stage.first(what));
}

}  // namespace dbgtrace::hooks::crash
