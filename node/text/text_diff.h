// SPDX-License-Identifier: Apache-2.0
//
// What a clerk did in an editor, as a few edits that read well and merge well: kept lines first,
// then kept clauses (Chinese has no spaces, but it has 。，；), then grapheme clusters. Not a
// three-way merge, and no moves: a moved sentence is one deletion and one insertion. Pure.
//
// Laws, for edits = diff_texts(before, after):
//   apply_edits(before, edits) == after
//   an edit deletes or inserts something; positions ascend and consecutive edits do not touch
//   every edit begins and ends between grapheme clusters, in `before` and in `after`
//   a number written in digits is one thing: it is replaced as a whole, so that two clerks who
//   correct it at once never produce a third number that looks right
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "crdt/base/result.h"

namespace cunju::text {

/// Counts are Unicode scalar values. Edits apply one after another: `position` counts in the text
/// as the edits before it left it, which is also where `inserted` stands in the new text.
struct Replacement {
  std::uint64_t position = 0;
  std::uint64_t deleted = 0;
  std::string inserted;  ///< UTF-8.

  friend bool operator==(const Replacement&, const Replacement&) = default;
};

/// Edits of one diff, so that each can be an operation of one part (limits::kMaxOperations).
/// Beyond it those that lie closest together are joined.
inline constexpr std::size_t kMaxTextEdits = 4000;

/// kMalformed for text that is not UTF-8, naming the byte; kLimit beyond
/// limits::kMaxEditedTextBytes. Takes at most linear memory and SequenceDiff::kMaxSteps; what is
/// not found by then is replaced as a whole.
Result<std::vector<Replacement>> diff_texts(std::string_view before, std::string_view after);

/// kInvalidArgument when an edit reaches beyond the text; else as diff_texts.
Result<std::string> apply_edits(std::string_view before, const std::vector<Replacement>& edits);

/// The bytes of a file that an editor saved, as text: without the UTF-8 byte order mark, with LF
/// for CRLF and CR, and without the last line's LF where `before` has none (editors add it).
/// Nothing else is changed: the characters stay as typed, in whatever normalisation form.
/// Errors as diff_texts.
Result<std::string> text_from_editor(std::string_view file, std::string_view before);

}  // namespace cunju::text
