// SPDX-License-Identifier: Apache-2.0
//
// A node's word that it holds no more than its replication scope allows, since an act of the roster
// narrowed that. Travels where receipts for erasures do, as their version 2; a program that knows
// only version 1 passes it over. docs/formats/erasure.md. Little endian:
//   receipt := version u8 = 2 | node[32] | replication u8 | roster change[32] | signature[64]
// Parsing is strict. Pure.
#pragma once

#include <optional>
#include <span>

#include "crdt/base/ids.h"
#include "crdt/base/result.h"
#include "crdt/crypto/crypto.h"
#include "crdt/roster/operations.h"
#include "crdt/types/operation.h"

namespace cunju {

struct ScopeReceipt {
  NodeKey node;
  Replication replication = Replication::kFull;
  ChangeId act;  ///< The roster change that set it.
  Signature signature;
  friend bool operator==(const ScopeReceipt&, const ScopeReceipt&) = default;
};

/// Signs "cunju let go 1" || suite || space || the receipt without its signature.
ScopeReceipt sign_scope_receipt(const crypto::SigningKey& node, const SpaceId& space,
                                Replication replication, const ChangeId& act);
Operation scope_receipt_operation(const ScopeReceipt& receipt);
bool verify_scope_receipt(const ScopeReceipt& receipt, const SpaceId& space);

/// Errors: kMalformed, kUnsupported (another version).
Result<ScopeReceipt> decode_scope_receipt(ByteView bytes);
/// The first that decodes.
std::optional<ScopeReceipt> read_scope_receipt(std::span<const Operation> operations);

}  // namespace cunju
