// SPDX-License-Identifier: Apache-2.0
//
// Which roster operations are in force in a set of changes S that has every ancestor of its
// members, and who may do what there. A pure function of S. That a removal beats what the removed
// did beside it is "strong removal" as in Matrix's and p2panda's access control. What is decided of
// a change for ever, from its ancestors alone, is in roster_graph.h; here all changes are
// admissible and all operations are those that count.
//
// Words. x before y: x is an ancestor of y, or x = y and its operation stands earlier in the
// change. x beside y: different, and neither is an ancestor of the other. A *taking* is an
// operation that ends a role, removes a member, retires a key or node, or narrows a policy line.
// Its cut for a log says how many changes of it stand before the act; of two cuts for one log the
// first counts. A log without a cut has as many as were *witnessed* to the act: the most that it
// was told of (see Witnessed), else 0. So a node's log needs no cut, and statements that the taker
// knew stand.
//   reaches(X of x, c)  x before c, or x beside c, seq(c) >= the cut of X for c's author, and c is
//                       not final against x (see Final); a record change c is beside every roster
//                       change that is not among its pins' ancestors, and never final
//   stands(G of y, c)   y is an ancestor of c, G is in force, and no taking in force takes what G
//                       gives, unless it is before G, and reaches c: so a taking beats what was
//                       given beside it, and giving again must know of the taking
//   may(c, r, right)    a device entry of c's author, an admission and a grant of its member, and a
//                       policy line of the grant's role for r with that right, all stand for c
//                       Of the registry "witness" the same with a node entry in place of the
//                       device entry, and no line but its own counts: nodes write it and nothing
//                       else, devices never do
//   in force(y)         may(y, roster, write)
// What takes what: RemoveMember the member's admissions, grants, device and node entries; EndRole
// the grants of that role; RetireDevice the entries of that key; SetPolicy the rights that its line
// had in the roster it pins (the line "*", if there was none) and it does not repeat. It takes them
// from lines for the same role and registry, and for that registry from the role's line "*". A line
// gives a right as long as any SetPolicy, or the built-in table, gives it to that line and stands.
// A line of a registry's own, known to c, hides the role's line "*" there, whatever rights are
// left.
//
// A key belongs to the member of its first entry by (depth, id, place in the change) that is in
// force and known to c; entries for other members never stand. So it comes back to a member who
// comes back, and never changes hands.
//
// Removal cycles. x attacks y: both take, and a RemoveMember or EndRole of a member to whom y's
// ancestors give the key of y's author, or a RetireDevice of that key, is an operation of x, beside
// y, and reaches y. (Policy lines attack nobody here.) Changes that attack each other in a circle
// are one cycle. If y is not in force, but would be if nothing beside it in its cycle reached it,
// then its attacks on that cycle are in force and nothing else of it: who remove each other are
// removed, and nothing else stays of what they did beside that.
//
// The founding change and acts of the recovery quorum that stand are always in force and nobody
// attacks them; other changes that one of these voids never are.
//
// Final. Of two roster changes beside each other, c is final against x, unless x is an act of the
// quorum, if an act of the quorum that stands and says Seal is c or has c among its ancestors, and
// neither is x nor has x. So the quorum closes what is past: nobody takes anything of it any more
// from old heads, with a key that was forgotten, stolen or removed.
//
// The recovery quorum. Quorums are named one after the other: the first by who may while none is
// known, each further one by an act of the one that its author knew. A change that names one (of
// several operations the last) is the next of the line if it is the only one that was made knowing
// the end of the line so far. Of several, made beside each other, it is the one that most officers
// have chosen, more than half of those who signed no two of them: officers by the roster as of the
// end of the line, which no rival can change, or as of the founding change; whose key is whose is
// asked there as well. An officer chooses one of them by an act that has it, and no other of them,
// among its ancestors; who chose two by different acts has chosen none. In force is not asked,
// neither of the choice nor of the name, or any officer could undo it by a removal from beside. If
// there are not so many, the line ends there, *undecided*: there is no quorum then, and nobody
// names one who knows that. An act of a quorum stands if that quorum is in the line and the act is
// the next one's naming or one of its ancestors; of the last one, if there are undecided ones, an
// ancestor of all of these; other acts of it do. Acts that don't stand are void.
//
// Forks. An author's changes are a tree by prev; its log is forked from F on, the least number of a
// change with a sibling. F is what the caller notes, who knows the logs, or else what roster
// changes show: of two live roster changes of the author, neither on the other's own path
// (own_previous, and so on), it follows the last that is on both paths; of such pairs the least. In
// a smaller set, as pins are, nothing is noted, and a fork counts as far as its roster changes
// show. The author's roster changes from F on are its *tail*. They are void, but for the founding
// change and acts of the quorum, unless they are on the standing path:
//   covers(x, a)   x is in force, of a key whose owner is not the owner of a: owner being the
//   member
//                  of the key's first entry in force. If a taking of x has a cut for a whose end
//                  is above F, what it names as last. Otherwise, or if that is not of the tail
//                  here, the last of the tail that is among x's ancestors, provided that all of
//                  these are on one path: who has seen two branches and names none covers nothing.
//   covers(w, a)   w is a witness statement of which the caller tells, that a change of a's log at
//                  F or above is held; may(w, witness, write) by its pins, and its own log is not
//                  noted to be forked at or below it. Its node's owner, the member of the key's
//                  first node entry in force, is not the owner of a. It covers what it states; and
//                  if that is not of the tail here, the last of the tail that its pins have seen,
//                  as above.
//   covers(s, a)   s is an act of the quorum that stands and says Seal, whoever carries it. It
//                  covers the last of the tail that is among its ancestors or itself, as above.
//   standing path  of the first cover heard, and of each later one that goes on along that path.
//                  Seals are heard first, the lower (depth, id) before others; then those who
//                  would be if only what is independent of a's owner were there, then the others.
//                  In both of these groups first whose key's first entry in
//                  force, a node's being its node entry, comes first by (depth, id, place), then
//                  the lower (depth, id) of the act, or of statements the lower (seq, id).
//   independent of m   an act of the quorum that stands; the founding change, if that enters its
//                  author's key for somebody else; and an act whose author's key is entered for
//                  somebody else by an independent act among its ancestors. So nobody makes puppets
//                  that are heard before others, or makes others unheard.
// Forked authors are settled by the same order of their keys, each one anew with what the ones
// before it release; whoever has no entry in force comes last, by key. To begin with all tails are
// void, so nobody who owes his place to a branch can cover it. What a junior releases opens no
// senior's decision again. Only entries in force give a rank here: others could be made at any
// depth, by forking one's log there.
// A cut may name a record change, of which this graph knows nothing: then what the act has seen is
// released here, and covers() gives both to those who know the log.
//
// Witnessed. A change that names a statement is *told* of each log of which that one speaks, or one
// before it in the node's log: one change, the end of the path that begins with the first that they
// state and goes on with each later one that is further on it. An act is told what it names itself
// and what its ancestors name. Of a log it hears first the nodes of other members than the log's
// owner that have an entry in force if only what is independent of the owner were there, as above;
// then others of other members, with an entry in force for who knows what the act pins; then those
// of the owner; of each the node whose first entry comes first by (depth, id, place); then nodes
// without one, by key; of one node the lower (seq, id) of the statement.
// The first of what it hears begins the *acknowledged path* of the log, and each later one that is
// further on that path goes on along it. A cut *keeps* what was acknowledged if what it names as
// last is in that log, under the number before its end, and the end of that path or after it along
// prev. It *drops* it otherwise, however high its number: of a forked log, when it names another
// branch. Which of two acknowledged branches is to be kept is so decided as between two witnesses
// of a fork, and there always is one to name. Who built on a branch is not asked here, or an
// officer who may not name it would build on it first. What drops is for the quorum alone
// (roster_graph.h).
//
// These rules may go in circles (a removal whose author was admitted by somebody whom ... removes).
// What all readings agree on is settled first (the well-founded model: least and greatest solution
// by turns; what stands in the way, a taking, an earlier claim, a line of its own that hides "*",
// is asked of the other solution, and what gives, the rights of that line included, never is: so
// where the other has more, nothing more is in force here, which is why settling ends and leaves no
// dispute out). Of the rest, acts are candidates that attack one of the rest; if there are
// none, those that narrow beside one and in reach the roster line of a role that its author had; if
// there are none, all. The candidate is in force, as far as the greatest solution has it, whose
// author's key was entered first by (depth, id, place in the change); of one author's the first by
// (depth, id); and settling begins again. So a puppet is junior to its maker, who only makes
// puppets is not heard before who removes the maker, nobody betters a rank by trying ids, and who
// was removed does not come back by narrowing the lines of who removed him.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <tuple>
#include <vector>

