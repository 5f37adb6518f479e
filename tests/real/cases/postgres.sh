# SPDX-License-Identifier: Apache-2.0
# about: initdb, a server under pgbench, crash recovery, dump; then a recorded client
# needs: postgresql-15 postgresql-client-15 util-linux
# detect: test -x /usr/lib/postgresql/15/bin/postgres -a -x /usr/lib/postgresql/15/bin/pgbench
# records: postgres 8
# records: pgbench 1
. "$CASE_LIB"

bin=/usr/lib/postgresql/15/bin
data=$SCRATCH/data
export PGHOST=$SCRATCH PGPORT=$PORT PGUSER=tester PGDATABASE=postgres

(unprivileged traced $bin/initdb -D "$data" -U tester -A trust -E UTF8 --locale=C.UTF-8 --no-sync) |
  sed "s#$SCRATCH#SCRATCH#g"
(cd "$data" && find . -maxdepth 1 | sort)

serve() { # LAUNCHER...
  start unprivileged "$@" $bin/postgres -D "$data" -k "$SCRATCH" -p "$PORT" -c listen_addresses= \
    -c fsync=off -c log_line_prefix= -c shared_buffers=32MB -c autovacuum_naptime=1 2>>"$SCRATCH/log"
  wait_for $bin/pg_isready -q
}
ask() { $bin/psql -XAtq -c "$1"; }
state() {
  ask 'SELECT count(*), sum(abalance), max(length(filler)) FROM pgbench_accounts'
  ask 'SELECT (SELECT sum(tbalance) FROM pgbench_tellers), (SELECT sum(bbalance) FROM pgbench_branches),
              (SELECT count(*) FROM pgbench_history), (SELECT sum(delta) FROM pgbench_history)'
}
transactions() { # LAUNCHER...
  "$@" $bin/pgbench -n -c 4 -j 2 -t 250 --random-seed=7 2>&1 | grep -E 'transactions actually|failed|error'
}

serve traced
$bin/pgbench -q -i -s 1 2>&1 | sed 's/ in .*//; /^[0-9]* of/d'
transactions
state
ask "CREATE TABLE doc AS SELECT i, md5(i::text) AS h, jsonb_build_object('i', i, 'l', repeat('x', i % 500)) AS j FROM generate_series(1, 20000) i"
ask 'CREATE INDEX ON doc USING gin (j)'
ask "SELECT count(*), sum(length(j->>'l')) FROM doc WHERE h LIKE 'a%'"
ask "SET max_parallel_workers_per_gather = 2; SET parallel_setup_cost = 0; SET min_parallel_table_scan_size = 0; SELECT h FROM doc ORDER BY md5(h) LIMIT 2"
ask "DO \$\$ BEGIN FOR i IN 1..500 LOOP BEGIN PERFORM 1 / (i % 2); EXCEPTION WHEN division_by_zero THEN NULL; END; END LOOP; END \$\$"
ask 'SELECT 1 / 0'
ask 'VACUUM FULL doc'
# A backend killed hard makes the postmaster end all others and recover by itself.
ask 'SELECT pg_sleep(20)' >/dev/null 2>&1 &
sleeper() { ask "SELECT pid FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'"; }
asleep() { [[ -n $(sleeper) ]]; }
wait_for asleep
kill -KILL "$(sleeper)"
wait_for grep -q 'terminated by signal 9' "$SCRATCH/log"
wait_for $bin/pg_isready -q
state
ask 'SELECT count(*), min(h) FROM doc'
$bin/pg_dump -t doc | grep -v restrict | sha256sum
kill -INT "$pid"
stopped server
grep -E '^(WARNING|ERROR|PANIC)|terminated by' "$SCRATCH/log" | grep -v 'autovacuum\|because of crash' |
  sed 's/(PID [0-9]*)/(PID)/' | sort -u

serve
transactions traced
traced $bin/psql -XAtqc 'SELECT i, h FROM doc ORDER BY h LIMIT 3'
traced $bin/pg_dump -t doc | grep -v restrict | sha256sum
kill -INT "$pid"
stopped 'bare server'
