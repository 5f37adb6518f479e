# SPDX-License-Identifier: Apache-2.0
"""A few KiB that say they are the head of a huge recording: file size, sections, numbers of stacks
and sites, the ring's blocks. The checksum fits, so it is the claim itself that has to be refused.

Catches: memory or time taken for what a header says before it is compared with what is there.
"""

import json
import os
import struct
import subprocess

from harness import require

HEADER_BYTES = 8192
MAX_FILE_BYTES = 16 << 30
CHECKSUM_AT = 132
SECTIONS_AT, SECTION_BYTES = 136, 24
STATIC_BYTES = SECTIONS_AT + 12 * SECTION_BYTES
STACKS_USED_AT, SITES_USED_AT, RING_HEAD_AT = 3820, 3828, 3832
SITES, STACKS, OPEN, RING = 4, 6, 9, 10
HUGE = 1 << 60
COMMANDS = (("info", "--json"), ("leaks", "--json"), ("memory", "--json"), ("crash", "--json"), ("dump",))
LIMIT_MIB, LIMIT_S = 128, 5


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def with_checksum(header):
    struct.pack_into("<I", header, CHECKSUM_AT, 0)
    struct.pack_into("<I", header, CHECKSUM_AT, crc32c(header[:STATIC_BYTES]))
    return header


def set_section(header, kind, offset=None, size=None, entry=None, capacity=None):
    at = SECTIONS_AT + kind * SECTION_BYTES
    old = struct.unpack_from("<QQII", header, at)
    new = [before if now is None else now for before, now in zip(old, (offset, size, entry, capacity))]
    struct.pack_into("<QQII", header, at, *new)


def file_size(header, size):
    struct.pack_into("<Q", header, 16, size)


def in_a_huge_file(header, kind, size, capacity):
    """A section that keeps every rule, in a file as large as one may be."""
    begin = MAX_FILE_BYTES // 2
    file_size(header, MAX_FILE_BYTES)
    set_section(header, kind, offset=begin, size=size, capacity=capacity)


CLAIMS = {
    "2^60 bytes": lambda h: file_size(h, HUGE),
    "a section of 2^60 bytes": lambda h: set_section(h, STACKS, size=HUGE),
    "2^60 bytes of stacks in as large a file": lambda h: (file_size(h, HUGE), set_section(h, STACKS, size=HUGE)),
    "a section at 2^60": lambda h: set_section(h, SITES, offset=HUGE),
    "a section that ends at 0": lambda h: set_section(h, SITES, offset=HUGE * 15, size=HUGE),
    "2^32 sites": lambda h: set_section(h, SITES, capacity=0xFFFFFFFF),
    "2^32 words of stacks": lambda h: set_section(h, STACKS, capacity=0xFFFFFFFF),
    "stacks up to 2^32": lambda h: struct.pack_into("<I", h, STACKS_USED_AT, 0xFFFFFFFF),
    "2^32 sites in use": lambda h: struct.pack_into("<I", h, SITES_USED_AT, 0xFFFFFFFF),
    "a ring written for 2^60 bytes": lambda h: struct.pack_into("<Q", h, RING_HEAD_AT, HUGE),
    "open blocks of 4 GiB": lambda h: set_section(h, OPEN, entry=0xFFFFFFF8),
    "8 GiB of stacks": lambda h: in_a_huge_file(h, STACKS, 8 << 30, 1 << 30),
    "8 GiB of sites": lambda h: in_a_huge_file(h, SITES, 8 << 30, 1 << 26),
    "8 GiB of open blocks": lambda h: in_a_huge_file(h, OPEN, 8 << 30, 1 << 17),
    "8 GiB of ring": lambda h: in_a_huge_file(h, RING, 8 << 30, 0xFFFFFFFF),
}


def read(bench, words, path):
    """Exit code, output, messages and peak MiB."""
    limits = ["prlimit", f"--as={512 << 20}", f"--cpu={LIMIT_S}"]
    with open(path.with_suffix(".out"), "w+") as out, open(path.with_suffix(".err"), "w+") as err:
        process = subprocess.Popen([*limits, bench.reader, *words, path], stdout=out, stderr=err)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0), err.seek(0)
        return process.returncode, out.read(), err.read(), usage.ru_maxrss / 1024


def check(bench):
    if bench.bare:
        return
    with open(bench.run("leak_blocks", 20, 5003).recording().path, "rb") as file:
        begin = file.read(HEADER_BYTES + 4096)
    folder = bench.new_folder()
    for claim, make in CLAIMS.items():
        header = bytearray(begin[:HEADER_BYTES])
        make(header)
        with_checksum(header)
        for size in (4096, HEADER_BYTES, HEADER_BYTES + 4096):
            path = folder / "claim.dbgt"
            path.write_bytes((bytes(header) + begin[HEADER_BYTES:])[:size])
            for words in COMMANDS:
                status, out, err, peak_mib = read(bench, words, path)
                where = f"{claim}, {size} bytes, {' '.join(words)}: exit {status}, {peak_mib:.0f} MiB: {err[-300:]}"
                require(status in ((1,) if size < HEADER_BYTES else (1, 3)), where)
                require("claim.dbgt" in err, where)
                require(peak_mib < LIMIT_MIB, where)
                if status == 3 and "--json" in words:
                    json.loads(out)
