// SPDX-License-Identifier: Apache-2.0
//
// Minutes as the verb `minutes` opens them: the record, its history, and the agenda items that
// numbers on the command line count.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cli/version_names.h"

namespace cunju::cli {

/// A meeting as it is now. What it says needs no history.
struct Meeting {
  FoundRecord found;
  RecordView view;
  std::vector<TextChange>
      changes;  ///< Empty until read_history(); then those of the view at least.
  std::vector<std::string> items;

  const RecordState& state() const;
  registry::VersionedRecord told_from() const;
  const registry::Definition* definition() const;
};

Result<Meeting> open_meeting(node::Node& node, const Invocation& call, std::string_view id);

/// For versions, authors and late edits: takes memory and time with everything ever written.
Result<void> read_history(node::Node& node, Meeting& meeting);

/// Those of `items` that --item names. Without it: the only one, or all when `all`.
Result<std::vector<std::string>> chosen_items(const Invocation& call,
                                              std::span<const std::string> items, bool all);

/// "Item 3", by the item's place among `items`.
std::string item_heading(std::span<const std::string> items, const std::string& item,
                         Language language);

/// `minutes edit`.
Result<ExitCode> edit_minutes(Invocation& call);

}  // namespace cunju::cli
