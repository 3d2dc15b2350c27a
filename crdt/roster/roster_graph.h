// SPDX-License-Identifier: Apache-2.0
//
// The roster of one space as changes arrive: which of them count, the roster at any heads, and what
// the whole set of them makes of a change. The law is roster_law.h; all answers are functions of
// the changes that were added and never of their order. Two questions are kept apart:
//   admissible(c): a function of c's ancestors, for ever. c is well-formed; its author could write
//                  the roster that c pins, or it is an act of the recovery quorum; and c knows
//                  the last admissible roster change that its author made before on the same
//                  branch of its log. Or it is the founding change, whose id is the space's. What
//                  is not admissible is dead: it says nothing and nobody may pin it.
//   counts:        the same for each operation. Ignored are: FoundSpace outside the founding
//   change;
//                  an AddNode that its node did not sign, an AddDevice that its device did not; a
//                  RemoveMember, EndRole or narrowing SetPolicy without a cut for each device that
//                  the member, or the members with the role, have in the roster it pins, or for
//                  kMaxDemandedCuts of them if there are more; one of
//                  these, or a RetireDevice, with a cut that drops what was acknowledged to it
//                  (roster_law.h), unless it is an act of the quorum; an Epoch or a Seal without
//                  the quorum's signatures; a SetQuorum that names a key twice, or a threshold of 0
//                  or above its keys, or does not come from the founding change, from the founder's
//                  key while no quorum is known to be in the line, or from the known quorum.
//   the quorum:    the last of the line of quorums (roster_law.h) of what is known. While none is
//                  named the founder's key can name one from any heads that it could write, even
//                  beside the founder's removal: name it in the founding change.
//                  An act of the quorum has an Epoch and `threshold` of the quorum's keys signed
//                  it: the change's author by the change, others by a cosignature in its first
//                  Epoch. Whether it stands where more is known is the law's to say.
//   in force:      what the law says of everything that is here, and may change with what arrives.
// Answers are cached; the cache never changes one. Not thread safe.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "crdt/roster/roster_history.h"
#include "crdt/roster/roster_law.h"

namespace cunju {

/// What the whole set of roster changes said at some moment.
struct RosterReading {
  std::shared_ptr<const RosterVerdicts> verdicts;
  std::shared_ptr<const std::set<ChangeId>> admitted_late;
};

/// One line of a witness statement: the head of a log that the witness held.
struct StatedChange {
  AuthorKey witness;
  Seq seq;  ///< Of the statement in the witness's log.
  ChangeId id;
  std::vector<ChangeId> pins;  ///< In force at the statement.
  Seq stated_seq;
  ChangeId stated;
};

class RosterGraph {
 public:
  explicit RosterGraph(const SpaceId& space) : space_(space), law_(history_) {}
  RosterGraph(const RosterGraph&) = delete;
  RosterGraph& operator=(const RosterGraph&) = delete;

