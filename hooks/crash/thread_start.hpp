// SPDX-License-Identifier: Apache-2.0
// A thread that pthread_create starts gets its alternate stack before its first instruction: one
// that never allocates has no other moment. The program's function is jumped to, so the thread's
// stack looks as it would without us.
#pragma once

#include <pthread.h>

namespace dbgtrace::hooks::crash {

using ThreadFunction = void* (*)(void*);

// As pthread_create(3). Thread-safety: yes, lock-free. Allocates: through the real one only.
int create_thread(pthread_t* thread, const pthread_attr_t* attributes, ThreadFunction function,
                  void* argument);

}  // namespace dbgtrace::hooks::crash
