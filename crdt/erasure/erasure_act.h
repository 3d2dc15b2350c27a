// SPDX-License-Identifier: Apache-2.0
//
// What members and nodes say about erasing: acts, approvals and receipts, as operations of parts in
// registries of their own. docs/formats/erasure.md. Little endian:
//   act      := version u8 | reason | basis | asked by | count u16 | (change[32] | part u16)*
//   version of an act := 1: it erases, 2: it restricts
//   lift     := version u8 = 3 | reason | basis | asked by | count u16 | act[32]*
//   text     := size u16 | UTF-8                                  reason, basis, asked by
//   approval := version u8 = 1 | count u16 | act[32]* | count u16 | earlier approval[32]*
//   receipt  := version u8 = 1 | node[32] | count u16 | act[32]* | signature[64]
// Lists are ascending and name nothing twice. Ids are hashes, so whatever is named was there before
// and is among the ancestors of who names it. Parsing is strict. Pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "crdt/base/ids.h"
#include "crdt/base/result.h"
#include "crdt/crypto/crypto.h"
#include "crdt/erasure/erasure_limits.h"
#include "crdt/types/operation.h"

namespace cunju {

/// One part of one change.
struct ErasureTarget {
  ChangeId change;
  std::uint16_t part = 0;
  friend auto operator<=>(const ErasureTarget&, const ErasureTarget&) = default;
};

/// What an act asks for.
enum class ErasureEffect : std::uint8_t {
  kErase = 1,     ///< Hidden at once, destroyed once it is confirmed.
  kRestrict = 2,  ///< Hidden and nothing more: a rule demands that it is kept.
  kLift = 3,      ///< Once it is confirmed, the acts that it names restrict nothing any more.
};

/// Names what is to be erased, or which acts are to restrict nothing any more. Its texts are not
/// erased with it: they name no person.
struct ErasureAct {
  ErasureEffect effect = ErasureEffect::kErase;
  std::string reason;
  std::string basis;     ///< The law or rule.
  std::string asked_by;  ///< In what capacity: the person concerned, a guardian, a review.
  std::vector<ErasureTarget> targets;  ///< Of an act that erases or restricts.
  std::vector<ChangeId> lifted = {};   ///< Of one that lifts.
  friend bool operator==(const ErasureAct&, const ErasureAct&) = default;
};

/// Its author approves of these acts, having seen these approvals of them.
struct ErasureApproval {
  std::vector<ChangeId> acts;
  std::vector<ChangeId> earlier;
  friend bool operator==(const ErasureApproval&, const ErasureApproval&) = default;
};

/// A node has destroyed what these acts name, as far as it was there. It proves itself, so it does
/// not matter who carries it.
struct ErasureReceipt {
  NodeKey node;
  std::vector<ChangeId> acts;
  Signature signature;
  friend bool operator==(const ErasureReceipt&, const ErasureReceipt&) = default;
};

/// Lists are sorted and freed of doubles; within the limits (CUNJU_CHECK): the caller splits.
Operation erasure_act_operation(ErasureAct act);
Operation erasure_approval_operation(ErasureApproval approval);
/// Signs "cunju erased 1" || suite || space || the receipt without its signature.
ErasureReceipt sign_erasure_receipt(const crypto::SigningKey& node, const SpaceId& space,
                                    std::vector<ChangeId> acts);
Operation erasure_receipt_operation(const ErasureReceipt& receipt);
bool verify_erasure_receipt(const ErasureReceipt& receipt, const SpaceId& space);

/// Errors of all three: kMalformed, kLimit, kUnsupported (a newer version).
Result<ErasureAct> decode_erasure_act(ByteView bytes);
Result<ErasureApproval> decode_erasure_approval(ByteView bytes);
Result<ErasureReceipt> decode_erasure_receipt(ByteView bytes);

/// The first of each kind that decodes. A part says one thing.
std::optional<ErasureAct> read_erasure_act(std::span<const Operation> operations);
std::optional<ErasureApproval> read_erasure_approval(std::span<const Operation> operations);
std::optional<ErasureReceipt> read_erasure_receipt(std::span<const Operation> operations);

}  // namespace cunju
