// SPDX-License-Identifier: Apache-2.0
//
// What the codecs of net/wire share on top of crdt/base/packed.h: fixed-size fields and a builder
// of one segment. Include from codec .cc files only.
#pragma once

#include <optional>

#include "crdt/base/check.h"
#include "crdt/base/packed.h"

namespace cunju::wire {

inline constexpr std::size_t kMaxMessageWords = limits::kMaxMessageBytes / 8;

template <class Id>
Result<Id> read_fixed(capnp::Data::Reader data) {
  std::optional<Id> id = Id::from(packed::from_kj(data));
  if (!id) return fail(Errc::kMalformed, "a field has the wrong size");
  return *id;
}

/// content_bytes is at least what goes into the message, pointers and padding included, so that it
/// stays in the one segment that readers take.
template <class Root, class Fill>
Result<Bytes> write_message(std::size_t content_bytes, Fill&& fill) {
  std::size_t words = 64 + content_bytes / 8;
  if (words > kMaxMessageWords) return fail(Errc::kLimit, "kMaxMessageBytes");
  capnp::MallocMessageBuilder message(static_cast<unsigned>(words));
  fill(message.initRoot<Root>());
  CUNJU_CHECK(message.getSegmentsForOutput().size() == 1, "content_bytes covers the message");
  Bytes out = packed::write_packed(message);
  if (out.size() > limits::kMaxMessageBytes) return fail(Errc::kLimit, "kMaxMessageBytes");
  return out;
}

}  // namespace cunju::wire
