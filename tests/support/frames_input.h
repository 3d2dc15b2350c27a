// SPDX-License-Identifier: Apache-2.0
//
// The frames of an authenticated peer that seals what it likes (net/wire/frames.h), against what
// the grammar says of them: for the fuzzer, and for a plain run over a small corpus.
//   input := frame*, frame := damage u8 (0: none) | times u8 | length u8 | plaintext[length]
// Where `times` is 255 the plaintext's data stands so many more times behind it, so that messages
// reach their limit; seldom, as that takes a thousand times as long.
#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include "crdt/base/bytes.h"
#include "crdt/base/check.h"
#include "crdt/crypto/crypto.h"
#include "net/wire/frames.h"

namespace cunju::testing {

/// The error that the grammar has for this plaintext after `message`; none: the message with it.
inline std::optional<Errc> judge_frame(ByteView plaintext, Bytes& message) {
  if (plaintext.size() < 2 || plaintext[0] > 1) return Errc::kProtocol;
  if (message.size() + plaintext.size() - 1 > limits::kMaxMessageBytes) return Errc::kLimit;
  append(message, plaintext.subspan(1));
  return std::nullopt;
}

inline Bytes next_plaintext(ByteReader& reader) {
  const std::size_t times = reader.u8(), length = reader.u8();
  Bytes out = to_bytes(reader.take(std::min(length, reader.remaining())));
  if (out.size() < 2) return out;
  const Bytes data(out.begin() + 1, out.end());
  for (std::size_t i = 0;
       times == 255 && i < times && out.size() + data.size() <= wire::kMaxFragmentBytes; ++i)
    append(out, data);
  return out;
}

/// How many messages came out whole.
inline std::size_t feed_frames(ByteView input) {
  static const crypto::Secret<32> key(Bytes(32, 7));
  noise::CipherState peer(key);
  wire::FrameReader frames{noise::CipherState(key)};
  ByteReader reader(input);
  Bytes message;
  std::size_t whole = 0;
  while (reader.ok() && !reader.at_end()) {
    const std::uint8_t damage = reader.u8();
    const Bytes plaintext = next_plaintext(reader);
    Bytes frame = peer.encrypt({}, plaintext).value();
    if (damage != 0) frame[damage % frame.size()] ^= damage;
    const Result<std::optional<Bytes>> outcome = frames.read(frame);
    const std::optional<Errc> refusal =
        damage != 0 ? Errc::kBadSignature : judge_frame(plaintext, message);
    CUNJU_CHECK(outcome.has_error() == refusal.has_value(), "what the grammar refuses is refused");
    if (refusal) {
      CUNJU_CHECK(outcome.error().code == *refusal, "with its reason");
      return whole;
    }
    const bool is_whole = plaintext[0] == 0;
    CUNJU_CHECK(outcome.value().has_value() == is_whole, "a message ends with its last fragment");
    if (!is_whole) continue;
    CUNJU_CHECK(*outcome.value() == message, "what was sent comes out");
    message.clear();
    ++whole;
  }
  return whole;
}

/// Messages of one fragment and of several, as large as they may be and larger, and everything that
/// the grammar refuses.
inline std::vector<Bytes> frames_corpus() {
  std::vector<Bytes> out{
      {0, 0, 4, 0, 'a', 'b', 'c'},
      {0, 0, 3, 1, 'a', 'b', 0, 0, 2, 1, 'c', 0, 0, 4, 0, 'd', 'e', 'f', 0, 0, 2, 0, 'g'},
      {0, 0, 2, 2, 'a'},            // Flags that nobody knows.
      {0, 0, 1, 0},                 // A fragment of nothing,
      {0, 0, 0},                    // and not even flags.
      {9, 0, 4, 0, 'a', 'b', 'c'},  // Damaged on the way.
  };
  // Fragments of 64 KiB until the message is too long.
  Bytes endless;
  for (int i = 0; i < 80; ++i) {
    append(endless, Bytes{0, 255, 255, 1});
    append(endless, Bytes(254, 'x'));
  }
  Bytes large(endless.begin(), endless.begin() + 10 * 258);
  append(large, Bytes{0, 255, 2, 0, 'y'});
  out.push_back(std::move(large));
  out.push_back(std::move(endless));
  return out;
}

}  // namespace cunju::testing
