// SPDX-License-Identifier: Apache-2.0
//
// The letter at both ends of a bundle's file: who wrote it, which part of the bundle it is, and
// what is in it. Readable by the recipient alone; signed, so that nobody who only knows the
// recipient's key can write in another node's name. Pure.
//   letter := size u32 | signature[64] | body          body: packed BundleLetter (bundle.capnp)
//   signature := Ed25519(from, "cunju letter 1" | suite u8 | recipient wire | ephemeral | body)
// With the ephemeral key in it a letter can't be taken out of its file and put into another one.
#pragma once

#include <cstdint>
#include <vector>

#include "crdt/base/bytes.h"
#include "crdt/base/ids.h"
#include "crdt/base/result.h"
#include "crdt/crypto/crypto.h"
#include "net/bundle/container.h"

namespace cunju::bundle {

using LetterId = FixedBytes<struct LetterTag, 16>;
using BundleId = FixedBytes<struct BundleTag, 16>;

struct SpaceContent {
  SpaceId space;
  std::uint64_t changes = 0;
  std::uint64_t bytes = 0;             ///< As stored.
  std::uint32_t attachments = 0;       ///< Of which there are chunks in the annex,
  std::uint64_t attachment_bytes = 0;  ///< and the bytes of these.
  std::uint32_t parts = 0;             ///< That the recipient said to lack.
  friend bool operator==(const SpaceContent&, const SpaceContent&) = default;
};

struct Letter {
  LetterId id;
  BundleId bundle;
  std::uint32_t part = 1;
  bool is_last = true;
  NodeKey from;
  WireKey from_wire;
  std::uint64_t claimed_ms = 0;
  std::uint32_t chunks = 0;
  std::uint32_t slots = 0;  ///< Of the annex.
  std::vector<SpaceContent>
      spaces;  ///< Ascending; at most limits::kMaxLetterSpaces. None: receipts.
  friend bool operator==(const Letter&, const Letter&) = default;
};

/// `letter.from` must be `node`'s (CUNJU_CHECK).
Bytes encode_letter(const Letter& letter, const crypto::SigningKey& node, const WireKey& recipient,
                    const EphemeralKey& ephemeral);
/// `text`: what Opener::open_letter gives. Errors: kMalformed, kLimit, kBadSignature.
Result<Letter> decode_letter(ByteView text, const WireKey& recipient,
                             const EphemeralKey& ephemeral);

}  // namespace cunju::bundle
