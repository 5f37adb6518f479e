// SPDX-License-Identifier: Apache-2.0
// A loadable extension for SQLite with two everyday bugs (see the README):
//   redact(text)         the text with every digit replaced by '#'; leaks a buffer on each call
//   remember(text), forget(), recall()   one note; recalling what was forgotten reads a freed block
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3ext.h>
SQLITE_EXTENSION_INIT1

static char* mask_digits(const char* text, size_t length) {
  char* masked = malloc(length + 1);
  if (masked == NULL) return NULL;
  for (size_t i = 0; i < length; ++i) masked[i] = isdigit((unsigned char)text[i]) ? '#' : text[i];
  masked[length] = '\0';
  return masked;
}

static void redact(sqlite3_context* context, int count, sqlite3_value** values) {
  (void)count;
  const char* text = (const char*)sqlite3_value_text(values[0]);
  if (text == NULL) return;
  char* masked = mask_digits(text, (size_t)sqlite3_value_bytes(values[0]));
  if (masked == NULL) {
    sqlite3_result_error_nomem(context);
    return;
  }
  // The bug: SQLITE_TRANSIENT makes SQLite take a copy, and nobody frees the original.
  sqlite3_result_text(context, masked, -1, SQLITE_TRANSIENT);
}

struct note {
  size_t length;
  char* text;
  char author[512];
};
static struct note* last;

static struct note* write_note(const char* text) {
  struct note* note = calloc(1, sizeof(*note));
  if (note == NULL) return NULL;
  note->text = strdup(text);
  note->length = strlen(text);
  return note;
}

static void remember(sqlite3_context* context, int count, sqlite3_value** values) {
  (void)context;
  (void)count;
  const char* text = (const char*)sqlite3_value_text(values[0]);
  if (text != NULL) last = write_note(text);
}

static void forget(sqlite3_context* context, int count, sqlite3_value** values) {
  (void)count;
  (void)values;
  if (last == NULL) return;
  free(last->text);
  free(last);  // The bug: `last` still points to it.
  sqlite3_result_int(context, 1);
}

static void recall(sqlite3_context* context, int count, sqlite3_value** values) {
  (void)count;
  (void)values;
  if (last == NULL || last->text[0] == '\0') return;
  sqlite3_result_text(context, last->text, (int)last->length, SQLITE_TRANSIENT);
}

static const struct {
  const char* name;
  int arguments;
  void (*function)(sqlite3_context*, int, sqlite3_value**);
} functions[] = {
    {"redact", 1, redact}, {"remember", 1, remember}, {"forget", 0, forget}, {"recall", 0, recall}};

int sqlite3_redact_init(sqlite3* db, char** error, const sqlite3_api_routines* api) {
  (void)error;
  SQLITE_EXTENSION_INIT2(api);
  int status = SQLITE_OK;
  for (size_t i = 0; status == SQLITE_OK && i < sizeof(functions) / sizeof(functions[0]); ++i) {
    status = sqlite3_create_function(db, functions[i].name, functions[i].arguments, SQLITE_UTF8,
                                     NULL, functions[i].function, NULL, NULL);
  }
  return status;
}
