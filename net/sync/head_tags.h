// SPDX-License-Identifier: Apache-2.0
//
// Short names of heads that mean something in one session only. Multilinear hashing (Lemire, Kaser:
// "Strongly universal string hashing is fast", The Computer Journal 57, 2014) under keys that come
// from the channel's handshake hash:
//   keys      := u64 little endian of keyed(handshake hash, "cunju tags 2" || n u8), n = 0, 1, ...
//   author    := (space key + sum of key[i] * word[i] of the author) mod 2^64 >> 32
//   head      := (key[8] + sum of key[9 + i] * word[i] of the id) mod 2^64 >> 32
//   space key := the token's first 8 bytes; words are u32 little endian
// Two heads that somebody else chose, who does not know the channel's keys, share a tag with
// probability 2^-32. Value; no thread rule.
#pragma once

#include <array>
#include <cstdint>

#include "crdt/base/bytes.h"
#include "crdt/base/ids.h"
#include "net/wire/messages.h"
#include "net/wire/sketch_codec.h"

namespace cunju::sync {

class HeadTags {
 public:
  /// handshake_hash: 64 bytes.
  explicit HeadTags(ByteView handshake_hash);

  std::uint32_t author(const wire::SpaceToken& space, const AuthorKey& author) const;
  std::uint32_t head(const ChangeId& id) const;
  wire::HeadItem item(const wire::SpaceToken& space, const wire::AuthorHead& head) const;
  /// Says that the space is shared, with or without heads.
  wire::HeadItem presence(const wire::SpaceToken& space) const;

 private:
  static constexpr std::size_t kWords = 8;
  std::array<std::uint64_t, kWords> author_keys_{};
  std::uint64_t head_key_ = 0;
  std::array<std::uint64_t, kWords> head_keys_{};
};

/// The number that stands for a seq in an item.
std::uint32_t seq_in_item(Seq seq);

}  // namespace cunju::sync
