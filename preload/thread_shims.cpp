// SPDX-License-Identifier: Apache-2.0
// pthread_create only: what a thread needs before it runs.
#include <pthread.h>

#include "hooks/crash/thread_start.hpp"
#include "preload/exported.hpp"

DBGTRACE_EXPORT int pthread_create(pthread_t* thread, const pthread_attr_t* attributes,
                                   void* (*function)(void*), void* argument) noexcept {
  return dbgtrace::hooks::crash::create_thread(thread, attributes, function, argument);
}
