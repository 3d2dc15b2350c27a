// SPDX-License-Identifier: Apache-2.0
//
// Random histories of several replicas that edit one text, meet and part, and the same history
// delivered in another order.
#pragma once

#include <cstdint>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "crdt/types/text/text_merge.h"

namespace cunju::test {

/// Ids whose order has nothing to do with the order of making.
ChangeId text_change_id(std::uint64_t number);
AuthorKey text_author(std::uint8_t number);

struct SimulatedEdit {
  ChangeId id;
  AuthorKey author;
  std::vector<ChangeId> parents;
  TextEdits edits;
  std::vector<ChangeId> passed;  ///< Edits among its ancestors that were left out for its author.
  std::string before;            ///< What its author saw.
};

/// Adds changes in the given order, which has parents first. Those left out do not stand.
TextHistory make_history(const std::vector<SimulatedEdit>& changes,
                         const std::set<ChangeId>& left_out = {});
/// Another order in which every change follows its parents.
std::vector<SimulatedEdit> shuffle_delivery(const std::vector<SimulatedEdit>& changes,
                                            std::mt19937_64& random);

/// So many edits in sequence, the first at `text`; a lie may be beyond the end.
TextEdits random_edits(std::mt19937_64& random, TextBuffer text, std::size_t count, bool lies);

struct TextWorldOptions {
  int replicas = 5;
  int steps = 40;
  /// One step in so many lies about positions; 0: nobody does.
  int one_lie_in = 0;
  /// One step in so many is a merge of what two replicas have.
  int one_merge_in = 4;
  /// One change in so many is anywhere; the others go on typing where the replica's last one ended.
  int one_jump_in = 1;
  /// Before one step in so many a replica hears that a change is left out, or admitted again; 0:
  /// never. Replicas that meet know the same of it.
  int one_roster_act_in = 0;
};

/// What the replicas made; each step is a few edits of one of them, at its own text.
std::vector<SimulatedEdit> random_changes(std::mt19937_64& random, const TextWorldOptions& options);

/// Inserts at one place.
TextEdits one_insert(std::size_t position, const std::string& text = "x");

/// The heads of everything.
std::vector<TextNodeIndex> heads_of(const TextHistory& history);
/// Blame with changes' ids in place of indices, so that differently delivered histories compare.
std::vector<std::pair<std::size_t, ChangeId>> named(const TextHistory& history,
                                                    const std::vector<BlameSpan>& spans);

}  // namespace cunju::test
