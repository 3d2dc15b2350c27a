// SPDX-License-Identifier: Apache-2.0
//
// What a node says in its receipts that it lacks of what its records and changes refer to:
// attachments, and parts of changes. Values; nothing here is proven, and a lie costs the node that
// tells it. docs/formats/bundle.md
#pragma once

#include <vector>

#include "crdt/attachment/chunk_tree.h"
#include "net/wire/parts.h"

namespace cunju::bundle {

/// Chunks of one attachment that lie side by side.
struct ChunkSpan {
  std::uint32_t first = 0;
  std::uint32_t count = 0;  ///< At least 1.
  friend bool operator==(const ChunkSpan&, const ChunkSpan&) = default;
};

struct LackedAttachment {
  attachment::BlobId blob;
  bool is_wanted = false;         ///< It would fetch it unasked, or somebody asked for it.
  std::vector<ChunkSpan> chunks;  ///< Ascending, apart from one another; none: all of it.
  friend bool operator==(const LackedAttachment&, const LackedAttachment&) = default;
};

struct LackedSpan {
  bool is_open = false;  ///< Of the open scope; else of all others.
  wire::LogSpan span;
  friend bool operator==(const LackedSpan&, const LackedSpan&) = default;
};

}  // namespace cunju::bundle
