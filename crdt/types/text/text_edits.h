// SPDX-License-Identifier: Apache-2.0
//
// What one change does to one text: edits in sequence, each at a position of the text as the edits
// before it left it; the first sees the text at the change's parents. Laws:
//   positions and lengths count Unicode scalar values; inserted text is well-formed UTF-8
//   an edit beyond the end acts at the end, an erasure takes what is there: peers may lie
//   recording keeps runs: typing, erasing forward and erasing backward grow the last run, and two
//   recordings that do the same in the same order are equal
// Runs that touch are one run, because their effect is the same:
//   insert(p, a), insert(p + |a|, b)            =  insert(p, ab)
//   erase(q, m), erase(p, n) with p ≤ q ≤ p + n =  erase(p, m + n)
// The bytes are in text_edits_codec.h. A value; one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crdt/types/text/text_buffer.h"

namespace cunju {

/// Erases `erased` scalar values at `position`, then inserts there.
struct TextEdit {
  std::size_t position = 0;
  std::size_t erased = 0;
  std::string_view inserted;
};

/// Inserts the next `bytes` bytes of TextEdits::text(), or erases when `bytes` is 0.
struct TextRun {
  std::uint32_t position = 0;
  std::uint32_t length = 0;  ///< Scalar values, at least 1.
  std::uint32_t bytes = 0;

  bool inserts() const { return bytes != 0; }
  std::size_t end() const { return std::size_t{position} + length; }
  friend bool operator==(const TextRun&, const TextRun&) = default;
};

class TextEdits {
 public:
  /// False, and nothing is recorded, when it would exceed limits::kMaxTextRuns,
  /// limits::kMaxTextPosition or limits::kMaxTextInsertBytes: save first, then go on.
  [[nodiscard]] bool insert(std::size_t position, std::string_view text);
  [[nodiscard]] bool erase(std::size_t position, std::size_t count);
  [[nodiscard]] bool add(const TextEdit& edit);

  bool empty() const { return runs_.empty(); }
  std::span<const TextRun> runs() const { return runs_; }
  /// Everything inserted, in the order of the runs.
  std::string_view text() const { return text_; }

  friend bool operator==(const TextEdits&, const TextEdits&) = default;

 private:
  std::vector<TextRun> runs_;
  std::string text_;
};

void apply_edits(TextBuffer& buffer, const TextEdits& edits);

}  // namespace cunju
