// SPDX-License-Identifier: Apache-2.0
//
// The changes with a part on the roster record: their ancestry, and where each thing is given and
// taken. It judges nothing; what is in force is the law in roster_law.h. Ancestors have smaller
// numbers, and numbers differ between nodes: they never leave this process.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "crdt/roster/operations.h"

namespace cunju {

/// A change of some log that a witness statement or a cut names.
struct NamedChange {
  Seq seq;
  ChangeId id;
  friend auto operator<=>(const NamedChange&, const NamedChange&) = default;
};

/// Whether `later` is a change of that log, under that number, and `earlier` is it or before it
/// along its prev. For those to answer who have the logs; both are here.
using IsOnPath =
    std::function<bool(const AuthorKey& log, const NamedChange& earlier, const NamedChange& later)>;

/// What is heard of a log one after the other: the first begins a path, and each later one that is
/// further on it goes on along it. `tip`: its end; none: nothing was heard yet.
void extend_path(std::optional<NamedChange>& tip, const AuthorKey& log, const NamedChange& heard,
                 const IsOnPath& is_on_path);

/// What a change was told by the witness statement that its header names and by those before it in
/// that node's log, as far as these count where they pin.
struct WitnessedLogs {
  AuthorKey witness;
  Seq seq;  ///< Of the statement that is named.
  ChangeId id;
  /// By log, the witness's own included: the end of the path that the statements in their order
  /// have acknowledged (extend_path). All of these are ancestors of the change. Empty: told
  /// nothing.
  std::map<AuthorKey, NamedChange> tips;
  friend bool operator==(const WitnessedLogs&, const WitnessedLogs&) = default;
};

/// A change with a part on the roster record, as the graph takes it.
struct RosterChange {
  ChangeId id;
  AuthorKey author;
  Seq seq;
  std::vector<ChangeId> pins;  ///< Ascending; resolved; empty exactly in the founding change.
  /// The author's last roster change before it along its prev, whatever its verdict; none: there is
  /// no such change. Of a forked log each branch has its own.
  std::optional<ChangeId> own_previous = std::nullopt;
  /// False: its roster part is malformed or absent here, or its parents differ from its pins; it
  /// keeps its place and contributes nothing.
  bool is_well_formed = true;
  std::vector<RosterOperation> operations = {};
  WitnessedLogs witnessed = {};
};

/// Number of a change in its RosterHistory.
using RosterNo = std::uint32_t;
/// One operation of one change.
struct RosterSpot {
  RosterNo change = 0;
  std::uint32_t operation = 0;
  friend auto operator<=>(const RosterSpot&, const RosterSpot&) = default;
};

/// Which changes somebody has seen: of each chain of the history, how many.
class RosterClock {
 public:
  bool covers(std::uint32_t chain, std::uint32_t place) const {
    return chain < counts_.size() && counts_[chain] >= place;
  }
  void add(std::uint32_t chain, std::uint32_t place);
  void merge(const RosterClock& other);

 private:
  std::vector<std::uint32_t> counts_;
};

struct RosterNode {
  /// Of a dead change: nobody's ancestor.
  static constexpr std::uint32_t kNoChain = 0xFFFFFFFF;

  ChangeId id;
  AuthorKey author;
  Seq seq;
  std::uint64_t depth = 1;
  std::vector<RosterNo> parents;
  /// The author's roster change before it on its branch of the log, and the last of these that is
  /// not dead. It knows the latter, or it is dead itself.
  std::optional<RosterNo> own_previous, own_live;
  /// Its ancestors and itself. A chain is a stretch of one branch of a log, each change an ancestor
  /// of the next, so one count tells which of them are among somebody's ancestors.
  RosterClock seen;
  std::uint32_t chain = kNoChain, place = 0;
  /// Its author could not write the roster that it pins, or it is malformed: says nothing,
  /// anywhere.
  bool is_dead = false;
  /// Signed by the recovery quorum, as its ancestors know it.
  bool is_of_quorum = false;
  /// Of an act of the quorum: the quorum's keys that signed it.
  std::set<AuthorKey> quorum_signers;
  /// Takes something that a concurrent change may rest on.
  bool takes = false;
  std::vector<RosterOperation> operations;  ///< The valid ones.
  /// For each operation the rights that it takes: those of its policy line that it does not repeat.
  std::vector<std::uint8_t> taken_rights;
  /// What itself was told.
  WitnessedLogs told;
  /// So many first changes of each log it was told of; a change that takes something: it or any of
  /// its ancestors.
  std::map<AuthorKey, std::uint64_t> witnessed;
  /// The change that named the quorum which its ancestors know.
  std::optional<RosterNo> known_quorum;
};

/// The officers of some roster, and whose key was whose there.
struct Electorate {
  std::map<AuthorKey, MemberId> owners;
  std::set<MemberId> officers;
};

class RosterHistory {
 public:
  std::size_t size() const { return nodes_.size(); }
  const RosterNode& operator[](RosterNo no) const { return nodes_[no]; }
  std::optional<RosterNo> find(const ChangeId& id) const;
  /// The last live changes of an author, one for each branch of its log.
  std::vector<RosterNo> last_of(const AuthorKey& author) const;
  /// All live changes of an author, in the order of numbers.
  const std::vector<RosterNo>& live_of(const AuthorKey& author) const;
  /// Authors whose live changes are on more than one branch.
  const std::set<AuthorKey>& branching() const { return branching_; }
  /// Numbers of changes that are here (CUNJU_CHECK).
  std::vector<RosterNo> require(std::span<const ChangeId> ids) const;
  /// All ancestors of the changes, and these.
  RosterClock seen_by(std::span<const RosterNo> changes) const;
  bool covers(const RosterClock& seen, RosterNo no) const {
    return seen.covers(nodes_[no].chain, nodes_[no].place);
  }
  /// a is an ancestor of b.
  bool precedes(RosterNo a, RosterNo b) const { return a != b && covers(nodes_[b].seen, a); }
  template <class Operation>
  const Operation& operation(const RosterSpot& at) const {
    return std::get<Operation>(nodes_[at.change].operations[at.operation]);
  }
  /// So many first changes of each log were witnessed, as everybody knows who has seen this.
  std::map<AuthorKey, std::uint64_t> witnessed_by(const RosterClock& seen) const;
  /// Live changes that were told something, in the order of numbers.
  const std::vector<RosterNo>& told() const { return told_; }
  /// (depth, id): the order in which two claims to one thing are heard.
  bool comes_first(RosterNo a, RosterNo b) const;

