// SPDX-License-Identifier: Apache-2.0
//
// What a sync session asks of the replica. Implemented by node/replica over the store and by tests
// in memory. Calls are synchronous and made on the session's thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "crdt/change/change.h"
#include "crdt/roster/operations.h"
#include "net/wire/parts.h"
#include "net/wire/run.h"

namespace cunju::sync {

using AuthorHead = wire::AuthorHead;
using Run = wire::Run;

/// What a node has of one author's log.
struct LogHave {
  /// Of a log that is not forked here: so many changes from its beginning.
  std::uint64_t count = 0;
  /// Of a log that is forked here: the last changes that it is known to have, one or more on each
  /// branch. All before them it has too.
  std::vector<ChangeId> heads = {};
  /// Its log and ours differ and where they part is being asked: nothing is sent meanwhile.
  bool awaits_samples = false;

  /// It has that change and all before it.
  void note(Seq seq, const ChangeId& id) {
    count = std::max(count, seq.value + 1);
    heads.push_back(id);
  }
};
/// What a node has of one space.
struct Have {
  std::map<AuthorKey, LogHave> logs = {};
  /// Of an author that is not in `logs`: what was here before this position (Port::position), and
  /// nothing else.
  std::uint64_t before = 0;
};

/// One space that is exchanged, and a hash of all of its heads.
struct SpaceHeads {
  SpaceId space;
  Hash digest;  ///< HeadsSum::digest of what heads() gives.
  std::uint64_t count = 0;
};
struct SharedHeads {
  std::vector<SpaceHeads> spaces;  ///< Ascending.
  std::uint64_t position = 0;      ///< All of them are of before it.
};
/// What two nodes both had: of this digest (SharedSum), at this position of the one that says so.
struct Meeting {
  Hash digest;
  std::uint64_t position = 0;
};
/// All that is shared with a peer, as one.
struct SharedSum {
  /// HeadsSum::digest of the heads of all shared spaces, and of HeadsSum::presence of each.
  Hash digest;
  std::uint64_t spaces = 0;
  std::uint64_t heads = 0;
  std::uint64_t position = 0;  ///< All of it is of before it.
  /// Of a log something is missing, so the peer may have what is not here although all heads are
  /// equal.
  bool has_gaps = false;
  /// The last time that the peer and this node had the same; of the spaces that are shared now.
  std::optional<Meeting> met = {};
};
/// A log that has been written to.
struct RecentLog {
  SpaceId space;
  AuthorKey author;
};
/// Of the space with this index.
using HeadVisitor = std::function<void(std::size_t space, const AuthorHead&)>;

struct Amount {
  std::uint64_t changes = 0;
  std::uint64_t bytes = 0;  ///< Encoded bytes of the changes as stored; the wire carries fewer.
};

struct AcceptReport {
  std::uint64_t admitted = 0;  ///< New and in the log now, durably.
  std::uint64_t known = 0;     ///< Here already.
  std::uint64_t held = 0;      ///< In the pool until what they depend on arrives.
  std::uint64_t refused = 0;   ///< Inadmissible, or the pool is full.
  std::uint64_t forks = 0;     ///< Of those admitted: begin a branch of a log that is forked now.
};

/// Where a look through the parts of a space goes on. For the port to read; as made, it begins.
struct PartsCursor {
  std::uint64_t from = 0;    ///< Changes that were admitted before this position were looked at.
  std::uint64_t until = 0;   ///< Where this look will have got to.
  Bytes after = {};          ///< The last that it gave; empty: it has not begun.
  std::uint8_t allowed = 0;  ///< What this node could have when `from` was reached.
};

/// Parts that this node may have, and that are not here.
struct LackedParts {
  wire::LogSpan span;
  bool is_open = false;  ///< Of the open scope; else of all others.
};

struct FoundParts {
  std::uint64_t next = 0;  ///< Of the changes below this number all that there is.
  std::vector<wire::ChangeParts> changes;
};

/// What became of brought parts.
struct PartsReport {
  std::uint64_t parts = 0;  ///< Taken, durably.
  std::uint64_t bytes = 0;  ///< Of their links and bodies.
};

class Port {
 public:
  virtual ~Port() = default;
  /// Spaces to exchange with the peer: those whose roster names its wire key, and those that are
  /// being joined through it. Ascending.
  virtual Result<std::vector<SpaceId>> shared_spaces(const WireKey& peer) = 0;
  /// Those of them that were shared before that position.
  virtual Result<std::vector<SpaceId>> shared_before(const WireKey& peer, std::uint64_t position);
  virtual Result<bool> is_shared_before(const WireKey& peer, const SpaceId& space,
                                        std::uint64_t position);
  /// All of them as one. Ports that keep no sums have them computed from heads().
  virtual Result<SharedSum> shared_sum(const WireKey& peer);
  /// The logs of shared spaces that were written to from that position on, each once; none: they
  /// are not known, or more than kMaxNewsLogs.
  virtual Result<std::optional<std::vector<RecentLog>>> recent_logs(const WireKey& peer,
                                                                    std::uint64_t since);
  /// The same spaces with digests of their heads, from one moment. Ports that keep no digests have
  /// them computed from heads().
  virtual Result<SharedHeads> shared_heads(const WireKey& peer);
  /// Visits the ends of all logs of these spaces, one space after the other, in no order within a
  /// space, from one moment; a position that all of them are before. The visitor must not use the
  /// port.
  virtual Result<std::uint64_t> scan_heads(std::span<const SpaceId> spaces,
                                           const HeadVisitor& visit);
  /// Grows with everything that is admitted here; means nothing elsewhere.
  virtual Result<std::uint64_t> position() = 0;
  /// What was here of an author's log before that position.
  virtual Result<LogHave> have_before(const SpaceId& space, const AuthorKey& author,
                                      std::uint64_t position) = 0;
  /// The author's changes with that number; several in a forked log.
  virtual Result<std::vector<ChangeId>> changes_at(const SpaceId& space, const AuthorKey& author,
                                                   Seq seq) = 0;
  /// Whose logs nobody but this node should continue: note_claims and note_heads are about them.
  virtual std::vector<AuthorKey> own_authors() { return {}; }
  /// Ascending by (author, seq, id). An author whose log is forked has several, at most
  /// limits::kMaxHeadsPerAuthor.
  virtual Result<std::vector<AuthorHead>> heads(const SpaceId& space) = 0;
  /// Those of one author.
  virtual Result<std::vector<AuthorHead>> heads_of(const SpaceId& space,
                                                   const AuthorKey& author) = 0;
  /// Whether a change of the space is in a log here.
  virtual Result<bool> has_change(const SpaceId& space, const ChangeId& id) = 0;
  /// The author's changes by which a peer can find where its copy of the log parts from this one:
  /// the ends of all branches and ever fewer before them, by falling seq; at most
  /// limits::kMaxSamples.
  virtual Result<std::vector<wire::Sample>> samples(const SpaceId& space,
                                                    const AuthorKey& author) = 0;
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
  /// The peer has acknowledged all that was here before that position, or had it before.
  virtual Result<void> note_caught_up(const SpaceId& /*space*/, const WireKey& /*peer*/,
                                      std::uint64_t /*until*/) {
    return ok();
  }
  /// The same of all spaces that were shared before that position, and that both have the same now:
  /// the next session may begin from here. If that is not so, the other's word for it will be
  /// another one.
  virtual Result<void> note_met(const WireKey& peer, std::uint64_t until);
  /// A batch was taken and its sender does not know yet; `is_all`: it was the last one that the
  /// peer had announced. What is committed now goes to the peer in time.
  virtual void note_taken(const SpaceId& /*space*/, bool /*is_all*/) {}
  /// What a peer that has `have` lacks and this replica has.
  virtual Result<Amount> measure_missing(const SpaceId& space, const Have& have) = 0;
  /// Whether there is something among it that goes before all else, also before what other spaces
  /// lack: the roster, and what says of erasing.
  virtual Result<bool> lacks_urgent(const SpaceId& /*space*/, const Have& /*have*/) {
    return false;
  }
  /// The next changes that such a peer lacks, as runs whose dependencies come first, about
  /// max_bytes of them (at least one change, at most limits::kMaxBatchChanges). Raises `have` over
  /// what it returns; empty at the end. What is urgent ends a batch, unless the rest fits into it.
  /// Parts that the peer's replication scope excludes are
  /// withheld; a peer that the roster does not name gets nothing. A zero key is no peer's and
  /// stands for this node itself: nothing is withheld.
  virtual Result<std::vector<Run>> next_runs(const SpaceId& space, const WireKey& peer, Have& have,
                                             std::size_t max_bytes) = 0;
  // --- parts that are not where they should be (docs/protocol.md, Parts) -------------------------
  /// Whether this port knows what it lacks; of one that doesn't, none of the rest is asked.
  virtual bool knows_parts() const { return false; }
  /// False: nothing is lacking here in any space, and nothing has to go. Costs the same whatever
  /// there is.
  virtual Result<bool> may_ask_parts() { return false; }
  /// Whether something is lacking here, or has to go, about which this peer would be asked.
  virtual Result<bool> asks_parts(const WireKey& /*peer*/, std::span<const SpaceId> /*spaces*/) {
    return false;
  }
  /// The next parts of the space that this node may have and lacks; none: that was all, and a later
  /// look with this cursor gives only what is lacked since, or what this node may have since.
  virtual Result<std::optional<LackedParts>> next_lacked(const SpaceId& /*space*/,
                                                         PartsCursor& /*cursor*/) {
    return std::optional<LackedParts>();
  }
  /// What is here of these parts and the peer may have, by rising number: about max_bytes, at least
  /// one change.
  virtual Result<FoundParts> find_parts(const SpaceId& /*space*/, const WireKey& /*peer*/,
                                        const LackedParts& asked, std::size_t /*max_bytes*/) {
    return FoundParts{.next = asked.span.end(), .changes = {}};
  }
  /// Takes parts of changes that are here, in one durable transaction; what is here already is
  /// passed over. Errors: kTampered (it is not that part, or no such change is here), kDiskFull,
  /// kIo.
  virtual Result<PartsReport> take_parts(const SpaceId& /*space*/,
                                         std::span<const wire::ChangeParts> /*parts*/) {
    return PartsReport{};
  }
  /// The next changes, at most limits::kMaxAskedHeld, with parts that this node may not have and
  /// holds; none: that was all, or the peer is not one whose word suffices to let them go.
  virtual Result<std::vector<ChangeId>> next_excess(const SpaceId& /*space*/,
                                                    const WireKey& /*peer*/,
                                                    PartsCursor& /*cursor*/) {
    return std::vector<ChangeId>();
  }
  /// Of each of these changes whether all of its parts are here to stay.
  virtual Result<std::vector<bool>> find_held(const SpaceId& /*space*/,
                                              std::span<const ChangeId> ids) {
    return std::vector<bool>(ids.size());
  }
  /// The peer holds these changes whole: destroys of them what this node may not have, in one
  /// durable transaction; so many parts.
  virtual Result<std::uint64_t> let_go(const SpaceId& /*space*/, const WireKey& /*peer*/,
                                       std::span<const ChangeId> /*held*/) {
    return std::uint64_t{0};
  }

  /// Verifies and takes runs in one durable transaction. Ok: durable. Errors: kBadSignature,
  /// kMalformed, kTampered (the sender is at fault), kDiskFull, kIo (we are).
  virtual Result<AcceptReport> accept(const SpaceId& space, std::span<const Run> runs) = 0;
};

}  // namespace cunju::sync
