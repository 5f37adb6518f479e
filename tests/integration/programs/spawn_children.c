// SPDX-License-Identifier: Apache-2.0
// Misdeed: starts programs by posix_spawn, system and popen between its own leaks of 41000 bytes.
// argv: way, command, repeats.
#include <spawn.h>
#include <sys/wait.h>

#include "victim.h"

extern char** environ;

static int start(const char* way, const char* command) {
  int status = -1;
  if (!strcmp(way, "posix_spawn")) {
    char* const arguments[] = {(char*)"sh", (char*)"-c", (char*)command, NULL};
    pid_t child;
    REQUIRE(posix_spawn(&child, "/bin/sh", NULL, NULL, arguments, environ) == 0);
    REQUIRE(waitpid(child, &status, 0) == child);
  } else if (!strcmp(way, "system")) {
    status = system(command);
  } else {
    char line[256];
    FILE* pipe = popen(command, "r");
    REQUIRE(pipe != NULL);
    while (fgets(line, sizeof line, pipe) != NULL) say("%s", line);
    status = pclose(pipe);
  }
  return status;
}

int main(int argc, char** argv) {
  REQUIRE(argc == 4);
  for (int i = 0; i < atoi(argv[3]); ++i) {
    REQUIRE(leak(41000) != NULL);
    say("status %d\n", start(argv[1], argv[2]));
  }
  return 0;
}
