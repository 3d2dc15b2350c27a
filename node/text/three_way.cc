// SPDX-License-Identifier: Apache-2.0
#include "node/text/three_way.h"

#include <map>
#include <vector>

#include "crdt/types/text/text_buffer.h"
#include "node/text/text_diff.h"

namespace cunju::text {
namespace {

/// What one side did to the base, by places in the base.
struct Side {
  std::map<std::size_t, std::string> inserted;  ///< Before the scalar value at that place.
  std::vector<bool> erased;

  std::string_view at(std::size_t place) const {
    const auto found = inserted.find(place);
    return found == inserted.end() ? std::string_view() : found->second;
  }
};

Side read_side(const std::vector<Replacement>& edits, std::size_t length) {
  Side out{.inserted = {}, .erased = std::vector<bool>(length)};
  std::size_t added = 0, removed = 0;
  for (const Replacement& edit : edits) {
    // Positions count in the text as the edits before it left it.
    const std::size_t place = edit.position + removed - added;
    out.inserted[place] += edit.inserted;
    for (std::size_t i = 0; i < edit.deleted; ++i) out.erased[place + i] = true;
    added += TextBuffer(edit.inserted).length();
    removed += edit.deleted;
  }
  return out;
}

/// One of them alone where it has the other: both wrote the same, or a merge is done once more.
std::string join(std::string_view now, std::string_view typed) {
  if (typed.find(now) != std::string_view::npos) return std::string(typed);
  if (now.find(typed) != std::string_view::npos) return std::string(now);
  return std::string(now) + std::string(typed);
}

}  // namespace

Result<std::string> merge_texts(std::string_view base, std::string_view typed,
                                std::string_view now) {
  // These refuse what is not UTF-8, which no buffer takes.
  CUNJU_TRY(const std::vector<Replacement> ours_edits, diff_texts(base, typed));
  CUNJU_TRY(const std::vector<Replacement> theirs_edits, diff_texts(base, now));
  const TextBuffer buffer(base);
  const std::size_t length = buffer.length();
  const Side ours = read_side(ours_edits, length), theirs = read_side(theirs_edits, length);
  std::string out;
  std::size_t kept = 0;
  for (std::size_t place = 0; place <= length; ++place) {
    const bool is_gone = place < length && (ours.erased[place] || theirs.erased[place]);
    const std::string more = join(theirs.at(place), ours.at(place));
    if (more.empty() && !is_gone && place < length) continue;
    out += buffer.slice(kept, place - kept) + more;
    kept = is_gone ? place + 1 : place;
  }
  return out;
}

}  // namespace cunju::text
