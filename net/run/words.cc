// SPDX-License-Identifier: Apache-2.0
#include "net/run/words.h"

#include <algorithm>

#include "crdt/base/check.h"

namespace cunju::run {
namespace {

/// A count of words is one byte.
constexpr std::size_t kMaxFurther = 255;

std::ptrdiff_t zeros_of(ByteView word) { return std::ranges::count(word, std::uint8_t{0}); }

/// How many words follow a tag of 0 or 255 as further ones.
std::size_t further_words(ByteView words, std::uint8_t tag) {
  const std::size_t end = std::min(words.size() / kWordBytes, kMaxFurther);
  std::size_t count = 0;
  for (; count < end; ++count) {
    const std::ptrdiff_t zeros = zeros_of(words.subspan(count * kWordBytes, kWordBytes));
    // For two zeros and more a tag saves something.
    if (tag == 0 ? zeros < std::ptrdiff_t{kWordBytes} : zeros > 1) break;
  }
  return count;
}

/// Bytes of the words in `packed`; empty when it is cut short or they are more than max_bytes.
std::optional<std::size_t> unpacked_bytes(ByteView packed, std::size_t max_bytes) {
  std::size_t out = 0;
  for (std::size_t at = 0; at < packed.size();) {
    const std::uint8_t tag = packed[at++];
    for (unsigned rest = tag; rest != 0; rest >>= 1) at += rest & 1;
    out += kWordBytes;
    if (tag == 0 || tag == 0xFF) {
      if (at >= packed.size()) return std::nullopt;
      const std::size_t further = packed[at++] * kWordBytes;
      out += further;
      if (tag == 0xFF) at += further;
    }
    if (at > packed.size() || out > max_bytes) return std::nullopt;
  }
  return out;
}

}  // namespace

std::optional<Bytes> unpack_words(ByteView packed, std::size_t max_bytes) {
  const std::optional<std::size_t> size = unpacked_bytes(packed, max_bytes);
  if (!size) return std::nullopt;
  Bytes out(*size);
  std::uint8_t* to = out.data();
  for (std::size_t at = 0; at < packed.size();) {
    const std::uint8_t tag = packed[at++];
    for (unsigned bit = 0; bit < kWordBytes; ++bit, ++to)
      if ((tag >> bit & 1) != 0) *to = packed[at++];
    if (tag != 0 && tag != 0xFF) continue;
    const std::size_t further = packed[at++] * kWordBytes;
    if (tag == 0xFF) {
      std::copy_n(packed.begin() + static_cast<std::ptrdiff_t>(at), further, to);
      at += further;
    }
    to += further;
  }
  return out;
}

Bytes pack_words(ByteView words) {
  CUNJU_CHECK(words.size() % kWordBytes == 0, "words are whole");
  // A word takes ten bytes at most: a tag, itself, a count.
  Bytes out(words.size() / kWordBytes * (kWordBytes + 2));
  std::uint8_t* to = out.data();
  for (std::size_t at = 0; at < words.size();) {
    std::uint8_t& tag_place = *to++;
    unsigned tag = 0;
    for (unsigned bit = 0; bit < kWordBytes; ++bit) {
      const std::uint8_t byte = words[at++];
      const unsigned is_there = byte != 0 ? 1 : 0;
      // Written in any case, and kept if it is there: the next byte or tag takes its place.
      *to = byte;
      to += is_there;
      tag |= is_there << bit;
    }
    tag_place = static_cast<std::uint8_t>(tag);
    if (tag != 0 && tag != 0xFF) continue;
    const std::size_t further = further_words(words.subspan(at), tag_place);
    *to++ = static_cast<std::uint8_t>(further);
    if (tag == 0xFF)
      to = std::copy_n(words.begin() + static_cast<std::ptrdiff_t>(at), further * kWordBytes, to);
    at += further * kWordBytes;
  }
  out.resize(static_cast<std::size_t>(to - out.data()));
  return out;
}

}  // namespace cunju::run
