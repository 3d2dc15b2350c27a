// SPDX-License-Identifier: Apache-2.0
//
// Questions about a text that need its history: old versions, who wrote what, what met in a merge.
// Pure: the record's changes are passed in (Replica::text_changes). Edits that came too late for a
// final text are in none of the answers.
#pragma once

#include <optional>
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
};

/// The sides that met in a text since somebody last confirmed it. Empty when only the meeting of
/// an edit and a confirmation waits for a reader.
std::vector<TextVersion> find_merged_versions(std::string_view field, std::string_view registry,
                                              std::span<const TextChange> changes);

/// The text as of a change of the record; empty `version`: as it is now. kNotFound.
Result<std::string> text_at_version(std::string_view field, std::string_view registry,
                                    std::span<const TextChange> changes,
                                    const std::optional<ChangeId>& version);

/// A stretch of a text that one change wrote.
struct WrittenText {
  ChangeId change;
  AuthorKey author;
  std::string text;
};

/// The same text, in order, by who wrote it; neighbours are of different changes. kNotFound.
Result<std::vector<WrittenText>> blame_at_version(std::string_view field, std::string_view registry,
                                                  std::span<const TextChange> changes,
                                                  const std::optional<ChangeId>& version);

/// What the text would be now if `operations`, made when `seen` were the heads, were merged into
/// it. kNotFound when a head is not among the changes.
Result<std::string> merge_edit(std::string_view field, std::string_view registry,
                               std::span<const TextChange> changes, std::span<const ChangeId> seen,
                               std::span<const Operation> operations);

}  // namespace cunju::registry