#include "crdt/roster/roster.h"
#include "crdt/roster/roster_history.h"

namespace cunju {

/// That a witness statement speaks of a change in a forked log, as the law hears it.
struct RosterStatement {
  AuthorKey witness;
  Seq seq;  ///< Of the statement in the witness's log.
  ChangeId id;
  std::vector<RosterNo> pins;  ///< Ascending.
  Seq stated_seq;
  ChangeId stated;
  friend auto operator<=>(const RosterStatement&, const RosterStatement&) = default;
};

/// What those know of logs who have them.
struct RosterNotes {
  std::map<AuthorKey, Seq> fork_points;
  std::map<AuthorKey, std::set<RosterStatement>> statements;  ///< By the log they speak of.
};

/// What a set of changes makes of a forked log.
struct RosterFork {
  Seq point;  ///< The least sequence number that two branches may differ in.
  /// What acts and statements of other members cover, in the order in which they are heard: roster
  /// changes of the author, and whatever is named, which need not be a change that exists.
  std::vector<ChangeId> covers;
  friend bool operator==(const RosterFork&, const RosterFork&) = default;
};

/// The changes that named the recovery quorums of a set of changes, one after the other.
struct QuorumLine {
  std::vector<RosterNo> named;
  std::vector<RosterNo> undecided;  ///< Made for the next place, none of which is in the line.
  /// The change that named the one that speaks now; none: no quorum does.
  std::optional<RosterNo> now() const {
    if (named.empty() || !undecided.empty()) return std::nullopt;
    return named.back();
  }
};

/// What is in force of a set of changes.
struct RosterVerdicts {
  /// kCycle: only the takings in `cycle_takings`.
  enum class Level : std::uint8_t { kVoid, kCycle, kWhole };
  std::vector<Level> levels;  ///< By number; shorter than the history: the rest is not in the set.
  std::shared_ptr<const std::set<RosterSpot>> cycle_takings;  ///< Null: none.
  std::map<AuthorKey, RosterFork> forks;                      ///< Of each forked log.
  /// On a branch that does not stand, or an act of a quorum that does not.
  std::set<RosterNo> fallen;
  QuorumLine quorums;

