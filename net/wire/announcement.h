// SPDX-License-Identifier: Apache-2.0
//
// What a node says of itself on the local network, in a DNS-SD TXT record: a hint that who knows
// its key recognises, and random bytes to everybody else. Like the greeting (greeting.h), and under
// a label of its own, so that neither passes for the other.
//   text := "h=" hex(salt[16] | hint[16])
//   hint := first 16 bytes of BLAKE2b-256(key: salt, label("cunju mdns 1") | node's WireKey)
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "crdt/base/ids.h"
#include "crdt/crypto/crypto.h"

namespace cunju::wire {

class Announcement {
 public:
  static constexpr std::size_t kBytes = 32;

  /// With a fresh salt: two announcements of one node have nothing in common for a stranger.
  static Announcement make(const WireKey& node, crypto::RandomSource& random);
  /// Empty for anything that is not exactly such a text.
  static std::optional<Announcement> parse(std::string_view text);

  std::string text() const;
  /// True when it is of the node with this key, or of somebody who has heard it or knows the key: a
  /// hint whom to call, no proof.
  bool is_from(const WireKey& node) const;

 private:
  Announcement() = default;
  std::array<std::uint8_t, kBytes> bytes_{};
};

}  // namespace cunju::wire
