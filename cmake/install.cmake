# SPDX-License-Identifier: Apache-2.0
# What `cmake --install` puts where. Everything that names another installed file does so relative to itself, so
# that a prefix chosen at install time, or moved later, works.
include(CMakePackageConfigHelpers)
set(dbgtrace_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/dbgtrace)
set(dbgtrace_pkgconfig_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

install(TARGETS dbgtrace_preload EXPORT dbgtraceTargets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(TARGETS dbgtrace_command EXPORT dbgtraceTargets RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
# Written by the command itself when it is built (reader/CMakeLists.txt).
set(completions ${PROJECT_BINARY_DIR}/completions)
install(FILES ${completions}/dbgtrace DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES ${completions}/_dbgtrace DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
install(FILES ${completions}/dbgtrace.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
install(FILES ${PROJECT_SOURCE_DIR}/docs/dbgtrace.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${PROJECT_SOURCE_DIR}/README.md ${PROJECT_SOURCE_DIR}/CHANGELOG.md ${PROJECT_SOURCE_DIR}/LICENSE
        DESTINATION ${CMAKE_INSTALL_DOCDIR})

# For build systems that ask pkg-config: pkg-config --variable=preload dbgtrace
file(RELATIVE_PATH dbgtrace_prefix_from_pc /${dbgtrace_pkgconfig_dir} /)
string(REGEX REPLACE "/$" "" dbgtrace_prefix_from_pc "${dbgtrace_prefix_from_pc}")
configure_file(${CMAKE_CURRENT_LIST_DIR}/dbgtrace.pc.in ${PROJECT_BINARY_DIR}/dbgtrace.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/dbgtrace.pc DESTINATION ${dbgtrace_pkgconfig_dir})

# For CMake: find_package(dbgtrace) gives dbgtrace::preload and dbgtrace::command.
set_target_properties(dbgtrace_preload PROPERTIES EXPORT_NAME preload)
set_target_properties(dbgtrace_command PROPERTIES EXPORT_NAME command)
install(EXPORT dbgtraceTargets NAMESPACE dbgtrace:: DESTINATION ${dbgtrace_package_dir})
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/dbgtraceConfig.cmake.in
  ${PROJECT_BINARY_DIR}/dbgtraceConfig.cmake INSTALL_DESTINATION ${dbgtrace_package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/dbgtraceConfigVersion.cmake COMPATIBILITY SameMajorVersion)
install(FILES ${PROJECT_BINARY_DIR}/dbgtraceConfig.cmake ${PROJECT_BINARY_DIR}/dbgtraceConfigVersion.cmake
        DESTINATION ${dbgtrace_package_dir})
