// SPDX-License-Identifier: Apache-2.0
//
// Random histories of a roster in which much happens beside each other: few people, most of them
// officers, who admit, grant, remove, end, retire, narrow and widen with cuts too low, too high or
// missing. A function of the seed alone. Not thread safe.
#pragma once

#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "crdt/roster/roster_graph.h"
#include "tests/crdt/roster/roster_logs.h"

namespace cunju::test {

struct RandomRosterOptions {
  std::size_t min_changes = 6;
  std::size_t max_changes = 25;
  /// Authors go on from old changes of theirs, and cuts name a branch.
  bool has_forks = false;
  /// Without: the histories that a seed gave before there were witnesses.
  bool has_witnesses = true;
  /// Recovery quorums are named and act often, beside each other as well.
  bool has_quorums = false;
};

class RandomRoster {
 public:
  explicit RandomRoster(std::uint64_t seed, const RandomRosterOptions& options = {});

  const SpaceId& space() const { return space_; }
  /// Pins come before what pins them, and so do changes of a log.
  const std::vector<RosterChange>& changes() const { return changes_; }
  /// Where they are among the record changes that statements and cuts name.
  const RosterLogs& logs() const { return logs_; }
  /// Forks of logs that the roster may not show, in the order in which somebody tells of them.
  std::vector<std::pair<AuthorKey, Seq>> random_notes();
  /// What nodes state of changes that there are, or are not.
  std::vector<std::pair<AuthorKey, StatedChange>> random_statements();
  /// Indexes of changes() in another order with that property.
  std::vector<std::size_t> random_order();
  /// Some changes that may be pinned, ascending; seldom one that may not.
  std::vector<ChangeId> random_heads();
  AuthorKey random_author();
  /// Mostly one with a device there.
  AuthorKey random_author(const std::vector<ChangeId>& pins);
  std::string random_registry();

 private:
  bool one_in(std::uint64_t n) { return random_() % n == 0; }
  template <class T>
  const T& pick(const std::vector<T>& from) {
    return from[random_() % from.size()];
  }
  void found();
  void grow();
  ChangeId new_id();
  void add(RosterChange change, const std::optional<ChangeId>& prev = std::nullopt);
  std::set<ChangeId> random_pins();
  AuthorKey pick_author(const std::set<ChangeId>& pins);
  std::optional<ChangeId> choose_branch(RosterChange& change);
  void add_own_last(const RosterChange& change, std::set<ChangeId>& pins) const;
  MemberId pick_member();
  Cut cut_for(const AuthorKey& author);
  Cuts cuts_for(const std::set<AuthorKey>& devices);
  Cuts cuts_for(const Roster& pinned, const MemberId& member);
  Cuts cuts_for(const Roster& pinned, const std::string& role);
  AddDevice entry_of(const MemberId& member, const crypto::SigningKey& device) const;
  void say_puppet(std::vector<RosterOperation>& out);
  void say_giving(std::vector<RosterOperation>& out);
  void say_taking(const Roster& pinned, std::vector<RosterOperation>& out);
  void say_policy(const Roster& pinned, std::vector<RosterOperation>& out);
  void say_node(std::vector<RosterOperation>& out);
  void say_rare(std::vector<RosterOperation>& out);
  SetQuorum random_quorum();
  void sign_by_quorum(RosterChange& change);
  void witness(RosterChange& change);
  NamedChange write_record(const AuthorKey& author);
  NamedChange pick_named(const AuthorKey& author);

  const std::vector<std::string>& roles() const;
  const std::vector<std::string>& registries() const;

  std::mt19937_64 random_;
  SpaceId space_;
  bool has_forks_;
  bool has_witnesses_;
  bool has_quorums_;
  std::set<AuthorKey> forgers_;
  bool has_peers_;  ///< The founding change names several officers.
  std::vector<RosterChange> changes_;
  std::vector<ChangeId> live_;
  std::map<AuthorKey, std::uint64_t> ends_;
  std::map<AuthorKey, std::vector<std::size_t>> own_;  ///< Indexes of an author's changes.
  RosterLogs logs_;
  /// Of logs with record changes: the last that follows a roster change, or none of them.
  std::map<std::pair<AuthorKey, std::optional<ChangeId>>, ChangeId> last_record_;
  std::map<AuthorKey, std::vector<ChangeId>> records_;
  std::map<AuthorKey, WitnessedLogs> told_;  ///< By witness, what was named last.
  RosterGraph graph_;
};

/// Names the first question that the graph and the oracle answer differently; empty: none.
class RosterOracle;
std::string difference(const RosterGraph& graph, RosterOracle& oracle,
                       const std::vector<RosterChange>& changes);
std::string difference(const Roster& a, const Roster& b);

}  // namespace cunju::test
