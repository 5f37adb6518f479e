# SPDX-License-Identifier: Apache-2.0
"""Servers that others wrote, under the load generators that they come with. The server is measured,
its client is never recorded. `drive` returns what the client saw: requests, p50, p99.
"""

import csv
import os
import pathlib
import re
import statistics
import subprocess
import time
import urllib.request

from suite.command import Command, find_program, free_port


def ask(*argv, **options):
    return subprocess.run(
        [str(each) for each in argv], capture_output=True, text=True, timeout=120, **options
    )


def wait_until(condition, what):
    end = time.monotonic() + 60
    while not condition():
        if time.monotonic() > end:
            raise RuntimeError(f"{what} in 60 s")
        time.sleep(0.02)


class Redis:
    name = "redis"
    forks = False
    about = "redis-server under redis-benchmark: SET, LPUSH and HSET of 200 bytes, 20 clients"

    def __init__(self, folder):
        self.folder = pathlib.Path(folder) / "redis"
        tools = [find_program(name) for name in ("redis-benchmark", "redis-cli")]
        self.program = find_program("redis-server") if all(tools) else None
        self.port = None

    def prepare(self):
        self.folder.mkdir(parents=True, exist_ok=True)

    def command(self):
        self.port = free_port()
        options = f"--bind 127.0.0.1 --port {self.port} --dir {self.folder} --appendonly no"
        return Command((self.program, *options.split(), "--save", ""))

    def wait_until_ready(self):
        wait_until(
            lambda: "PONG" in ask("redis-cli", "-p", self.port, "ping").stdout, "redis not ready"
        )

    def drive(self, size):
        requests = max(1000, round(size * 24000))
        done = ask(
            *f"redis-benchmark -h 127.0.0.1 -p {self.port} -n {requests} -c 20 -d 200".split(),
            *"-r 20000 -t set,lpush,hset --csv".split(),
        )
        rows = list(csv.DictReader(done.stdout.splitlines()))
        return {
            "requests": requests * len(rows),
            "p50_ms": statistics.mean(float(row["p50_latency_ms"]) for row in rows),
            "p99_ms": statistics.mean(float(row["p99_latency_ms"]) for row in rows),
        }

    def stop(self):
        ask("redis-cli", "-p", self.port, "shutdown", "nosave")


NGINX_CONF = """
daemon off;
master_process off;
pid nginx.pid;
error_log error.log crit;
events {{ worker_connections 256; }}
http {{
  access_log off;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  gzip on; gzip_min_length 100; gzip_types text/plain;
  server {{
    listen 127.0.0.1:{port} reuseport;
    root site;
    location /self/ {{ proxy_pass http://127.0.0.1:{port}/; }}
  }}
}}
"""


class Nginx:
    name = "nginx"
    forks = False
    about = "nginx under wrk: a small file through a proxy to itself, 16 connections, one process"

    def __init__(self, folder):
        self.folder = pathlib.Path(folder) / "nginx"
        self.program = find_program("nginx", "/usr/sbin/nginx") if find_program("wrk") else None
        self.port = None

    def prepare(self):
        (self.folder / "site").mkdir(parents=True, exist_ok=True)
        text = "".join(f"line {i} {i * 7919 % 10007}\n" for i in range(200))
        (self.folder / "site/page.html").write_text(text)

    def command(self):
        self.port = free_port()
        (self.folder / "nginx.conf").write_text(NGINX_CONF.format(port=self.port))
        return Command(
            (self.program, "-p", f"{self.folder}/", "-c", "nginx.conf", "-e", "error.log")
        )

    def wait_until_ready(self):
        def answers():
            try:
                return urllib.request.urlopen(self.url(), timeout=5).status == 200
            except OSError:
                return False

        wait_until(answers, "nginx not ready")

    def url(self):
        return f"http://127.0.0.1:{self.port}/self/page.html"

    def drive(self, size):
        seconds = max(1, round(size))
        done = ask("wrk", "-t1", "-c16", f"-d{seconds}s", "--latency", self.url())

        def latency_ms(percent):
            value, unit = re.search(
                rf"^\s+{percent}%\s+([\d.]+)(us|ms|s)$", done.stdout, re.M
            ).groups()
            return float(value) * {"us": 1e-3, "ms": 1, "s": 1e3}[unit]

        requests = int(re.search(r"(\d+) requests in", done.stdout).group(1))
        if "Non-2xx" in done.stdout:
            raise RuntimeError(f"nginx: {done.stdout}")
        return {"requests": requests, "p50_ms": latency_ms(50), "p99_ms": latency_ms(99)}

    def stop(self):
        pid = int((self.folder / "nginx.pid").read_text())
        os.kill(pid, 3)  # SIGQUIT: ends gracefully
