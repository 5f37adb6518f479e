// SPDX-License-Identifier: Apache-2.0
// Finds symbols by our own walk over the loader's list of objects and their GNU hash tables. dlsym
// is not an option: a failing one leaves a message for the program's first dlerror(), and it
// allocates while malloc is what we look for.
#pragma once

#include <link.h>

#include <cstdint>
#include <span>

namespace dbgtrace::hooks::os {

// The name of a symbol, hashed when the library is built.
struct SymbolName {
  const char* text;
  uint32_t hash;  // as in a GNU hash table

  consteval SymbolName(const char* name) : text(name), hash(5381) {
    for (const char* c = name; *c != '\0'; ++c) hash = hash * 33 + static_cast<unsigned char>(*c);
  }
  // Of a name that is only known when the program runs.
  static SymbolName of(const char* name) {
    uint32_t hash = 5381;
    for (const char* c = name; *c != '\0'; ++c) hash = hash * 33 + static_cast<unsigned char>(*c);
    return {name, hash};
  }

 private:
  constexpr SymbolName(const char* name, uint32_t hash_of_name) : text(name), hash(hash_of_name) {}
};

// The first object of the process (the executable), or null before the loader has set up its list.
const link_map* first_object();

// The list entry of this library, or null.
const link_map* own_object();

// The default version of a defined function or object in one loaded object, or null. IFUNC symbols
// are resolved by calling their resolver. Thread-safety: yes while the object stays loaded.
// Signal-safety: yes. Allocates: never.
void* find_in_object(const link_map& object, const SymbolName& name);

// The same in all objects behind `after` in the list (what RTLD_NEXT means for an object loaded at
// start).
void* find_after(const link_map* after, const SymbolName& name);
// The object in which that is.
const link_map* definer_after(const link_map* after, const SymbolName& name, void*& address);

// A symbol that is looked for together with others: reading an object's tables costs more than a
// look at them.
struct Wanted {
  SymbolName name;
  void** address;                    // gets what was found; left alone if nothing was
  const link_map* object = nullptr;  // where it was found
};
// Where a pointer to a function is kept, as the search sees it.
template <typename Function>
void** place_of(Function& function) {
  return reinterpret_cast<void**>(&function);
}
void find_all_after(const link_map* after, std::span<Wanted> symbols);
// The same in all objects of the process.
void find_all(std::span<Wanted> symbols);

// Whether this library was there before the program ran (LD_PRELOAD, or linked): it then stands
// before the C library in every look-up. One that came by dlopen stands behind and interposes
// nothing.
bool loaded_at_start();

// What the program would get without this library: loaded at start, RTLD_NEXT; else the first of
// all other objects.
void* find_next(const SymbolName& name);
// The object in which that is.
const link_map* next_definer(const SymbolName& name, void*& address);
void find_all_next(std::span<Wanted> symbols);

// The same in all objects of the process.
void* find_anywhere(const SymbolName& name);

// Takes exported symbols of this library out of the loader's sight; what is bound to them stays so.
// Where that is not possible they stay. Allocates: never. System calls: two.
void hide_own_symbols(bool (*is_hidden)(const char* name));

// The functions that an object with a GNU hash table defines for others; the count, at most
// capacity.
struct Export {
  const char* name;
  uintptr_t address;
};
uint32_t exports_of(const link_map& object, Export* exports, uint32_t capacity);

// Whether the executable itself defines name, so that no library's definition is used.
bool executable_defines(const SymbolName& name);

}  // namespace dbgtrace::hooks::os
