# SPDX-License-Identifier: Apache-2.0
# about: PYTHONMALLOC=malloc; threads; multiprocessing by fork and by spawn; subprocesses; errors
# needs: python3
# detect: test -x /usr/bin/python3
# records: python3* 8
. "$CASE_LIB"
export PYTHONMALLOC=malloc PYTHONHASHSEED=0 PYTHONDONTWRITEBYTECODE=1

cat >threads.py <<'SCRIPT'
import collections, hashlib, json, re, threading, zlib
def work(seed, results):
    words = [f"word{(i * seed) % 4099}" for i in range(12000)]
    counts = collections.Counter(words)
    text = json.dumps(counts, sort_keys=True)
    found = re.findall(r"word(\d+)7", text)
    results[seed] = (len(counts), len(found), hashlib.sha256(zlib.compress(text.encode())).hexdigest())
results = {}
threads = [threading.Thread(target=work, args=(seed, results)) for seed in (3, 5, 7, 11)]
for t in threads: t.start()
for t in threads: t.join()
for seed in sorted(results): print(seed, *results[seed])
for i in range(300):
    t = threading.Thread(target=lambda: [bytes(n) for n in range(50)]); t.start(); t.join()
with open("result.json", "w") as f: json.dump(results, f, sort_keys=True)
SCRIPT
status threads traced /usr/bin/python3 threads.py

cat >pool.py <<'SCRIPT'
import multiprocessing, sys
def square(n):
    table = {i: str(i) * 3 for i in range(2000)}
    return n * n + len(table)
def producer(queue, name):
    for i in range(200): queue.put((name, i))
if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[1])
    with context.Pool(2) as pool:
        print(sys.argv[1], sum(pool.map(square, range(60))))
    queue = context.Queue()
    children = [context.Process(target=producer, args=(queue, n)) for n in range(2)]
    for child in children: child.start()
    print(sorted(queue.get() for _ in range(400))[-1])
    for child in children: child.join()
    print([child.exitcode for child in children])
    child = context.Process(target=sys.exit, args=(9,)); child.start(); child.join()
    print(child.exitcode)
SCRIPT
status fork traced /usr/bin/python3 pool.py fork
status spawn traced /usr/bin/python3 pool.py spawn
status forkserver traced /usr/bin/python3 pool.py forkserver

status subprocess traced /usr/bin/python3 -c '
import subprocess
out = [subprocess.check_output(["sh", "-c", f"echo {i}; exit 0"]) for i in range(10)]
print(b"".join(out), subprocess.call("exit 4", shell=True))'
status exception traced /usr/bin/python3 -c 'def f(n): return f(n + 1)
f(0)' 2>&1 | tail -n 1
status memory traced /usr/bin/python3 -c '
try: bytearray(1 << 60)
except MemoryError as e: print("MemoryError", e)
raise SystemExit(6)'
