// SPDX-License-Identifier: Apache-2.0
// A recording of a big program names more modules than the usual soft limit has descriptors, and
// each module's file stays open while names are looked up. The hard limit is ours to use; but not
// for a program that `run` starts: it shall meet the limits that it would have met without us.
#pragma once

namespace dbgtrace::reader::cli {

// The soft limit of open files becomes the hard one. Where that is refused, names are missing
// later, and the report says of which modules.
void raise_descriptor_limit();

}  // namespace dbgtrace::reader::cli
