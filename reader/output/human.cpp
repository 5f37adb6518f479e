// SPDX-License-Identifier: Apache-2.0
#include "reader/output/human.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>

namespace dbgtrace::reader::output {
namespace {

constexpr std::array<const char*, 7> kUnits = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

size_t unit_of(double bytes) {
  size_t unit = 0;
  for (; std::abs(bytes) >= 999.5 && unit + 1 < kUnits.size(); ++unit) bytes /= 1024;
  return unit;
}

// Three significant digits are more than any estimate has.
std::string in_unit(double bytes, size_t unit) {
  const double value = bytes / std::pow(1024.0, static_cast<double>(unit));
  if (unit == 0) return fmt::format("{:.0f}", value);
  if (std::abs(value) >= 99.95) return fmt::format("{:.0f}", value);
  return fmt::format("{:.1f}", value);
}

std::string grouped(double count) {
  std::string digits = fmt::format("{:.0f}", count);
  for (size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, 1, ',');
  return digits;
}

}  // namespace

std::string human_bytes(double bytes) {
  if (!std::isfinite(bytes)) return "unknown";
  const size_t unit = unit_of(bytes);
  return fmt::format("{} {}", in_unit(bytes, unit), kUnits[unit]);
}

std::string human_count(double count) {
  if (!std::isfinite(count)) return "unknown";
  if (count >= 999'500'000) return fmt::format("{:.1f} billion", count / 1e9);
  if (count >= 999'500) return fmt::format("{:.1f} million", count / 1e6);
  return grouped(std::max(0.0, count));
}

std::string human_duration(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0) return "unknown";
  if (seconds < 0.9995) return fmt::format("{:.0f} ms", seconds * 1000);
  if (seconds < 99.95) return fmt::format("{:.1f} s", seconds);
  const double whole = std::round(seconds);
  const double minutes = std::floor(whole / 60);
  if (minutes < 60) return fmt::format("{:.0f} min {:.0f} s", minutes, whole - 60 * minutes);
  const double hours = std::floor(minutes / 60);
  if (hours < 48) return fmt::format("{:.0f} h {:.0f} min", hours, minutes - 60 * hours);
  const double days = std::floor(hours / 24);
  return fmt::format("{:.0f} d {:.0f} h", days, hours - 24 * days);
}

std::string human_date(double unix_s) {
  if (!(unix_s >= 0) || unix_s > 253402300799.0) return "unknown";
  const auto time = static_cast<time_t>(unix_s);
  tm parts{};
  if (gmtime_r(&time, &parts) == nullptr) return "unknown";
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02} UTC", parts.tm_year + 1900,
                     parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

std::string human_bytes(const analysis::Estimate& estimate) {
  if (estimate.exact()) return human_bytes(estimate.value);
  const size_t unit = unit_of(estimate.value);
  return fmt::format("~{} [{} .. {} {}]", human_bytes(estimate.value), in_unit(estimate.low, unit),
                     in_unit(estimate.high, unit), kUnits[unit]);
}

std::string human_count(const analysis::Estimate& estimate) {
  if (estimate.exact()) return human_count(estimate.value);
  return fmt::format("~{} [{} .. {}]", human_count(estimate.value), human_count(estimate.low),
                     human_count(estimate.high));
}

std::string human_samples(uint64_t samples) {
  return samples == 1 ? "1 sample" : grouped(static_cast<double>(samples)) + " samples";
}

}  // namespace dbgtrace::reader::output
