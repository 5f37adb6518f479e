// SPDX-License-Identifier: Apache-2.0
// Finds symbols by our own walk over the loader's list of objects and their GNU hash tables. dlsym
// is not an option: a failing one leaves a message for the program's first dlerror(), and it
// allocates while malloc is what we look for.
#pragma once

#include <link.h>

#include <cstdint>

namespace dbgtrace::hooks::os {

// The first object of the process (the executable), or null before the loader has set up its list.
const link_map* first_object();

// The list entry of this library, or null.
const link_map* own_object();

// The default version of a defined function or object in one loaded object, or null. IFUNC symbols
// are resolved by calling their resolver. Thread-safety: yes while the object stays loaded.
// Signal-safety: yes. Allocates: never.
void* find_in_object(const link_map& object, const char* name);

// The same in all objects behind `after` in the list (what RTLD_NEXT means for an object loaded at
// start).
void* find_after(const link_map* after, const char* name);

// The same in all objects of the process.
void* find_anywhere(const char* name);

// Whether the process's global scope resolves name to this library: the executable does not define
// it itself.
bool executable_defines(const char* name);

}  // namespace dbgtrace::hooks::os
