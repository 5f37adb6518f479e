// SPDX-License-Identifier: Apache-2.0
// Builds a seccomp filter that allows a list of system calls and does `otherwise` to all others.
#pragma once
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "victim.h"

struct AllowList {
  struct sock_filter code[160];
  struct sock_fprog program;
};

static void build_filter(struct AllowList* list, const int* allowed, int count,
                         uint32_t otherwise) {
  struct sock_filter* next = list->code;
  *next++ =
      (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
  for (int i = 0; i < count; ++i) {
    *next++ = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)allowed[i], 0, 1);
    *next++ = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  }
  *next++ = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, otherwise);
  list->program.len = (unsigned short)(next - list->code);
  list->program.filter = list->code;
}
