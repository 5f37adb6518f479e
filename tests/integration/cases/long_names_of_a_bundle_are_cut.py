# SPDX-License-Identifier: Apache-2.0
"""A bundle of some kilobytes that names 250 functions of 30,000 characters at each address of each
of many call stacks: every report of it is made in the time and memory of others, and says that names
are cut.

Catches: names that are shared in the file and written out for each frame.
"""

import json
import resource
import struct
import subprocess
import zlib

from harness import require

LIMIT_MIB, LIMIT_S = 512, 60
FUNCTIONS, NAME_BYTES, MOST_NAME_BYTES, MOST_CHAIN_BYTES = 250, 30_000, 4096, 16384
INLINED = 1 << 31
REPORTS = (
    ("leaks", "--json"),
    ("memory", "--json"),
    ("memory", "--top", "0", "--frames", "0"),
    ("export", "--format", "folded"),
    ("export", "--format", "csv"),
    ("export", "--format", "speedscope"),
)


def crc_table():
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return table


def crc32c(data, table=crc_table()):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ table[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def answers(addresses):
    """The same long chain for each address."""
    texts = b"\0\0" + b"x" * NAME_BYTES + b"\0"
    body = struct.pack("<4I", len(addresses), len(addresses) * FUNCTIONS, len(texts), 0)
    body += struct.pack(f"<{len(addresses)}Q", *sorted(addresses))
    body += struct.pack(f"<{len(addresses) + 1}I", *(i * FUNCTIONS for i in range(len(addresses) + 1)))
    inlined, last = struct.pack("<3I", 2, 1, 7 | INLINED), struct.pack("<3I", 2, 1, 8)
    body += (inlined * (FUNCTIONS - 1) + last) * len(addresses) + texts
    return b"DBGTSYMS" + struct.pack("<2I", 1, crc32c(body)) + body


def bundle(recording, addresses):
    names = b""
    for (module, build_id), here in addresses.items():
        given = answers(here)
        names += struct.pack("<2IQ", len(module), len(build_id), len(given)) + module + build_id + given
    body = struct.pack("<2Q", len(recording), len(names)) + zlib.compress(recording + names)
    return b"DBGTBNDL" + struct.pack("<2I", 1, crc32c(body)) + body


def check(bench):
    if bench.bare:
        return
    found = bench.run("many_stacks", 4, 1, settings={"DBGTRACE_SIZE": "1M"}).recording()
    addresses = {}
    for site in found.memory()["sites"]:
        for frame in site["stack"]:
            if "module" in frame:
                key = (frame["module"].encode(), frame.get("build_id", "").encode())
                # Of a return address the call before it is asked for.
                offset = int(frame["offset"], 16)
                addresses.setdefault(key, set()).update((offset - 1, offset))
    folder = bench.new_folder()
    path = folder / "long_names.dbgtz"
    path.write_bytes(bundle(found.path.read_bytes(), addresses))
    limit = LIMIT_MIB << 20

    def impose():
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        resource.setrlimit(resource.RLIMIT_CPU, (LIMIT_S, LIMIT_S))

    for words in REPORTS:
        with open(folder / "report", "w+b") as out:
            done = subprocess.run([bench.reader, *words, path], stdout=out, stderr=subprocess.PIPE, preexec_fn=impose)
            what = f"{' '.join(words)}: exit {done.returncode}: {done.stderr[-300:]}"
            require(done.returncode == 0, what)
            require(b"too long" in done.stderr, what)
            if "--json" not in words:
                continue
            out.seek(0)
            document = json.load(out)
            for item in document.get("sites") or document["leaks"]:
                for frame in item["stack"]:
                    require(len(frame.get("function", "")) <= MOST_NAME_BYTES, f"{what}: a longer name")
                shown = sum(len(frame.get("function", "")) for frame in item["stack"])
                addresses_here = sum(not frame["inlined"] for frame in item["stack"])
                require(
                    shown <= addresses_here * (MOST_CHAIN_BYTES + 100),
                    f"{what}: {shown} bytes of {addresses_here} addresses",
                )
