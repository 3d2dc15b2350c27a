// SPDX-License-Identifier: Apache-2.0
#include "crdt/crypto/padding.h"

#include <algorithm>
#include <bit>

namespace cunju::crypto {
namespace {

constexpr std::uint8_t kEndOfPlaintext = 0x80;

}  // namespace

std::size_t bucket_size(std::size_t bytes) {
  const std::size_t size = std::max(bytes, kMinBucketBytes);
  // Padmé: of a size with exponent e only the first bits may vary, as many as e itself takes.
  const std::size_t exponent = std::size_t(std::bit_width(size)) - 1;
  const std::size_t kept_bits = std::size_t(std::bit_width(exponent));
  const std::size_t mask = (std::size_t{1} << (exponent - kept_bits)) - 1;
  return (size + mask) & ~mask;
}

Bytes pad(ByteView plaintext) {
  Bytes out(bucket_size(plaintext.size() + 1));
  std::ranges::copy(plaintext, out.begin());
  out[plaintext.size()] = kEndOfPlaintext;
  return out;
}

std::optional<std::size_t> unpadded_size(ByteView padded) {
  std::size_t size = padded.size();
  while (size > 0 && padded[size - 1] == 0) --size;
  if (size == 0 || padded[size - 1] != kEndOfPlaintext) return std::nullopt;
  if (bucket_size(size) != padded.size()) return std::nullopt;
  return size - 1;
}

}  // namespace cunju::crypto
