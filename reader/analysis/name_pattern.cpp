// SPDX-License-Identifier: Apache-2.0
#include "reader/analysis/name_pattern.hpp"

namespace dbgtrace::reader::analysis {

bool fits(std::string_view pattern, std::string_view name) {
  bool anchored = pattern.starts_with('^');
  if (anchored) pattern.remove_prefix(1);
  const bool to_end = pattern.ends_with('$');
  if (to_end) pattern.remove_suffix(1);
  if (pattern.empty()) return !anchored || !to_end || name.empty();
  size_t at = 0;
  // The first place of each piece leaves the most room for the next ones; the last piece, if it
  // has to end the name, has only one place.
  while (!pattern.empty()) {
    const size_t star = pattern.find('*');
    const std::string_view piece = pattern.substr(0, star);
    const bool last = star == std::string_view::npos;
    pattern = last ? std::string_view{} : pattern.substr(star + 1);
    if (last && to_end) {
      const bool fits_here = name.size() - at >= piece.size() && name.ends_with(piece);
      return fits_here && (!anchored || name.size() - piece.size() == at);
    }
    const size_t found = name.find(piece, at);
    if (found == std::string_view::npos || (anchored && found != at)) return false;
    at = found + piece.size();
    anchored = false;
  }
  return true;
}

}  // namespace dbgtrace::reader::analysis
