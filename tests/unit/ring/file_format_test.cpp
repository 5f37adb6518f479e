// SPDX-License-Identifier: Apache-2.0
// docs/file-format.md against the structs: each field table is read out of the text and compared
// with offsetof and sizeof, field by field, so that neither can change without the other.
#include <catch2/catch.hpp>
#include <fstream>
#include <map>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "ring/crash_layout.hpp"
#include "ring/layout.hpp"

namespace dbgtrace::test {
namespace {

using Strings = std::vector<std::string>;

struct Field {
  std::string name;
  size_t offset = 0;
  size_t bytes = 0;  // 0: the text does not say
};
using Fields = std::vector<Field>;

Strings split(const std::string& text, const std::string& separator) {
  Strings parts;
  size_t from = 0;
  for (size_t at; (at = text.find(separator, from)) != std::string::npos;
       from = at + separator.size()) {
    parts.push_back(text.substr(from, at - from));
  }
  parts.push_back(text.substr(from));
  return parts;
}

std::string trimmed(const std::string& text) {
  const size_t begin = text.find_first_not_of(' ');
  return begin == std::string::npos ? ""
                                    : text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

// Reserved fields have numbers in code, where names must differ, and none in the text.
std::string plain(const std::string& name) {
  return name.starts_with("reserved") ? "reserved" : name;
}

size_t bytes_of(const std::string& type) {
  static const std::map<std::string, size_t> kTypes = {
      {"u64", 8}, {"f64", 8}, {"u32", 4},         {"i32", 4},         {"u16", 2},
      {"u8", 1},  {"", 0},    {"BirthTally", 40}, {"DeathTally", 24}, {"Excess", 32}};
  std::smatch parts;
  if (std::regex_match(type, parts, std::regex("(\\d+) x (.+)"))) {
    return std::stoul(parts[1]) * bytes_of(parts[2]);
  }
  if (std::regex_match(type, parts, std::regex("(\\d+)( bytes)?( each)?")))
    return std::stoul(parts[1]);
  const std::string word = type.substr(0, type.find_first_of(" ,"));
  INFO("type \"" << type << "\"");
  REQUIRE(kTypes.contains(word));
  return kTypes.at(word);
}

// A row may tell several fields: "104, 112 | u64 | live_bytes, live_weight_q15".
void add_row(const Strings& columns, const Strings& cells, Fields& fields) {
  Strings offsets, types, names;
  for (size_t i = 0; i < columns.size() && i < cells.size(); ++i) {
    const std::string& column = columns[i];
    if (column == "offset") offsets = split(cells[i], ", ");
    if (column == "type" || column == "bytes") types = split(cells[i], ", ");
    if (column == "field" || column == "bits") names = split(cells[i], ", ");
  }
  // Packed words have their name beside the type: "u64 time_weight".
  const size_t packed = types.front().find(' ');
  if (types.front().starts_with("u64 ")) {
    names = {types.front().substr(packed + 1)};
    types = {"u64"};
  }
  for (size_t i = 0; i < offsets.size(); ++i) {
    if (!std::regex_match(offsets[i], std::regex("\\d+"))) return;
    const std::string& text = names[std::min(i, names.size() - 1)];
    std::smatch name;
    if (!std::regex_search(text, name, std::regex("^\\w+"))) return;
    fields.push_back({plain(name.str()), std::stoul(offsets[i]),
                      bytes_of(types[std::min(i, types.size() - 1)])});
  }
}

// The first table of fields behind the words `after`, which the text has only once at a line's
// beginning.
Fields table_behind(const std::string& after) {
  std::ifstream text(DBGTRACE_SOURCE_DIR "/docs/file-format.md");
  REQUIRE(text.good());
  Fields fields;
  Strings columns;
  bool passed = false;
  for (std::string line; std::getline(text, line);) {
    passed = passed || line.starts_with(after);
    if (!passed) continue;
    if (!line.starts_with("| ")) {
      if (!fields.empty()) return fields;
      continue;
    }
    Strings cells;
    for (const std::string& cell : split(line.substr(1), "|")) cells.push_back(trimmed(cell));
    if (columns.empty()) {
      columns = cells;
    } else {
      add_row(columns, cells, fields);
    }
  }
  return fields;
}

void compare(const std::string& heading, size_t struct_bytes, const Fields& code) {
  INFO("\"" << heading << "\" of docs/file-format.md");
  Fields text = table_behind(heading);
  // What follows a struct, of no fixed size, stands in its table too.
  std::erase_if(text, [struct_bytes](const Field& field) { return field.offset >= struct_bytes; });
  size_t end = 0;
  for (size_t i = 0; i < code.size(); ++i) {
    INFO("field " << i << ", " << code[i].name << " at " << code[i].offset);
    CHECK(code[i].offset >= end);      // in order ...
    CHECK(code[i].offset - end < 64);  // ... and none left out, but for padding up to an alignment
    end = code[i].offset + code[i].bytes;
    REQUIRE(i < text.size());
    CHECK(text[i].name == plain(code[i].name));
    CHECK(text[i].offset == code[i].offset);
    if (text[i].bytes != 0) CHECK(text[i].bytes == code[i].bytes);
  }
  CHECK(text.size() == code.size());
  CHECK(struct_bytes - end < 64);
}

}  // namespace

#define FIELD(name) \
  { #name, offsetof(S, name), sizeof(S::name) }

TEST_CASE("the specification's header is that of the code") {
  using S = ring::Header;
  compare("## Header", sizeof(S),
          {FIELD(magic),
           FIELD(version),
           FIELD(header_bytes),
           FIELD(file_bytes),
           FIELD(salt),
           FIELD(start_unix_ns),
           FIELD(start_monotonic_ns),
           FIELD(process_start_ticks),
           FIELD(pid_namespace),
           FIELD(boot_id),
           FIELD(pid),
           FIELD(parent_pid),
           FIELD(parent_salt),
           FIELD(parent_sequence),
           FIELD(base_interval_bytes),
           FIELD(start_cycles),
           FIELD(arch),
           FIELD(page_bytes),
           FIELD(uid),
           FIELD(static_checksum),
           FIELD(sections),
           FIELD(exe),
           FIELD(cmdline),
           FIELD(host),
           FIELD(live)});
}

TEST_CASE("the specification's changing part of the header is that of the code") {
  using S = ring::LiveHeader;
  compare("### The part that changes", sizeof(S),
          {FIELD(state),
           FIELD(exit_code),
           FIELD(end_us),
           FIELD(last_us),
           FIELD(interval_bytes),
           FIELD(exact_until_us),
           FIELD(totals_until_us),
           FIELD(teardown_us),
           FIELD(inherited_frees),
           FIELD(live_bytes),
           FIELD(peak_live_bytes),
           FIELD(peak_us),
           FIELD(freed_count),
           FIELD(live_excess_q15),
           FIELD(run_id),
           FIELD(reserved),
           FIELD(births),
           FIELD(mappings),
           FIELD(unmappings),
           FIELD(threads_used),
           FIELD(modules_used),
           FIELD(strings_used),
           FIELD(stacks_used),
           FIELD(histories_used),
           FIELD(sites_used),
           FIELD(ring_head),
           FIELD(next_sequence),
           FIELD(recorder_cycles),
           FIELD(recorder_entries),
           FIELD(elapsed_cycles),
           FIELD(elapsed_us),
           FIELD(process_cpu_us),
           FIELD(private_bytes),
           FIELD(system_calls),
           FIELD(sandboxed),
           FIELD(flags),
           FIELD(interval_changes_used),
           FIELD(reserved2),
           FIELD(interval_changes),
           FIELD(lost)});
}

TEST_CASE("the specification's sums and loss counters are those of the code") {
  {
    using S = ring::BirthTally;
    compare("A BirthTally", sizeof(S),
            {FIELD(hits), FIELD(weight_q15), FIELD(bytes), FIELD(weight_variance),
             FIELD(bytes_variance)});
  }
  {
    using S = ring::DeathTally;
    compare("A DeathTally", sizeof(S), {FIELD(hits), FIELD(weight_q15), FIELD(bytes)});
  }
  {
    using S = ring::Excess;
    compare("An Excess", sizeof(S),
            {FIELD(weight_q15), FIELD(bytes), FIELD(weight_variance), FIELD(bytes_variance)});
  }
  {
    using S = ring::LossCounters;
    compare("The losses.", sizeof(S),
            {FIELD(live_table_full), FIELD(site_table_full), FIELD(stack_arena_full),
             FIELD(module_table_full), FIELD(events_dropped), FIELD(blocks_overwritten),
             FIELD(no_scratch), FIELD(disk_refused), FIELD(stale_entries), FIELD(thread_table_full),
             FIELD(start_races), FIELD(sites_folded), FIELD(reserved)});
  }
}

TEST_CASE("the specification's ledger entries are those of the code") {
  {
    using S = ring::SeriesPoint;
    compare("### Series", sizeof(S),
            {FIELD(time_us), FIELD(live_bytes), FIELD(live_weight_q15), FIELD(rss_bytes),
             FIELD(allocated_bytes), FIELD(peak_live_bytes)});
  }
  {
    using S = ring::Thread;
    compare("### Threads", sizeof(S),
            {FIELD(tid), FIELD(flags), FIELD(start_us), FIELD(last_us), FIELD(name), FIELD(births),
             FIELD(birth_bytes), FIELD(deaths)});
  }
  {
    using S = ring::Module;
    compare("### Modules and strings", sizeof(S),
            {FIELD(start), FIELD(end), FIELD(bias), FIELD(load_us), FIELD(unload_us), FIELD(path),
             FIELD(build_id_bytes), FIELD(build_id), FIELD(reserved), FIELD(reserved2),
             FIELD(checksum)});
  }
  {
    using S = ring::Site;
    compare("### Sites", sizeof(S),
            {FIELD(stack_hash), FIELD(births), FIELD(birth_bytes), FIELD(deaths), FIELD(live_bytes),
             FIELD(peak_live_bytes), FIELD(temporary), FIELD(history_generation),
             FIELD(next_point_ds), FIELD(peak_us), FIELD(first_us), FIELD(stack), FIELD(kind),
             FIELD(reserved), FIELD(first_lifetimes), FIELD(birth_excess_q15),
             FIELD(death_excess_q15), FIELD(weight_variance), FIELD(bytes_variance)});
  }
  {
    using S = ring::History;
    compare("### Histories", sizeof(S),
            {FIELD(site), FIELD(points_used), FIELD(step_ds), FIELD(busy), FIELD(reserved),
             FIELD(deaths), FIELD(points)});
  }
  {
    using S = ring::Stack;
    compare("### Stacks", sizeof(S),
            {FIELD(checksum), FIELD(new_frames), FIELD(kept_frames), FIELD(parent), FIELD(chain),
             FIELD(flags), FIELD(omitted_frames), FIELD(time_us)});
  }
  {
    using S = ring::Live;
    compare("### Live blocks", sizeof(S),
            {FIELD(address_state), FIELD(time_weight), FIELD(size_site)});
  }
  {
    using S = ring::Freed;
    compare("### Freed blocks", sizeof(S),
            {FIELD(address_thread), FIELD(time_weight), FIELD(size_site), FIELD(age_site)});
  }
}

TEST_CASE("the specification's history is that of the code") {
  {
    using S = ring::Event;
    compare("## History", sizeof(S), {FIELD(head), FIELD(time), FIELD(a), FIELD(b)});
  }
  {
    using S = ring::OpenBlock;
    compare("### Open blocks", sizeof(S), {FIELD(salt), FIELD(cursor), FIELD(reserved)});
  }
  {
    using S = ring::SealedBlock;
    compare("### The ring", sizeof(S),
            {FIELD(magic), FIELD(checksum), FIELD(salt), FIELD(sequence), FIELD(position),
             FIELD(raw_bytes), FIELD(compressed_bytes), FIELD(first_us), FIELD(last_us),
             FIELD(event_count), FIELD(torn_count)});
  }
}

TEST_CASE("the specification's black box is that of the code") {
  {
    using S = ring::BlackBox;
    compare("### Head", sizeof(S),
            {FIELD(magic), FIELD(version), FIELD(salt), FIELD(used_bytes), FIELD(finished),
             FIELD(failed_steps), FIELD(faults_inside), FIELD(minor_used), FIELD(parts_lost),
             FIELD(threads_seen), FIELD(threads_silent), FIELD(vfork_crashes), FIELD(reserved),
             FIELD(crash), FIELD(handled), FIELD(minor)});
  }
  {
    using S = ring::CrashHead;
    compare(
        "The crash, at offset 64", sizeof(S),
        {FIELD(tid),         FIELD(checksum),      FIELD(record),         FIELD(pid),
         FIELD(signal),      FIELD(code),          FIELD(error),          FIELD(flags),
         FIELD(time_us),     FIELD(fault_address), FIELD(sender_pid),     FIELD(sender_uid),
         FIELD(value),       FIELD(trap_number),   FIELD(error_code),     FIELD(stack_low),
         FIELD(stack_high),  FIELD(alternate_low), FIELD(alternate_high), FIELD(blocked_signals),
         FIELD(thread_name), FIELD(siginfo),       FIELD(register_count), FIELD(reserved),
         FIELD(registers)});
  }
  {
    using S = ring::Part;
    compare("### Parts", sizeof(S),
            {FIELD(magic), FIELD(checksum), FIELD(kind), FIELD(compressed), FIELD(record),
             FIELD(subject), FIELD(address), FIELD(raw_bytes), FIELD(stored_bytes)});
  }
}

#undef FIELD

}  // namespace dbgtrace::test
