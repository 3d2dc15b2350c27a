// SPDX-License-Identifier: Apache-2.0
//
// A receipt: one node's signed word for another one, saying what it durably has of a space, which
// letters of that other node it had read by then, and what it lacks besides changes. What it makes
// of receipts that are old, of another node, or of one that was restored: docs/formats/bundle.md.
// Pure.
//   receipt   := signature[64] | body                body: packed BundleReceipt (bundle.capnp)
//   signature := Ed25519(node, "cunju receipt 1" | suite u8 | space | body)
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "crdt/base/bytes.h"
#include "crdt/base/ids.h"
#include "crdt/base/result.h"
#include "crdt/crypto/crypto.h"
#include "net/bundle/known_logs.h"
#include "net/bundle/lacked.h"
#include "net/bundle/letter.h"

namespace cunju::bundle {

struct Receipt {
  SpaceId space;
  NodeKey node;
  NodeKey to;
  std::uint64_t number = 0;
  std::vector<LetterId> answers;  ///< At most limits::kMaxReceiptAnswers.
  KnownLogs logs;                 ///< At most limits::kMaxReceiptSamples in all.
  /// Ascending by blob; at most limits::kMaxReceiptLacked with kMaxReceiptChunkSpans.
  /// Nothing: the node does not say, as older programs do not.
  std::optional<std::vector<LackedAttachment>> attachments = {};
  /// Ascending by (open ones last, author, first); at most limits::kMaxReceiptPartSpans.
  std::vector<LackedSpan> parts = {};
  friend bool operator==(const Receipt&, const Receipt&) = default;
};

/// `receipt.node` must be `node`'s, and the limits kept (CUNJU_CHECK).
Bytes encode_receipt(const Receipt& receipt, const crypto::SigningKey& node);
/// Does not ask whether the node belongs to the space. Errors: kMalformed (also: of another space),
/// kLimit, kBadSignature.
Result<Receipt> decode_receipt(const SpaceId& space, ByteView bytes);

}  // namespace cunju::bundle
