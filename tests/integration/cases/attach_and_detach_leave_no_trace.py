# SPDX-License-Identifier: Apache-2.0
"""Attaches to a program of many threads and detaches, over and over: recorded meanwhile, afterwards as it was.

Catches: a wait that ends with EINTR, a register, vector register or errno that is not given back; a slot or a signal
action that is not put back; memory, mappings or descriptors that grow with each attach; a leak that began before the attach
and is not found.
"""

import json
import os
import re
import signal
import struct
import subprocess
import time

from harness import Recording, Skip, require, wait_for

SLOT = re.compile(r"^([0-9a-f]+)\s+\S+\s+R_X86_64_(?:JUMP_SLO\S*|GLOB_DAT|64)\s+[0-9a-f]+\s+([^\s@]+)")


def is_position_independent(path):
    """None: not an ELF file."""
    with open(path, "rb") as file:
        head = file.read(18)
    return head[16] == 3 if head[:4] == b"\x7fELF" else None


def modules(pid):
    """Of each object: where its first byte is mapped (0 if it names addresses itself), and its last address."""
    found = {}
    with open(f"/proc/{pid}/maps") as lines:
        for line in lines:
            parts = line.rstrip("\n").split(maxsplit=5)
            if len(parts) == 6 and os.path.isfile(parts[5]) and "libdbgtrace" not in parts[5]:
                start, end = (int(each, 16) for each in parts[0].split("-"))
                found[parts[5]] = (found.get(parts[5], (start, end))[0], end)
    return {path: span for path, span in found.items() if is_position_independent(path) is not None}


def slots(pid):
    """The word in each slot by which a module calls another, and whether it leads back into the module (not bound yet)."""
    words = {}
    with open(f"/proc/{pid}/mem", "rb") as memory:
        for path, (low, high) in modules(pid).items():
            base = low if is_position_independent(path) else 0
            listing = subprocess.run(["readelf", "-rW", path], capture_output=True, text=True, check=True).stdout
            for line in listing.splitlines():
                if not (slot := SLOT.match(line)):
                    continue
                memory.seek(base + int(slot[1], 16))
                word = struct.unpack("<Q", memory.read(8))[0]
                words[(path, slot[1], slot[2])] = (word, low <= word < high)
    return words


def facts(pid):
    with open(f"/proc/{pid}/status") as lines:
        status = dict(line.rstrip("\n").split(":\t", 1) for line in lines)
    with open(f"/proc/{pid}/maps") as lines:
        maps = [line for line in lines if "[" not in line]
    return {
        "signals": {name: status[name] for name in ("SigBlk", "SigIgn", "SigCgt")},
        "mappings": len(maps),
        "descriptors": len(os.listdir(f"/proc/{pid}/fd")),
    }


def actions(victim):
    """What the kernel holds for each signal, and the stack of the thread that looks, as the victim says."""
    os.kill(victim.pid, signal.SIGRTMIN)
    line = victim.stdout.readline()
    require(line.endswith(b"\n") and b"stack:" in line, f"the victim says {line!r}")
    return line


def check_put_back(before, after):
    for slot, (word, unbound) in before.items():
        require(
            unbound or after[slot][0] == word, f"slot {slot}: {word:#x} before, {after[slot][0]:#x} after"
        )


def check(bench):
    if os.uname().machine != "x86_64":
        raise Skip("attach is for x86-64")
    victim = bench.start("serve_while_attached", bench.count(50, 8), record=False)
    require(victim.stdout.readline() == b"ready\n", "the victim does not start")
    time.sleep(0.2)
    if not bench.bare:
        cycles(bench, victim)
    os.kill(victim.pid, signal.SIGTERM)
    result = bench.finish(victim)
    require(
        (result.status, result.out) == (0, "interrupted 0, wrong 0\n"), f"{result.status} {result.out}{result.err}"
    )


def cycles(bench, victim):
    pid, folder = victim.pid, victim.folder / "out"
    before_slots, before, before_actions = slots(pid), facts(pid), actions(victim)
    pauses, alone = [], []
    for cycle in range(bench.count(500, 20)):
        path = folder / f"{cycle}.dbgt"
        begun = bench.on_process("attach", pid, "--out", str(path), "--sample", "16K", "--size", "2M")
        require(begun["slots"] > 3, f"{begun['slots']} calls lead through the recorder")
        if cycle == 0:
            found_while_attached = facts(pid)
            require(slots(pid) != before_slots, "no slot has changed")
            wait_for(lambda: Recording(path, bench.reader).info()["samples"] > 20, "20 samples")
            require(actions(victim) != before_actions, "no signal action has changed")
            require(found_while_attached["descriptors"] == before["descriptors"], "a descriptor stays open")
        ended = bench.on_process("detach", pid)
        for each in (begun, ended):
            pauses.append(each["pause_s"] * 1000)
            alone.append(each["thread_pause_s"] * 1000)
        require(ended["slots_left"] == 0, f"{ended['slots_left']} slots are not put back")
        state = Recording(path, bench.reader).state()
        require(state.get("kind") == "detached", f"state {state}")
        after = facts(pid)
        require(after["signals"] == before["signals"], f"signals {after['signals']}, not {before['signals']}")
        now = actions(victim)
        require(now == before_actions, f"signal actions {now}, not {before_actions}")
        if cycle == 1:
            second = after
        if cycle > 1:
            require(after["descriptors"] == before["descriptors"], f"{after['descriptors']} descriptors")
            grown = after["mappings"] - second["mappings"]
            require(grown <= 8, f"{grown} mappings more than after the second time")
            path.unlink()
    check_put_back(before_slots, slots(pid))
    path = folder / "leak.dbgt"
    bench.on_process("attach", pid, "--out", str(path), "--sample", "1")
    time.sleep(3)
    bench.on_process("detach", pid)
    leaks = json.loads(Recording(path, bench.reader).read("leaks", "--json"))["leaks"]
    names = [[frame.get("function") for frame in leak["stack"]] for leak in leaks if leak["class"] == "growing"]
    require(any("leak_slowly" in stack for stack in names), f"growing: {names}")
    for whose, times_ms in (("all threads", sorted(pauses)), ("the one that makes the calls", sorted(alone))):
        p99 = times_ms[len(times_ms) * 99 // 100]
        print(f"         pauses of {whose}: median {times_ms[len(times_ms) // 2]:.1f} ms, p99 {p99:.1f} ms")
