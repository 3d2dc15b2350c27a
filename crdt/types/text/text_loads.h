// SPDX-License-Identifier: Apache-2.0
//
// Sums over the ancestors of a change, kept as sums along each line. All of them follow from
// ancestors and authors alone, so no fork that becomes known later changes one. Values; no thread
// rule.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "crdt/types/text/text_places.h"

namespace cunju {

/// What an author has used of its share of a record (limits::kMaxAuthorTextLoad), on one line.
struct TextLoad {
  AuthorKey author;  ///< The line: of a forked log there are several.
  std::uint64_t load = 0;

  friend bool operator==(const TextLoad&, const TextLoad&) = default;
};

/// Adds to the author's load; whether it is within the share afterwards. `loads` ascend by author.
bool add_text_load(std::vector<TextLoad>& loads, const AuthorKey& author, std::uint64_t load);

/// A number for each of some changes, added up along lines.
class LineSums {
 public:
  /// By rising numbers of a line.
  void add(const Dot& dot, std::uint64_t more);
  /// Of the changes of the dot's line up to it.
  std::uint64_t up_to(const Dot& dot) const;
  /// Of those that are passed over; of a version.
  std::uint64_t of(const PassedDots& passed) const;
  std::uint64_t of(const VersionVector& version) const;

 private:
  std::map<AuthorKey, std::vector<std::pair<Seq, std::uint64_t>>> lines_;
};

/// What it takes to pass over a change: its text goes out of the merge and comes back.
struct PassedCost {
  std::uint64_t own = 0;     ///< Of its runs and of what it inserts.
  std::uint64_t erased = 0;  ///< Scalar values that it says it erases.
  std::uint64_t below = 0;   ///< Scalar values that it and its ancestors insert.
};

class PassedCosts {
 public:
  /// By rising numbers of a line.
  void add(const Dot& dot, const PassedCost& cost);
  /// What changes of one line erase is gone once, so together they erase no more than the last of
  /// them could have found.
  std::uint64_t of(const PassedDots& passed) const;

 private:
  LineSums own_, erased_, below_;
};

/// What authors have used of their shares (text_field.h).
class TextShares {
 public:
  /// Ancestors first. Gives the sum over the change and those of its ancestors that are of its
  /// author; 0 for one without load.
  std::uint64_t add(const TextPlace& place, std::uint64_t load);

 private:
  LineSums sums_;
  std::map<AuthorKey, std::set<AuthorKey>> lines_;  ///< Of each author, those with a load.
};

}  // namespace cunju
