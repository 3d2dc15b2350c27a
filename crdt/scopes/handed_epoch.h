// SPDX-License-Identifier: Apache-2.0
//
// How epoch keys reach devices: in the OpenEpoch that opens the epoch, or handed over later by
// anybody who has the key, as operations of kind kEpochWrap in parts of kScopesRegistry. Whether
// the change that carries a wrap is in force does not matter: the epoch's id commits to the key, so
// what opens is the key. Pure.
//   handed := scope u16 | epoch[32] | recipient[32] | wrap          the value of the operation
// A device to which somebody wrapped what does not open says so, by an operation of kind
// kEpochUnopened in a part of the same registry; nobody else can tell, and nobody else is believed.
//   unopened := scope u16 | epoch[32] | sender[32]                  the value of the operation
#pragma once

#include <compare>
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

/// What `sender` wrapped to the author of the change that says so does not open there. Until that
/// device has the key some other way, wraps of that sender to it count as not given.
struct UnopenedWrap {
  Scope scope;
  crypto::EpochId epoch;
  AuthorKey sender;
  friend auto operator<=>(const UnopenedWrap&, const UnopenedWrap&) = default;
};

Operation unopened_wrap_operation(const UnopenedWrap& unopened);
/// None: an operation of another kind, or one that does not decode.
std::optional<UnopenedWrap> read_unopened_wrap(const Operation& operation);
/// Of the parts of kScopesRegistry, in their order; the first limits::kMaxHandedEpochs.
std::vector<UnopenedWrap> unopened_wraps(const Change& change);

/// The OpenEpoch of that epoch that the change has, whether it is in force or not.
std::optional<OpenEpoch> find_opening(const Change& change, Scope scope,
                                      const crypto::EpochId& epoch);

/// The wraps that a change carries, in the order of its parts and operations; the first
/// limits::kMaxHandedEpochs.
std::vector<HandedEpoch> handed_epochs(const Change& change);

}  // namespace cunju
