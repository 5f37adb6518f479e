// SPDX-License-Identifier: Apache-2.0
// Of the threads that die at the same time one records the crash: who has the claim.
#pragma once

namespace dbgtrace::hooks::crash {

enum class Claim {
  kTaken,  // just now, by this thread
  kOwn,    // by this thread before: it has faulted while it recorded
  kOthers,
};

// Thread-safety: yes. Signal-safety: yes. Allocates: never. Makes no system call behind a seccomp
// filter.
Claim claim_crash();
// The process goes on, or a vfork child ends in memory that its parent goes on with.
void release_claim();

}  // namespace dbgtrace::hooks::crash
