// SPDX-License-Identifier: Apache-2.0
// A loadable extension for SQLite with two functions and two everyday bugs (see the README):
//   redact(text)         the text with every digit replaced by '#'; leaks a buffer on each call
//   card_tail(text)      the last four characters; crashes when it is given NULL
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

static void card_tail(sqlite3_context* context, int count, sqlite3_value** values) {
  (void)count;
  const char* text = (const char*)sqlite3_value_text(values[0]);
  // The bug: the text of an SQL NULL is a null pointer.
  size_t length = text[0] == '\0' ? 0 : strlen(text);
  sqlite3_result_text(context, length > 4 ? text + length - 4 : text, -1, SQLITE_TRANSIENT);
}

int sqlite3_redact_init(sqlite3* db, char** error, const sqlite3_api_routines* api) {
  (void)error;
  SQLITE_EXTENSION_INIT2(api);
  const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC;
  int status = sqlite3_create_function(db, "redact", 1, flags, NULL, redact, NULL, NULL);
  if (status != SQLITE_OK) return status;
  return sqlite3_create_function(db, "card_tail", 1, flags, NULL, card_tail, NULL, NULL);
}
