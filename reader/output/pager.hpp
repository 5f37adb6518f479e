// SPDX-License-Identifier: Apache-2.0
// What a terminal gets besides the result: a pager where the result is longer than the screen, and
// a sign of life while it is being made.
#pragma once

#include <string>

namespace dbgtrace::reader::output {

// Shows the text in $PAGER (less where it is not set) if standard output is a terminal with fewer
// lines. False if it was not shown: that is left to the caller.
bool show_in_pager(const std::string& text);

// From the second second on, a line on standard error tells how long it has been taking; only if
// that is a terminal. It is gone when the object is, or earlier with end().
class SignOfLife {
 public:
  SignOfLife();
  ~SignOfLife() { end(); }
  SignOfLife(const SignOfLife&) = delete;
  SignOfLife& operator=(const SignOfLife&) = delete;

  static void end();  // of the one that there is
};

}  // namespace dbgtrace::reader::output
