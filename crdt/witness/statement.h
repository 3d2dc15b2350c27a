// SPDX-License-Identifier: Apache-2.0
//
// A witness statement: a node says which logs it holds, and up to where. It is an ordinary change
// in a log of its own, whose author is the node's Ed25519 key. Grammar (docs/formats/witness.md):
//   statement := a change with exactly one part: scope 0, registry "witness", the node's record,
//                body of one operation of kind kWitness whose value is
//   value     := packed WitnessStatement: heads that are new since the node's statement before
// Its time is the header's claimed_ms. It speaks of all earlier changes of these logs as well,
// because each head hashes over them. Whether it counts is the roster's to say (roster_law.h).
// Pure; any thread.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "crdt/change/change.h"
#include "crdt/types/operation.h"

namespace cunju {

/// A change that a node holds, with all that came before it in its log.
struct WitnessedHead {
  AuthorKey author;
  Seq seq;
  ChangeId id;

  friend auto operator<=>(const WitnessedHead&, const WitnessedHead&) = default;
};

/// The record to which a node's statements belong; the same for everybody, so that nobody has to
/// look for it.
RecordId witness_record(const SpaceId& space, const AuthorKey& node);

/// Heads ascending by author, none twice, 1 to limits::kMaxWitnessedHeads of them (CUNJU_CHECK): a
/// node makes several statements of more.
Operation make_statement(std::span<const WitnessedHead> heads);
/// Errors: kMalformed (also when there are none), kLimit.
Result<std::vector<WitnessedHead>> decode_statement(ByteView packed);

/// What a change states. Empty when it is no statement: it has another shape, does not decode, or
/// its part is not here. Does not ask who may be a witness.
std::optional<std::vector<WitnessedHead>> read_statement(const Change& change);

}  // namespace cunju
