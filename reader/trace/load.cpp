// SPDX-License-Identifier: Apache-2.0
#include "reader/trace/load.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <new>

#include "reader/trace/file_image.hpp"
#include "reader/trace/load_parts.hpp"
#include "ring/header_view.hpp"

namespace dbgtrace::reader::trace {
namespace {

bool all_zero(std::span<const std::byte> bytes) {
  return std::all_of(bytes.begin(), bytes.end(),
                     [](std::byte byte) { return byte == std::byte{0}; });
}

LoadError header_error(const std::string& path, std::span<const std::byte> file,
                       const ring::HeaderReport& report, const ring::Header& header) {
  const char* kWhatNow =
      "give the path of a recording (*.dbgt); `dbgtrace list` names those it finds";
  if (file.empty())
    return {fmt::format("{}: the file is empty, a recording begins with \"DBGTRACE\"; {}", path,
                        kWhatNow),
            0};
  if (report.foreign && all_zero(file.first(std::min<size_t>(file.size(), ring::kHeaderBytes)))) {
    return {fmt::format("{}: offset 0: only zeros where a recording begins with \"DBGTRACE\": the "
                        "process ended before it "
                        "recorded anything, or the disk lost the data; nothing can be read",
                        path),
            0};
  }
  if (report.foreign) {
    return {fmt::format("{}: not a recording: offset 0: it does not begin with \"DBGTRACE\"; {}",
                        path, kWhatNow),
            0};
  }
  if (file.size() < ring::kHeaderBytes) {
    return {
        fmt::format("{}: offset {}: cut inside the header, which has {} bytes; copy the whole file",
                    path, file.size(), ring::kHeaderBytes),
        file.size()};
  }
  if (report.checksum_fits && header.version != ring::kVersion) {
    return {fmt::format("{}: offset {}: version {}, this dbgtrace reads version {}; use the "
                        "dbgtrace that is as new as the "
                        "library that recorded it",
                        path, report.offset_bytes, header.version, ring::kVersion),
            report.offset_bytes};
  }
  const std::string where =
      report.section == nullptr ? "" : fmt::format("section \"{}\": ", report.section);
  return {
      fmt::format("{}: offset {}: the header is damaged: {}{} (expected {}, found {}); copy the "
                  "file again from "
                  "where it was recorded",
                  path, report.offset_bytes, where, report.problem, report.expected, report.found),
      report.offset_bytes};
}

bool repair(double& sum) {
  const bool sound = std::isfinite(sum) && sum >= 0;
  if (!sound) sum = 0;
  return sound;
}

void check_live_header(Trace& trace, DamageLog& damages) {
  ring::LiveHeader& live = trace.header.live;
  constexpr uint64_t kAt = offsetof(ring::Header, live);
  if (live.state < static_cast<uint32_t>(ring::State::kRunning) ||
      live.state > static_cast<uint32_t>(ring::State::kDetached)) {
    damages.add(kAt, sizeof(live.state),
                fmt::format("the state is {}, expected 1 to 5", live.state));
  }
  bool sound = true;
  for (double* sum : {&live.births.weight_variance, &live.births.bytes_variance,
                      &live.mappings.weight_variance, &live.mappings.bytes_variance}) {
    sound = repair(*sum) && sound;
  }
  if (!sound)
    damages.add(kAt + offsetof(ring::LiveHeader, births), 0,
                "a variance of the totals is no number");
  // Times are 48 bits wide everywhere else in the file.
  if (static_cast<int64_t>(live.live_bytes) < 0) live.live_bytes = 0;  // threads that race
  for (uint64_t* time_us : {&live.end_us, &live.last_us, &live.peak_us, &live.teardown_us}) {
    if (*time_us <= ring::kTimeMask) continue;
    damages.add(kAt, 0, fmt::format("a time of {} us, expected less than 2^48", *time_us));
    *time_us = ring::kTimeMask;
  }
}

Result<Trace> make_trace(std::span<const std::byte> file, const std::string& path,
                         uint64_t moved_bytes) {
  Trace trace;
  trace.path = path;
  trace.file_bytes = file.size();
  const ring::HeaderReport report = ring::read_header(file, trace.header);
  if (report.problem != nullptr) return header_error(path, file, report, trace.header);
  DamageLog damages(trace.damages);
  trace.header_valid = report.checksum_fits;
  if (!report.checksum_fits) {
    damages.add(
        0, ring::kStaticHeaderBytes,
        "the header's checksum does not fit: process, clocks or section table may be wrong");
  }
  if (file.size() < trace.header.file_bytes) {
    damages.add(file.size(), trace.header.file_bytes - file.size(),
                fmt::format("cut short: {} bytes of {}", file.size(), trace.header.file_bytes));
  }
  check_live_header(trace, damages);
  load_ledger(file, trace, damages);
  load_history(file, moved_bytes, trace, damages);
  load_crash(file, trace, damages);
  trace.stacks.keep(ring::section_bytes(file, trace.header, ring::SectionKind::kStacks));
  return trace;
}

// How far the ring went on since the image was made; 0 unless a process is writing.
uint64_t moved_since(const std::string& path, const FileImage& image) {
  ring::Header before;
  ring::Header after;
  const Result<FileImage> now = FileImage::read(path, ring::kHeaderBytes);
  if (!now || ring::read_header(image.bytes(), before).problem != nullptr ||
      ring::read_header(now->bytes(), after).problem != nullptr || before.salt != after.salt) {
    return 0;
  }
  return std::max(after.live.ring_head, before.live.ring_head) - before.live.ring_head;
}

}  // namespace

Result<Trace> load_image(std::span<const std::byte> file, const std::string& path) {
  return make_trace(file, path, 0);
}

Result<Trace> load(const std::string& path) {
  Result<Recording> recording = open_recording(path);
  if (!recording) return recording.error();
  return std::move(recording->trace);
}

Result<Recording> open_recording(const std::string& path) {
  try {
    // The header first: a big file that is no recording is not read at all.
    Result<FileImage> head = FileImage::read(path, ring::kHeaderBytes);
    if (!head) return head.error();
    ring::Header header;
    const ring::HeaderReport report = ring::read_header(head->bytes(), header);
    if (report.problem != nullptr) return header_error(path, head->bytes(), report, header);
    if (head->from_bundle()) {  // it is whole already, and nobody writes to it
      Result<Trace> trace = load_image(head->bytes(), path);
      if (!trace) return trace.error();
      return Recording{std::move(*head), std::move(*trace)};
    }
    Result<FileImage> image = FileImage::read(path, header.file_bytes);
    if (!image) return image.error();
    Result<Trace> trace = make_trace(image->bytes(), path, moved_since(path, *image));
    if (!trace) return trace.error();
    return Recording{std::move(*image), std::move(*trace)};
  } catch (const std::bad_alloc&) {
    return LoadError{
        fmt::format("{}: not enough memory to load it; raise the limit (ulimit -v)", path), 0};
  }
}

}  // namespace dbgtrace::reader::trace
