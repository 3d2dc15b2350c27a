// SPDX-License-Identifier: Apache-2.0
//
// The acts on a space's roster as a list, and the roster's graph built again from the logs that are
// here, on which a planned act can be judged without signing it: what of a forked log would stand
// then. A copy of one moment that follows nothing. The planned act is taken to know what its
// author's next change would know; a witness statement that arrives meanwhile may make a
// difference. Reads all logs. Single thread.
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

class RosterCopy {
 public:
  static Result<RosterCopy> read(replica::Replica& replica, const SpaceId& space);

  /// By rising depth of their ancestry.
  const std::vector<RosterEntry>& entries() const { return entries_; }
  /// The entry whose id starts so. Errors: kInvalidArgument (fewer than kFewestDigits), kNotFound,
  /// kConflict (several).
  Result<ChangeId> find(std::string_view hex_prefix) const;
  /// Of a log that is forked.
  Standing standing(const AuthorKey& author) const;
  /// The same if `acting` did this now. The copy is of no use afterwards.
  Standing standing_after(const AuthorKey& author, const AuthorKey& acting,
                          std::span<const RosterOperation> operations);
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

  explicit RosterCopy(const SpaceId& space) : graph_(std::make_unique<RosterGraph>(space)) {}
  void take(const Change& change, std::vector<Pending>& pending);
  bool can_add(const Pending& pending) const;
  bool has_all(std::span<const ChangeId> pins) const;
  WitnessedLogs witnessed_to(const ChangeId& seen) const;
  IsOnPath paths() const;
  void add_all(std::vector<Pending> pending);

  std::unique_ptr<RosterGraph> graph_;
  std::map<ChangeId, Known> known_;
  std::vector<Statement> statements_;  ///< Of each witness in the order of its log.
  std::map<AuthorKey, Seq> forks_;
  std::vector<RosterEntry> entries_;
};

}  // namespace cunju::council
