// SPDX-License-Identifier: Apache-2.0
//
// Pieces of an attachment: what one message brings. A piece proves nothing by itself; the pieces of
// one chunk are proven together, as that chunk. They are counted from the attachment's beginning,
// and none lies in two chunks. Pure.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "crdt/attachment/attachment_limits.h"

namespace cunju::limits {

/// Bytes of a piece: one second of a link of 64 kbit/s, so that two on their way are a wait of two
/// seconds for an edit behind them, and a link that is cut every few seconds brings some.
inline constexpr std::size_t kAttachmentPieceBytes = 8 * 1024;
inline constexpr std::uint32_t kPiecesInChunk = kAttachmentChunkBytes / kAttachmentPieceBytes;
/// As many bytes as in chunks may be asked for at once, and be on their way.
inline constexpr std::size_t kMaxAskedPieces = kMaxAskedChunks * kPiecesInChunk;
inline constexpr std::size_t kMaxPiecesOnTheWay = kMaxChunksOnTheWay * kPiecesInChunk;
static_assert(kPiecesInChunk * kAttachmentPieceBytes == kAttachmentChunkBytes);

}  // namespace cunju::limits

namespace cunju::attachment {

/// How many pieces so many bytes have, of an attachment or of a chunk.
inline std::uint32_t piece_count(std::uint64_t bytes) {
  return static_cast<std::uint32_t>((bytes + limits::kAttachmentPieceBytes - 1) /
                                    limits::kAttachmentPieceBytes);
}
/// Bytes of that piece; 0 when there is no such piece.
inline std::size_t piece_bytes(std::uint64_t bytes, std::uint32_t piece) {
  const std::uint64_t begin = std::uint64_t{piece} * limits::kAttachmentPieceBytes;
  if (begin >= bytes) return 0;
  return static_cast<std::size_t>(
      std::min<std::uint64_t>(bytes - begin, limits::kAttachmentPieceBytes));
}

}  // namespace cunju::attachment
