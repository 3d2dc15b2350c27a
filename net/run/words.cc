// SPDX-License-Identifier: Apache-2.0
#include "net/run/words.h"

#include <algorithm>
#include <array>
#include <bit>

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

}  // namespace

std::optional<Bytes> unpack_words(ByteView packed, std::size_t max_bytes) {
  Bytes out;
  out.reserve(std::min(max_bytes, packed.size() * 4));
  for (std::size_t at = 0; at < packed.size();) {
    const std::uint8_t tag = packed[at++];
    const auto bytes = static_cast<std::size_t>(std::popcount(tag));
    const bool has_count = tag == 0 || tag == 0xFF;
    if (packed.size() - at < bytes + (has_count ? 1 : 0)) return std::nullopt;
    if (out.size() + kWordBytes > max_bytes) return std::nullopt;
    std::array<std::uint8_t, kWordBytes> word{};
    for (unsigned bit = 0; bit < kWordBytes; ++bit)
      if ((tag >> bit & 1) != 0) word[bit] = packed[at++];
    append(out, word);
    if (!has_count) continue;
    const std::size_t further = packed[at++] * kWordBytes;
    if (out.size() + further > max_bytes) return std::nullopt;
    if (tag == 0) {
      out.resize(out.size() + further);
      continue;
    }
    if (packed.size() - at < further) return std::nullopt;
    append(out, packed.subspan(at, further));
    at += further;
  }
  return out;
}

Bytes pack_words(ByteView words) {
  CUNJU_CHECK(words.size() % kWordBytes == 0, "words are whole");
  Bytes out;
  out.reserve(words.size() + words.size() / 4 + 2);
  for (std::size_t at = 0; at < words.size();) {
    std::array<std::uint8_t, 1 + kWordBytes> packed{};
    std::size_t size = 1;
    for (unsigned bit = 0; bit < kWordBytes; ++bit) {
      const std::uint8_t byte = words[at++];
      packed[size] = byte;
      size += byte != 0 ? 1 : 0;
      packed[0] = static_cast<std::uint8_t>(packed[0] | (byte != 0 ? 1u : 0u) << bit);
    }
    append(out, ByteView(packed).first(size));
    const std::uint8_t tag = packed[0];
    if (tag != 0 && tag != 0xFF) continue;
    const std::size_t further = further_words(words.subspan(at), tag);
    put_u8(out, static_cast<std::uint8_t>(further));
    if (tag == 0xFF) append(out, words.subspan(at, further * kWordBytes));
    at += further * kWordBytes;
  }
  return out;
}

}  // namespace cunju::run
