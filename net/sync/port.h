// SPDX-License-Identifier: Apache-2.0
//
// What a sync session asks of the replica. Implemented by node/replica over the store and by tests
// in memory. Calls are synchronous and made on the session's thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "crdt/change/change.h"
#include "crdt/roster/operations.h"
#include "net/wire/run.h"

namespace cunju::sync {

using AuthorHead = wire::AuthorHead;
using Run = wire::Run;

/// What a node has of one space: author -> number of changes (next seq), so an absent author has 0.
using Have = std::map<AuthorKey, std::uint64_t>;

struct Amount {
  std::uint64_t changes = 0;
  std::uint64_t bytes = 0;  ///< Encoded bytes of the changes as stored; the wire carries fewer.
};

struct AcceptReport {
  std::uint64_t admitted = 0;  ///< New and in the log now, durably.
  std::uint64_t known = 0;     ///< Here already.
  std::uint64_t held = 0;      ///< In the pool until what they depend on arrives.
  std::uint64_t refused = 0;   ///< Inadmissible, or the pool is full.
  std::uint64_t forks = 0;     ///< Contradict a change that is here: kept as proof.
};

class Port {
 public:
  virtual ~Port() = default;
  /// Spaces to exchange with the peer: those whose roster names its wire key, and those that are
  /// being joined through it. Ascending.
  virtual Result<std::vector<SpaceId>> shared_spaces(const WireKey& peer) = 0;
  /// Ascending by author.
  virtual Result<std::vector<AuthorHead>> heads(const SpaceId& space) = 0;
  /// Id of the author's change at seq, when it is here.
  virtual Result<std::optional<ChangeId>> find_change(const SpaceId& space, const AuthorKey& author,
                                                      Seq seq) = 0;
  /// The peer says that it has these changes, which are not here: nobody but it vouches for that. A
  /// node whose own log the peer knows better than itself was restored from an old copy.
  virtual Result<void> note_claims(const SpaceId& /*space*/, const WireKey& /*peer*/,
                                   std::span<const AuthorHead> /*claims*/) {
    return ok();
  }
  /// Everything the peer says that it has, in the parts in which it came.
  virtual Result<void> note_heads(const SpaceId& /*space*/, const WireKey& /*peer*/,
                                  std::span<const AuthorHead> /*heads*/) {
    return ok();
  }
  /// The peer has acknowledged all that is here, or had it before.
  virtual Result<void> note_caught_up(const SpaceId& /*space*/, const WireKey& /*peer*/) {
    return ok();
  }
  /// A batch was taken and its sender does not know yet; `is_all`: it was the last one that the
  /// peer had announced. What is committed now goes to the peer in time.
  virtual void note_taken(const SpaceId& /*space*/, bool /*is_all*/) {}
  /// What a peer that has `have` lacks and this replica has.
  virtual Result<Amount> measure_missing(const SpaceId& space, const Have& have) = 0;
  /// The next changes that such a peer lacks, as runs whose dependencies come first, about
  /// max_bytes of them (at least one change, at most limits::kMaxBatchChanges). Raises `have` over
  /// what it returns; empty at the end. Parts that the peer's replication scope excludes are
  /// withheld; a peer that the roster does not name gets nothing. A zero key is no peer's and
  /// stands for this node itself: nothing is withheld.
  virtual Result<std::vector<Run>> next_runs(const SpaceId& space, const WireKey& peer, Have& have,
                                             std::size_t max_bytes) = 0;
  /// Verifies and takes runs in one durable transaction. Ok: durable. Errors: kBadSignature,
  /// kMalformed, kTampered (the sender is at fault), kDiskFull, kIo (we are).
  virtual Result<AcceptReport> accept(const SpaceId& space, std::span<const Run> runs) = 0;
};

}  // namespace cunju::sync
