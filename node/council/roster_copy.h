// SPDX-License-Identifier: Apache-2.0
//
// The acts on a space's roster as a list, and the roster's graph built again from the logs that are
// here, on which a planned act can be judged without signing it: what of a forked log would stand
// then. A copy of one moment that follows nothing. The planned act is taken to know what its
// author's next change would know; a witness statement that arrives meanwhile may make a
// difference. Reads all logs. Single thread. Who wants to know what an act does to forked logs asks
// fork_outlook.h.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include "node/replica/replica.h"

namespace cunju::council {

/// A change of the roster.
struct RosterEntry {
  ChangeId id;
  AuthorKey author;
  std::uint64_t claimed_ms = 0;
  std::vector<RosterOperation> operations;
  bool is_in_force = false;
};

/// What of a forked log is in force from its fork point on, as far as the fork and the keys' acts
/// decide it. One path; ascending by number.
struct Standing {
  std::vector<ChangeId> changes;
  std::optional<ChangeId> tip;  ///< Where the path ends; none: nothing of any branch stands.
};

/// An act that nobody has signed.
struct TrialAct {
  AuthorKey acting;  ///< Whoever would put it into a log.
  std::span<const RosterOperation> operations;
  Hash seen;  ///< The statement that it would name (Replica::statement_for()); zero: none.
};

/// With whose authority acts are to be tried out on a copy.
enum class TrialBy : std::uint8_t {
  kOfficer,
  /// Whoever has an Epoch among the operations is taken to have the recovery quorum's signatures:
  /// in this copy keys of its own are of every quorum, and sign what the real ones had signed. So
  /// the copy does not know whose keys signed two quorums that were named beside each other.
  kQuorum,
};

class RosterCopy {
 public:
  static Result<RosterCopy> read(replica::Replica& replica, const SpaceId& space,
                                 TrialBy by = TrialBy::kOfficer);

  /// By rising depth of their ancestry.
  const std::vector<RosterEntry>& entries() const { return entries_; }
  /// The entry whose id starts so. Errors: kInvalidArgument (fewer than kFewestDigits), kNotFound,
  /// kConflict (several).
  Result<ChangeId> find(std::string_view hex_prefix) const;
  /// Of a log that is forked.
  Standing standing(const AuthorKey& author) const;
  /// Takes the act as if it were signed now; the copy is of no use for other acts afterwards.
  void try_out(const TrialAct& act);
  /// Whether a change is on the path that ends with another one of the same log.
  bool is_on_path(const ChangeId& change, const ChangeId& end) const;

 private:
  /// Of every change that is here.
  struct Known {
    AuthorKey author;
    Seq seq;
    ChangeId prev;
    std::shared_ptr<const std::vector<ChangeId>> pins;
    std::optional<ChangeId> own_roster;  ///< The last one of the roster on its path, itself too.
  };
  struct Statement {
    AuthorKey witness;
    ChangeId id;
    std::uint64_t claimed_ms = 0;
    std::vector<WitnessedHead> heads;
  };
  struct Pending {
    RosterChange change;
    ChangeId seen;
  };

  RosterCopy(const SpaceId& space, TrialBy by);
  void take(const Change& change, std::vector<Pending>& pending);
  bool can_add(const Pending& pending) const;
  bool has_all(std::span<const ChangeId> pins) const;
  WitnessedLogs witnessed_to(const ChangeId& seen) const;
  IsOnPath paths() const;
  void add_all(std::vector<Pending> pending);
  bool is_signed(const RosterChange& change) const;
  void stand_in(RosterChange& change, bool is_signed) const;

  SpaceId space_;
  std::vector<crypto::SigningKey> stand_ins_;  ///< For the quorum's keys; none: it is not tried.
  std::unique_ptr<RosterGraph> graph_;
  std::map<ChangeId, Known> known_;
  std::vector<Statement> statements_;  ///< Of each witness in the order of its log.
  std::map<AuthorKey, Seq> forks_;
  std::vector<RosterEntry> entries_;
  std::map<AuthorKey, std::uint64_t> tried_ends_;  ///< Of each log, how much the tried act leaves.
};

}  // namespace cunju::council
