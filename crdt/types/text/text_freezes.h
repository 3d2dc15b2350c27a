// SPDX-License-Identifier: Apache-2.0
//
// The freezes and thaws of a record as anybody saw them: the register by which its texts are final
// (open(A) and vain(e) of text_field.h). An author's later act stands for those before it, so of
// each line only the last one that somebody saw can be a candidate. Nothing bounds how many freezes
// lie open beside each other, so what each edit makes of them must not be found by comparing all
// with all: an edit has seen what the one before it on its line had, and is told by what it has
// seen besides. Only one that passes over acts which that one had seen is told from nothing.
// Borrows changes, clocks and ranges. One thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "crdt/types/text/text_marks.h"

namespace cunju {

struct TextChange;

class FreezeRegister {
 public:
  struct Act {
    const TextChange* change = nullptr;
    std::uint64_t depth = 0;
    TextEvent event;
    bool freezes = false;
    bool is_left_out = false;
  };

  /// By rising depth.
  void add(const Act& act);
  /// After the last one, before anything is asked.
  void finish();

  /// Written although the text was final for its author.
  bool is_vain(const TextEvent& edit) const;
  /// Not in the text that somebody made final.
  bool is_missed(const TextEvent& edit) const;
  /// Final for one who made it final, late for another.
  bool is_disputed(const TextEvent& edit) const;
  /// Whether whoever said this knew of all freezes that are in force.
  bool is_known_to(const TextEvent& event) const;
  std::vector<const TextChange*> in_force() const;

  /// So many pairs of acts were compared.
  std::uint64_t steps() const { return steps_; }

 private:
  using Line = std::vector<Act>;
  /// For each line how many of its acts somebody saw, up to the last one that was not passed over.
  using Seen = std::vector<std::size_t>;
  struct Known {
    Seen seen;
    std::vector<std::size_t> open;  ///< Lines whose last act that was seen no other one answers.
  };

  Seen seen_by(const TextEvent& edit) const;
  void advance(Known& known, Seen seen) const;

  std::map<AuthorKey, std::size_t> numbers_;  ///< Of lines.
  std::vector<Line> lines_;
  std::vector<const Act*> in_force_;
  mutable std::map<AuthorKey, Known> known_;  ///< Of the last edit of each line.
  mutable Known newest_;
  mutable std::uint64_t steps_ = 0;
};

}  // namespace cunju
