// SPDX-License-Identifier: Apache-2.0
//
// What acts and approvals make of records, by the replica over its store and by the replay.
#include <catch2/catch.hpp>
#include <set>

#include "crdt/replay/replay.h"
#include "node/audit/tables.h"
#include "tests/support/forged_logs.h"
#include "tests/support/village.h"

namespace cunju::replay {
namespace {

/// Draws acts and approvals into forged logs: by whoever, of whatever was drawn.
class Erasers {
 public:
  explicit Erasers(test::ForgedLogs& logs) : logs_(logs), erasure_(random_id()) {}

  void draw() {
    // Mostly a chair, who may approve.
    test::LogAuthor& by = logs_.author(logs_.below(2) == 0 ? logs_.below(6) : 4 * logs_.below(2));
    std::vector<Operation> said;
    std::optional<ChangeId> approved;
    bool is_restricting = false, is_lifting = false;
    if (acts_.empty() || logs_.below(2) == 0) {
      ErasureAct act{.reason = "r", .basis = {}, .asked_by = {}, .targets = {}};
      for (std::uint64_t n = 1 + logs_.below(6); n > 0; --n) act.targets.push_back(target());
      is_restricting = logs_.below(5) == 0;
      if (is_restricting) act.effect = ErasureEffect::kRestrict;
      is_lifting = acts_.size() % 4 == 3 && !restricting_.empty();
      if (is_lifting) act = lift();
      said.push_back(erasure_act_operation(std::move(act)));
    } else {
      const ChangeId act = pick(acts_);
      ErasureApproval approval{.acts = {act}, .earlier = {}};
      for (const ChangeId& earlier : approvals_[act])
        if (logs_.below(4) > 0 && approval.earlier.size() < limits::kMaxPriorApprovals)
          approval.earlier.push_back(earlier);
      approved = act;
      said.push_back(erasure_approval_operation(std::move(approval)));
    }
    // Parents as whoever has seen some of it.
    std::vector<ChangeId> parents;
    if (!changes_.empty() && logs_.below(3) > 0) parents.push_back(pick(changes_));
    const Part part = logs_.part_of(erasure_, std::string(kErasuresRegistry), kOpenScope,
                                    std::move(parents), std::move(said));
    const ChangeId id = logs_.sign(by, {part}, pins_of(by)).id;
    changes_.push_back(id);
    if (approved) {
      approvals_[*approved].push_back(id);
    } else {
      acts_.push_back(id);
      if (is_restricting && !is_lifting) restricting_.push_back(id);
      if (is_lifting && logs_.below(3) > 0) confirm(id);
    }
  }

  /// The founder takes away a key from its first change on; nobody else knows of it.
  void retire(std::size_t number) {
    test::LogAuthor& by = logs_.author(0);
    std::vector<ChangeId> pins = logs_.roster_heads();
    if (by.last_roster) pins.push_back(*by.last_roster);
    std::ranges::sort(pins);
    pins.erase(std::unique(pins.begin(), pins.end()), pins.end());
    const RosterOperation said =
        RetireDevice{{.author = logs_.author(number).key.author(), .end = 0, .last = {}}};
    by.last_roster = logs_.sign(by, {logs_.roster_part({said}, pins)}, pins).id;
  }

 private:
  RecordId random_id() {
    RecordId out;
    out.value[0] = static_cast<std::uint8_t>(1 + logs_.below(200));
    return out;
  }
  /// By both chairs, the second having seen the first's.
  void confirm(const ChangeId& act) {
    for (const std::size_t number : {0u, 4u}) {
      test::LogAuthor& by = logs_.author(number);
      ErasureApproval approval{.acts = {act}, .earlier = approvals_[act]};
      const Part part = logs_.part_of(erasure_, std::string(kErasuresRegistry), kOpenScope, {act},
                                      {erasure_approval_operation(std::move(approval))});
      const ChangeId id = logs_.sign(by, {part}, pins_of(by)).id;
      changes_.push_back(id);
      approvals_[act].push_back(id);
    }
  }
  /// Of acts that restrict, and now and then of one that does not.
  ErasureAct lift() {
    ErasureAct out{.effect = ErasureEffect::kLift,
                   .reason = "l",
                   .basis = {},
                   .asked_by = {},
                   .targets = {},
                   .lifted = restricting_};
    if (logs_.below(3) == 0) out.lifted.push_back(pick(acts_));
    return out;
  }
  ErasureTarget target() {
    const Change& change = logs_.changes()[logs_.below(logs_.changes().size())];
    return {change.id, static_cast<std::uint16_t>(logs_.below(change.parts.size() + 1))};
  }
  ChangeId pick(const std::vector<ChangeId>& from) { return from[logs_.below(from.size())]; }
  std::vector<ChangeId> pins_of(const test::LogAuthor& by) {
    return by.pins.empty() || logs_.below(6) == 0 ? logs_.roster_heads() : by.pins;
  }

