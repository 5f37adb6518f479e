# SPDX-License-Identifier: Apache-2.0
# about: make -j with generated sources, sub-makes, an archive, a failing target, nothing to do
# needs: make gcc libc6-dev binutils
# detect: command -v make gcc ar
# records: make 4
# records: cc1 12
. "$CASE_LIB"

cat >Makefile <<'MAKE'
NAMES := $(foreach i,1 2 3 4 5 6 7 8 9 10 11 12,part$(i))
all: program sub/done
program: main.o libparts.a ; $(CC) -o $@ $^
libparts.a: $(NAMES:%=%.o) ; $(AR) rcsD $@ $^
%.o: %.c ; $(CC) -O2 -g -c -o $@ $<
part%.c: ; @printf '#include <stdlib.h>\n#include <stdio.h>\nint part$*(int n) { char *p = malloc(n + $*); int r = snprintf(p, n, "%%d", $*); free(p); return r; }\n' >$@
main.c: ; @{ for n in $(NAMES); do echo "int $$n(int);"; done; echo 'int main(void) { return 0'; for n in $(NAMES); do echo " + $$n(9)"; done; echo '; }'; } >$@
sub/done: ; @mkdir -p sub && $(MAKE) --no-print-directory -C sub -f ../sub.mk
broken: ; @echo about to fail >&2; kill -TERM $$$$
.SECONDARY:
MAKE
cat >sub.mk <<'MAKE'
done: $(foreach i,1 2 3 4 5 6 7 8 9,$(i).txt) ; @cat $^ >$@
%.txt: ; @seq $* | sort -rn >$@
# Many variables, each longer than the one before: make itself has something to allocate.
$(foreach n,$(shell seq 3000),$(eval v := $(v) $(n))$(eval v$(n) := $(words $(v)) $(v)))
MAKE
status build traced make -j 4 >"$SCRATCH/out" 2>&1
sort "$SCRATCH/out"
./program
echo "program: exit $?"
status 'nothing to do' traced make -j 4
status broken traced make broken
status missing traced make nowhere
