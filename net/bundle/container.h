// SPDX-License-Identifier: Apache-2.0
//
// The file of a bundle as sealed blocks of one size, for one node. Knows no file: blocks in, blocks
// out. A damaged block loses its own content alone. Pure; randomness is passed in.
//   file  := head | chunk* | annex | head              the second head is a copy of the first
//   head  := clear | seal(0, letter)                   clear := magic[8] | format u8 = 1
//                                                               | ephemeral[32] | commitment[32]
//   chunk := seal(place, content)                      place: 1 for the first chunk
//   annex := slot* | random bytes to the end of a block; a slot is sealed as a chunk is, goes on
//            with its places, and has 65 KiB: what a chunk of an attachment with its path takes
//   seal(place, text) := ChaCha20-Poly1305(key, place u32 | 0[8], clear, text | 0*)
//   commitment[32] | key[32] := BLAKE2b-512(key = X25519(ephemeral, recipient),
//                                           "cunju bundle 1" | recipient | ephemeral)
// The construction is that of a wrapped epoch key (crdt/crypto/epoch_key.h, docs/decisions/0009);
// docs/formats/bundle.md has what it keeps and what it does not.
#pragma once

#include <cstddef>
#include <cstdint>

#include "crdt/base/bytes.h"
#include "crdt/base/ids.h"
#include "crdt/base/result.h"
#include "crdt/crypto/crypto.h"

namespace cunju::bundle {

/// Bytes of every block.
inline constexpr std::size_t kBlockBytes = 64 * 1024;
inline constexpr std::size_t kHeadClearBytes = 8 + 1 + 32 + 32;
/// Bytes that a letter, and the content of a chunk, may have.
inline constexpr std::size_t kLetterRoom = kBlockBytes - kHeadClearBytes - crypto::kTagBytes;
inline constexpr std::size_t kChunkRoom = kBlockBytes - crypto::kTagBytes;

/// Bytes of a slot, and of what it may hold.
inline constexpr std::size_t kSlotBytes = 65 * 1024;
inline constexpr std::size_t kSlotRoom = kSlotBytes - crypto::kTagBytes;
/// Blocks that so many slots take, and the most slots in so many blocks.
constexpr std::uint64_t annex_blocks(std::uint64_t slots) {
  return (slots * kSlotBytes + kBlockBytes - 1) / kBlockBytes;
}
constexpr std::uint64_t slots_in(std::uint64_t blocks) { return blocks * kBlockBytes / kSlotBytes; }

using EphemeralKey = FixedBytes<struct EphemeralTag, 32>;

/// Seals one file. Each chunk and each slot gets the next place, the head is sealed once: no place
/// has two texts.
class Sealer {
 public:
  /// Errors: kMalformed (the recipient's key shares no secret; it belongs to nobody).
  static Result<Sealer> make(const WireKey& recipient, crypto::RandomSource& random);
  const EphemeralKey& ephemeral() const { return ephemeral_; }
  /// At most kChunkRoom bytes and kMaxBundleBlocks chunks (CUNJU_CHECK).
  Bytes seal_chunk(ByteView content);
  /// At most kSlotRoom bytes; after the last chunk (CUNJU_CHECK).
  Bytes seal_slot(ByteView content);
  /// At most kLetterRoom bytes, once (CUNJU_CHECK).
  Bytes seal_head(ByteView letter);

 private:
  Sealer() = default;
  EphemeralKey ephemeral_;
  Bytes clear_;
  crypto::Secret<32> key_;
  Bytes seal_next(ByteView content, std::size_t room);

  std::uint32_t places_ = 0;
  bool has_slots_ = false;
  bool has_head_ = false;
};

class Opener {
 public:
  /// Errors: kMalformed (no head of a bundle), kUnsupported (format of a newer program), kTampered
  /// (for another node, or damaged).
  static Result<Opener> open(const crypto::DhKey& recipient, ByteView head);
  const EphemeralKey& ephemeral() const { return ephemeral_; }
  /// With the zeros behind it. Errors: kMalformed (size), kTampered.
  Result<Bytes> open_letter(ByteView head) const;
  Result<Bytes> open_chunk(std::uint32_t place, ByteView block) const;
  /// place: that of the last chunk and 1 for the first slot.
  Result<Bytes> open_slot(std::uint32_t place, ByteView slot) const;

 private:
  Opener() = default;
  Result<Bytes> open_sealed(std::uint32_t place, ByteView sealed, std::size_t bytes) const;

  EphemeralKey ephemeral_;
  Bytes clear_;
  crypto::Secret<32> key_;
};

}  // namespace cunju::bundle
