// SPDX-License-Identifier: Apache-2.0
//
// Strong types for everything that is "just 32 bytes" or "just a number", so that a change id
// can't be passed for an author. Values: copyable, ordered by bytes, hashable.
#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>

#include "crdt/base/bytes.h"

namespace cunju {

template <class Tag, std::size_t N>
struct FixedBytes {
  static constexpr std::size_t kSize = N;
  std::array<std::uint8_t, N> value{};

  friend auto operator<=>(const FixedBytes&, const FixedBytes&) = default;

  ByteView view() const { return {value.data(), value.size()}; }
  std::string hex() const { return to_hex(view()); }
  bool is_zero() const {
    return std::ranges::all_of(value, [](std::uint8_t byte) { return byte == 0; });
  }
  /// Empty when `bytes` does not have exactly N bytes.
  static std::optional<FixedBytes> from(ByteView bytes) {
    if (bytes.size() != N) return std::nullopt;
    FixedBytes out;
    std::copy(bytes.begin(), bytes.end(), out.value.begin());
    return out;
  }
  static std::optional<FixedBytes> from_hex(std::string_view text) {
    std::optional<Bytes> bytes = parse_hex(text);
    return bytes ? from(*bytes) : std::nullopt;
  }
};

using Hash = FixedBytes<struct HashTag, 32>;         ///< BLAKE2b-256 of something.
using SpaceId = FixedBytes<struct SpaceTag, 32>;     ///< Id of the founding change.
using ChangeId = FixedBytes<struct ChangeTag, 32>;   ///< design: hash of header and signature.
using AuthorKey = FixedBytes<struct AuthorTag, 32>;  ///< Ed25519 public key of one device.
using NodeKey = FixedBytes<struct NodeTag, 32>;      ///< Ed25519 public key of a node (receipts).
using WireKey = FixedBytes<struct WireTag, 32>;      ///< X25519 public key of a node (transport).
using MemberId = FixedBytes<struct MemberTag, 16>;   ///< Random, given when a member is admitted.
using RecordId = FixedBytes<struct RecordTag, 16>;   ///< Random; never derived from content.
using Salt = FixedBytes<struct SaltTag, 16>;         ///< Keeps low-entropy content unguessable.
using Signature = FixedBytes<struct SignatureTag, 64>;  ///< Ed25519.

/// Position in an author's log; the first change has 0.
struct Seq {
  std::uint64_t value = 0;
  friend auto operator<=>(const Seq&, const Seq&) = default;
  Seq next() const { return Seq{value + 1}; }
};

/// Unit of confidentiality inside a space; 0 is open to the whole space.
struct Scope {
  std::uint16_t value = 0;
  friend auto operator<=>(const Scope&, const Scope&) = default;
};

inline constexpr Scope kOpenScope{0};

}  // namespace cunju

template <class Tag, std::size_t N>
struct std::hash<cunju::FixedBytes<Tag, N>> {
  // Ids are hashes or random, so their first bytes are already well mixed.
  std::size_t operator()(const cunju::FixedBytes<Tag, N>& id) const noexcept {
    std::size_t out = 0;
    std::memcpy(&out, id.value.data(), sizeof(out));
    return out;
  }
};
