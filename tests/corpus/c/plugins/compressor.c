// SPDX-License-Identifier: Apache-2.0
// The plugin of balanced_plugin.cpp: an archive is a list of blocks, which close() frees.
#include <stdlib.h>
#include <string.h>

#include "pace.h"

struct block {
  struct block* next;
  char bytes[4000];
};
struct archive {
  unsigned level;
  struct block* blocks;
};

NOINLINE static void* open_archive(unsigned level) {
  struct archive* archive = calloc(1, sizeof *archive);
  archive->level = level;
  return archive;
}

NOINLINE static unsigned add_member(void* handle, const char* bytes, unsigned count) {
  struct archive* archive = handle;
  struct block* block = malloc(sizeof *block);
  block->next = archive->blocks;
  archive->blocks = block;
  memcpy(block->bytes, bytes, count < sizeof block->bytes ? count : sizeof block->bytes);
  return count / (archive->level + 1);
}

NOINLINE static void close_archive(void* handle) {
  struct archive* archive = handle;
  for (struct block *block = archive->blocks, *next; block != NULL; block = next) {
    next = block->next;
    free(block);
  }
  free(archive);
}

extern const struct {
  void* (*open)(unsigned);
  unsigned (*add)(void*, const char*, unsigned);
  void (*close)(void*);
} compressor;
const __typeof__(compressor) compressor = {open_archive, add_member, close_archive};
