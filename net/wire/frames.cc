// SPDX-License-Identifier: Apache-2.0
#include "net/wire/frames.h"

#include <algorithm>
#include <utility>

namespace cunju::wire {
namespace {

constexpr std::uint8_t kMoreFollows = 1;

}  // namespace

Result<void> FrameWriter::write(ByteView message, Bytes& out) {
  if (message.empty()) return fail(Errc::kInvalidArgument, "a session message is never empty");
  if (message.size() > limits::kMaxMessageBytes)
    return fail(Errc::kLimit, "session message over kMaxMessageBytes");
  while (!message.empty()) {
    const std::size_t count = std::min(message.size(), kMaxFragmentBytes);
    Bytes plaintext;
    plaintext.reserve(count + 1);
    put_u8(plaintext, count < message.size() ? kMoreFollows : 0);
    append(plaintext, message.first(count));
    CUNJU_TRY(Bytes sealed, cipher_.encrypt({}, plaintext));
    put_u16(out, static_cast<std::uint16_t>(sealed.size()));
    append(out, sealed);
    message = message.subspan(count);
  }
  return ok();
}

Result<std::optional<Bytes>> FrameReader::read(ByteView frame) {
  CUNJU_TRY(Bytes plaintext, cipher_.decrypt({}, frame));
  if (plaintext.size() < 2) return fail(Errc::kProtocol, "empty fragment");
  const std::uint8_t flags = plaintext.front();
  if ((flags & ~kMoreFollows) != 0) return fail(Errc::kProtocol, "unknown frame flags");
  const ByteView data = ByteView(plaintext).subspan(1);
  if (data.size() > limits::kMaxMessageBytes - message_.size())
    return fail(Errc::kLimit, "session message over kMaxMessageBytes");
  append(message_, data);
  if (flags == kMoreFollows) return std::optional<Bytes>();
  return std::optional<Bytes>(std::exchange(message_, {}));
}

}  // namespace cunju::wire
