// SPDX-License-Identifier: Apache-2.0
//
// Cap'n Proto's packing (capnproto.org/encoding.html, "Packing"), in one fixed way: a message's
// words and back. Bytes that were packed otherwise don't come back the same, so whoever takes words
// for bytes packs them again and compares. Nothing is interpreted here. Pure.
//   packed := (tag u8 | the bytes of the word that are not zero, as the tag's bits say
//              | tag 0: count u8 of further zero words
//              | tag 255: count u8 of further words, which follow as they are)*
// Of further words after tag 255 as many are taken as have at most one zero byte.
#pragma once

#include <cstddef>
#include <optional>

#include "crdt/base/bytes.h"

namespace cunju::run {

inline constexpr std::size_t kWordBytes = 8;

/// Empty when it is cut short or would have more than max_bytes.
std::optional<Bytes> unpack_words(ByteView packed, std::size_t max_bytes);
/// `words` is a whole number of words.
Bytes pack_words(ByteView words);

}  // namespace cunju::run
