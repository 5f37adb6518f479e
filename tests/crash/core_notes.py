# SPDX-License-Identifier: Apache-2.0
"""What a core says of the death: signal, siginfo, and the registers of the thread that died, in a form
that can be compared between two runs whose modules and stacks lie elsewhere.
"""

import dataclasses
import pathlib
import struct

PT_LOAD, PT_NOTE = 1, 4
NT_PRSTATUS, NT_FILE, NT_SIGINFO = 1, 0x46494C45, 0x53494749
PRSTATUS_PID, PRSTATUS_REGISTERS = 32, 112
REGISTERS = ("r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp ss "
             "fs_base gs_base ds es fs gs").split()
# Of the others a function may leave anything behind that it has called before: the recorder's share in
# malloc() and dlopen() shows there.
COMPARED = ("rip", "rsp", "rbp", "rbx", "rax")
SMALL = 1 << 20
SENT = 0  # si_code of a signal that somebody sent: its siginfo has a pid and a uid instead of an address


@dataclasses.dataclass
class CoreNotes:
    signal: int
    code: int
    address: object  # None: the signal has none
    registers: dict
    threads: int


class _Core:
    def __init__(self, path):
        self.data = pathlib.Path(path).read_bytes()
        offset, = struct.unpack_from("<Q", self.data, 32)
        size, count = struct.unpack_from("<HH", self.data, 54)
        headers = [struct.unpack_from("<IIQQQQQQ", self.data, offset + i * size) for i in range(count)]
        self.loads = [(h[3], h[3] + h[6]) for h in headers if h[0] == PT_LOAD]
        self.notes = [note for h in headers if h[0] == PT_NOTE for note in self.notes_in(h[2], h[5])]
        self.files = [entry for kind, body in self.notes if kind == NT_FILE for entry in self.mapped(body)]

    def notes_in(self, at, size):
        end = at + size
        while at + 12 <= end:
            name_size, body_size, kind = struct.unpack_from("<III", self.data, at)
            body = at + 12 + (name_size + 3 & ~3)
            yield kind, self.data[body:body + body_size]
            at = body + (body_size + 3 & ~3)

    @staticmethod
    def mapped(body):
        count, page = struct.unpack_from("<QQ", body)
        names = body[16 + 24 * count:].split(b"\0")
        for i in range(count):
            low, high, offset = struct.unpack_from("<QQQ", body, 16 + 24 * i)
            yield low, high, offset * page, pathlib.Path(names[i].decode()).name

    def kind_of(self, value, ids, stack):
        """A value as the run of another day would have it as well."""
        if value in ids:
            return ids[value]
        if value < SMALL:
            return hex(value)
        for low, high, offset, name in self.files:
            if low <= value < high:
                return f"{name}+{value - low + offset:#x}"
        for low, high in self.loads:
            if low <= value < high:
                return "stack" if low <= stack < high else "memory"
        return hex(value)


def read(path):
    core = _Core(path)
    statuses = [body for kind, body in core.notes if kind == NT_PRSTATUS]
    info = next(body for kind, body in core.notes if kind == NT_SIGINFO)
    signal, _, code = struct.unpack_from("<iii", info)
    address, = struct.unpack_from("<Q", info, 16)
    values = dict(zip(REGISTERS, struct.unpack_from("<27Q", statuses[0], PRSTATUS_REGISTERS)))
    ids = {struct.unpack_from("<i", body, PRSTATUS_PID)[0]: "thread" for body in statuses}
    registers = {name: core.kind_of(values[name], ids, values["rsp"]) for name in COMPARED}
    place = core.kind_of(address, {}, values["rsp"]) if code > SENT else None
    return CoreNotes(signal, code, place, registers, len(statuses))
