# SPDX-License-Identifier: Apache-2.0
"""PostgreSQL: a cluster made once, a server for each run, and one backend alone for slow tools."""

import os
import pathlib
import pwd
import shutil
import statistics
import subprocess

from suite.command import Command, find_program, free_port
from suite.servers import ask, wait_until


class Postgres:
    name = "postgres"
    forks = True  # a process for each client
    about = "PostgreSQL under pgbench: TPC-B-like transactions of 4 clients, fsync off"
    folder_of_programs = "/usr/lib/postgresql/15/bin"

    def __init__(self, folder):
        self.folder = pathlib.Path(folder) / "postgres"
        self.program = find_program(f"{self.folder_of_programs}/postgres", "postgres")
        self.user = None
        self.port = free_port()
        if self.program is not None:
            self.folder_of_programs = str(pathlib.Path(self.program).resolve().parent)
            if not os.access(f"{self.folder_of_programs}/pgbench", os.X_OK):
                self.program = None
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            self.user = f"{nobody.pw_uid}:{nobody.pw_gid}"

    def tool(self, name, *arguments, **options):
        return ask(f"{self.folder_of_programs}/{name}", *arguments, **options)

    def client(self, name, *arguments):
        where = ("-h", self.folder, "-p", self.port, "-U", "bench")
        return self.tool(name, *where, *arguments, cwd=self.folder)

    def as_user(self):
        if self.user is None:
            return {}
        uid, gid = (int(each) for each in self.user.split(":"))
        return {"user": uid, "group": gid, "extra_groups": []}

    def prepare(self):
        if self.folder.exists():
            return
        self.folder.mkdir(parents=True)
        if self.user is not None:
            shutil.chown(self.folder, *(int(each) for each in self.user.split(":")))
        options = "-A trust -E UTF8 --locale=C.UTF-8 --no-sync -U bench -D"
        made = self.tool("initdb", *options.split(), self.data(), cwd=self.folder, **self.as_user())
        if made.returncode != 0:
            raise RuntimeError(f"initdb: {made.stderr}")
        server = subprocess.Popen(
            self.command().argv, stderr=subprocess.DEVNULL, cwd=self.folder, **self.as_user()
        )
        self.wait_until_ready()
        self.client("pgbench", "-q", "-i", "-s", "1", "postgres")
        self.stop()
        server.wait(timeout=60)

    def data(self):
        return str(self.folder / "data")

    def command(self):
        options = "-c listen_addresses= -c fsync=off -c shared_buffers=32MB -c autovacuum=off"
        place = ("-D", self.data(), "-k", str(self.folder), "-p", str(self.port))
        return Command((self.program, *place, *options.split()), user=self.user)

    def small_command(self):
        """One backend without a client: queries from standard input, the same in every run."""
        queries = self.folder / "queries.sql"
        if not queries.exists():
            self.prepare()
            numbers = "SELECT i, md5(i::text) AS h FROM generate_series(1, 1500) i"
            lines = [
                f"SELECT count(*), max(h) FROM ({numbers}) t WHERE h LIKE 'a%'",
                f"SELECT jsonb_agg(jsonb_build_object('i', i, 'h', h)) IS NULL FROM ({numbers}) t",
                "SELECT sum(abalance) FROM pgbench_accounts WHERE aid < 2000",
            ]
            lines += [
                f"SELECT abalance FROM pgbench_accounts WHERE aid = {n * 97}" for n in range(300)
            ]
            queries.write_text("\n".join(lines) + "\n")
            queries.chmod(0o644)
        argv = (self.program, "--single", "-D", self.data(), "-c", "fsync=off", "postgres")
        return Command(argv, stdin=queries, user=self.user, deterministic=False)

    def wait_until_ready(self):
        wait_until(lambda: self.client("pg_isready", "-q").returncode == 0, "postgres not ready")

    def drive(self, size):
        each = max(50, round(size * 1200))
        log = self.folder / "latency"
        options = f"-n -c 4 -j 1 -t {each} --random-seed=7 -l --log-prefix={log}"
        done = self.client("pgbench", *options.split(), "postgres")
        if done.returncode != 0:
            raise RuntimeError(f"pgbench: {done.stderr}")
        latencies_ms = []
        for path in self.folder.glob("latency.*"):
            latencies_ms += [int(line.split()[2]) / 1e3 for line in path.read_text().splitlines()]
            path.unlink()
        percentiles = statistics.quantiles(latencies_ms, n=100)
        return {"requests": 4 * each, "p50_ms": percentiles[49], "p99_ms": percentiles[98]}

    def stop(self):
        pid = int((self.folder / "data/postmaster.pid").read_text().split()[0])
        os.kill(pid, 2)  # SIGINT: fast shutdown
