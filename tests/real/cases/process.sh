# SPDX-License-Identifier: Apache-2.0
# about: what a process can see of itself: descriptors, threads, signals, dlerror, deaths, daemons
# needs: python3 coreutils
# detect: test -x /usr/bin/python3
# records: python3* 5
# crashes: python3* *
. "$CASE_LIB"

cat >look.py <<'SCRIPT'
import ctypes, ctypes.util, errno, json, os, resource, signal, sys
libc = ctypes.CDLL(None, use_errno=True)
libc.dlerror.restype = ctypes.c_char_p
seen = {}
seen["descriptors"] = sorted(f for f in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{f}"))
seen["threads"] = len(os.listdir("/proc/self/task"))
seen["umask"] = os.umask(0o22)
seen["cwd"] = os.path.basename(os.getcwd())
seen["ids"] = [os.getuid(), os.geteuid(), os.getgid(), os.getpgid(0) == os.getpgid(os.getppid())]
seen["nice"] = os.nice(0)
seen["limits"] = [resource.getrlimit(getattr(resource, n)) for n in sorted(dir(resource)) if n.startswith("RLIMIT_")]
seen["handlers"] = {s.name: str(signal.getsignal(s)) for s in sorted(signal.valid_signals()) if isinstance(s, signal.Signals)}
seen["blocked"] = sorted(signal.pthread_sigmask(signal.SIG_BLOCK, []))
seen["dlerror"] = (libc.dlerror() or b"").decode()
seen["comm"] = open("/proc/self/comm").read()
seen["argv"] = open("/proc/self/cmdline").read().split("\0")[1:]
seen["environment"] = sorted(k for k in os.environ if k != "LD_PRELOAD" and not k.startswith("DBGTRACE_"))
try:
    seen["children"] = os.waitpid(-1, os.WNOHANG)
except ChildProcessError as e:
    seen["children"] = errno.errorcode[e.errno]
for key in sorted(seen):
    print(key, json.dumps(seen[key]))
SCRIPT
status look traced /usr/bin/python3 look.py

cat >deaths.py <<'SCRIPT'
import ctypes, os, signal, sys
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
def work():
    for size in range(1, 20000, 7):
        libc.free(libc.malloc(size))
def by_raise(number):
    return lambda: os.kill(os.getpid(), number)
def null_pointer():
    ctypes.string_at(0)
def closed_descriptors():
    os.closerange(3, 1024)
    work()
    os._exit(11)
def own_handler():
    signal.signal(signal.SIGSEGV, lambda *_: os._exit(12))
    os.kill(os.getpid(), signal.SIGSEGV)
    work()
def ignored():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.kill(os.getpid(), signal.SIGTERM)
    os._exit(13)
def full_disk_limit():
    import resource
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    work()
    os._exit(14)
def few_descriptors():
    import resource
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
    work()
    os._exit(15)
def executed():
    os.execv("/bin/sh", ["sh", "-c", "exit 16"])
def in_grandchild():
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            work()
            os._exit(0)
        os._exit(18)
    os._exit(os.waitstatus_to_exitcode(os.wait()[1]))
def in_other_folder():
    os.mkdir("gone"); os.chdir("gone"); os.rmdir("../gone")
    work()
    os._exit(17)
cases = [by_raise(n) for n in (signal.SIGTERM, signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT,
                               signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGPIPE)]
cases += [os.abort, null_pointer, closed_descriptors, own_handler, ignored, full_disk_limit,
          few_descriptors, executed, in_grandchild, in_other_folder, lambda: os._exit(255), lambda: sys.exit("a message")]
cases[int(sys.argv[1])]()
SCRIPT
cat >parent.py <<'SCRIPT'
import os, subprocess, sys
for i in range(20):
    done = subprocess.run(["traced", "/usr/bin/python3", "deaths.py", str(i)], capture_output=True)
    print(i, done.returncode, done.stdout, done.stderr, flush=True)
SCRIPT
/usr/bin/python3 parent.py

status spawn traced /usr/bin/python3 -c '
import os, subprocess
for i in range(30):
    pid = os.posix_spawn("/bin/sh", ["sh", "-c", f"exit {i}"], os.environ)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == i
print(sum(subprocess.run(["/bin/false"]).returncode for _ in range(20)))'

(ulimit -f 0; status 'no file may grow' traced /usr/bin/python3 -c 'print(len([str(i) for i in range(100000)]))') | cat
(ulimit -n 16; status 'few descriptors' traced /usr/bin/python3 -c 'print([open("/dev/null").fileno() for i in range(5)])')
