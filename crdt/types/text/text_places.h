// SPDX-License-Identifier: Apache-2.0
//
// Where a record's changes stand as far as is known now, to read by it what a change passes over
// (text_passed.h). Ranges name changes by ids; the laws of texts ask by dots, of which a line has
// one after the other. An author has one line, and more when a fork of its log is known. On a line
// the changes that a range names are neighbours, because each has the ones before it among its
// ancestors:
//   those with `first` at or below them are a last part of the line, those at or below `last` a
//   first part of it
// So a range is at most one stretch of each line of its author. Cost of reading a range:
// O(lines of the author · log changes). Borrows the clocks. One thread at a time.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <unordered_map>
#include <vector>

#include "crdt/graph/version_vector.h"
#include "crdt/types/text/text_passed.h"

namespace cunju {

/// One change of a record.
struct TextPlace {
  ChangeId id;
  AuthorKey author;  ///< Who signed it, whatever its line.
  Dot dot;
  const VersionVector* clock = nullptr;  ///< Its ancestors and itself.
};

/// Changes of one line from a number to another.
struct DotRange {
  AuthorKey line;
  Seq first, last;  ///< Both of them too.

  friend bool operator==(const DotRange&, const DotRange&) = default;
};

/// What one change passes over, by the dots of today. Never kept.
struct PassedDots {
  std::vector<DotRange> ranges;  ///< Ascending by (line, first); they do not overlap.

  bool empty() const { return ranges.empty(); }
  /// O(log ranges).
  bool covers(const Dot& dot) const;
  /// The ranges of a line.
  std::span<const DotRange> of(const AuthorKey& line) const;

  friend bool operator==(const PassedDots&, const PassedDots&) = default;
};

class TextPlaces {
 public:
  /// Of a change whose ancestors have been added before.
  void add(const TextPlace& place);
  /// What a change with these ancestors passes over of those that were added. The change itself is
  /// not to be among them yet, or its ancestors are to lack it.
  PassedDots read(const TextPassed& passed, const VersionVector& ancestors) const;

 private:
  using Line = std::vector<std::size_t>;  ///< Into places_, by rising number.

  std::vector<TextPlace> places_;
  std::unordered_map<ChangeId, std::size_t> by_id_;
  std::map<AuthorKey, std::map<AuthorKey, Line>> lines_;  ///< Of each author.
};

/// Names `passed` with as few ranges as can be on each line, and none of the `kept`, which is
/// disjoint from it. Either in any order.
TextPassed make_text_passed(std::vector<TextPlace> passed, std::vector<TextPlace> kept);

}  // namespace cunju
