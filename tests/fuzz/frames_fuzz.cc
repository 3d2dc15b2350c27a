// SPDX-License-Identifier: Apache-2.0
// The frames of an authenticated peer that seals what it likes (net/wire/frames.h), against what
// the grammar says of them.
//   input := frame*, frame := damage u8 (0: none) | times u8 | length u8 | plaintext[length]
// Where `times` is 255 the plaintext's data stands so many more times behind it, so that messages
// reach their limit; seldom, as that takes a thousand times as long.
#include <algorithm>
#include <optional>

#include "crdt/base/bytes.h"
#include "crdt/base/check.h"
#include "crdt/crypto/crypto.h"
#include "net/wire/frames.h"

using namespace cunju;

namespace {

/// The error that the grammar has for this plaintext after `message`; none: the message with it.
std::optional<Errc> judge(ByteView plaintext, Bytes& message) {
  if (plaintext.size() < 2 || plaintext[0] > 1) return Errc::kProtocol;
  if (message.size() + plaintext.size() - 1 > limits::kMaxMessageBytes) return Errc::kLimit;
  append(message, plaintext.subspan(1));
  return std::nullopt;
}

Bytes next_plaintext(ByteReader& reader) {
  const std::size_t times = reader.u8(), length = reader.u8();
  Bytes out = to_bytes(reader.take(std::min(length, reader.remaining())));
  if (out.size() < 2) return out;
  const Bytes data(out.begin() + 1, out.end());
  for (std::size_t i = 0;
       times == 255 && i < times && out.size() + data.size() <= wire::kMaxFragmentBytes; ++i)
    append(out, data);
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  crypto::initialize();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const crypto::Secret<32> key(Bytes(32, 7));
  noise::CipherState peer(key);
  wire::FrameReader frames{noise::CipherState(key)};
  ByteReader reader(ByteView(data, size));
  Bytes message;
  while (reader.ok() && !reader.at_end()) {
    const std::uint8_t damage = reader.u8();
    const Bytes plaintext = next_plaintext(reader);
    Bytes frame = peer.encrypt({}, plaintext).value();
    if (damage != 0) frame[damage % frame.size()] ^= damage;
    const Result<std::optional<Bytes>> outcome = frames.read(frame);
    const std::optional<Errc> refusal =
        damage != 0 ? Errc::kBadSignature : judge(plaintext, message);
    CUNJU_CHECK(outcome.has_error() == refusal.has_value(), "what the grammar refuses is refused");
    if (refusal) {
      CUNJU_CHECK(outcome.error().code == *refusal, "with its reason");
      return 0;
    }
    const bool is_whole = plaintext[0] == 0;
    CUNJU_CHECK(outcome.value().has_value() == is_whole, "a message ends with its last fragment");
    if (!is_whole) continue;
    CUNJU_CHECK(*outcome.value() == message, "what was sent comes out");
    message.clear();
  }
  return 0;
}
