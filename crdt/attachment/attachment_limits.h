// SPDX-License-Identifier: Apache-2.0
//
// Limits of attachments, as crdt/base/limits.h has them of everything else.
#pragma once

#include <cstddef>
#include <cstdint>

namespace cunju::limits {

/// Bytes of one chunk as it is stored and proven: with 32 bytes of hash for each level of the tree
/// less than one part in a hundred of overhead. It is sent in pieces (pieces.h), and whole to peers
/// that do not know these, so that a cut link may lose it.
inline constexpr std::size_t kAttachmentChunkBytes = 64 * 1024;
/// Bytes of one attachment: a thick scanned file has some hundred MiB. Bounds how long a node is
/// busy with hashing one (about a second), and its tree in memory (1 MiB).
inline constexpr std::uint64_t kMaxAttachmentBytes = std::uint64_t{1} << 30;
/// Levels above the chunks: 2^15 chunks are more than kMaxAttachmentBytes has.
inline constexpr std::size_t kMaxAttachmentTreeDepth = 15;
/// Bytes of an attachment's file name (as file systems have it) and of its media type.
inline constexpr std::size_t kMaxAttachmentNameBytes = 255;
inline constexpr std::size_t kMaxMediaTypeBytes = 127;
/// Chunks that one request asks for: what is answered to one message fits a link's backlog.
inline constexpr std::size_t kMaxAskedChunks = 16;
/// Chunks that one side has asked for and not got yet: what it lets a peer send unasked further.
inline constexpr std::size_t kMaxChunksOnTheWay = 64;
/// Attachments that a node has open at once to serve ranges of them, and that it takes at once.
inline constexpr std::size_t kMaxOpenAttachments = 16;
/// Bytes of a picture that is read as a whole, to take its location out. No camera makes larger.
inline constexpr std::size_t kMaxPictureBytes = 128 * 1024 * 1024;
/// Bytes of an attachment that an export includes: it is held in memory. Larger ones are named.
inline constexpr std::uint64_t kMaxExportedAttachmentBytes = 256 * 1024 * 1024;
/// Bytes of the file that says what a node fetches by itself.
inline constexpr std::size_t kMaxFetchPolicyBytes = 4096;

}  // namespace cunju::limits