  bool contains(const ChangeId& id) const { return history_.find(id).has_value(); }
  std::size_t size() const { return history_.size(); }
  /// What has to be held before a change is added, besides its pins and what it was told: what its
  /// cuts name as last of logs of which it was told a change before that number. They are ancestors
  /// of the change, so on which branch they are is known for ever. Of two cuts for one log in one
  /// operation the first counts. All pins must be contained.
  std::vector<ChangeId> awaited(const RosterChange& change) const;
  /// All pins must be contained and admissible, own_previous contained, and the change must not be
  /// (CUNJU_CHECK). Any order in which that holds will do. `is_on_path` may be left out where
  /// nothing was told of any log, and is not kept.
  void add(const RosterChange& change, const IsOnPath& is_on_path = {});
  /// Whether something that the change takes needs the recovery quorum, because a cut of it drops
  /// what was acknowledged. Whether the change is contained makes no difference.
  bool needs_quorum(const RosterChange& change, const IsOnPath& is_on_path) const;
  /// Those witnesses in the order in which an act with these pins hears of a log from them: for who
  /// chooses the statement that the act is to name. All pins must be contained and admissible.
  std::vector<AuthorKey> heard_order(std::span<const ChangeId> pins, const AuthorKey& log,
                                     std::span<const AuthorKey> witnesses) const;
  /// The author's log is forked, and no change before `fork_point` has a sibling. For callers who
  /// know the logs; the least that was ever told counts, so it may be told at any time and again.
  /// True: that is news.
  bool note_fork(const AuthorKey& author, Seq fork_point);
  /// A witness states that a change of the author's is held. Only what is said of forked logs, at
  /// the fork point or above, makes a difference. The pins must be contained and admissible
  /// (CUNJU_CHECK). May be told at any time and again.
  void note_statement(const AuthorKey& author, const StatedChange& stated);
  bool is_admissible(const ChangeId& id) const;
  /// How many of a contained change's operations may ever have an effect: a taking without its cuts
  /// has none, nor has what only a founder or the quorum may say.
  std::size_t count_operations(const ChangeId& id) const;
  /// Whether the key was ever entered as a node's, by an entry that counts: its log holds
  /// statements.
  bool is_node(const AuthorKey& author) const;
  /// Whether a node with that key was ever entered, by an entry that counts.
  bool has_entered(const WireKey& wire) const;
  /// Of each author with a roster change among those and their ancestors, the seq of the last one.
  std::map<AuthorKey, Seq> known_logs(std::span<const ChangeId> ids) const;
  /// Ascending. Heads of everything admissible: a change that is not is nobody's parent, or a
  /// member without any right could make more heads than a change can pin and so keep everybody
  /// from signing.
  std::vector<ChangeId> heads() const;
  /// Whether something does not stand because of a fork or of the line of quorums, so that
  /// pick_pins() leaves it out.
  bool has_fallen() const { return !all().fallen.empty(); }
  /// At most so many changes for a new change of this author to pin, those in force and senior
  /// first: the heads of all that has not fallen and is not void for building on that, because
  /// whoever pins a branch covers it. They dominate `before`, which are pinned already, and the
  /// author's own roster changes, even on such a branch: of a forked log `own_last` says which.
  std::vector<ChangeId> pick_pins(const AuthorKey& author, std::span<const ChangeId> before,
                                  std::size_t max,
                                  const std::optional<ChangeId>& own_last = std::nullopt) const;
  /// Whether the author's next change may pin exactly those: they are here and admissible, and
  /// dominate `before`, which are pinned already, and the author's own roster changes.
  bool can_pin(const AuthorKey& author, std::span<const ChangeId> before,
               std::span<const ChangeId> pins) const;
  /// True when each of `older` is one of `newer` or an ancestor of one. All must be contained.
  bool dominates(std::span<const ChangeId> newer, std::span<const ChangeId> older) const;
  /// The roster as of `heads` (ascending; all contained), as somebody knows it who knows only them
  /// and their ancestors.
  std::shared_ptr<const Roster> at(std::span<const ChangeId> heads) const;
  /// The roster of everything that is here, by the verdicts of the whole set. at(heads()) differs
  /// where a fork has been noted that the roster changes alone do not show.
  std::shared_ptr<const Roster> now() const;

  /// In whose time an epoch of a scope was opened, for Roster::may_be_handed(): members whom the
  /// act that opened it, being in force, gave the key; and those who may read the scope by what is
  /// in force and was not made knowing that act. So it is before somebody's time if what lets them
  /// in knows of it, and what was opened beside their coming is not; nor does anything count that
  /// happened to them later. Where several acts name the epoch, those in force count if there are
  /// any, and all of them have to agree, or an officer of old could open it once more for somebody.
  /// What its author could not write is nobody's time.
  std::set<MemberId> in_whose_time(Scope scope, const crypto::EpochId& epoch) const;