  Level of(RosterNo no) const { return no < levels.size() ? levels[no] : Level::kVoid; }
  bool is_whole(RosterNo no) const { return of(no) == Level::kWhole; }
  bool takes(const RosterSpot& taking) const {
    const Level level = of(taking.change);
    return level == Level::kWhole || (level == Level::kCycle && cycle_takings->contains(taking));
  }
};

/// Somebody who wants to act, knowing `seen`.
struct RosterSubject {
  AuthorKey author;
  Seq seq;
  const RosterClock& seen;
  /// The roster change that is the act; none for other changes.
  std::optional<RosterNo> self = std::nullopt;
};

class RosterLaw {
 public:
  /// Borrows the history.
  explicit RosterLaw(const RosterHistory& history) : history_(history) {}

  /// What is in force among the changes that `scope` covers, when these logs are known to be forked
  /// besides those that show it.
  RosterVerdicts judge(const RosterClock& scope, const RosterNotes& noted = {}) const;

  bool may(const RosterVerdicts& verdicts, const RosterSubject& subject, std::string_view registry,
           Right right) const {
    return may({verdicts, verdicts, subject, nullptr}, registry, right);
  }
  /// The roster of somebody who has seen everything that was judged.
  Roster roster(const RosterVerdicts& verdicts, const RosterClock& seen) const;
  /// Rights of the role's policy line for exactly that registry or "*"; none: there is no such
  /// line.
  std::optional<std::uint8_t> line(const RosterVerdicts& verdicts, const RosterClock& seen,
                                   std::string_view role, std::string_view registry) const;
  /// Whether a cut of the operation drops what was acknowledged to `act`, of which its ancestors
  /// and what itself was told are there. `before`: what is in force of its ancestors. `is_on_path`
  /// is asked only about changes of which the act was told, and about those that
  /// RosterGraph::awaited() names.
  bool drops_acknowledged(const RosterVerdicts& before, const RosterNode& act,
                          const RosterOperation& operation, const IsOnPath& is_on_path) const;
  /// Those witnesses in the order in which an act hears of a log from them (Witnessed, above).
  /// `before`, `seen`: as the act knows them.
  std::vector<AuthorKey> heard_order(const RosterVerdicts& before, const RosterClock& seen,
                                     const AuthorKey& log,
                                     std::span<const AuthorKey> witnesses) const;
  /// For which number of changes of its log does what the author does with those pins have effect
  /// in the registry: takings beside it come into reach one after the other.
  std::uint64_t effective_end(const RosterVerdicts& verdicts, const AuthorKey& author,
                              const RosterClock& seen, std::string_view registry) const;

