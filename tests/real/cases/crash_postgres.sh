# SPDX-License-Identifier: Apache-2.0
# about: a backend of PostgreSQL crashes in a library that it loads; the server recovers by itself
# needs: postgresql-15 postgresql-client-15 util-linux gcc libc6-dev
# detect: test -x /usr/lib/postgresql/15/bin/postgres && command -v gcc
# records: postgres 2
# crashes: postgres SIGSEGV null-dereference prepare_cache
. "$CASE_LIB"

bin=/usr/lib/postgresql/15/bin
data=$SCRATCH/data
export PGHOST=$SCRATCH PGPORT=$PORT PGUSER=tester PGDATABASE=postgres

cat >broken.c <<'SOURCE'
struct cache { long size, used; };
static struct cache *volatile cache;
__attribute__((constructor)) static void prepare_cache(void) { cache->used = 1; }
SOURCE
gcc -g -O1 -shared -fPIC -o "$SCRATCH/broken.so" broken.c
chmod 755 "$SCRATCH/broken.so"

(unprivileged $bin/initdb -D "$data" -U tester -A trust -E UTF8 --locale=C.UTF-8 --no-sync >/dev/null)
start unprivileged traced $bin/postgres -D "$data" -k "$SCRATCH" -p "$PORT" -c listen_addresses= \
  -c fsync=off -c log_line_prefix= -c shared_buffers=16MB 2>>"$SCRATCH/log"
wait_for $bin/pg_isready -q
ask() { $bin/psql -XAtq -c "$1"; }
ask 'CREATE TABLE kept AS SELECT generate_series(1, 1000) AS i'
ask "LOAD '$SCRATCH/broken.so'" 2>&1 | head -n 1
wait_for grep -q 'terminated by signal 11' "$SCRATCH/log"
wait_for $bin/pg_isready -q
ask 'SELECT sum(i) FROM kept'
kill -INT "$pid"
stopped server
grep -o 'was terminated by signal.*' "$SCRATCH/log"
