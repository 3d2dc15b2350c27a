// SPDX-License-Identifier: Apache-2.0
//
// Noise handshake patterns as data (Noise specification, revision 34, sections 7 and 9). A pattern
// is a pre-message and, per message, the tokens that sender and receiver both walk through;
// handshake.h gives the tokens their meaning. Immutable, usable from any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace cunju::noise {

enum class Token : std::uint8_t {
  kE,    ///< The sender's fresh ephemeral key.
  kS,    ///< The sender's static key, encrypted once there is a key.
  kEe,   ///< Diffie-Hellman of both ephemeral keys.
  kEs,   ///< The initiator's ephemeral key with the responder's static key.
  kSe,   ///< The initiator's static key with the responder's ephemeral key.
  kSs,   ///< Both static keys.
  kPsk,  ///< The pre-shared key.
};

using MessagePattern = std::span<const Token>;

struct Pattern {
  std::string_view protocol_name;  ///< Hashed into the handshake: names every algorithm.
  bool knows_responder = false;    ///< The pre-message "<- s": the initiator has the key before.
  bool has_psk = false;            ///< A psk anywhere makes every `e` a key input (section 9.2).
  std::span<const MessagePattern> messages;  ///< The initiator sends the first.
};

extern const Pattern kIk;
extern const Pattern kXx;
extern const Pattern kXxPsk3;

}  // namespace cunju::noise
