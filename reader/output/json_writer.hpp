// SPDX-License-Identifier: Apache-2.0
// A JSON document that is written while it is made, for reports with an item a call stack or a
// record: there may be hundreds of thousands, and a document in memory takes twenty times as much
// as its text. The text is the one that json_text gives of the whole.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "reader/output/json_documents.hpp"
#include "reader/output/sink.hpp"

namespace dbgtrace::reader::output {

// The document is an object, begun with the writer. Keys are for what goes into an object, what
// goes into a list has none. The sink must outlive the writer.
class JsonWriter {
 public:
  explicit JsonWriter(Sink& sink) : sink_(sink) {}

  void member(std::string_view key, const Json& value);
  void members(const Json& object);  // each of its members
  void item(const Json& value);
  void item_in_a_line(const Json& value);
  void begin_object(std::string_view key = {});
  void begin_list(std::string_view key);
  void end();  // of what was begun last
  // "title_frame" and "stack".
  void stack(const analysis::ResolvedStack& stack);

  // False once nobody reads on: the rest need not be made.
  bool open() const { return sink_.open(); }
  // Ends all that is open.
  void finish();

 private:
  struct Level {
    bool is_list;
    bool is_empty = true;
  };
  void begin(std::string_view key, bool is_list);
  void begin_value(std::string_view key);
  void put_line_end() { text_.append(1, '\n').append(2 * levels_.size(), ' '); }
  void put(const Json& value);
  void put_text(std::string_view text);
  void frame(const symbols::Frame& frame);

  Sink& sink_;
  std::string text_ = "{";
  std::vector<Level> levels_{{false}};
};

// What add_losses adds.
void write_losses(JsonWriter& writer, const trace::Trace& trace);

}  // namespace dbgtrace::reader::output
