// SPDX-License-Identifier: Apache-2.0
//
// One zstd frame (RFC 8878) with or without a dictionary, here only. Compressing gives whatever
// bytes this build's zstd gives; unpacking foreign bytes takes no memory that they choose. A frame
// stands without its magic number, the same four bytes in each. Pure.
#pragma once

#include <span>

#include "crdt/base/bytes.h"

namespace cunju::run {

/// One after the other, each in blocks of its own, because a block has one code for its letters.
/// `dictionary` may be empty: none. Empty when the frame would not be shorter.
Bytes pack_frame(std::span<const ByteView> pieces, ByteView dictionary);
/// True when `frame` unpacks to exactly `out.size()` bytes; otherwise `out` holds anything.
bool unpack_frame(ByteView frame, ByteView dictionary, std::span<std::uint8_t> out);
/// Which zstd makes the bytes, as a number: what compresses otherwise is read by all.
unsigned frame_version();

}  // namespace cunju::run
