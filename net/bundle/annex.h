// SPDX-License-Identifier: Apache-2.0
//
// What a bundle carries besides changes, in the slots behind its chunks: chunks of attachments, as
// they are stored and as sessions send them, and parts of changes that the recipient has without
// them. Older readers don't look there. Values and their codec; pure.
//   chunk := address[32] | stored bytes u64 | index u32 | hashes u8 | hash[32]* | bytes
// A chunk proves by its path that it is the attachment's (crdt/attachment/chunk_tree.h), so nothing
// of a bundle has to be believed. A slot has room for the longest; several short ones share one.
#pragma once

#include <compare>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "crdt/base/result.h"
#include "net/bundle/lacked.h"
#include "net/bundle/pieces.h"

namespace cunju::bundle {

struct CarriedChunk {
  attachment::BlobId blob;
  std::uint32_t index = 0;
  std::vector<Hash> path;
  Bytes bytes;
  friend bool operator==(const CarriedChunk&, const CarriedChunk&) = default;
};

Bytes encode_carried_chunk(const CarriedChunk& chunk);
/// Does not ask whether it is that chunk. Errors: kMalformed, kLimit.
Result<CarriedChunk> decode_carried_chunk(ByteView bytes);
/// Bytes of that chunk, encoded.
std::size_t carried_bytes(const attachment::BlobId& blob, std::uint32_t index);

/// One thing that goes into an annex: parts of a span, or chunks of an attachment.
struct AnnexTask {
  SpaceId space;
  std::variant<LackedSpan, LackedAttachment> what;
};

enum class AnnexKind : std::uint8_t { kOtherParts = 1, kOpenParts = 2, kAttachment = 3 };

/// A place in the order in which annexes are written: where the next stick goes on.
struct AnnexPlace {
  AnnexKind kind = AnnexKind::kOtherParts;
  SpaceId space;
  FixedBytes<struct AnnexKeyTag, 32> key;  ///< The author of a span; an attachment's address.
  std::uint64_t position = 0;              ///< A change's number, or a chunk's.
  friend auto operator<=>(const AnnexPlace&, const AnnexPlace&) = default;
};
/// Where the task begins.
AnnexPlace place_of(const AnnexTask& task);
/// Of the tasks that begin before the place: the same for the same ones alone. `tasks`: ascending
/// by place_of(); what the place is in does not count.
Hash hash_of_tasks_before(std::span<const AnnexTask> tasks, const AnnexPlace& place);

}  // namespace cunju::bundle
