// SPDX-License-Identifier: Apache-2.0
//
// One text of a record as a view keeps it. A pure function of the record's effective changes. With
// E those that edit the field, C those that confirm it, F the freezes of the record, and its thaws
// whose change moves a state too (a thaw alone counts for nothing):
// and with saw(c) what c has among its ancestors and does not pass over (text_passed.h):
//   load(c)  =  what c inserts, limits::kTextRunLoad for each run and kEditedTextLoad for each text
//               that it edits, over all texts of the record; and if it has edits, toggled(X) for
//               what it passes over
//   toggled(X) = kTextPassedRunLoad for each run of X, the characters that X inserts, and for each
//               line those that the changes of X on it erase: of each change no more than it and
//               its ancestors insert, and of all no more than the last one and its ancestors do
//               when the sum over c and those of its ancestors that are of its author, left out or
//               not, is over kMaxAuthorTextLoad, c is not in E
//   open(A)  =  the freezes among acts A that no other act of A has among its ancestors, whether it
//               passed over them or not: the register of RecordState::is_frozen()
//   vain(e)  ⇔  open(freezes and thaws that e saw) is not empty
//   late(e)  ⇔  vain(e), or one of open(F and the thaws) has not seen e
//   text     =  the merge (text_walk.h) of the edits that are not late
//   heads    =  the edits that are not late and that no other of them saw
//   merged   ⇔  two edits that are not late are concurrent and were not read together, or one of
//               them rests on a left-out one (text_marks.h);
//               or an edit is late for one open freeze and not for another (two people made
//               the text final apart), and no last confirmation of anybody saw it and all of these
// A text is there when an edit of it is that is in E.
// A *left-out* change is late by the roster: its author lost the right at a cut, or it is on a
// branch of a fork that does not stand. That comes and goes, so it decides only what stands: a
// left-out change is not in E, C, F or the thaws, but what it edits stays in the history for the
// positions of those who saw it, and what they saw is judged with it (load, vain). So whether a
// change counts at all follows from its ancestors and itself, and only that takes it out of the
// coordinates of the merge.
// A late edit is kept in the history, is listed, and comes back when a thaw undoes the freeze that
// it had not seen. All of it holds of a version, too, with the version's changes alone: so an edit
// that is late for everybody else stands in the version that its author signed. In a version a
// change is left out when one of the last changes of texts above it, there, passes it over.
// A change that has seen the whole text is applied to it; anything else needs the history
// (derive_texts). Values; no thread rule.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crdt/graph/record_graph.h"
#include "crdt/types/operation.h"
#include "crdt/types/text/text_history.h"
#include "crdt/types/text/text_lines.h"
#include "crdt/types/text/text_loads.h"
#include "crdt/types/text/text_writes.h"

namespace cunju {

struct TextField {
  std::string name;
  std::string text;        ///< UTF-8.
  std::vector<Dot> heads;  ///< Ascending.
  std::vector<Dot> late;   ///< Ascending; not those that are left out by the roster.
  bool is_merged = false;
  /// The text needs derive_texts(). Never stored.
  bool is_stale = false;

  friend bool operator==(const TextField&, const TextField&) = default;
};

/// Applies a change that has seen all heads, in a record that nobody ever froze: it has seen every
/// edit, so it makes no new pair, and when it confirms it covers all of them.
void apply_text_write(TextField& field, const TextWrite& write, const Dot& dot);

/// One change of a record's graph for derive_texts().
struct TextChange {
  ChangeId id;
  AuthorKey author;  ///< Who signed it, whatever its line: a name that no fork changes.
  Dot dot;
  GraphNode node;
  std::string registry;
  std::vector<ChangeId> parents;  ///< As the links name them; those not given are not looked at.
  std::vector<Operation> operations;
  bool is_left_out = false;  ///< Late by the roster. Then node.is_void is false.
};

/// A text's history without its late edits, and what derive_texts() says of it beside the text.
/// Borrows the changes that it was told from.
struct TextStory {
  TextHistory history;  ///< A node for each edit that is in somebody's coordinates, by (depth, id).
  TextLines lines;      ///< Where they stand in the record's graph.
  std::vector<Dot> heads, late;
  bool is_merged = false;
};

/// All that a state keeps of its texts.
struct DerivedTexts {
  std::vector<TextField> texts;  ///< Ascending by name.
  std::vector<TextLoad> loads;   ///< Ascending by author.
};

/// What becomes of an edit that is to be signed.
struct TextOutlook {
  /// What passing over others adds to its author's load, beside its own.
  std::uint64_t passed_load = 0;
  /// The text was final in the version that it is made on: it would never be in any text.
  bool is_vain = false;
};

/// What somebody had before their eyes.
struct ShownVersion {
  std::span<const ChangeId> heads;
  /// What was left out of it, ascending; null: as the changes of the version say themselves.
  const std::vector<ChangeId>* left_out = nullptr;
};

/// An edit that is late, as read.
struct LateWrite {
  const TextChange* change = nullptr;
  const TextEdits* edits = nullptr;
};

/// All texts of a record at one moment. Borrows the RecordTexts that it is of.
class TextsAt {
 public:
  TextsAt(TextsAt&&) noexcept;
  TextsAt& operator=(TextsAt&&) noexcept;
  ~TextsAt();

