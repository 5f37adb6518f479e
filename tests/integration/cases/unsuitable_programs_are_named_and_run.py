# SPDX-License-Identifier: Apache-2.0
"""`dbgtrace run` of programs that cannot be recorded, one of each kind: one sentence that says why
and what to do, and the program does what it does without us.

Catches: a loader's complaint or abort (sanitizers, musl, 32 bit), silence, a wrong reason, a
recordable program that is refused.
"""

import os
import pathlib
import shutil
import struct
import subprocess

from harness import Skip, require

SOURCE = """
#include <stdio.h>
#include <stdlib.h>
int main(void) {
  void *volatile block = malloc(3000);
  puts(block != NULL ? "hello, world" : "no memory");
  return 7;
}
"""
OWN_MALLOC = """
#include <stddef.h>
static char arena[1 << 20] __attribute__((aligned(16)));
static size_t used;
void *malloc(size_t size) {
  void *block = arena + used;
  used += (size + 31) & ~(size_t)15;
  return block;
}
void free(void *block) { (void)block; }
void *calloc(size_t n, size_t size) { return malloc(n * size); }
void *realloc(void *block, size_t size) { (void)block; return malloc(size); }
"""


# Without any library, so that no compiler for the machine is needed: "hello, world", exit status 7.
HELLO_I386 = """
.globl _start
_start:
  mov $4, %eax
  mov $1, %ebx
  mov $text, %ecx
  mov $13, %edx
  int $0x80
  mov $1, %eax
  mov $7, %ebx
  int $0x80
text: .ascii "hello, world\\n"
"""
# mov x0, #7; mov x8, #SYS_exit; svc #0
EXIT_AARCH64 = struct.pack("<3I", 0xD28000E0, 0xD2800BA8, 0xD4000001)


