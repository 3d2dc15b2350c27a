// SPDX-License-Identifier: Apache-2.0
//
// What callers ask of a text's history: the text of all of it or of a version, the merge of newly
// arrived changes into the text at hand, and who wrote what. The laws are in text_walk.h.
// Sequential writing needs none of this: when a change's parents are the heads, its edits are
// applied to the text (apply_edits). One thread at a time.
#pragma once

#include <span>
#include <vector>

#include "crdt/types/text/text_buffer.h"
#include "crdt/types/text/text_history.h"

namespace cunju {

/// A critical change and the length of the text at it.
struct SettledText {
  TextNodeIndex node = 0;
  std::size_t length = 0;
};

struct MergedText {
  TextBuffer text;
  /// Where the next merge can begin, oldest first; without any, merge_new counts from the
  /// beginning.
  std::vector<SettledText> settled;
};

MergedText replay_text(const TextHistory& history);
/// The text as it was when exactly `heads` and their ancestors had been made.
MergedText text_at(const TextHistory& history, std::span<const TextNodeIndex> heads);

/// Turns the text of the first `known` changes of the history, as one of these functions or
/// sequential editing gave it, into the text of all. Only what follows the last critical change
/// that all new ones have seen is replayed and touched.
void merge_new(const TextHistory& history, std::size_t known, MergedText& merged);

/// `length` scalar values in a row that one change wrote.
struct BlameSpan {
  std::size_t length = 0;
  TextNodeIndex node = 0;
  friend bool operator==(const BlameSpan&, const BlameSpan&) = default;
};

/// Of the whole text, from its beginning; neighbours differ.
std::vector<BlameSpan> blame(const TextHistory& history);
std::vector<BlameSpan> blame_at(const TextHistory& history, std::span<const TextNodeIndex> heads);

}  // namespace cunju
