// SPDX-License-Identifier: Apache-2.0
#include "crdt/types/set.h"

#include <algorithm>
#include <tuple>

namespace cunju {

void apply_set_add(std::vector<Entry>& entries, const Write& write, const Value& element) {
  auto before = [&write, &element](const Entry& entry) {
    return std::tie(entry.value, entry.origin) < std::tie(element, write.origin);
  };
  auto at = std::ranges::partition_point(entries, before);
  const bool is_there = at != entries.end() && at->origin == write.origin && at->value == element;
  if (is_there) return;  // One change adds an element once, however often it says so.
  entries.insert(at, {.value = element, .previous = NoValue{}, .origin = write.origin});
  ++write.entry_count[write.origin];
}

void apply_set_remove(std::vector<Entry>& entries, const Write& write, const Value& element) {
  remove_seen(entries, write, [&element](const Entry& entry) { return entry.value == element; });
}

}  // namespace cunju
