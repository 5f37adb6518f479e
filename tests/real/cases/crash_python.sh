# SPDX-License-Identifier: Apache-2.0
# about: Python's faulthandler prints its own report of a crash and dies of the same signal
# needs: python3
# detect: test -x /usr/bin/python3
# records: python3* 2
# crashes: python3* SIGSEGV null-dereference ffi_call
# crashes: python3* SIGABRT abort abort
. "$CASE_LIB"
export PYTHONDONTWRITEBYTECODE=1

cat >crash.py <<'SCRIPT'
import ctypes, os, sys
def innermost(): ctypes.string_at(0) if sys.argv[1] == "null" else os.abort()
def outer(): innermost()
print("before", flush=True)
outer()
SCRIPT
for how in null abort; do
  status $how traced /usr/bin/python3 -X faulthandler crash.py $how 2>&1 |
    sed -E 's/0x[0-9a-f]+/ADDRESS/g' | grep -v 'Segmentation fault *traced\|Aborted *traced\|line [0-9]*: *[0-9]* '
done
