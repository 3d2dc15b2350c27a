// SPDX-License-Identifier: Apache-2.0
#include "crdt/types/text/utf8.h"

#include <cstdint>
#include <cstring>

namespace cunju {
namespace {

/// Continuation bytes (10xxxxxx) among eight.
std::size_t count_continuations(const char* bytes) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof(word));
  const std::uint64_t marks = (word >> 7) & (~word >> 6) & kOnes;
  return (marks * kOnes) >> 56;
}

}  // namespace

std::size_t count_scalars(std::string_view text) {
  std::size_t out = text.size();
  std::size_t at = 0;
  for (; text.size() - at >= 8; at += 8) out -= count_continuations(text.data() + at);
  for (; at < text.size(); ++at) out -= begins_scalar(text[at]) ? 0 : 1;
  return out;
}

std::size_t scalar_offset(std::string_view text, std::size_t index) {
  std::size_t at = 0;
  for (; text.size() - at >= 8; at += 8) {
    const std::size_t inside = 8 - count_continuations(text.data() + at);
    if (inside > index) break;
    index -= inside;
  }
  for (; at < text.size(); ++at) {
    if (!begins_scalar(text[at])) continue;
    if (index == 0) return at;
    --index;
  }
  return at;
}

}  // namespace cunju
