// SPDX-License-Identifier: Apache-2.0
#include "crdt/types/field.h"

#include <algorithm>

namespace cunju {

bool Field::has_conflict() const {
  if (kind == FieldKind::kSet || entries.empty()) return false;
  return std::ranges::any_of(entries,
                             [this](const Entry& entry) { return entry.value != winner(); });
}

}  // namespace cunju
