// SPDX-License-Identifier: Apache-2.0
//
// How epoch keys reach devices: in the OpenEpoch that opens the epoch, or handed over later by
// anybody who has the key, as operations of kind kEpochWrap in parts of kScopesRegistry. Whether
// the change that carries a wrap is in force does not matter: the epoch's id commits to the key, so
// what opens is the key. Pure.
//   handed := scope u16 | epoch[32] | recipient[32] | wrap          the value of the operation
#pragma once

#include <optional>
#include <vector>

#include "crdt/change/change.h"
#include "crdt/roster/operations.h"
#include "crdt/types/operation.h"

namespace cunju {

/// One wrap, and of what.
struct HandedEpoch {
  Scope scope;
  crypto::EpochId epoch;
  AuthorKey recipient;
  Bytes wrap;
  friend bool operator==(const HandedEpoch&, const HandedEpoch&) = default;
};

/// `handed.wrap`: at most limits::kMaxWrapBytes (CUNJU_CHECK).
Operation hand_over_operation(const HandedEpoch& handed);
/// None: an operation of another kind, or one that does not decode.
std::optional<HandedEpoch> read_handed_epoch(const Operation& operation);

/// The wraps that a change carries, in the order of its parts and operations; the first
/// limits::kMaxHandedEpochs.
std::vector<HandedEpoch> handed_epochs(const Change& change);

}  // namespace cunju
