# SPDX-License-Identifier: Apache-2.0
"""A stripped program whose debug information only a server has: with DEBUGINFOD_URLS the reports
have functions and lines, without it nobody is asked.

Catches: a server that is asked unasked, an answer that is not used, a wrong file that is believed.
"""

import ctypes.util
import http.server
import json
import os
import shutil
import subprocess
import threading

from harness import Skip, require


class Server(http.server.ThreadingHTTPServer):
    def __init__(self, files):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files, self.asked = files, []
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        content = self.server.files.get(self.path)
        self.send_response(404 if content is None else 200)
        self.send_header("Content-Length", str(len(content or b"")))
        self.end_headers()
        self.wfile.write(content or b"")

    def log_message(self, *_):
        pass


def leaks(bench, recording, cache, url=None):
    environment = dict(os.environ, DBGTRACE_CACHE_SIZE="0", DEBUGINFOD_CACHE_PATH=str(cache))
    environment.pop("DEBUGINFOD_URLS", None)
    if url:
        environment["DEBUGINFOD_URLS"] = url
    done = subprocess.run([bench.reader, "leaks", "--json", recording.path], capture_output=True, text=True,
                          env=environment, timeout=60)
    require(done.returncode == 0, f"leaks: {done.returncode} {done.stderr}")
    frames = [frame for leak in json.loads(done.stdout)["leaks"] for frame in leak["stack"]]
    return [(frame.get("function"), os.path.basename(frame.get("file", "")), frame.get("line"))
            for frame in frames if frame["module"].endswith("/stripped")]


def check(bench):
    if bench.bare:
        return
    if not ctypes.util.find_library("debuginfod"):
        raise Skip("libdebuginfod is not installed")
    folder = bench.new_folder()
    whole, program, debug = folder / "whole", folder / "stripped", folder / "debug"
    shutil.copy(bench.program("leak_blocks"), whole)
    subprocess.run(["objcopy", "--only-keep-debug", whole, debug], check=True)
    subprocess.run(["strip", "-o", program, whole], check=True)
    recording = bench.run(program, 50, 5003).recording()
    notes = subprocess.run(["readelf", "-n", program], capture_output=True, text=True).stdout
    build_id = notes.split("Build ID: ")[1].split()[0]
    path = f"/buildid/{build_id}/debuginfo"

    server = Server({path: debug.read_bytes()})
    url = f"http://127.0.0.1:{server.server_port}"
    nameless = leaks(bench, recording, folder / "cache0")
    require(not server.asked and all(frame[0] is None for frame in nameless), f"{server.asked} {nameless[:5]}")
    named = leaks(bench, recording, folder / "cache1", url)
    require(path in server.asked, f"asked: {server.asked}")
    require(any(frame[:2] == ("leak", "victim.h") and frame[2] for frame in named), f"{named[:8]}")

    liar = Server({path: bench.program("die_by").read_bytes()})
    named = leaks(bench, recording, folder / "cache2", f"http://127.0.0.1:{liar.server_port}")
    require(path in liar.asked and all(frame[0] is None for frame in named), f"a wrong file is believed: {named[:5]}")