 private:
  using Spots = RosterHistory::Spots;
  /// `given` tells which operations that give are in force, `taken` which that take.
  struct Case {
    const RosterVerdicts& given;
    const RosterVerdicts& taken;
    const RosterSubject& subject;
    /// Ascending: changes that don't reach the subject from beside it.
    const std::vector<RosterNo>* left_out;
    /// Acts that seal, of those who judge the subject, if it is a roster change.
    std::span<const RosterNo> seals = {};
  };
  bool may(const Case& given, std::string_view registry, Right right) const;
  bool reaches(const Case& given, const RosterSpot& taking) const;
  bool is_taken(const Case& given, const RosterSpot& thing, const Spots& takings) const;
  bool stands(const Case& given, const RosterSpot& thing) const;
  bool holds_key(const Case& given, const RosterSpot& device) const;
  bool device_stands(const Case& given, const RosterSpot& device) const;
  bool member_stands(const Case& given, const MemberId& member) const;
  bool grant_stands(const Case& given, const RosterSpot& grant) const;
  bool node_stands(const Case& given, const RosterSpot& node) const;
  bool member_may(const Case& given, const MemberId& member, std::string_view registry,
                  Right right) const;
  /// Whether there is such a line is asked of what is taken, since it hides the line "*"; what it
  /// gives is asked of what is given.
  struct Line {
    bool is_there = false;
    std::uint8_t rights = 0;
  };
  Line rights_of_line(const Case& given, std::string_view role, std::string_view registry,
                      std::string_view wanted) const;
  std::uint8_t rights(const Case& given, std::string_view role, std::string_view registry) const;
  /// The operation's cut for the author's log, the first if there are more; null: none.
  static const Cut* find_cut(const RosterOperation& operation, const AuthorKey& author);
  std::uint64_t cut_end(const RosterSpot& taking, const AuthorKey& author) const;

  void add_to_roster(const Case& all, const RosterSpot& at, const RosterOperation& said,
                     Roster& out) const;

  /// What takes from whom beside it, which no reading changes; and removals that go round: who is
  /// in one with whom.
  struct Attacks {
    std::vector<RosterNo> seals;  ///< Acts of the quorum that stand and say so.
    /// Of what was asked for so far, by removals and the like, and by policy lines.
    std::map<RosterNo, std::set<RosterNo>> attackers, narrowers;
    std::map<RosterNo, RosterNo> cycle_of;               ///< Any change of it stands for the cycle.
    std::map<RosterNo, std::vector<RosterNo>> in_cycle;  ///< Ascending.
    std::shared_ptr<const std::set<RosterSpot>> takings;  ///< On somebody in the taker's cycle.

    const std::vector<RosterNo>* mates(RosterNo change) const {
      auto found = cycle_of.find(change);
      return found == cycle_of.end() ? nullptr : &in_cycle.at(found->second);
    }
  };
  using Fixed = std::map<RosterNo, RosterVerdicts::Level>;
  std::vector<RosterNo> members_of(const RosterClock& scope) const;
  bool is_peaceful(const std::vector<RosterNo>& members) const;
  std::vector<RosterNo> find_seals(const RosterClock& scope) const;
  bool is_final(RosterNo change, RosterNo taker, std::span<const RosterNo> seals) const;
  std::vector<RosterSpot> attacks_on(RosterNo change, std::span<const RosterNo> seals) const;
  std::vector<RosterSpot> narrowings_on(RosterNo change, std::span<const RosterNo> seals) const;
  Attacks find_attacks(const std::vector<RosterNo>& members, const RosterClock& scope) const;
  RosterVerdicts derive(const std::vector<RosterNo>& open, const RosterVerdicts& base,
                        const RosterVerdicts& taken, Attacks& attacks) const;
  const std::set<RosterNo>& takers_from(RosterNo change, bool is_of_policy, Attacks& attacks) const;
  std::vector<RosterNo> candidates(const std::vector<RosterNo>& open, Attacks& attacks) const;
  std::vector<std::vector<RosterNo>> groups_of(const std::vector<RosterNo>& open,
                                               Attacks& attacks) const;
  void settle_group(std::vector<RosterNo> open, RosterVerdicts& least, RosterVerdicts& greatest,
                    Attacks& attacks) const;
  RosterNo most_senior(const std::vector<RosterNo>& members, const RosterVerdicts& greatest) const;
  /// The circles of the law among the members, when those of `voided` are void.
  RosterVerdicts settle(const std::vector<RosterNo>& members, const RosterClock& scope,
                        const std::set<RosterNo>& voided, Attacks& attacks) const;