  // --- what the whole set makes of changes -------------------------------------------------------
  /// From which number on the author's log is forked: the least that was noted, or else what its
  /// roster changes show. None: it isn't, as far as anybody has said.
  std::optional<Seq> fork_point(const AuthorKey& author) const;
  /// What acts and witnesses of other members cover of a forked log, as they are heard. Who
  /// knows the log reads the standing path from it: it begins with the path of the first of these
  /// that is an admitted change of the author's from the fork point on, and each later one that is
  /// such a change and further on that path extends it. Record changes from the fork point on that
  /// are not on the standing path are late; a late admission brings back what it names.
  std::vector<ChangeId> covers(const AuthorKey& author) const;
  /// The change in force that says last what the node replicates (Roster::nodes); none: nothing but
  /// its entry says so.
  std::optional<ChangeId> replication_act(const NodeKey& node) const;
  /// Whether a roster change is in force at all.
  bool is_in_force(const ChangeId& id) const;
  /// What an author does with these pins (all contained) has effect in a registry up to this many
  /// changes of its log, as far as the roster decides it; what comes after is late.
  std::uint64_t effective_end(std::span<const ChangeId> pins, const AuthorKey& author,
                              std::string_view registry) const;
  /// Whether somebody put that late change in force.
  bool is_admitted_late(const ChangeId& id) const;

  /// For telling what a new roster change has done to others.
  RosterReading reading() const;
  /// False: every answer about record changes is what it was at that reading.
  bool has_changed_since(const RosterReading& before) const;
  /// Of whose changes effective_end() may differ from that reading, for any pins that were known
  /// then; none: of anybody's. More than need be, and never fewer.
  std::optional<std::set<AuthorKey>> judged_otherwise(const RosterReading& before) const;
  /// effective_end() as it was at a reading of this graph.
  std::uint64_t effective_end_at(const RosterReading& reading, std::span<const ChangeId> pins,
                                 const AuthorKey& author, std::string_view registry) const;
  /// Registries that some policy line names; an empty name stands for all others, about which the
  /// law says the same.
  std::set<std::string> registries_told_apart() const;
  /// Authors whose fork point or covers differ between the two readings.
  static std::vector<AuthorKey> forked_otherwise(const RosterReading& a, const RosterReading& b);
  /// Late changes that were admitted at one of the two readings only.
  static std::vector<ChangeId> admitted_at_one(const RosterReading& a, const RosterReading& b);

 private:
  using Heads = std::vector<RosterNo>;  ///< Ascending.
  template <class Value>
  class Cache {
   public:
    const Value* find(const Heads& key) const;
    const Value& keep(Heads key, Value value);

   private:
    static constexpr std::size_t kMax = 64;
    std::map<Heads, Value> entries_;
    std::deque<Heads> order_;
  };
  using Verdicts = std::shared_ptr<const RosterVerdicts>;

  RosterNode make_node(const RosterChange& change) const;
  void judge_new(const RosterChange& change, RosterNode& node, const IsOnPath& is_on_path) const;
  std::set<AuthorKey> quorum_signers(const RosterChange& change, const SetQuorum& quorum) const;
  const SetQuorum* quorum_of(const RosterVerdicts& verdicts) const;
  std::uint8_t rights_taken(const RosterVerdicts& before, const RosterNode& node,
                            const RosterOperation& operation) const;
  bool may_say(const RosterVerdicts& before, const RosterNode& node,
               const RosterOperation& operation) const;
  std::shared_ptr<const Roster> make_roster(const Heads& heads,
                                            const RosterVerdicts& verdicts) const;
  const std::set<MemberId>& in_time_of(const RosterSpot& opening) const;
  bool builds_on_fallen(RosterNo no) const;
  Heads heads_to_pin() const;
  void forget_whole();
  bool has_notes() const { return !noted_.fork_points.empty() || !noted_.statements.empty(); }
  Heads sorted(std::span<const ChangeId> ids) const;
  Verdicts verdicts(const Heads& heads) const;
  const RosterVerdicts& all() const;

  SpaceId space_;
  RosterHistory history_;
  RosterLaw law_;
  std::vector<RosterNo> heads_;
  RosterNotes noted_;
  mutable Cache<std::shared_ptr<const Roster>> rosters_;
  mutable Cache<Verdicts> verdicts_;
  mutable Verdicts all_;
  mutable std::shared_ptr<const Roster> now_;
  mutable std::shared_ptr<const std::set<ChangeId>> admitted_late_;
  mutable std::map<RosterSpot, std::set<MemberId>> in_time_;
  using EndKey = std::tuple<Heads, AuthorKey, std::string>;
  mutable std::map<EndKey, std::uint64_t> ends_;
};

}  // namespace cunju
