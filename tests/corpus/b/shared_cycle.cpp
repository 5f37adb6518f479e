// SPDX-License-Identifier: Apache-2.0
// interval: 16K
// expect: leak function=open_document
// note: document and view hold each other by shared_ptr; one document in three is closed properly.
#include <memory>

#include "pace.h"

struct Document;
struct View {
  std::shared_ptr<Document> document;
  char pixels[1200];
};
struct Document {
  std::shared_ptr<View> view;
  char text[2600];
};

NOINLINE static std::shared_ptr<Document> open_document() {
  auto document = std::make_shared<Document>();  // leaks
  document->view = std::make_shared<View>();     // leaks
  document->view->document = document;
  return document;
}

int main() {
  for (int step = 0; step < 520; ++step) {
    auto document = open_document();
    document->text[0] = 'd';
    keep(document.get());
    if (step % 3 == 0) document->view->document.reset();
    pause_ms(5);
  }
}
