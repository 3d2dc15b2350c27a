// SPDX-License-Identifier: Apache-2.0
//
// What a sync session asks about attachments: which chunks to ask a peer for, and what the peer may
// have. Implemented by node/attachments over files and by tests in memory. Calls are synchronous
// and made on the session's thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "crdt/attachment/chunk_tree.h"
#include "crdt/base/bytes.h"
#include "crdt/base/ids.h"
#include "crdt/base/result.h"

namespace cunju::sync {

/// Chunks of one attachment that lie side by side.
struct ChunkRange {
  SpaceId space;
  attachment::BlobId blob;
  std::uint32_t first = 0;
  std::uint32_t count = 0;  ///< At least 1.
  /// What this peer has brought of the first of them before an earlier session ended: whole pieces,
  /// fewer than that chunk has. It proves nothing.
  Bytes beginning = {};
  friend bool operator==(const ChunkRange&, const ChunkRange&) = default;
};

struct ChunkWithPath {
  Bytes chunk;
  std::vector<Hash> path;
};

class AttachmentPort {
 public:
  virtual ~AttachmentPort() = default;

  // --- what this node fetches ------------------------------------------------------------------
  /// The spaces whose records refer to what is wanted and not here, each once. Costs what these
  /// are, and not what there is. May be out of date by some seconds.
  virtual Result<std::vector<SpaceId>> wanting_spaces() = 0;
  /// The next chunks to ask this peer for, of attachments that records of these spaces refer to; at
  /// most max_chunks. They are this peer's to bring until take_chunk(), note_absent() or
  /// note_gone(). A kept beginning is handed out once. Empty: nothing, now.
  virtual Result<std::optional<ChunkRange>> next_range(const WireKey& peer,
                                                       std::span<const SpaceId> spaces,
                                                       std::size_t max_chunks) = 0;
  /// About how many bytes, as stored, next_range() will still ask this peer for, and has asked it
  /// for. Costs what is missing.
  virtual Result<std::uint64_t> bytes_left(const WireKey& /*peer*/,
                                           std::span<const SpaceId> /*spaces*/) {
    return std::uint64_t{0};
  }
  /// Keeps a chunk that the peer brought. Errors: kTampered (it is not that chunk), kDiskFull, kIo.
  virtual Result<void> take_chunk(const WireKey& peer, const ChunkRange& place, std::uint32_t index,
                                  ByteView chunk, const std::vector<Hash>& path) = 0;
  /// The peer has no such attachment, or none for us: it is not asked for it again in this session.
  virtual void note_absent(const WireKey& peer, const attachment::BlobId& blob) = 0;
  /// The session ends in the middle of a chunk of which the peer has brought these whole pieces: is
  /// handed out with the next range that this peer is asked for. Before note_gone(). What can't be
  /// kept is asked for again, so there is no error.
  virtual void keep_beginning(const WireKey& /*peer*/, const attachment::BlobId& /*blob*/,
                              std::uint32_t /*index*/, ByteView /*pieces*/) {}
  /// The session is over: what the peer was to bring may be asked of others.
  virtual void note_gone(const WireKey& peer) = 0;

  // --- what others fetch here ------------------------------------------------------------------
  /// A chunk for the peer, if records of the space that it may have refer to the attachment and it
  /// is here, whole. Empty otherwise: a peer can't tell which of these it was.
  virtual Result<std::optional<ChunkWithPath>> find_chunk(const WireKey& peer, const SpaceId& space,
                                                          const attachment::BlobId& blob,
                                                          std::uint32_t index) = 0;
};

}  // namespace cunju::sync
