// SPDX-License-Identifier: Apache-2.0
// Keeps a disk busy: writes 4 MiB and waits for them to be stored, again and again, until killed.
// argv: a file, which it removes at once.
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { kChunkBytes = 1 << 20, kChunks = 4 };
static char chunk[kChunkBytes];

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const int fd = open(argv[1], O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0 || unlink(argv[1]) != 0) return 1;
  for (unsigned round = 0;; ++round) {
    memset(chunk, (int)round, sizeof chunk);
    for (int i = 0; i < kChunks; ++i) {
      if (pwrite(fd, chunk, sizeof chunk, (off_t)i * kChunkBytes) != kChunkBytes) return 1;
    }
    if (fsync(fd) != 0) return 1;
  }
}
