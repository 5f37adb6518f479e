# SPDX-License-Identifier: Apache-2.0
# Toolchain: aarch64 by Debian's cross compiler. Build with -DDBGTRACE_BUILD_COMMAND=OFF and -DDBGTRACE_LZ4_ARCHIVE=FILE,
# liblz4.a of that architecture; tests/compat/run does all of it and runs the unit tests under qemu.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_STRIP aarch64-linux-gnu-strip)
# Headers that are the same for all (lz4, Catch2) come from the machine that builds.
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
