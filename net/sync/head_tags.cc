// SPDX-License-Identifier: Apache-2.0
#include "net/sync/head_tags.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

#include "crdt/crypto/crypto.h"

namespace cunju::sync {
namespace {

template <class Word>
Word little_endian(Word value) {
  if constexpr (std::endian::native == std::endian::little) return value;
  Word out = 0;
  for (std::size_t i = 0; i < sizeof(Word); ++i) out = out << 8 | (value >> (8 * i) & 0xFF);
  return out;
}

std::uint64_t load_u64(const std::uint8_t* bytes) {
  std::uint64_t out = 0;
  std::memcpy(&out, bytes, sizeof out);
  return little_endian(out);
}

template <std::size_t N>
std::uint32_t multilinear(std::uint64_t first, const std::array<std::uint64_t, N>& keys,
                          const std::array<std::uint8_t, 4 * N>& bytes) {
  std::array<std::uint32_t, N> words;
  std::memcpy(words.data(), bytes.data(), bytes.size());
  std::uint64_t sum = first;
  for (std::size_t i = 0; i < N; ++i) sum += keys[i] * little_endian(words[i]);
  return static_cast<std::uint32_t>(sum >> 32);
}

}  // namespace

HeadTags::HeadTags(ByteView handshake_hash) {
  std::vector<std::uint64_t> keys;
  for (std::uint8_t n = 0; keys.size() < 2 * kWords + 1; ++n) {
    const std::array<std::uint8_t, 1> number{n};
    const Hash block =
        crypto::keyed_hash(handshake_hash, {crypto::label("cunju tags 2"), ByteView(number)});
    for (std::size_t at = 0; at < Hash::kSize; at += 8)
      keys.push_back(load_u64(block.value.data() + at));
  }
  std::copy_n(keys.begin(), kWords, author_keys_.begin());
  head_key_ = keys[kWords];
  std::copy_n(keys.begin() + kWords + 1, kWords, head_keys_.begin());
}

std::uint32_t HeadTags::author(const wire::SpaceToken& space, const AuthorKey& author) const {
  return multilinear(load_u64(space.value.data()), author_keys_, author.value);
}

std::uint32_t HeadTags::head(const ChangeId& id) const {
  return multilinear(head_key_, head_keys_, id.value);
}

wire::HeadItem HeadTags::item(const wire::SpaceToken& space, const wire::AuthorHead& head) const {
  return {.author = author(space, head.author),
          .head = this->head(head.id),
          .seq = seq_in_item(head.seq)};
}

wire::HeadItem HeadTags::presence(const wire::SpaceToken& space) const {
  // The half of the token that is no key.
  const std::uint64_t rest = load_u64(space.value.data() + 8);
  return {.author = static_cast<std::uint32_t>(rest),
          .head = static_cast<std::uint32_t>(rest >> 32),
          .seq = 0};
}

std::uint32_t seq_in_item(Seq seq) {
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>(seq.value, std::numeric_limits<std::uint32_t>::max()));
}

}  // namespace cunju::sync
