// SPDX-License-Identifier: Apache-2.0
//
// What a set of changes makes of a text. The text is a function of the set, whatever the order of
// arrival (an event graph replayed as in Gentle and Kleppmann, "Collaborative Text Editing with
// Eg-walker", EuroSys 2025). Every edit is read at the version of its change's parents, where it
// says which scalar values it stands between or erases; then, with l(x), r(x) the neighbours that
// its author saw (r also among the erased):
//   intention         l(x) < x < r(x) in every text that has them
//   convergence       any two insertions have the same order in every version that has both
//   non-interleaving  what one branch typed in a row, forwards or backwards, stays in a row
//   tie               same origins: by author, then by change id
//   erasure           x is there  ⇔  its insertion is in the set and stands, and no change in the
//                     set that stands erases it
// An edit is read at the text that its author saw: that of all ancestors but those it passes over
// (text_passed.h), whether they stand or not. So what its readers wrote keeps its place when a
// change is left out, and again when it is admitted, and every scalar value of a change that stands
// is where its author put it. A version from which something is passed over is not closed under
// ancestors; that is why in the tree of text_tracker.h a left child's parent is any right neighbour
// below the left one, and not only one whose left origin that is.
// Sequential stretches (text_plan.h) are applied as they are. For a concurrent stretch a
// TextTracker is filled, read once and dropped; nothing before the stretch is looked at.
//
// Cost: for each run a few steps for every author of the stretch and for every doubling of it, each
// O(log items), whatever places and parents its authors choose (docs/formats/text.md has figures).
// How many runs there are is bounded by the share of each author (limits::kMaxAuthorTextLoad,
// text_field.h). No change is ever left out for what it costs: the text would depend on what else
// is in the set.
#pragma once

#include <cstdint>
#include <vector>

#include "crdt/types/text/text_history.h"
#include "crdt/types/text/text_plan.h"
#include "crdt/types/text/text_tracker.h"
#include "crdt/types/text/text_versions.h"

namespace cunju {

/// Takes edits in the order in which they are to be applied.
class TextSink {
 public:
  virtual ~TextSink() = default;
  virtual void erase(std::size_t position, std::size_t count) = 0;
  /// `span` is numbered as TextHistory numbers insertions, and all of it is of one change.
  virtual void insert(std::size_t position, TextNodeIndex node, TextSpan span) = 0;
};

class TextWalk {
 public:
  /// Changes below `known` count as applied already: only what the others add goes to the sink.
  TextWalk(const TextHistory& history, const TextPlan& plan, std::size_t known);
  /// The tracker asks this object who stands first.
  TextWalk(const TextWalk&) = delete;
  TextWalk& operator=(const TextWalk&) = delete;

  /// Replays one stretch, whose beginning finds `length` scalar values; gives the length after it.
  std::size_t replay(const TextStretch& stretch, std::size_t length, TextSink& sink);
  /// What the last concurrent stretch took; 0 before the first.
  std::size_t steps() const { return tracker_.steps() + versions_.steps() + steps_; }

 private:
  std::size_t apply_in_sequence(const TextStretch& stretch, std::size_t length, TextSink& sink);
  void number_ids(const TextStretch& stretch);
  void fill_tracker(const TextStretch& stretch);
  /// The tracker's version becomes that of the change's parents.
  void move_to_parents_of(TextPosition position);
  /// Takes what the change passes over out of the tracker's version, or puts it back.
  void set_passed(TextPosition position, bool is_in);
  void set_erased(TextRange range, bool erased);
  void apply(TextPosition position);
  void flush();
  std::size_t emit(TextSink& sink);
  TextSpan inserted_in(TextRange range) const;
  std::size_t local(TextPosition position) const { return position - begin_; }
  bool stands_before(std::uint32_t a, std::uint32_t b) const;
  TextPosition position_of_id(std::uint32_t id) const;

  const TextHistory& history_;
  const TextPlan& plan_;
  std::size_t known_;
  TextTracker tracker_;
  TextVersions versions_;
  TextPosition begin_ = 0;
  std::vector<std::uint32_t> first_id_;    ///< Of each change of the stretch, and one more.
  std::vector<std::size_t> first_erased_;  ///< Into erased_, likewise.
  std::vector<TextSpan> erased_;
  std::vector<TextRange> only_before_;
  std::vector<TextRange> only_after_;
  TextSpan pending_;  ///< An insertion that may go on in the next change of the chain.
  std::size_t pending_position_ = 0;
  std::size_t steps_ = 0;
};

}  // namespace cunju
