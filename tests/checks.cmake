# SPDX-License-Identifier: Apache-2.0
# The checks of tools/ as tests: each prints one line per violation. Those that look at binaries are left
# out of sanitizer builds, whose objects call the sanitizer's runtime by design.
find_package(Python3 REQUIRED COMPONENTS Interpreter)
set(tools ${PROJECT_SOURCE_DIR}/tools)

add_test(NAME check.layers COMMAND ${Python3_EXECUTABLE} ${tools}/check_layers.py ${PROJECT_SOURCE_DIR})
add_test(NAME check.docs COMMAND ${Python3_EXECUTABLE} ${tools}/check_docs.py ${PROJECT_SOURCE_DIR})
add_test(NAME check.man COMMAND ${Python3_EXECUTABLE} ${tools}/man_settings.py --check ${PROJECT_SOURCE_DIR})
add_test(NAME check.words COMMAND ${tools}/check_words.sh ${PROJECT_SOURCE_DIR})
add_test(NAME check.self COMMAND ${PROJECT_SOURCE_DIR}/tests/checks_test.sh ${CMAKE_C_COMPILER})

if(NOT DBGTRACE_SANITIZE)
  add_test(NAME check.exports
           COMMAND ${tools}/check_exports.sh ${CMAKE_BINARY_DIR}/debug/libdbgtrace.so ${PROJECT_SOURCE_DIR}/preload/exports.map)
  # The table is of GCC's code; part of what `make golden` writes anew.
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_BUILD_TYPE MATCHES "^Rel")
    add_test(NAME check.golden_fast_path
             COMMAND ${Python3_EXECUTABLE} ${tools}/fast_path.py ${CMAKE_BINARY_DIR}/debug/libdbgtrace.so
                     ${PROJECT_SOURCE_DIR}/tests/golden/fast_path.txt)
    set_tests_properties(check.golden_fast_path PROPERTIES SKIP_RETURN_CODE 77)
  endif()
  add_test(NAME check.libc_calls
           COMMAND ${Python3_EXECUTABLE} ${tools}/check_libc_calls.py --allowed ${tools}/allowed_libc_calls.txt
                   $<TARGET_OBJECTS:dbgtrace_ring> $<TARGET_OBJECTS:dbgtrace_hooks> $<TARGET_OBJECTS:dbgtrace_preload>
           COMMAND_EXPAND_LISTS)
endif()
