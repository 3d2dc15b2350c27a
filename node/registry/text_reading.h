// SPDX-License-Identifier: Apache-2.0
//
// Questions about a text that need its history: old versions, who wrote what, what met in a merge,
// what came too late for a final text. Pure: the record's changes are passed in
// (Replica::text_changes), or what was read from them once (RecordTexts): a command that asks about
// many texts reads the changes once for all of them. A version is told as it was for whoever had
// exactly its changes, so what became late beside it is in it; what is late in the version itself
// is not.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crdt/base/result.h"
#include "crdt/types/text/text_field.h"

namespace cunju::registry {

/// What one side of a merged text says: the text as of a change that the other sides had not seen.
struct TextVersion {
  ChangeId change;
  AuthorKey author;
  std::string text;
  std::vector<ChangeId> left_out;  ///< Of it, below that change; ascending.
};

/// Versions of a merged text that are shown side by side: more than a screen holds, and each costs
/// a replay of the history.
inline constexpr std::size_t kMostMergedVersions = 16;

/// The sides of a merged text (TextsAt::sides()), oldest first.
struct MergedVersions {
  std::vector<TextVersion> versions;  ///< The newest kMostMergedVersions.
  std::size_t more = 0;               ///< Older ones that are not among them.
};

/// Empty when nothing waits for a reader.
MergedVersions find_merged_versions(std::string_view field, const RecordTexts& texts,
                                    const TextsAt& now);

/// A change whose edits of a text came when it was final, or are late by the roster: the log has
/// them, the text has not.
struct LateEdit {
  ChangeId change;
  AuthorKey author;
  std::string inserted;  ///< What it wrote, its stretches one on a line.
  /// Scalar values that it wrote and took out.
  std::uint64_t added = 0, erased = 0;
};

/// What one change wrote in each text that it edits, by name.
std::map<std::string, LateEdit> read_late_edits(const ChangeId& change, const AuthorKey& author,
                                                std::span<const Operation> operations);

/// Those that came when their text was final, of everything that is there, oldest first.
std::vector<LateEdit> find_late_edits(std::string_view field, const TextsAt& texts);

/// A moment of a record: the heads it had then. Empty: all that is here.
using Version = std::span<const ChangeId>;

/// What a version left out; null: as its changes themselves say (ShownVersion::left_out). What of a
/// version that somebody names was left out says read_version() (text_version.h).
using LeftOut = const std::vector<ChangeId>*;

/// What the text says then.
std::string text_of(std::string_view field, const TextsAt& texts);

/// One text as of a version. kNotFound: a head is not among the changes.
Result<std::string> text_at_version(std::string_view field, std::string_view registry,
                                    std::span<const TextChange> changes, Version version,
                                    LeftOut left_out = nullptr);

/// All texts of the record that say something then, by name.
std::map<std::string, std::string> texts_of(const TextsAt& texts);

/// A stretch of a text that one change wrote.
struct WrittenText {
  ChangeId change;
  AuthorKey author;
  std::string text;
};

/// The same text, in order, by who wrote it; neighbours are of different changes.
std::vector<WrittenText> blame_of(std::string_view field, const TextsAt& texts);

/// Which text of which registry's record.
struct TextOf {
  std::string_view field;
  std::string_view registry;
};
/// A version together with what its reader signed in the record meanwhile, in another window.
struct OwnWindow {
  std::vector<ChangeId> version;
  /// That was signed on top of somebody else's edit of the text, which the first version lacks.
  bool has_met_others = false;
};
OwnWindow join_own_window(const TextOf& text, std::span<const TextChange> changes,
                          const AuthorKey& author, Version since);

/// Whether something that was shown there is left out now: an edit of that version may have no
/// place any more. kNotFound when a head is not among the changes.
Result<bool> has_lost_since(std::span<const TextChange> changes, Version heads,
                            std::span<const ChangeId> left_out);

/// Operations on a text, made when `seen` were the record's heads.
struct TextAct {
  Version seen;
  std::span<const Operation> operations;
};

/// What the text would say if `act` were merged into what it says at the version `into`, with the
/// same left out of both. kNotFound when a head is not among the changes.
Result<std::string> merge_edit(const TextOf& text, std::span<const TextChange> changes,
                               const TextAct& act, Version into, LeftOut left_out = nullptr);

}  // namespace cunju::registry
