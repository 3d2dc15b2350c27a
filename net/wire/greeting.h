// SPDX-License-Identifier: Apache-2.0
//
// The first bytes on every connection, from the responder. They tell who knows the node's key that
// this is the node, and a stranger only that a Cunju node listens. Grammar (38 bytes):
//   greeting := "cunju" | version u8 = 1 | salt[16] | hint[16]
//   hint     := first 16 bytes of BLAKE2b-256(key: salt, label("cunju greet 1") | node's WireKey)
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "crdt/base/bytes.h"
#include "crdt/base/ids.h"
#include "crdt/base/result.h"
#include "crdt/crypto/crypto.h"

namespace cunju::wire {

inline constexpr std::uint8_t kChannelVersion = 1;
/// The context of an answer that is no greeting at all: a captive portal's, for instance.
inline constexpr std::string_view kNotCunju = "whoever answers is not a Cunju node";

class Greeting {
 public:
  static constexpr std::size_t kBytes = 38;

  /// A fresh greeting of the node with this key.
  static Greeting make(const WireKey& node, crypto::RandomSource& random);
  /// Errors: kProtocol when it is not a Cunju node, kUnsupported for another version, kMalformed
  /// for another length.
  static Result<Greeting> parse(ByteView bytes);

  ByteView bytes() const { return bytes_; }
  /// True when the greeting is from the node with this key, or from somebody who knows the key:
  /// a hint to choose whom to call, no proof.
  bool is_from(const WireKey& node) const;

 private:
  Greeting() = default;

  std::array<std::uint8_t, kBytes> bytes_{};
};

}  // namespace cunju::wire
