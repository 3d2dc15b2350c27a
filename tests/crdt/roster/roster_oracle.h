// SPDX-License-Identifier: Apache-2.0
//
// The law of roster_law.h once more, written from its words: explicit sets of ancestors, transitive
// closures, everything tried from the start each time. No clocks, no caches, no numbers that say
// something. Slow on purpose; for graphs of some dozen changes. Not thread safe.
#pragma once

#include <compare>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "crdt/roster/roster.h"
#include "crdt/roster/roster_graph.h"
#include "crdt/roster/roster_history.h"
#include "tests/crdt/roster/roster_logs.h"

namespace cunju::test {

class RosterOracle {
 public:
  using Change = std::size_t;  ///< Index in the list that was given.
  using Changes = std::set<Change>;
  /// One operation of one change.
  struct Act {
    Change change = 0;
    std::size_t operation = 0;
    friend auto operator<=>(const Act&, const Act&) = default;
  };
  /// What is in force in some set: the changes with all they say, and the removals in a cycle that
  /// are in force although their changes are not.
  struct Model {
    Changes whole;
    std::set<Act> removals;
    friend bool operator==(const Model&, const Model&) = default;
  };

  /// Pins come before what pins them, and so do changes of a log. `logs`: where statements and cuts
  /// name something.
  RosterOracle(const SpaceId& space, std::vector<RosterChange> changes, RosterLogs logs = {});

  bool is_admissible(const ChangeId& id) const { return live_.contains(find(id)); }
  std::vector<ChangeId> heads() const;
  /// Of everything that was given.
  bool is_in_force(const ChangeId& id);
  /// In force, but only its removals within a cycle.
  bool is_only_in_cycle(const ChangeId& id);
  bool is_admitted_late(const ChangeId& id);
  Roster roster(const std::vector<ChangeId>& heads);
  /// Of everything that was given.
  Roster now();
  /// The log is forked from there on, as somebody knows who has all of it.
  void note_fork(const AuthorKey& author, std::uint64_t point);
  /// A witness states that it holds that change of the author's.
  void note_statement(const AuthorKey& author, const StatedChange& stated);
  std::optional<std::uint64_t> fork_point(const AuthorKey& author);
  std::vector<ChangeId> covers(const AuthorKey& author);
  /// On a branch that does not stand.
  bool is_void_by_fork(const ChangeId& id);
  /// An act of a recovery quorum that does not stand.
  bool is_silenced(const ChangeId& id);
  /// How often several were named for one place in the line of quorums; how often one of those was
  /// taken.
  std::pair<int, int> quorum_contests();
  /// Of a record change, judged in everything that was given.
  bool may(const AuthorKey& author, std::uint64_t seq, const std::vector<ChangeId>& pins,
           const std::string& registry, Right right);
  std::uint64_t effective_end(const std::vector<ChangeId>& pins, const AuthorKey& author,
                              const std::string& registry);
  /// How often seniority had to decide, in everything that was given.
  int seniority_decisions();
  /// How many changes there are that are final against some other.
  int final_changes();
  /// What cuts of a change do to what was acknowledged to it, by operation; nothing of what does
  /// not take, or was told nothing.
  enum class Cutting { kKept, kBelow, kOtherBranch };
  std::vector<Cutting> cuttings(const ChangeId& id);

