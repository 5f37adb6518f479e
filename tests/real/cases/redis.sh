# SPDX-License-Identifier: Apache-2.0
# about: redis-server under redis-benchmark, scripts, RDB and AOF forks; then a recorded client
# needs: redis-server redis-tools
# detect: command -v redis-server redis-benchmark redis-cli
# records: redis-* 4
. "$CASE_LIB"

serve() { # LAUNCHER...
  # The folder has to differ from run to run: RDB and AOF files hold times and memory figures.
  start "$@" redis-server --bind 127.0.0.1 --port "$PORT" --dir "$SCRATCH" --logfile "$SCRATCH/log" \
    --save '' --appendonly no --enable-debug-command yes
  wait_for redis-cli -p "$PORT" ping
}
ask() { redis-cli -p "$PORT" "$@"; }
idle() { [[ $(ask info persistence | grep -cE '_in_progress:1|aof_rewrite_scheduled:1') == 0 ]]; }

serve traced
redis-benchmark -h 127.0.0.1 -p "$PORT" -n 15000 -c 20 -P 16 --csv -d 200 \
  -t set,get,incr,lpush,rpop,sadd,hset,zadd,mset,lrange_100 | cut -d, -f1
awk 'BEGIN { for (i = 0; i < 20000; i++) printf "HSET user:%d name n%d text %0*d\r\n", i, i * 7, i % 300 + 1, i }' |
  ask --pipe | tail -n 1
ask eval "local n = 0 for i = 1, 5000 do n = n + #redis.call('hget', 'user:' .. i, 'text') end return n" 0
ask get counter:__rand_int__
ask eval "for i = 1, 3000 do redis.call('zadd', 'rank', i * 7 % 1001, 'm' .. i) end return redis.call('zcard', 'rank')" 0
ask config set appendonly yes; wait_for idle
ask set after aof
ask bgrewriteaof; wait_for idle
ask bgsave; wait_for idle
ask info persistence | grep -E '^(rdb|aof)_last.*status' | tr -d '\r'
ask debug reload
ask dbsize; ask debug digest
ask nosuchcommand
ask eval "for i = 1, 90000 do redis.call('rpush', 'long', i) end return redis.call('unlink', 'long')" 0
ask flushall async
ask shutdown nosave
stopped server
redis-check-rdb "$SCRATCH/dump.rdb" | grep -oE 'RDB looks OK|[0-9]+ keys read'
grep -ciE 'crash|assert|bug report|failed|error' "$SCRATCH/log"

rm -rf "${SCRATCH:?}"/*
serve
traced redis-benchmark -h 127.0.0.1 -p "$PORT" -n 10000 -c 10 --threads 2 --csv -t set,incr | cut -d, -f1
ask get counter:__rand_int__
traced redis-cli -p "$PORT" debug digest
ask shutdown nosave
stopped 'bare server'
exit 0