  /// Those that something is said about; ascending.
  std::vector<std::string_view> names() const;
  TextStory tell(std::string_view name) const;
  /// What a reader of a merged text is to see side by side, by rising (depth, id): the edits that
  /// are sides of it (text_marks.h), and the freezes of those who made it final apart. The versions
  /// named by them say what each side wrote. Empty when the text is not merged.
  std::vector<const TextChange*> sides(std::string_view name) const;
  /// TextStory::late with what was written, by rising (depth, id).
  std::vector<LateWrite> late(std::string_view name) const;
  /// Ascending.
  std::vector<ChangeId> left_out() const;

  struct Sight;  ///< Known to text_field.cc only.

 private:
  friend class RecordTexts;
  explicit TextsAt(std::unique_ptr<const Sight> sight);

  std::unique_ptr<const Sight> sight_;
};

/// A record's changes, read once: however many texts and versions are told from them, each costs
/// its own edits and confirmations, the freezes of the record, and where something is passed over a
/// look at every change. Borrows the changes.
class RecordTexts {
 public:
  /// Of all changes of a record and scope in any order. Changes that are void, or name another
  /// registry, count for nothing but their place in the graph.
  RecordTexts(std::string_view registry, std::span<const TextChange> changes);
  RecordTexts(RecordTexts&&) noexcept;
  RecordTexts& operator=(RecordTexts&&) noexcept;
  ~RecordTexts();

  TextsAt now() const;
  /// The same as of a version: the named changes and their ancestors are all that there is, and
  /// what became late beside them is not late. Without heads: all changes. Errors: kNotFound (one
  /// is not among the changes).
  Result<TextsAt> at(const ShownVersion& version) const;

  struct Reading;  ///< Known to text_field.cc only.

 private:
  friend DerivedTexts derive_all_texts(std::string_view registry,
                                       std::span<const TextChange> changes);
  friend TextOutlook foresee_text_edit(std::string_view registry,
                                       std::span<const TextChange> changes,
                                       const VersionVector& ancestors, const TextPassed& passed);

  std::unique_ptr<const Reading> reading_;
};

/// One text of RecordTexts::now().
TextStory tell_text(std::string_view name, std::string_view registry,
                    std::span<const TextChange> changes);
/// One text of RecordTexts::at().
Result<TextStory> tell_text_at(std::string_view name, std::string_view registry,
                               std::span<const TextChange> changes, const ShownVersion& version);

/// The named changes and their ancestors. Errors: kNotFound.
Result<VersionVector> clock_of(std::span<const TextChange> changes,
                               std::span<const ChangeId> heads);

/// `ancestors`: those that the change will have; all of them are among the changes.
TextOutlook foresee_text_edit(std::string_view registry, std::span<const TextChange> changes,
                              const VersionVector& ancestors, const TextPassed& passed);

/// Computes those of a record's texts that are stale from the same. All changes are read once; what
/// each text costs beside the merge and the freezes goes by its own edits and confirmations.
void derive_texts(std::span<TextField> texts, std::string_view registry,
                  std::span<const TextChange> changes);

/// The same from nothing, for a record in which something is left out or passed over.
DerivedTexts derive_all_texts(std::string_view registry, std::span<const TextChange> changes);

}  // namespace cunju
