// SPDX-License-Identifier: Apache-2.0
#include "crdt/types/text/utf8.h"

namespace cunju {

std::size_t count_scalars(std::string_view text) {
  std::size_t out = 0;
  for (char byte : text) out += begins_scalar(byte) ? 1 : 0;
  return out;
}

std::size_t scalar_offset(std::string_view text, std::size_t index) {
  // Blocks are counted without branches; the last one is stepped through.
  constexpr std::size_t kBlock = 64;
  std::size_t at = 0;
  while (text.size() - at > kBlock) {
    const std::size_t inside = count_scalars(text.substr(at, kBlock));
    if (inside > index) break;
    index -= inside;
    at += kBlock;
  }
  for (; at < text.size(); ++at) {
    if (!begins_scalar(text[at])) continue;
    if (index == 0) return at;
    --index;
  }
  return at;
}

}  // namespace cunju
