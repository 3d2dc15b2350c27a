// SPDX-License-Identifier: Apache-2.0
//
// Stories of a village's roster. People and laptops have names; a story says who wrote what and
// what they knew. It is then told to roster graphs in several orders of arrival, each of which has
// to agree with the oracle before the story's own expectations are asked. Not thread safe.
#pragma once

#include <catch2/catch.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "crdt/roster/roster_graph.h"
#include "tests/crdt/roster/roster_logs.h"

namespace cunju::test {

using Says = std::vector<RosterOperation>;

const crypto::SigningKey& laptop(const std::string& name);
MemberId person(const std::string& name);
Says operator+(Says a, const Says& b);

/// Admits somebody with that role, on a laptop of the same name. An officer is a chair.
Says admit(const std::string& name, const std::string& role);
inline Says officer(const std::string& name) { return admit(name, "chair"); }
inline Says clerk(const std::string& name) { return admit(name, "clerk"); }
Says grant(const std::string& name, const std::string& role);
Says key(const std::string& name, const std::string& laptop_name);
/// The same without the laptop's own word.
Says claim(const std::string& name, const std::string& laptop_name);
/// The first `end` changes of that laptop stand before the act.
Cut cut(const std::string& laptop_name, std::uint64_t end);
/// The same, on the branch of a forked log that `last` is on.
Cut cut_after(const std::string& laptop_name, std::uint64_t end, const ChangeId& last);
Says remove(const std::string& name, Cuts cuts);
Says end_role(const std::string& name, const std::string& role, Cuts cuts);
Says retire(const std::string& laptop_name, std::uint64_t end);
Says policy(const std::string& role, const std::string& registry, std::uint8_t rights,
            Cuts cuts = {});
/// A node of that person, whose keys are those of a laptop called "<name>'s node".
Says node(const std::string& name);
std::string node_of(const std::string& name);
Says retire_node(const std::string& name);
Says quorum(std::uint16_t threshold, const std::vector<std::string>& laptops);

inline constexpr std::uint64_t kForEver = ~std::uint64_t{0};

/// What one node makes of the story.
class StoryVillage {
 public:
  explicit StoryVillage(const RosterGraph& graph) : graph_(graph), roster_(graph.now()) {}
  const RosterGraph& graph() const { return graph_; }
  const Roster& roster() const { return *roster_; }
  bool is_member(const std::string& name) const { return roster_->members.contains(person(name)); }
  bool has_role(const std::string& name, const std::string& role) const;
  bool may_write(const std::string& laptop_name, const std::string& registry) const;
  bool is_officer(const std::string& laptop_name) const { return may_write(laptop_name, "roster"); }
  bool is_dead(const ChangeId& act) const { return !graph_.is_admissible(act); }
  bool is_in_force(const ChangeId& act) const { return graph_.is_in_force(act); }
  std::vector<ChangeId> covers(const std::string& laptop_name) const {
    return graph_.covers(laptop(laptop_name).author());
  }
  /// How many changes of that laptop have effect in the minutes, written by somebody who knows
  /// that.
  std::uint64_t minutes_of(const std::string& laptop_name, std::vector<ChangeId> knowing,
                           const std::string& registry = "minutes") const;

 private:
  const RosterGraph& graph_;
  std::shared_ptr<const Roster> roster_;
};

/// Wang founds the village, as its chair and clerk.
RosterChange founding_change(const Says& more = {});

class Story {
 public:
  /// Wang founds the village, as its chair and clerk.
  explicit Story(const Says& more = {});
  ChangeId founding() const { return changes_[0].id; }

  /// A roster change from that laptop, which knows those and its own last one, or else the
  /// founding.
  ChangeId says(const std::string& laptop_name, const std::vector<ChangeId>& knowing, Says what);
  /// The same by a liar who does as if it had not said anything before.
  ChangeId says_beside_itself(const std::string& laptop_name, std::vector<ChangeId> knowing,
                              Says what);
  /// What the laptop, or a thief with its key, writes from now on follows this change of its own;
  /// none: follows nothing.
  void goes_on_after(const std::string& laptop_name, const std::optional<ChangeId>& own);
  /// Whoever has the logs finds that this one is forked from there on.
  void log_is_forked(const std::string& laptop_name, std::uint64_t point) {
    forks_.emplace_back(laptop_name, point);
  }
  /// The same, naming a statement of Town's node that so many first changes of these laptops' and
  /// nodes' logs are held, as they are written on now.
  ChangeId says_having_read(const std::map<std::string, std::uint64_t>& witnessed,
                            const std::string& laptop_name, const std::vector<ChangeId>& knowing,
                            Says what);
  /// The next change that is told names a statement, of somebody's node under this number, that
  /// this change is held of that laptop's log.
  void having_read(const std::string& name, const std::string& laptop_name, const ChangeId& stated,
                   std::uint64_t seq = 0);
  /// Somebody's node, which knows those, states that it holds a change of that laptop's: that one,
  /// or one that is not of the roster.
  void node_states(const std::string& name, const std::vector<ChangeId>& knowing,
                   const std::string& laptop_name, std::uint64_t seq,
                   const std::optional<ChangeId>& id = std::nullopt);
  /// An act of the recovery quorum, carried by `laptop_name` and signed by the others.
  ChangeId quorum_says(const std::string& laptop_name, const std::vector<ChangeId>& knowing,
                       const std::vector<std::string>& signers, Says what,
                       const std::vector<ChangeId>& voided = {});
  /// Record changes, which only make the log longer; the last of it.
  ChangeId writes(const std::string& laptop_name, std::uint64_t count);
  /// The change with that number on the branch that is written on.
  ChangeId change_no(const std::string& laptop_name, std::uint64_t seq) const;
  /// Cuts the branch that is written on after so many changes.
  Cut cut_here(const std::string& laptop_name, std::uint64_t end) const {
    return cut_after(laptop_name, end, change_no(laptop_name, end - 1));
  }
  std::uint64_t written(const std::string& laptop_name) { return ends_[laptop_name]; }
  SpaceId space() const { return SpaceId{changes_[0].id.value}; }

  void expect(const std::function<void(const StoryVillage&)>& expectations) const;

 private:
  std::vector<ChangeId> with_own(const std::string& laptop_name, std::vector<ChangeId> knowing);
  ChangeId add(const std::string& laptop_name, std::vector<ChangeId> knowing, Says what);
  ChangeId lengthen(const std::string& laptop_name, const ChangeId& id);
  void tell_of_statements(RosterGraph& graph) const;

  std::vector<RosterChange> changes_;
  std::map<std::string, std::uint64_t> ends_;
  /// On the branch that it writes on: its last change, and the last that is not dead.
  std::map<std::string, ChangeId> previous_, last_;
  std::vector<std::pair<std::string, std::uint64_t>> forks_;
  std::vector<std::pair<AuthorKey, StatedChange>> statements_;
  RosterLogs logs_;
  std::map<std::string, std::optional<ChangeId>> log_ends_;  ///< Of the branch that is written on.
  WitnessedLogs witnessed_;                                  ///< For the change that is told next.
  RosterGraph told_;
};

}  // namespace cunju::test
