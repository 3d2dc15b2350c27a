// SPDX-License-Identifier: Apache-2.0
#include "crdt/types/register.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace cunju {

void apply_candidate(std::vector<Entry>& entries, const Write& write, Entry candidate) {
  remove_seen(entries, write, [](const Entry&) { return true; });
  candidate.origin = write.origin;
  ++write.entry_count[write.origin];
  auto at = std::ranges::lower_bound(entries, write.origin, std::ranges::greater{}, &Entry::origin);
  entries.insert(at, std::move(candidate));
}

void apply_register_set(std::vector<Entry>& entries, const Write& write, const Value& value) {
  apply_candidate(entries, write, {.value = value, .previous = NoValue{}});
}

}  // namespace cunju
