// SPDX-License-Identifier: Apache-2.0
//
// Minutes: what a meeting's record is beyond its definition. Each agenda item is a text of its own
// under the repeated field `item`, named item.NUMBER.SUFFIX. The number is the next free one as its
// author saw it, the suffix is random: two clerks who add an item at once add two items, and lists
// show them one after the other. Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "crdt/types/record_state.h"

namespace cunju::council {

inline constexpr std::string_view kMinutesRegistry = "minutes";
inline constexpr std::string_view kItemField = "item";

/// Names of the agenda items that have a text or had one that was merged or came too late, in the
/// order of the agenda.
std::vector<std::string> item_names(const RecordState& state);

/// Those of some texts, such as texts_of() gives them, that are agenda items.
std::vector<std::string> item_names(const std::map<std::string, std::string>& texts);

/// A name for one more item; `suffix` is a few random hexadecimal digits.
std::string new_item_name(const RecordState& state, std::string_view suffix);

}  // namespace cunju::council
