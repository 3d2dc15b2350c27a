// SPDX-License-Identifier: Apache-2.0
//
// The same text the slow and obvious way: one tree node per scalar value as "The Art of the Fugue"
// draws it (FugueMax), every version taken apart from scratch. No runs, no replay, no cleverness.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "crdt/types/text/text_merge.h"

namespace cunju::test {

class TextOracle {
 public:
  explicit TextOracle(const TextHistory& history);

  std::string text_at(const std::vector<TextNodeIndex>& heads) const;
  std::vector<BlameSpan> blame_at(const std::vector<TextNodeIndex>& heads) const;
  /// What the author of a change saw: the text of its ancestors, left out today or not, but of
  /// those it passes over.
  std::string text_seen_by(TextNodeIndex node) const;

 private:
  static constexpr std::size_t kRoot = 0;
  struct Element {
    std::string scalar;
    TextNodeIndex node = 0;
    std::size_t parent = 0;
    std::size_t right_origin = 0;  ///< kRoot: the end.
    std::vector<std::size_t> left_children;
    std::vector<std::size_t> right_children;
    std::set<TextNodeIndex> erased_by;
  };

  void apply(TextNodeIndex node);
  void insert(std::size_t left, std::size_t right, const std::string& scalar, TextNodeIndex node);
  bool stands_before(std::size_t a, std::size_t b) const;
  std::vector<std::size_t> order() const;
  bool seen(const std::set<TextNodeIndex>& version, std::size_t element) const;
  bool visible(const std::set<TextNodeIndex>& version, std::size_t element) const;
  /// Of those below the heads the ones that stand.
  std::set<TextNodeIndex> version_of(const std::vector<TextNodeIndex>& heads) const;
  std::set<TextNodeIndex> seen_by(TextNodeIndex node) const;

  const TextHistory& history_;
  std::vector<std::set<TextNodeIndex>> ancestors_;  ///< Of each change, itself included.
  std::vector<Element> elements_{1};
};

}  // namespace cunju::test