 private:
  /// Somebody who wants to act: a change of the roster or of a record.
  struct Subject {
    AuthorKey author;
    std::uint64_t seq = 0;
    const Changes& before;       ///< What it knows.
    std::optional<Change> self;  ///< When it is a roster change.
  };
  /// (c, x): c is final against x.
  using Finals = std::set<std::pair<Change, Change>>;
  /// A question to the law: what is taken to be in force.
  struct Case {
    const Changes& set;
    const Model& given;
    const Model& taken;
    const Subject& subject;
    const Changes& left_out;
    const Finals& finals;
  };
  struct Fork {
    std::uint64_t point = 0;
    std::vector<ChangeId> covers;
  };
  /// The recovery quorums, one after the other.
  struct Line {
    std::vector<Change> named;
    Changes rivals;  ///< For the next place, and nobody says which.
    int contests = 0;
    std::optional<Change> end() const {
      if (named.empty() || !rivals.empty()) return std::nullopt;
      return named.back();
    }
  };
  /// What a set makes of itself.
  struct Judgement {
    Model model;
    int decisions = 0;  ///< How often seniority had to decide.
    std::map<AuthorKey, Fork> forks;
    Changes fallen;  ///< Void because of a fork.
    Line line;
  };
  using Points = std::map<AuthorKey, std::uint64_t>;
  struct Cycles {
    std::vector<Changes> with;  ///< By change: who is in one removal cycle with it.
    std::set<Act> removals;     ///< Takings that take from somebody in their change's cycle.
  };
  // --- roster_oracle_admission.cc: what is decided for ever
  // ---------------------------------------
  void admit(Change change);
  std::set<AuthorKey> signers(Change change, const SetQuorum& quorum) const;
  bool counts(Change change, const RosterOperation& operation, const Roster& pinned,
              const Line& line) const;
  bool takes_anything(const RosterOperation& operation, const Roster& pinned) const;
  std::optional<ChangeId> acknowledged_to(Change change, const AuthorKey& log) const;
  std::optional<Cutting> cutting(Change change, const RosterOperation& operation) const;
  std::uint8_t narrowing(const RosterOperation& operation, const Roster& pinned) const;

  // --- roster_oracle.cc: the law
  // ------------------------------------------------------------------
  bool knows(Change later, Change earlier) const { return before_[later].contains(earlier); }
  bool is_beside(Change a, Change b) const { return a != b && !knows(a, b) && !knows(b, a); }
  std::uint64_t cut_of(const Act& taking, const AuthorKey& author) const;
  std::uint64_t witnessed_to(Change change, const AuthorKey& author) const;
  bool is_taking(const Act& act) const;
  bool reaches(const Act& taking, const Subject& subject, const Finals& finals) const;
  bool reaches(const Case& in, const Act& taking) const {
    return !in.left_out.contains(taking.change) && reaches(taking, in.subject, in.finals);
  }
  bool follows(const Act& gift, const Act& taking) const;
  bool takes(const Act& taking, const Act& gift) const;
  bool takes_right(const Act& taking, const std::string& role, const std::string& line,
                   const std::string& wanted, std::uint8_t right) const;
  template <class Operation>
  const Operation* said(const Act& act) const {
    return std::get_if<Operation>(&changes_[act.change].operations[act.operation]);
  }
  /// The operations in the set that count, by rising (depth, id).
  std::vector<Act> acts(const Changes& set) const;
  template <class Operation>
  std::vector<Act> acts(const Changes& set) const {
    std::vector<Act> out;
    for (const Act& act : in_order_)
      if (said<Operation>(act) != nullptr && set.contains(act.change)) out.push_back(act);
    return out;
  }
  /// Those that take, are in force, are not left out and reach the subject.
  template <class Takes>
  bool is_taken_away(const Case& in, const Takes& takes_it) const {
    for (const Act& taking : takings_)
      if (in.set.contains(taking.change) && takes_it(taking) && is_taken(in.taken, taking) &&
          reaches(in, taking))
        return true;
    return false;
  }
  std::tuple<std::size_t, ChangeId, std::size_t> order(const Act& act) const;
  bool is_given(const Model& model, const Act& act) const;
  bool is_taken(const Model& model, const Act& act) const;
  bool stands(const Case& in, const Act& gift) const;
  bool is_holders(const Case& in, const Act& device) const;
  bool has_line(const Case& in, const std::string& role, const std::string& registry) const;
  bool line_gives(const Case& in, const std::string& role, const std::string& line,
                  const std::string& wanted, std::uint8_t right) const;
  bool may(const Case& in, const std::string& registry, std::uint8_t right) const;
  Subject subject_of(Change change) const;
  bool attacks(const Act& taking, Change victim, const Finals& finals) const;
  bool disarms(const Act& taking, Change victim, const Finals& finals) const;
  Change most_senior(const Changes& unsettled, const Model& greatest, const Finals& finals) const;
  Cycles cycles(const Changes& set, const Finals& finals) const;
  Model derive(const Changes& set, const Cycles& cycles, const Finals& finals, const Model& taken,
               const Changes& senior, const Model& as_settled, const Changes& fallen) const;
  bool is_sealed(Change change, Change taker, const Changes& set, const Changes& silent) const;
  Finals finals_of(const Changes& set) const;
  std::pair<Model, int> settle(const Changes& set, const Changes& fallen) const;

