// SPDX-License-Identifier: Apache-2.0
// Misdeed: takes the ground away under an open recording: chroot, chdir, another user, no
// descriptors. argv: what, folder.
#include <grp.h>
#include <sys/resource.h>

#include "victim.h"

int main(int argc, char** argv) {
  REQUIRE(argc == 3);
  const char* what = argv[1];
  for (int i = 0; i < 1000; ++i) leak_at_depth(2001, i % 40);
  if (!strcmp(what, "chroot")) REQUIRE(chroot(argv[2]) == 0 && chdir("/") == 0);
  if (!strcmp(what, "chdir")) REQUIRE(chdir(argv[2]) == 0);
  if (!strcmp(what, "setuid"))
    REQUIRE(setgroups(0, NULL) == 0 && setresgid(65534, 65534, 65534) == 0 &&
            setresuid(65534, 65534, 65534) == 0);
  if (!strcmp(what, "nofile")) {
    struct rlimit none = {0, 0};
    REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
    REQUIRE(open("/dev/null", O_RDONLY) == -1 && errno == EMFILE);
  }
  if (!strcmp(what, "fsize")) {
    struct rlimit none = {0, 0};
    REQUIRE(setrlimit(RLIMIT_FSIZE, &none) == 0);
  }
  for (int i = 0; i < 20000; ++i) {
    REQUIRE(leak_at_depth(2003, i % 200) != NULL);
    churn(3003, 2);
  }
  say("unharmed\n");
  return 0;
}
