// SPDX-License-Identifier: Apache-2.0
//
// The attack that plain ChaCha20-Poly1305 does not withstand: one ciphertext and tag that open
// under two keys. A Poly1305 tag (RFC 8439, section 2.5) is a polynomial of the ciphertext's blocks
// at a point that the key gives. Who knows both keys leaves one block open and solves for it, so
// that both polynomials give the same tag. Grubbs, Lu and Ristenpart, "Message Franking via
// Committing Authenticated Encryption", CRYPTO 2017; Len, Grubbs and Ristenpart, "Partitioning
// Oracle Attacks", USENIX Security 2021. For tests: nothing here is constant time.
#pragma once

#include <array>
#include <optional>

#include "crdt/base/bytes.h"

namespace cunju::poly1305_collision {

/// 64 bytes of ChaCha20's key stream (RFC 8439, section 2.3). Block 0 has the Poly1305 key; what is
/// encrypted begins with block 1.
Bytes chacha20_block(ByteView key, std::uint32_t counter, ByteView nonce);

struct Attack {
  ByteView key_1;
  ByteView key_2;
  ByteView nonce;
  ByteView associated;
  std::size_t open_block = 0;  ///< Of 16 bytes, in the ciphertext: this one is solved for.
};

/// `ciphertext` (a multiple of 16 bytes) with its open block replaced and the common tag behind it.
/// Empty when this ciphertext has no solution: about every third has one.
std::optional<Bytes> solve(const Attack& attack, Bytes ciphertext);

}  // namespace cunju::poly1305_collision
