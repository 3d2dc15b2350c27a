// SPDX-License-Identifier: Apache-2.0
//
// Messages as encrypted frames after the handshake. A frame is at most one Noise message, so a
// longer message travels as several fragments. Grammar:
//   frame     := length u16 (18 or more) | Noise message of that length
//   plaintext := flags u8 (bit 0: more fragments follow; all others zero) | data[1 or more]
// No fragment is empty, so each frame brings its message forward and a message has an end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "crdt/base/bytes.h"
#include "crdt/base/limits.h"
#include "crdt/base/result.h"
#include "crdt/crypto/crypto.h"
#include "net/noise/cipher_state.h"

namespace cunju::wire {

inline constexpr std::size_t kMinFrameBytes = crypto::kTagBytes + 2;
inline constexpr std::size_t kMaxFragmentBytes =
    limits::kMaxNoiseMessageBytes - crypto::kTagBytes - 1;

class FrameWriter {
 public:
  explicit FrameWriter(noise::CipherState cipher) : cipher_(std::move(cipher)) {}

  /// Appends the message's frames, lengths included. Errors: kInvalidArgument for an empty message
  /// and kLimit for one over limits::kMaxMessageBytes (nothing is appended, the writer goes on);
  /// kLimit when the key is exhausted.
  Result<void> write(ByteView message, Bytes& out);

 private:
  noise::CipherState cipher_;
};

class FrameReader {
 public:
  explicit FrameReader(noise::CipherState cipher) : cipher_(std::move(cipher)) {}

  /// Takes one frame without its length; gives the message that it completes, if it does. Errors:
  /// kBadSignature; kProtocol for unknown flags or an empty fragment; kLimit for a message over
  /// limits::kMaxMessageBytes. The reader is of no use after an error.
  Result<std::optional<Bytes>> read(ByteView frame);

 private:
  noise::CipherState cipher_;
  Bytes message_;
};

}  // namespace cunju::wire
