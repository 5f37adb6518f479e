// SPDX-License-Identifier: Apache-2.0
#include "reader/cli/descriptor_limit.hpp"

#include <sys/resource.h>

namespace dbgtrace::reader::cli {

void raise_descriptor_limit() {
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= files.rlim_max) return;
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
}

}  // namespace dbgtrace::reader::cli
