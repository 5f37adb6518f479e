// SPDX-License-Identifier: Apache-2.0
// How a shim is exported: the whole library is built with hidden visibility, which would beat the
// export map.
#pragma once

#define DBGTRACE_EXPORT extern "C" __attribute__((visibility("default"), noinline))
