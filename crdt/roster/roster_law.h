// SPDX-License-Identifier: Apache-2.0
//
// Which roster operations are in force in a set of changes S that has every ancestor of its
// members, and who may do what there. A pure function of S; the source of the idea that a removal
// beats what the removed did beside it is "strong removal" as in Matrix's and p2panda's access
// control.
//
// Words. x before y: x is an ancestor of y. x beside y: neither is. A *taking* is an operation that
// ends a role, removes a member, retires a key or narrows a policy line. Its cut for a device says
// how many changes of that log stand before it; a device without a cut has 0.
//   reaches(X of x, c)  ⇔  x before c, or x beside c and seq(c) ≥ the cut of X for c's author
//   stands(G of y, c)   ⇔  y before c, G is in force, and no taking X of x in force takes what G
//   gives
//                          with y before x or beside it, where reaches(X, c)
//       so a taking beats what was given beside it, and giving again must know of the taking
//   may(c, r, right)    ⇔  a device entry of c's author, an admission and a grant of its member,
//   and
//                          the grant's policy line for r with that right all stand for c
//   in force(y)         ⇔  may(y, roster, write); for a taking of y the reach of those changes
//   beside
//                          y is left out that are in one removal cycle with y, if it removes
//                          somebody of that cycle: who remove each other are both removed
//   The first device entry of a key by (depth, id) holds it for ever: a key never changes hands.
//   A policy line of a registry's own hides the role's "*" line for that registry.
//   An act of the recovery quorum is always in force, and what it voids never is.
// These rules may go in circles (a removal whose author was admitted by somebody whom ... removes).
// What all readings agree on is settled first (the well-founded model: least and greatest solution
// by turns). Among what is left, the act of the author whose key was added nearest to the founding
// change, then by id, is in force, and settling goes on: puppets are always junior to their maker.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include "crdt/roster/roster.h"
#include "crdt/roster/roster_history.h"

namespace cunju {

/// What is in force of a set of changes.
struct RosterVerdicts {
  /// kCycle: only the takings in `cycle_takings`.
  enum class Level : std::uint8_t { kVoid, kCycle, kWhole };
  std::vector<Level> levels;  ///< By number; shorter than the history: the rest is not in the set.
  std::set<RosterSpot> cycle_takings;

  Level of(RosterNo no) const { return no < levels.size() ? levels[no] : Level::kVoid; }
  bool is_whole(RosterNo no) const { return of(no) == Level::kWhole; }
  bool takes(const RosterSpot& taking) const {
    const Level level = of(taking.change);
    return level == Level::kWhole || (level == Level::kCycle && cycle_takings.contains(taking));
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

  /// What is in force among the changes that `scope` covers.
  RosterVerdicts judge(const RosterClock& scope) const;

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
  };
  bool may(const Case& given, std::string_view registry, Right right) const;
  bool reaches(const Case& given, const RosterSpot& taking) const;
  bool is_taken(const Case& given, const RosterSpot& thing, const Spots& takings) const;
  bool stands(const Case& given, const RosterSpot& thing) const;
  bool holds_key(const Case& given, const RosterSpot& device) const;
  bool device_stands(const Case& given, const RosterSpot& device) const;
  bool member_stands(const Case& given, const MemberId& member) const;
  bool grant_stands(const Case& given, const RosterSpot& grant) const;
  std::optional<std::uint8_t> rights_of_line(const Case& given, std::string_view role,
                                             std::string_view registry,
                                             std::string_view wanted) const;
  std::uint8_t rights(const Case& given, std::string_view role, std::string_view registry) const;
  std::uint64_t cut_end(const RosterSpot& taking, const AuthorKey& author) const;

  void add_to_roster(const Case& all, const RosterSpot& at, const RosterOperation& said,
                     Roster& out) const;

  struct Cycles;
  using Fixed = std::map<RosterNo, RosterVerdicts::Level>;
  std::vector<RosterNo> members_of(const RosterClock& scope) const;
  bool is_peaceful(const std::vector<RosterNo>& members) const;
  std::vector<RosterSpot> attacks_on(RosterNo change) const;
  std::vector<RosterSpot> narrowings_on(RosterNo change) const;
  Cycles find_cycles(const std::vector<RosterNo>& members) const;
  RosterVerdicts derive(const std::vector<RosterNo>& members, const Fixed& fixed,
                        const RosterVerdicts& taken, const Cycles& cycles) const;
  std::vector<RosterNo> unsettled(const std::vector<RosterNo>& members, const RosterVerdicts& least,
                                  const RosterVerdicts& greatest) const;
  RosterNo most_senior(const std::vector<RosterNo>& members) const;

  const RosterHistory& history_;
};

}  // namespace cunju
