# SPDX-License-Identifier: Apache-2.0
# about: gdb in batch mode on a bare program; a bare gdb on a recorded program that crashes
# needs: gdb gcc libc6-dev
# detect: command -v gcc && gdb -nx -batch -ex run /bin/true | grep -q 'exited normally'
# records: gdb 2
# records: program 1
. "$CASE_LIB"

cat >program.c <<'SOURCE'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
struct node { int value; struct node *next; };
static int total;
static struct node *push(struct node *list, int value) {
  struct node *node = calloc(1, sizeof *node);
  node->value = value;
  total += value;
  node->next = list;
  return node;
}
static int sum(const struct node *list) {
  return list ? list->value + sum(list->next) : 0;
}
static void crash(volatile int *p) { *p = 1; }
int main(int argc, char **argv) {
  struct node *list = NULL;
  for (int i = 0; i < 1000; i++) {
    list = push(list, i);
    free(calloc(1, 40000));
  }
  printf("sum %d\n", sum(list));
  if (argc > 1) crash(NULL);
  return 7;
}
SOURCE
gcc -g -O0 -o program program.c
cat >commands <<'GDB'
set confirm off
set width 0
set print address off
set print frame-arguments none
break push if value == 500
run
backtrace
print *list
print value * 2
watch total
continue
delete
break sum if list == 0
continue
backtrace -3
info locals
delete
continue
GDB
# Address space layouts may be out of gdb's hands (containers); the warning has no place here.
quiet() {
  "$@" 2>&1 | sed -E 's/\(process [0-9]+\)/(process)/; s/0x00005[0-9a-f]{11}/PC/' |
    grep -av -e 'address space randomization' -e 'libthread_db' -e '^$'
  echo "gdb: exit ${PIPESTATUS[0]}"
}

quiet traced gdb -nx -batch -ex 'set exec-wrapper env -u LD_PRELOAD' -x commands ./program
quiet traced gdb -nx -batch -ex 'info line push' -ex 'ptype struct node' -ex 'disassemble crash' ./program
quiet traced gdb -nx -batch -ex 'set print frame-arguments none' -ex run -ex backtrace -ex kill --args ./program crash
# gdb counts the execs of its wrapper, so that `traced` itself, a script, can't be one.
wrapper="set exec-wrapper env $(traced env | grep -E '^(LD_PRELOAD|DBGTRACE_[A-Z]*)=' | tr '\n' ' ')"
quiet gdb -nx -batch -ex "$wrapper" -x commands ./program
quiet gdb -nx -batch -ex "$wrapper" -ex 'set print frame-arguments none' -ex run -ex backtrace \
  -ex 'print $_siginfo.si_signo' \
  -ex 'print $_siginfo._sifields._sigfault.si_addr' -ex continue --args ./program crash
