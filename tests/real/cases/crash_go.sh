# SPDX-License-Identifier: Apache-2.0
# about: Go with cgo: nil pointers that the program recovers from, then a real crash in C
# needs: golang-go gcc libc6-dev
# detect: command -v go && command -v gcc
# records: broken 2
# crashes: broken SIGSEGV null-dereference sum
. "$CASE_LIB"

export GOCACHE=$SCRATCH/cache GOPATH=$SCRATCH/path GOFLAGS=-buildvcs=false CGO_ENABLED=1
mkdir -p "$SCRATCH/broken"
cat >"$SCRATCH/broken/go.mod" <<'SOURCE'
module broken
SOURCE
cat >"$SCRATCH/broken/main.go" <<'SOURCE'
package main

// struct account { long id, balance; };
// __attribute__((noinline)) static long balance_of(const struct account *account) { return account->balance; }
// static long sum(long handle) { return 1 + balance_of((const struct account *)handle); }
import "C"

import "fmt"

type node struct{ value int }

func read(n *node) (value int) {
	defer func() {
		if recover() != nil {
			value = 1
		}
	}()
	return n.value
}

func main() {
	nils := 0
	for i := 0; i < 1000; i++ {
		nils += read(nil)
	}
	fmt.Println("nils", nils)
	fmt.Println(C.sum(0))
}
SOURCE
(cd "$SCRATCH/broken" && go build -o broken . 2>&1)
# What differs from run to run: addresses, and which goroutines the runtime happens to list.
# The runtime prints its own report and exits with 2; with GOTRACEBACK=crash it then aborts.
for how in single crash; do
  GOTRACEBACK=$how status $how traced "$SCRATCH/broken/broken" 2>&1 | sed -E 's/0x[0-9a-f]+/ADDRESS/g' |
    grep -E "^(nils|fatal|\[signal|SIGSEGV|$how: exit)" | sed -E 's/pc=.*//'
done
