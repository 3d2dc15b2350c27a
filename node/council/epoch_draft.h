// SPDX-License-Identifier: Apache-2.0
//
// An act of the recovery quorum on its way from signer to signer, as a text file on a stick:
//   cunju epoch 1
//   space HEX                          once
//   carrier HEX                        once: the key that publishes it
//   pin HEX                            the roster that it is about, ascending
//   operation HEX                      as a roster change carries it; one is the epoch, unsigned
//   signature AUTHOR-HEX SIGNATURE-HEX
// A signature covers space, carrier, pins and operations, so a file whose words were changed has
// none that holds. Foreign bytes: read under limits. Values; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "crdt/roster/operations.h"

namespace cunju::council {

struct EpochDraft {
  SpaceId space;
  AuthorKey carrier;  ///< Who publishes it; nobody else can.
  std::vector<ChangeId> pins;
  std::vector<RosterOperation> operations;  ///< With one Epoch, which carries no signatures.
  std::vector<Cosignature> signatures;      ///< One for each signer.

  /// What is signed.
  Hash hash() const { return epoch_hash(space, carrier, pins, operations); }
  /// The operations as the change says them, signatures in their place.
  std::vector<RosterOperation> signed_operations() const;

  friend bool operator==(const EpochDraft&, const EpochDraft&) = default;
};

/// Signs unless this key has signed already.
void sign_draft(EpochDraft& draft, const crypto::SigningKey& key);

/// The signers whose signatures count: keys of the quorum, each once, in the order of signing.
std::vector<AuthorKey> signers_of(const EpochDraft& draft, const SetQuorum& quorum);

std::string encode_epoch_draft(const EpochDraft& draft);
/// Errors: kMalformed (not this format, or a signature that does not hold), kLimit
/// (limits::kMaxEpochDraftBytes), kUnsupported (an operation of a newer program).
Result<EpochDraft> parse_epoch_draft(std::string_view text);

}  // namespace cunju::council