  test::ForgedLogs& logs_;
  RecordId erasure_;
  std::vector<ChangeId> changes_, acts_, restricting_;
  std::map<ChangeId, std::vector<ChangeId>> approvals_;  ///< By act.
};

void check_equal(replica::Replica& replica, const SpaceId& space, const Replay& expected) {
  for (const auto& [place, view] : expected.views) {
    const auto found = replica.view(space, place.record, place.scope);
    REQUIRE(found);
    REQUIRE(found.value());
    CAPTURE(place.record.hex());
    REQUIRE(found.value()->encode() == view.encode());
  }
  CHECK(replica.state_hash(space).value() == audit::state_hash(space, expected));
  const replica::ErasureReport report = replica.erasures(space).value();
  for (const replica::ErasureEntry& entry : report.acts) {
    const auto act = expected.erasures.acts().find(entry.act);
    REQUIRE(act != expected.erasures.acts().end());
    CHECK(entry.fate == act->second.fate);
    CHECK(entry.is_lifted == act->second.is_lifted);
  }
}

/// Without the bodies of parts of this fate and worse: as they come from a node that has destroyed
/// what it may, or from an export.
std::vector<Change> reduced(const std::vector<Change>& changes, const Erasures& erasures,
                            Fate least) {
  std::vector<Change> out = changes;
  for (Change& change : out) {
    for (std::size_t i = 0; i < change.parts.size(); ++i) {
      Part& part = change.parts[i];
      const ErasureTarget target{change.id, static_cast<std::uint16_t>(i)};
      if (part.presence == Presence::kPresent && may_be_erased(part) &&
          erasures.fate_of(target) >= least)
        part = erased_form(part);
    }
  }
  return out;
}

bool views_equal(const Replay& a, const Replay& b) {
  if (a.views.size() != b.views.size()) return false;
  for (const auto& [place, view] : a.views) {
    auto other = b.views.find(place);
    if (other == b.views.end() || other->second.encode() != view.encode()) return false;
  }
  return true;
}

TEST_CASE("what members erase is what the replay makes of it, in every order of arrival") {
  std::map<Fate, std::size_t> fates;
  std::size_t late = 0, restricted = 0, lifted = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    test::ForgedLogs logs(seed);
    Erasers erasers(logs);
    for (int i = 0; i < 90; ++i) {
      logs.draw(seed % 2 == 0);
      if (i > 10 && i % 3 == 0) erasers.draw();
      // A clerk, who asks; or the second chair, who approves.
      if (i == 60 && seed % 3 == 0) erasers.retire(seed % 2 == 0 ? 1 : 4);
    }
    std::vector<Change> changes = logs.changes();
    if (seed % 4 == 0) changes.erase(changes.begin() + 15);  // One never arrives.
    const Replay expected = replay(logs.space(), changes);
    for (const auto& [target, fate] : expected.erasures.fates()) ++fates[fate];
    for (const ErasureStatement& statement : expected.erasures.statements())
      if (statement.is_late) ++late;
    std::vector<Change> less = reduced(changes, expected.erasures, Fate::kConfirmed);
    CHECK(views_equal(replay(logs.space(), less), expected));
    const std::vector<Change> exported = reduced(changes, expected.erasures, Fate::kHidden);
    CHECK(views_equal(replay(logs.space(), exported, ScopeKeys(), Fate::kHidden), expected));
    for (const auto& [id, act] : expected.erasures.acts())
      if (act.statement->act->effect == ErasureEffect::kRestrict && act.fate >= Fate::kHidden)
        ++restricted;
    for (const auto& [id, act] : expected.erasures.acts()) lifted += act.is_lifted ? 1u : 0u;
    for (int round = 0; round < 3; ++round) {
      CAPTURE(round);
      test::Store store(seed);
      WireKey inviter;
      REQUIRE(store.replica->join(logs.space(), inviter));
      std::vector<sync::Run> batch;
      const std::vector<Change>& given = round == 2 ? less : changes;
      for (const Change& change : given) {
        batch.push_back({{change}});
        if (batch.size() < 1 + seed && &change != &given.back()) continue;
        const auto accepted = store.replica->accept(logs.space(), batch);
        INFO((accepted ? "" : accepted.error().context));
        REQUIRE(accepted);
        batch.clear();
      }
      check_equal(*store.replica, logs.space(), expected);
      REQUIRE(store.replica->rebuild_views());
      check_equal(*store.replica, logs.space(), expected);
      logs.shuffle(changes);
      logs.shuffle(less);
    }
  }
  CHECK(fates[Fate::kHidden] > 50);
  CHECK(fates[Fate::kConfirmed] > 5);
  CHECK(fates[Fate::kDestroyed] > 10);
  CHECK(late > 3);
  CHECK(restricted > 20);
  CHECK(lifted > 3);
}

}  // namespace
}  // namespace cunju::replay
