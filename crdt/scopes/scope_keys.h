// SPDX-License-Identifier: Apache-2.0
//
// The keys that a reader of one space has, of whole epochs and of single parts, and what a change
// says to that reader. Pure; holds secrets, which zero themselves.
#pragma once

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "crdt/change/change.h"
#include "crdt/crypto/envelope.h"
#include "crdt/crypto/epoch_key.h"
#include "crdt/scopes/handed_epoch.h"

namespace cunju {

/// Opens one sealed part and no other: what somebody who has no epoch key may be shown.
struct KeyOfPart {
  crypto::EpochId epoch;  ///< The envelope is bound to it.
  crypto::PartKey key;
};

class ScopeKeys {
 public:
  using Id = std::pair<Scope, crypto::EpochId>;

  void add(Scope scope, const crypto::EpochId& epoch, crypto::EpochKey key);
  /// Null when the key is not here. Valid until the next add().
  const crypto::EpochKey* find(Scope scope, const crypto::EpochId& epoch) const;
  void add_part(const ChangeId& change, std::uint16_t part, KeyOfPart key);
  /// The key that opens this part alone. None: no envelope, of an epoch whose key is not here, or
  /// one that does not open under it.
  std::optional<KeyOfPart> key_of_part(const Change& change, std::size_t part) const;
  /// Whether there is no key of any epoch.
  bool is_empty() const { return keys_.empty(); }
  std::vector<Id> ids() const;
  /// The epochs of a scope that bear the hint, with their keys.
  std::vector<std::pair<crypto::EpochId, const crypto::EpochKey*>> of(
      Scope scope, const crypto::EpochHint& hint) const;
  /// Takes what is wrapped to this device in the change and opens; ids of what is new, ascending.
  /// What does not open is passed over: it may be meant to mislead, and says nothing.
  std::vector<Id> take_wraps(const SpaceId& space, const AuthorKey& sender,
                             std::span<const HandedEpoch> handed, const crypto::SigningKey& device);

 private:
  std::map<Id, crypto::EpochKey> keys_;
  std::map<std::pair<ChangeId, std::uint16_t>, KeyOfPart> parts_;
};

/// What became of one part.
enum class Opening : std::uint8_t {
  kOpen,        ///< Of the open scope.
  kOpened,      ///< Links in the clear; the body too, if it is here and opens.
  kNoKey,       ///< Sealed, and its key is not here, or by a newer program.
  kUnreadable,  ///< No envelope, or one that does not open under the key that it names.
  kAbsent,      ///< Withheld or redacted.
};

/// Makes of the change what somebody with these keys reads, and says so for each part:
///   opened: links and body as they were sealed; a body that does not open becomes empty, which
///           does not decode and so makes the part void;
///   no key: the part stands as withheld; unreadable: its links become empty, so it has no place.
/// Scopes, hashes, header and id stay as they are. A function of the change and the keys.
std::vector<Opening> open_parts(const ScopeKeys& keys, Change& change);
/// Where a part of a change stands, as its envelope is bound to it.
crypto::Place place_of_part(const Change& change, std::size_t part, const crypto::EpochId& epoch);
/// Whether open_parts() could make anything of it.
bool has_confidential_parts(const Change& change);
/// The hint of a part of a confidential scope that is here; none: it is no envelope that this
/// program knows.
std::optional<crypto::EpochHint> hint_of(const Part& part);

}  // namespace cunju
