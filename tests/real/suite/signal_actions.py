# SPDX-License-Identifier: Apache-2.0
"""What the kernel holds for each signal of another process: /proc tells masks alone, so a thread of the process is
stopped by ptrace and asked with rt_sigaction, one instruction a signal. x86-64."""

import ctypes
import os
import signal
import struct

GETREGS, SETREGS, SINGLESTEP, DETACH, SEIZE, INTERRUPT = 12, 13, 9, 17, 0x4206, 0x4207
WALL = 0x40000000
RT_SIGACTION, SIGNAL_SET_BYTES = 13, 8
RED_ZONE_BYTES, ACTION_BYTES = 256, 32
NAMES = (
    "r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp ss fs_base gs_base ds es fs gs"
).split()

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p]
libc.ptrace.restype = ctypes.c_long


def ptrace(request, tid, data=None):
    if libc.ptrace(request, tid, None, data) < 0:
        raise OSError(ctypes.get_errno(), f"ptrace {request:#x} of {tid}")


def wait_for_stop(tid):
    _, status = os.waitpid(tid, WALL)
    if not os.WIFSTOPPED(status):
        raise OSError(f"{tid} has ended")
    return os.WSTOPSIG(status)


def step(tid, late):
    """Over one instruction; a signal that comes before it has to wait."""
    while True:
        ptrace(SINGLESTEP, tid)
        if (stopped_by := wait_for_stop(tid)) == signal.SIGTRAP:
            return
        late.append(stopped_by)


def system_call_instruction(pid, memory):
    """Where the two bytes of `syscall` lie in the C library."""
    with open(f"/proc/{pid}/maps") as lines:
        for line in lines:
            parts = line.split()
            if len(parts) == 6 and "x" in parts[1] and "/libc" in parts[5]:
                start, end = (int(each, 16) for each in parts[0].split("-"))
                memory.seek(start)
                found = memory.read(end - start).find(b"\x0f\x05")
                if found >= 0:
                    return start + found
    raise OSError(f"no system call in the C library of {pid}")


def signal_actions(pid):
    """By signal: (handler, flags, restorer, mask); those that nobody ever set are left out."""
    actions, late = {}, []
    ptrace(SEIZE, pid)
    ptrace(INTERRUPT, pid)
    wait_for_stop(pid)
    with open(f"/proc/{pid}/mem", "rb+", buffering=0) as memory:
        before = (ctypes.c_ulonglong * len(NAMES))()
        ptrace(GETREGS, pid, ctypes.addressof(before))
        values = dict(zip(NAMES, before))
        place = (values["rsp"] - RED_ZONE_BYTES - ACTION_BYTES) & ~15
        values |= {"rip": system_call_instruction(pid, memory), "orig_rax": 2**64 - 1, "rax": RT_SIGACTION,
                   "rsi": 0, "rdx": place, "r10": SIGNAL_SET_BYTES}
        memory.seek(place)
        kept = memory.read(ACTION_BYTES)
        for number in range(1, signal.NSIG):
            asked = (ctypes.c_ulonglong * len(NAMES))(*(values | {"rdi": number}).values())
            ptrace(SETREGS, pid, ctypes.addressof(asked))
            step(pid, late)
            memory.seek(place)
            action = struct.unpack("<4Q", memory.read(ACTION_BYTES))
            if any(action):
                actions[number] = action
        memory.seek(place)
        memory.write(kept)
        ptrace(SETREGS, pid, ctypes.addressof(before))
    ptrace(DETACH, pid)
    for each in late:
        os.kill(pid, each)
    return actions