  /// A log that is forked, as far as it is known.
  struct Forked {
    const AuthorKey& author;
    Seq point;
    const std::vector<RosterNo>& tail;  ///< Its live roster changes from the fork point on.
  };
  struct Cover;
  struct ActCover;
  struct HeardCover;
  /// (no entry in force, depth, id and place of the first one, the key): the least is senior.
  using KeyRank = std::tuple<bool, std::uint64_t, ChangeId, std::uint32_t, AuthorKey>;
  std::map<AuthorKey, Seq> visible_forks(const RosterClock& scope) const;
  std::optional<RosterSpot> first_in_force(const RosterVerdicts& verdicts,
                                           const Spots& entries) const;
  std::optional<MemberId> owner_of(const RosterVerdicts& verdicts, const AuthorKey& author) const;
  KeyRank rank_of(const std::optional<RosterSpot>& entry, const AuthorKey& author) const;
  KeyRank rank_of(const RosterVerdicts& verdicts, const AuthorKey& author) const;
  /// What is in force if of `members` only what is independent of that owner were there.
  RosterVerdicts judge_without(const std::vector<RosterNo>& members, const RosterClock& scope,
                               const std::set<RosterNo>& fallen, const MemberId& owner,
                               Attacks& attacks) const;
  std::optional<RosterNo> last_known(const Forked& log, const RosterClock& seen) const;
  std::optional<RosterNo> find_in_tail(const Forked& log, const ChangeId& id) const;
  std::optional<Cover> cover_of(RosterNo act, const Forked& log) const;
  std::vector<ActCover> act_covers(const Forked& log, const std::vector<RosterNo>& members) const;
  void hear_acts(const std::optional<MemberId>& owner, const std::vector<ActCover>& covers,
                 const RosterVerdicts& verdicts, std::vector<HeardCover>& out) const;
  void hear_statements(const Forked& log, const std::optional<MemberId>& owner,
                       const RosterNotes& noted, const RosterVerdicts& verdicts,
                       std::vector<HeardCover>& out) const;
  std::vector<Cover> covers_of(const Forked& log, const std::vector<RosterNo>& members,
                               const RosterClock& scope, const RosterNotes& noted,
                               const std::set<RosterNo>& fallen, const RosterVerdicts& verdicts,
                               Attacks& attacks) const;
  bool is_on_path(RosterNo earlier, RosterNo later) const;
  std::optional<NamedChange> acknowledged(const RosterVerdicts& before, const RosterNode& act,
                                          const AuthorKey& log, const IsOnPath& is_on_path) const;

  /// (of the log's owner, heard only with the owner's word, the node's entry): the least is heard
  /// first.
  using WitnessRank = std::tuple<bool, bool, KeyRank>;
  std::map<AuthorKey, WitnessRank> witness_ranks(const RosterVerdicts& before,
                                                 const RosterClock& seen, const AuthorKey& log,
                                                 std::span<const AuthorKey> witnesses) const;

  QuorumLine quorum_line(const RosterClock& scope) const;
  std::optional<RosterNo> chosen(const std::vector<RosterNo>& candidates,
                                 const std::optional<RosterNo>& end,
                                 const RosterClock& scope) const;
  bool quorum_act_stands(const QuorumLine& line, RosterNo act) const;
  /// Acts of quorums that don't stand.
  std::set<RosterNo> silenced(const QuorumLine& line, const RosterClock& scope) const;

  const RosterHistory& history_;
};

}  // namespace cunju
