# SPDX-License-Identifier: Apache-2.0
# Sanitizers for the parts that run in our own processes (ring, reader, unit tests); never for the preloaded library.
function(dbgtrace_sanitize target)
  if(DBGTRACE_SANITIZE)
    target_compile_options(${target} PUBLIC -fsanitize=${DBGTRACE_SANITIZE} -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
    target_link_options(${target} PUBLIC -fsanitize=${DBGTRACE_SANITIZE})
  endif()
endfunction()
