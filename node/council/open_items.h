// SPDX-License-Identifier: Apache-2.0
//
// What a committee has in hand, for whoever takes over: records whose states wait for somebody,
// values and texts that wait for a decision or a reader, and what is in the late tray. Which states
// wait is said by the definitions (FieldDefinition::is_pending). Reads all records of the
// registries; single thread.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "node/registry/record_book.h"

namespace cunju::council {

struct OpenRecord {
  std::string registry;
  RecordId id;
  std::string field;  ///< The state that waits.
  Value state;
  /// The first fields that lists show, without the state and without personal data: the list of a
  /// handover is signed, copied and filed.
  registry::FieldValues title;
};

struct OpenItems {
  std::vector<OpenRecord> records;               ///< By registry, then as lists have them.
  std::vector<registry::ConflictRow> conflicts;  ///< Of kind kText: merged, and waits for a reader.
  std::vector<replica::LatePart> late;
  std::vector<registry::LateText> late_texts;
};

/// Of these registries. `book` is the book of `space` with `catalog`.
Result<OpenItems> find_open_items(replica::Replica& replica, const SpaceId& space,
                                  const registry::Catalog& catalog, registry::RecordBook& book,
                                  const std::set<std::string>& registries);

}  // namespace cunju::council
