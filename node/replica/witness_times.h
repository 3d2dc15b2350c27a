// SPDX-License-Identifier: Apache-2.0
//
// Between which times a change was made, as witnesses state it. Nothing here decides anything.
//   not after    the earliest time claimed by a statement in force that covers the change: one that
//                names it or a later change on its branch of the log, which is here under that
//                number
//   not before   the latest time claimed by a statement in force among the change's ancestors: one
//                that its header names, or an earlier change of its log, or a roster change that it
//                knows, or such a one's log before it, which of a forked log of somebody else is
//                only what comes before the fork; and statements before that by the same node
// Both are kept for each witness, because clocks of witnesses differ as well. Belongs to the
// transaction of the reader that filled it; single thread.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "node/replica/books.h"

namespace cunju::replica {

/// How far a claimed time may lie outside of what witnesses state before it is worth a flag: clocks
/// that nobody sets are off by minutes.
inline constexpr std::chrono::milliseconds kClockTolerance = std::chrono::minutes(10);

/// What one witness states about one change.
struct WitnessedTime {
  AuthorKey witness;
  std::optional<std::uint64_t> not_before_ms;
  std::optional<std::uint64_t> not_after_ms;
  /// It states that another change has a place in this log at or behind this one, and no statement
  /// of it covers this one.
  bool states_another = false;
  friend bool operator==(const WitnessedTime&, const WitnessedTime&) = default;
};

/// What all witnesses together say of a change and its own claim.
struct WitnessedInterval {
  std::optional<std::uint64_t> not_before_ms;  ///< The latest of all.
  std::optional<std::uint64_t> not_after_ms;   ///< The earliest of all.
  bool is_contradictory = false;  ///< The one lies behind the other, or somebody states another.
  bool is_claim_early = false;
  bool is_claim_late = false;
};
WitnessedInterval interval_of(std::span<const WitnessedTime> times, std::uint64_t claimed_ms);

/// How much of a log one witness has acknowledged; of a forked one on whichever branch it goes
/// farthest.
struct Acknowledged {
  AuthorKey witness;
  std::uint64_t count = 0;       ///< So many first changes of the log.
  ChangeId last;                 ///< The last of these.
  std::uint64_t claimed_ms = 0;  ///< Of the statement that says so.
  bool states_another = false;   ///< It states a change that is not the one here.
};

class WitnessTimes {
 public:
  static Result<WitnessTimes> load(const Reader& reader, std::uint32_t space_no,
                                   const SpaceId& space);

  bool is_empty() const { return logs_.empty(); }
  /// An admitted change: `branch_no` holds it.
  struct Place {
    AuthorKey author;
    Seq seq;
    std::uint32_t branch_no = 0;
  };
  /// By witness; empty when nobody states anything about it. `known`: the logs among its ancestors
  /// and up to where, its own included.
  std::vector<WitnessedTime> of(const Place& place, const std::map<AuthorKey, Seq>& known) const;
  /// What witnesses have acknowledged of a log; by witness.
  std::vector<Acknowledged> acknowledged(const AuthorKey& author) const;

 private:
  enum class Match { kHere, kUnknown, kAnother };
  struct Stated {
    Seq seq;
    ChangeId id;
    Match match = Match::kUnknown;
    std::uint32_t branch_no = 0;  ///< That holds it, if it is here.
    std::uint64_t claimed_ms = 0;
  };
  /// What one witness said, as far as it is in force.
  struct WitnessLog {
    AuthorKey witness;
    std::map<std::uint64_t, std::uint64_t> latest_ms;  ///< Up to that ordinal.
    std::map<AuthorKey, std::vector<Stated>> stated;   ///< Ascending by seq.
  };
  /// From this change of an author on it knew that statement.
  struct Named {
    Seq seq;
    std::uint32_t branch_no = 0;
    std::uint64_t ordinal = 0;
    AuthorKey witness;
  };

  Result<void> load_log(const Reader& reader, std::uint32_t space_no, const SpaceId& space,
                        const BranchEntry& witness);
  Result<void> load_named(const Reader& reader, std::uint32_t space_no, const BranchEntry& author);
  bool is_on_path(const AuthorKey& author, std::uint32_t branch_no, Seq seq,
                  std::uint32_t holder_no) const;
  bool knows(const Place& place, const AuthorKey& ancestor, Seq last, const Named& named) const;

  std::vector<WitnessLog> logs_;
  std::map<AuthorKey, std::vector<Named>> named_;
  std::map<AuthorKey, LogTree> trees_;
};

}  // namespace cunju::replica
