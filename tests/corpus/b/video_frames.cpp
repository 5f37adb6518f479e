// SPDX-License-Identifier: Apache-2.0
// interval: 64K
// expect: leak function=make
// note: over-aligned operator new; a reference too many on every fourth frame keeps it for ever.
#include <deque>

#include "pace.h"

struct alignas(64) Frame {
  int references = 1;
  unsigned char luma[32000];
  NOINLINE static Frame* make() { return new Frame; }  // leaks
};

NOINLINE static void release(Frame* frame) {
  if (--frame->references == 0) delete frame;
}

int main() {
  std::deque<Frame*> window;
  for (unsigned id = 0; id < 640; ++id) {
    Frame* frame = Frame::make();
    frame->luma[0] = static_cast<unsigned char>(id);
    if (id % 4 == 1) ++frame->references;
    window.push_back(frame);
    keep(frame);
    if (window.size() > 12) {
      release(window.front());
      window.pop_front();
    }
    pause_ms(4);
  }
  for (Frame* frame : window) release(frame);
}