def write_aarch64(path):
    """A whole program for aarch64, by hand: one segment with three instructions."""
    base, header_bytes = 0x400000, 64 + 56
    entry, size = base + header_bytes, header_bytes + len(EXIT_AARCH64)
    elf = b"\x7fELF" + bytes((2, 1, 1)) + bytes(9)
    elf += struct.pack("<HHIQQQIHHHHHH", 2, 183, 1, entry, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    elf += struct.pack("<IIQQQQQQ", 1, 5, 0, base, base, size, size, 0x1000)
    path.write_bytes(elf + EXIT_AARCH64)
    path.chmod(0o755)
    return path


class Kinds:
    """Makes the programs and runs them."""

    def __init__(self, bench):
        self.bench = bench
        self.folder = bench.work / "kinds"
        self.folder.mkdir()
        self.folder.chmod(0o755)
        self.source = self.folder / "hello.c"
        self.source.write_text(SOURCE)
        self.skipped = []
        self.seen = 0

    def build(self, name, compiler, *flags, sources=(), only=None):
        """The program, or None where there is no such compiler."""
        if shutil.which(compiler) is None:
            self.skipped.append(f"{name} ({compiler})")
            return None
        path = self.folder / name
        done = subprocess.run(
            [compiler, only or self.source, *sources, "-o", path, *flags],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            self.skipped.append(f"{name}: {done.stderr.splitlines()[-1][:120]}")
            return None
        path.chmod(0o755)
        return path

    def launch(self, program, setup=None, settings=None, words=()):
        settings = {"DBGTRACE_LIB": str(self.bench.lib), "ASAN_OPTIONS": "detect_leaks=0"} | (
            settings or {}
        )
        return self.bench.run(
            pathlib.Path(self.bench.reader),
            "run",
            *words,
            "--",
            program,
            record=False,
            setup=setup,
            settings=settings,
        )

    def expect(self, program, sentence, recordings=0, **options):
        if program is None:
            return
        self.seen += 1
        result = self.launch(program, **options)
        require(
            (result.status, result.out) == (7, "hello, world\n"),
            f"{program.name}: status {result.status}, {result.out!r}: {result.err}",
        )
        told = result.err.splitlines()
        require(
            told[:1] == [f"dbgtrace: {sentence}"], f"{program.name}: told {told}, not {sentence!r}"
        )
        found = [each.path.name for each in result.recordings()]
        require(len(found) == recordings, f"{program.name}: recordings {found}")
        require(recordings or len(told) == 1, f"{program.name}: more than one line: {told}")

    def refuse(self, program, status, sentence):
        result = self.launch(program)
        require(
            (result.status, result.out) == (status, "")
            and result.err.splitlines() == [f"dbgtrace: {sentence}"],
            f"{program}: status {result.status}, {result.out!r}, {result.err!r}",
        )


def as_nobody():
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)


def without_libc_symbol(kinds):
    """A program with a C library of its own that has no on_exit(): the name is another there."""
    plain = kinds.build("plain", "gcc")
    listed = subprocess.run(["ldd", plain], capture_output=True, text=True, check=True).stdout
    loader = next(word for word in listed.split() if "ld-linux" in word)
    libc = next(line.split()[2] for line in listed.splitlines() if "libc.so.6 =>" in line)
    old = kinds.folder / "old"
    old.mkdir()
    shutil.copy(loader, old / "loader")
    contents = pathlib.Path(libc).read_bytes()
    require(contents.count(b"\0on_exit\0") == 1, "libc has the name on_exit not once")
    (old / "libc.so.6").write_bytes(contents.replace(b"\0on_exit\0", b"\0xn_exit\0"))
    return kinds.build(
        "oldlibc", "gcc", f"-Wl,--dynamic-linker={old}/loader", f"-Wl,-rpath,{old}"
    )


def scripts(kinds, static):
    plain = kinds.build("plain2", "gcc")
    script = kinds.folder / "wrapper"
    script.write_text(f"#!{static}\n")
    script.chmod(0o755)
    kinds.expect(
        script,
        f"{script} is run by {static}, which is statically linked, no library can be preloaded "
        "into it: it runs unrecorded. Link it without -static.",
    )
    # A shim of a version manager stands for a program of the chosen version.
    root = kinds.folder / "pyenv"
    (root / "shims").mkdir(parents=True)
    (root / "versions/3.9/bin").mkdir(parents=True)
    (root / "version").write_text("3.9\n")
    shutil.copy(static, root / "versions/3.9/bin/tool")
    shim = root / "shims/tool"
    shim.write_text(
        f'#!/bin/sh\nset -e\nprogram="${{0##*/}}"\n: "{root}/libexec/pyenv" exec "$program" "$@"\n'
        f'exec {root}/versions/3.9/bin/tool "$@"\n'
    )
    shim.chmod(0o755)
    kinds.expect(
        shim,
        f"{shim} is run by {root}/versions/3.9/bin/tool, which is statically linked, no library "
        "can be preloaded into it: it runs unrecorded. Link it without -static.",
        recordings=1,  # the shim's own shell
    )
    # Nothing is said of a script for a program that can be recorded.
    good = kinds.folder / "good"
    good.write_text(f"#!/usr/bin/env -S {plain}\n")
    good.chmod(0o755)
    result = kinds.launch(good)
    require(result.status == 7 and "dbgtrace: " not in result.err, f"good script: {result.err}")
    require(result.recordings("plain2.*"), f"good script: {result.err}")

    orphan = kinds.folder / "orphan"
    orphan.write_text("#!/no/such/interpreter\n")
    orphan.chmod(0o755)
    kinds.refuse(
        orphan, 126, f"{orphan} is a script for /no/such/interpreter, which is not there"
    )


def other_architectures(kinds):
    own = "the recorder for x86-64: it runs unrecorded. Use its x86-64 build."
    source = kinds.folder / "narrow.s"
    source.write_text(HELLO_I386)
    narrow = kinds.build("narrow", "gcc", "-m32", "-nostdlib", "-static", "-no-pie", only=source)
    if narrow is not None:
        try:
            runs = subprocess.run([narrow], check=False, capture_output=True).returncode == 7
        except OSError:
            runs = False  # a kernel without 32-bit programs
        if runs:
            kinds.expect(narrow, f"{narrow} is built for i386, {own}")
    foreign = write_aarch64(kinds.folder / "foreign")
    told = f"dbgtrace: {foreign} is built for aarch64, {own}"
    result = kinds.launch(foreign)
    if list(pathlib.Path("/proc/sys/fs/binfmt_misc").glob("qemu-aarch64*")):
        expected = (7, [told])
    else:
        expected = (126, [told, f"dbgtrace: {foreign}: Exec format error"])
    require((result.status, result.err.splitlines()) == expected, f"foreign: {result.status} {result.err}")
    kinds.seen += 1


def check(bench):
    if bench.bare:
        return
    if shutil.which("gcc") is None:
        raise Skip("no gcc")
    kinds = Kinds(bench)

    plain = kinds.build("dynamic", "gcc")
    result = kinds.launch(plain)
    require(result.status == 7 and len(result.recordings()) == 1, f"dynamic: {result.err}")
    require("dbgtrace: " not in result.err, f"dynamic: {result.err}")

    unrecorded = "no library can be preloaded into it: it runs unrecorded. Link it without -static."
    static = kinds.build("static", "gcc", "-static")
    kinds.expect(static, f"{static} is statically linked, {unrecorded}")
    pie = kinds.build("static_pie", "gcc", "-static-pie")
    kinds.expect(pie, f"{pie} is statically linked, {unrecorded}")

    for compiler, flags in (("gcc", ()), ("clang", ())):
        for flag, name in (
            ("address", "AddressSanitizer"),
            ("thread", "ThreadSanitizer"),
            ("memory", "MemorySanitizer"),
        ):
            if (compiler, flag) == ("gcc", "memory"):
                continue
            program = kinds.build(f"{compiler}_{flag}", compiler, f"-fsanitize={flag}", *flags)
            kinds.expect(
                program,
                f"{program} is built with {name}, which takes malloc and the signals for itself: "
                "it runs unrecorded. Build it without -fsanitize.",
            )

    source = kinds.folder / "own_malloc.c"
    source.write_text(OWN_MALLOC)
    own = kinds.build("own_malloc", "gcc", sources=(source,))
    kinds.expect(
        own,
        f"{own} defines malloc itself, no preloaded library sees its allocations: only its crashes "
        "are recorded. Build it without an allocator of its own; `dbgtrace run --allocator` brings "
        "one.",
    )

    musl = kinds.build("musl", "musl-gcc")
    if musl is not None:
        kinds.expect(
            musl,
            f"{musl} is linked with musl, the recorder with glibc: it runs unrecorded. Use its "
            "glibc build.",
        )

    if os.uname().machine == "x86_64":
        other_architectures(kinds)
    homeless = kinds.build("homeless", "gcc", "-Wl,--dynamic-linker=/no/such/loader")
    kinds.refuse(
        homeless, 126, f"{homeless} needs the loader /no/such/loader, which is not there"
    )

    old = without_libc_symbol(kinds)
    kinds.expect(
        old,
        f"{old} has a C library that lacks what the recorder needs (on_exit): it runs unrecorded. "
        "Run it with glibc 2.17 or newer.",
    )
    scripts(kinds, static)

    if os.getuid() != 0:
        raise Skip("not root: cannot give a file privileges")
    raised = kinds.folder / "raised"
    shutil.copy(plain, raised)
    raised.chmod(0o4755)
    kinds.expect(
        raised,
        f"{raised} is setuid root: the loader takes no LD_PRELOAD for it, it runs unrecorded. Run "
        "it as root, or a copy (cp leaves the bit out).",
        setup=as_nobody,
    )
    result = kinds.launch(raised)
    require(len(result.recordings()) == 1, f"setuid root as root: {result.err}")
    raised.chmod(0o2755)
    kinds.expect(
        raised,
        f"{raised} is setgid root: the loader takes no LD_PRELOAD for it, it runs unrecorded. Run "
        "a copy (cp leaves the bit out).",
        setup=as_nobody,
    )
    capable = kinds.folder / "capable"
    shutil.copy(plain, capable)
    done = subprocess.run(
        ["setcap", "cap_net_bind_service+ep", capable], capture_output=True, check=False
    )
    if done.returncode == 0:
        kinds.expect(
            capable,
            f"{capable} has file capabilities: the loader takes no LD_PRELOAD for it, it runs "
            "unrecorded. Run it as root, or a copy (cp leaves them out).",
            setup=as_nobody,
        )
    if kinds.skipped:
        raise Skip(f"{kinds.seen} kinds seen, not made here: {'; '.join(kinds.skipped)}")
