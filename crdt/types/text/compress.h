// SPDX-License-Identifier: Apache-2.0
//
// zstd, here only. Compressing gives whatever bytes this build's zstd gives, so equality is
// decided on what comes out again, never on compressed bytes. Unpacking foreign bytes is bounded
// by the size the caller asks for and needs no memory that the bytes choose.
#pragma once

#include <span>

#include "crdt/base/bytes.h"

namespace cunju {

/// Empty when compressing does not make it shorter.
Bytes compress(ByteView bytes);
/// True when `packed` is one frame that unpacks to exactly `out.size()` bytes; otherwise `out`
/// holds anything.
bool decompress(ByteView packed, std::span<std::uint8_t> out);

}  // namespace cunju
