// SPDX-License-Identifier: Apache-2.0
// Values are dumped one by one and indented to their place: their texts hold no line ends of their
// own. Frames, nearly all of a document, are written without a Json in between.
#include "reader/output/json_writer.hpp"

#include <algorithm>

#include "reader/output/printable.hpp"

namespace dbgtrace::reader::output {
namespace {

constexpr size_t kPieceBytes = 1 << 16;

std::string dumped(const Json& value, int indent) {
  return printable_json(value.dump(indent, ' ', false, Json::error_handler_t::replace));
}

bool needs_no_escape(char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; }

}  // namespace

void JsonWriter::member(std::string_view key, const Json& value) {
  begin_value(key);
  put(value);
}

void JsonWriter::members(const Json& object) {
  for (const auto& [key, value] : object.items()) member(key, value);
}

void JsonWriter::item(const Json& value) { member({}, value); }

void JsonWriter::item_in_a_line(const Json& value) {
  begin_value({});
  text_ += dumped(value, -1);
}

void JsonWriter::begin_object(std::string_view key) { begin(key, false); }

void JsonWriter::begin_list(std::string_view key) { begin(key, true); }

void JsonWriter::end() {
  const Level ended = levels_.back();
  levels_.pop_back();
  if (!ended.is_empty) put_line_end();
  text_ += ended.is_list ? ']' : '}';
}

void JsonWriter::stack(const analysis::ResolvedStack& stack) {
  member("title_frame", stack.title);
  begin_list("stack");
  for (const symbols::Frame& one : stack.frames) frame(one);
  end();
}

void JsonWriter::finish() {
  while (!levels_.empty()) end();
  text_ += '\n';
  sink_.write(text_);
  text_.clear();
}

void JsonWriter::begin(std::string_view key, bool is_list) {
  begin_value(key);
  text_ += is_list ? '[' : '{';
  levels_.push_back({is_list});
}

void JsonWriter::begin_value(std::string_view key) {
  if (text_.size() >= kPieceBytes) {
    sink_.write(text_);
    text_.clear();
  }
  Level& level = levels_.back();
  if (!level.is_empty) text_ += ',';
  level.is_empty = false;
  put_line_end();
  if (level.is_list) return;
  put_text(key);
  text_ += ": ";
}

void JsonWriter::put(const Json& value) {
  const std::string lines = dumped(value, 2);
  size_t from = 0;
  for (size_t end; (end = lines.find('\n', from)) != std::string::npos; from = end + 1) {
    text_.append(lines, from, end - from);
    put_line_end();
  }
  text_.append(lines, from);
}

void JsonWriter::put_text(std::string_view text) {
  if (std::all_of(text.begin(), text.end(), needs_no_escape)) {
    text_.append(1, '"').append(text).append(1, '"');
  } else {
    text_ += dumped(text, -1);
  }
}

void JsonWriter::frame(const symbols::Frame& frame) {
  struct {
    JsonWriter& writer;
    void operator()(const char* key, std::string_view text) const {
      writer.begin_value(key);
      writer.put_text(text);
    }
    void operator()(const char* key, unsigned number) const {
      writer.begin_value(key);
      writer.text_ += std::to_string(number);
    }
    void operator()(const char* key, bool truth) const {
      writer.begin_value(key);
      writer.text_ += truth ? "true" : "false";
    }
  } put_key{*this};
  begin_object();
  for_each_key(frame, put_key);
  end();
}

void write_losses(JsonWriter& writer, const trace::Trace& trace) {
  Json losses = Json::object();
  add_losses(losses, trace);
  writer.members(losses);
}

}  // namespace dbgtrace::reader::output
