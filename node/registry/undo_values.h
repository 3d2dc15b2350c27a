// SPDX-License-Identifier: Apache-2.0
//
// What takes the operations of an import back in one scope of a record. A field that the import was
// first to write there goes back to what another scope shows of it, as it would be shown without
// the import: nothing can be unwritten, and an empty value hides what the others have. Only what
// everybody may read is copied for that. Pure; borrows.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crdt/types/operation.h"
#include "node/registry/definition.h"
#include "node/registry/record_states.h"
#include "node/replica/answers.h"

namespace cunju::registry {

bool is_kind(const Operation& operation, OperationKind kind);

/// One scope of a record, and what was written there.
struct Past {
  const Definition* definition = nullptr;  ///< Of the registry; null: it is not here.
  const RecordStates& record;
  std::string scope;  ///< Its name; empty: open.
  std::span<const replica::HistoryEntry> history;
};

/// Why fields were not set back.
struct NotSetBack {
  bool is_written_since = false;
  bool stands_confidential = false;  ///< What was shown is in another confidential scope.
};

/// What is shown of a field that nobody else has written in this scope: from another one, if this
/// is the field's own. Nothing at all: it is in a confidential one and is not copied.
std::optional<Value> value_elsewhere(const Past& past, std::string_view field,
                                     cunju::FieldKind kind);

/// Whether nothing that the change has seen wrote the text in this scope.
bool is_first_here(const Past& past, const replica::HistoryEntry& change, const std::string& text);

/// What takes one change's fields back; `texts`: those that it edited.
void take_back_change(const replica::HistoryEntry& own, const Past& past,
                      std::vector<Operation>& back,
                      std::map<std::string, const replica::HistoryEntry*>& texts, NotSetBack& kept);

}  // namespace cunju::registry
