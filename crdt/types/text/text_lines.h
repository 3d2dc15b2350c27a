// SPDX-License-Identifier: Apache-2.0
//
// Which nodes of a text's history a version of the record has. The history holds the changes that
// edit the text and no others, so what is between two of them in the record's graph is read from
// clocks: by line, the last one that a version has. Borrows the clocks. One thread at a time.
#pragma once

#include <map>
#include <vector>

#include "crdt/types/text/text_history.h"
#include "crdt/types/text/text_places.h"

namespace cunju {

class TextLines {
 public:
  /// By rising node, ancestors first. `clock`: the change's ancestors and itself.
  void add(const Dot& dot, const VersionVector& clock, TextNodeIndex node);
  /// The heads among the nodes that the version has: all others of them are below one of these.
  /// O(lines) for each head and log changes for each line.
  std::vector<TextNodeIndex> heads_of(const VersionVector& version) const;
  /// Those that are passed over.
  std::vector<TextNodeIndex> find(const PassedDots& passed) const;

 private:
  struct Place {
    Seq seq;
    TextNodeIndex node = 0;
  };
  std::map<AuthorKey, std::vector<Place>> lines_;
  std::vector<const VersionVector*> clocks_;  ///< Of each node.
};

}  // namespace cunju
