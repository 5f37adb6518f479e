# SPDX-License-Identifier: Apache-2.0
# Warning flags, applied target by target so that nobody who embeds a part of the tree inherits them.
function(dbgtrace_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Wcast-align -Wimplicit-fallthrough)
  if(DBGTRACE_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
endfunction()

# Code that lives inside a stranger's process: libc alone, no unwinding tables of exceptions, no static guards.
function(dbgtrace_in_process target)
  dbgtrace_warnings(${target})
  target_compile_options(${target} PRIVATE -O2 -fno-exceptions -fno-rtti -fno-threadsafe-statics -fvisibility=hidden
    -fPIC -ftls-model=initial-exec -fno-omit-frame-pointer -fno-stack-protector -ffunction-sections -fdata-sections)
endfunction()
