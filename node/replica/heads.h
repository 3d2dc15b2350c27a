// SPDX-License-Identifier: Apache-2.0
//
// The heads of a space's logs as peers are told of them, and the hash of them that is kept up in
// `head_sums`. It is over the ends of all branches of all logs here, also of those that are too
// many to be named, and over nothing else: dropped, it is computed again from `logs`.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "net/sync/heads_sum.h"
#include "net/sync/port.h"
#include "node/replica/books.h"

namespace cunju::replica {

/// The ends of branches, ascending. Of a log with very many those that leave it first: what a node
/// must learn is where it is forked.
std::vector<wire::AuthorHead> list_heads(std::vector<BranchEntry> branches);
std::vector<wire::AuthorHead> list_heads(const AuthorKey& author, const LogTree& tree);

/// What of a branch's row says where it ends; for who reads very many.
struct BranchEnd {
  std::uint64_t next_seq = 0;
  ChangeId head;

  static std::optional<BranchEnd> decode(ByteView bytes);
};

/// Visits the ends of all branches of the space, in no order. Errors: kCorrupt.
Result<void> visit_ends(const Reader& reader, std::uint32_t space_no,
                        const std::function<void(const wire::AuthorHead&)>& visit);

/// One row of `head_sums`.
struct HeadSumRow {
  Hash digest;
  sync::HeadsSum sum;

  Bytes encode() const;
  static std::optional<HeadSumRow> decode(ByteView bytes);
  /// Only the two that a session needs.
  static std::optional<sync::SpaceHeads> decode_digest(const SpaceId& space, ByteView bytes);
};

/// Computed from the logs. Errors: kCorrupt.
Result<sync::HeadsSum> compute_heads_sum(const Reader& reader, std::uint32_t space_no);

}  // namespace cunju::replica