  /// Takes a judged change; fills in its chain. Its ancestors are here and it is not.
  RosterNo add(RosterNode node);

  // --- where things are given and taken, in the order of numbers; of live changes only -----------
  using Spots = std::vector<RosterSpot>;
  using PolicyKey = std::pair<std::string, std::string>;  ///< role, registry
  const Spots& devices(const AuthorKey& author) const { return at(devices_, author); }
  const Spots& admissions(const MemberId& member) const { return at(admissions_, member); }
  const Spots& grants(const MemberId& member) const { return at(grants_, member); }
  const Spots& policies(const PolicyKey& key) const { return at(policies_, key); }
  const Spots& removals(const MemberId& member) const { return at(removals_, member); }
  const Spots& ends(const MemberId& member) const { return at(ends_, member); }
  const Spots& retirements(const AuthorKey& author) const { return at(retirements_, author); }
  const Spots& node_retirements(const NodeKey& node) const { return at(node_retirements_, node); }
  const std::map<AuthorKey, Spots>& all_devices() const { return devices_; }
  const std::map<MemberId, Spots>& all_admissions() const { return admissions_; }
  const std::map<PolicyKey, Spots>& all_policies() const { return policies_; }
  const Spots& nodes() const { return node_entries_; }
  const Spots& replications() const { return replications_; }
  const Spots& late_admissions() const { return late_admissions_; }
  const Spots& epochs() const { return epochs_; }
  /// What opens epochs of scopes.
  const Spots& openings() const { return openings_; }
  /// What names a recovery quorum: of each change the last such operation.
  const Spots& quorums() const { return quorums_; }
  /// Who may choose between those that are named next after this one, and whose keys are whose: as
  /// the change that named it, or else the founding change, knows the roster. Null: not told.
  const Electorate* electorate(RosterNo naming) const;
  void set_electorate(RosterNo naming, Electorate electorate) {
    electorates_.insert_or_assign(naming, std::move(electorate));
  }
  /// Whether the change that was added last names one.
  bool has_just_named() const {
    return !quorums_.empty() && quorums_.back().change + 1 == nodes_.size();
  }
  /// Live acts of a recovery quorum.
  const std::vector<RosterNo>& quorum_acts() const { return quorum_acts_; }
  /// Live changes that take something.
  const std::vector<RosterNo>& takers() const { return takers_; }
  /// Somebody tried to give one key to two members.
  bool has_double_claims() const { return has_double_claims_; }

 private:
  template <class Key>
  static const Spots& at(const std::map<Key, Spots>& index, const Key& key) {
    static const Spots kNone;
    auto found = index.find(key);
    return found == index.end() ? kNone : found->second;
  }
  void index(const RosterSpot& at, const RosterOperation& operation);
  void give_chain(RosterNode& node);

  std::vector<RosterNode> nodes_;
  std::unordered_map<ChangeId, RosterNo> numbers_;
  std::map<AuthorKey, std::vector<RosterNo>> chain_ends_, live_;
  std::set<AuthorKey> branching_;
  std::uint32_t chains_ = 0;
  std::map<AuthorKey, Spots> devices_, retirements_;
  std::map<MemberId, Spots> admissions_, grants_, removals_, ends_;
  std::map<PolicyKey, Spots> policies_;
  std::map<NodeKey, Spots> node_retirements_;
  Spots node_entries_, replications_, late_admissions_, epochs_, openings_, quorums_;
  std::map<RosterNo, Electorate> electorates_;
  std::vector<RosterNo> takers_, told_, quorum_acts_;
  bool has_double_claims_ = false;
};

}  // namespace cunju
