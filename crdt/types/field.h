// SPDX-License-Identifier: Apache-2.0
//
// What the merge laws work on: a field's entries, each with the change it comes from. Fields are
// keyed by (name, kind): two kinds under one name live side by side and never touch each other.
// The laws themselves are in register.h, set.h and state.h.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

#include "crdt/base/ids.h"
#include "crdt/graph/version_vector.h"
#include "crdt/types/value.h"

namespace cunju {

/// The change an entry comes from.
struct Origin {
  ChangeId id;
  Dot dot;
  std::uint64_t depth = 0;

  friend bool operator==(const Origin&, const Origin&) = default;
};

/// The merge law of a field. Numbers are stored; never renumber.
enum class FieldKind : std::uint16_t {
  kLife = 0,      ///< Not a field: whether the record is there (record_state.h).
  kRegister = 1,  ///< register.h
  kSet = 2,       ///< set.h
  kState = 3,     ///< state.h
  kText = 4,      ///< text/text_field.h
  kFreeze = 5,    ///< A register over freezes (1) and thaws (0), under kFreezeField.
};

/// One candidate of a register or state, or one addition of a set's element.
struct Entry {
  Value value;
  Value previous;            ///< kState: the state that was left. Otherwise NoValue.
  std::uint32_t origin = 0;  ///< Index for RecordState::origin().

  friend bool operator==(const Entry&, const Entry&) = default;
};

/// Registers and states: candidates, the winner first, then by falling (depth, id).
/// Sets: ascending by (value, depth, id); an element that several changes added has several
/// neighbouring entries. A field in a RecordState has at least one entry.
struct Field {
  std::string name;
  FieldKind kind = FieldKind::kRegister;
  std::vector<Entry> entries;

  /// Registers and states: the shown value. Not for sets.
  const Value& winner() const { return entries.front().value; }
  /// Registers and states: two candidates differ in value. Sets never conflict.
  bool has_conflict() const;

  friend bool operator==(const Field&, const Field&) = default;
};

/// One change being applied to a field: which entries it has seen, and the count of entries that
/// still come from each origin.
struct Write {
  std::uint32_t origin;                     ///< The change itself.
  const std::vector<std::uint8_t>& seen;    ///< By origin: 1 for its ancestors and itself.
  std::vector<std::uint32_t>& entry_count;  ///< By origin; every law keeps it exact.
};

/// Removes the entries that the change has seen and `also(entry)` holds for.
template <class Also>
void remove_seen(std::vector<Entry>& entries, const Write& write, Also&& also) {
  std::erase_if(entries, [&](const Entry& entry) {
    if (write.seen[entry.origin] == 0 || !also(entry)) return false;
    --write.entry_count[entry.origin];
    return true;
  });
}

}  // namespace cunju
