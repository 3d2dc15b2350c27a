// SPDX-License-Identifier: Apache-2.0
//
// A recorded editing session (josephg/editing-traces): one author's patches in order, or changes of
// several authors with parents. Files may be gzipped.
#pragma once

#include <string>
#include <vector>

#include "crdt/types/text/text_merge.h"

namespace cunju::bench {

struct TracePatch {
  std::size_t position = 0;
  std::size_t erased = 0;
  std::string inserted;
};

struct TraceChange {
  std::vector<std::uint32_t> parents;  ///< Empty in a sequential trace: the change before.
  std::uint32_t agent = 0;
  std::vector<TracePatch> patches;
};

struct Trace {
  std::string name;
  std::string start;
  std::string end;
  bool concurrent = false;
  std::vector<TraceChange> changes;
};

/// Ends the program with a sentence when the file can't be read.
Trace read_trace(const std::string& path);

/// A person's saves: changes of one author that nothing branches off from are one.
struct Save {
  std::vector<std::uint32_t> parents;
  std::uint32_t agent = 0;
  Bytes edits;  ///< Encoded.
};

/// As few saves as the graph allows, or one for each change of the trace.
std::vector<Save> make_saves(const Trace& trace, bool one_each);
/// What a node does with changes that arrive: decode, put into the graph.
TextHistory receive(const std::vector<Save>& saves);

}  // namespace cunju::bench
