// SPDX-License-Identifier: Apache-2.0
#include "crdt/types/text/compress.h"

#include <zstd.h>

namespace cunju {
namespace {

// A save is packed once and read often; higher levels win 4 % and take five times as long.
constexpr int kLevel = 12;

}  // namespace

Bytes compress(ByteView bytes) {
  Bytes out(bytes.size());
  const std::size_t size =
      ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), kLevel);
  out.resize(ZSTD_isError(size) != 0 || size >= bytes.size() ? 0 : size);
  return out;
}

bool decompress(ByteView packed, std::span<std::uint8_t> out) {
  // One frame that says its size, and nothing behind it.
  return ZSTD_getFrameContentSize(packed.data(), packed.size()) == out.size() &&
         ZSTD_findFrameCompressedSize(packed.data(), packed.size()) == packed.size() &&
         ZSTD_decompress(out.data(), out.size(), packed.data(), packed.size()) == out.size();
}

}  // namespace cunju