  // --- roster_oracle_forks.cc: forked logs
  // --------------------------------------------------------
  struct Cover {
    std::optional<ChangeId> named;
    std::optional<Change> tip;
  };
  bool is_of_tail(Change change, const AuthorKey& author, std::uint64_t point) const;
  Points visible_forks(const Changes& set) const;
  std::optional<Act> first_entry(const Changes& set, const Model& model,
                                 const AuthorKey& author) const;
  Cover cover_of(const Changes& set, Change act, const AuthorKey& author,
                 std::uint64_t point) const;
  Changes independent_of(const MemberId& owner, const Changes& set, const Changes& fallen) const;
  std::optional<Model> without_word_of(const std::optional<MemberId>& owner, const Changes& set,
                                       const Changes& fallen) const;
  std::optional<MemberId> owner_of(const Changes& set, const Model& model,
                                   const AuthorKey& key) const;
  std::vector<Cover> sealed_covers(const Changes& set, const AuthorKey& author,
                                   std::uint64_t point) const;
  std::vector<Cover> covers_of(const Changes& set, const Model& model,
                               const std::optional<MemberId>& owner, const AuthorKey& author,
                               std::uint64_t point, const Points& noted,
                               const std::vector<StatedChange>& statements) const;
  Cover stated_cover(const Changes& set, const StatedChange& stated, const AuthorKey& author,
                     std::uint64_t point) const;
  std::optional<Change> find_in_tail(const Changes& set, const AuthorKey& author,
                                     std::uint64_t point, const ChangeId& id) const;
  std::optional<Change> last_known(const Changes& known, const Changes& set,
                                   const AuthorKey& author, std::uint64_t point) const;
  std::optional<Act> first_node_entry(const Changes& set, const Model& model,
                                      const AuthorKey& witness) const;
  bool is_heard(const Changes& set, const Model& model, const StatedChange& stated,
                const Points& noted) const;
  using Statements = std::vector<std::pair<AuthorKey, StatedChange>>;
  Judgement judge(const Changes& set, const Points& noted, const Statements& statements) const;
  const Judgement& judged_all();

  // --- roster_oracle_quorum.cc: recovery quorums
  // --------------------------------------------------
  bool names_quorum(Change change) const;
  const SetQuorum* named_by(const std::optional<Change>& change) const;
  const Roster& electorate(const std::optional<Change>& end) const;
  Line line_of(const Changes& set) const;
  std::optional<Change> most_chosen(const Changes& rivals, const std::optional<Change>& end,
                                    const Changes& set) const;
  Changes silenced(const Line& line, const Changes& set) const;

  // --- roster_oracle_roster.cc: the table
  // ---------------------------------------------------------
  void add_members(const Case& all, Roster& out) const;
  void add_nodes(const Case& all, Roster& out) const;
  void add_policy(const Case& all, Roster& out) const;
  Roster roster_of(const Changes& set, const Judgement& judgement) const;

  Change find(const ChangeId& id) const;
  Changes known_with(const std::vector<ChangeId>& heads) const;

  SpaceId space_;
  std::vector<RosterChange> changes_;
  RosterLogs logs_;
  std::vector<Changes> before_;      ///< All ancestors.
  std::vector<Changes> own_before_;  ///< What its author said before on its branch, dead or not.
  std::vector<std::size_t> depth_;
  Changes live_, of_quorum_;
  std::vector<std::optional<Change>> known_quorum_;  ///< By what named it.
  std::vector<std::set<AuthorKey>> signed_by_;       ///< Of acts of a quorum.
  mutable std::map<Change, Roster> electorates_;
  std::set<Act> counting_;     ///< Operations that are not ignored.
  std::vector<Act> in_order_;  ///< The same by (depth, id).
  std::vector<Act> takings_;
  std::vector<std::vector<std::uint8_t>> narrows_;
  Points noted_;
  Statements statements_;
  std::optional<Judgement> all_;
};

}  // namespace cunju::test
