// SPDX-License-Identifier: Apache-2.0
//
// What judging costs. Hidden: it measures and fails only where the cost explodes.
#include <algorithm>
#include <chrono>

#include "tests/crdt/roster/roster_story.h"

using namespace cunju;
using namespace cunju::test;

namespace {

using Clock = std::chrono::steady_clock;

ChangeId id_no(std::uint32_t number) {
  ChangeId out = ChangeId{crypto::hash({as_bytes(std::to_string(number))}).value};
  return out;
}

const crypto::SigningKey& laptop_no(std::size_t number) {
  return laptop("author " + std::to_string(number));
}
AuthorKey author_no(std::size_t number) { return laptop_no(number).author(); }

MemberId member_no(std::size_t number) { return person("member " + std::to_string(number)); }

RosterChange founded_by(std::size_t officers) {
  RosterChange out{.id = id_no(0), .author = author_no(0), .pins = {}};
  out.operations.emplace_back(FoundSpace{.name = "v", .code = ""});
  for (std::size_t i = 0; i < officers; ++i) {
    out.operations.emplace_back(AdmitMember{member_no(i), "m"});
    out.operations.emplace_back(GrantRole{member_no(i), "chair", "", ""});
    out.operations.emplace_back(device_entry(laptop_no(i), SpaceId{}, member_no(i)));
  }
  return out;
}

struct Measured {
  explicit Measured(const std::vector<RosterChange>& changes)
      : graph(SpaceId{changes[0].id.value}) {
    const auto start = Clock::now();
    for (const RosterChange& change : changes) graph.add(change);
    const auto added = Clock::now();
    in_force = 0;
    for (const RosterChange& change : changes) in_force += graph.is_in_force(change.id) ? 1 : 0;
    graph.now();
    add = added - start;
    judge = Clock::now() - added;
  }
  RosterGraph graph;
  std::size_t in_force = 0;
  std::chrono::duration<double> add{}, judge{};
};

void report(const char* what, const Measured& measured) {
  WARN(what << ": added in " << measured.add.count() << " s, judged in " << measured.judge.count()
            << " s; " << measured.in_force << " of " << measured.graph.size() << " in force");
  CHECK(measured.add.count() < 60);
  CHECK(measured.judge.count() < 60);
}

}  // namespace

TEST_CASE("two thousand roster changes one after the other, every tenth a removal", "[.long]") {
  std::vector<RosterChange> changes{founded_by(1)};
  for (std::uint32_t i = 1; i <= 2000; ++i) {
    RosterChange change{.id = id_no(i),
                        .author = author_no(0),
                        .seq = {i},
                        .pins = {changes.back().id},
                        .own_previous = changes.back().id};
    if (i % 10 == 0) {
      change.operations = {RemoveMember{member_no(i - 1), {{author_no(i - 1), 0, {}}}}};
    } else {
      change.operations = {AdmitMember{member_no(i), "m"}, GrantRole{member_no(i), "clerk", "", ""},
                           device_entry(laptop_no(i), SpaceId{id_no(0).value}, member_no(i))};
    }
    changes.push_back(std::move(change));
  }
  Measured measured(changes);
  CHECK(measured.in_force == changes.size());
  report("2,000 in a line", measured);
  // One act beside the last half of them, so that nothing is peaceful.
  changes.push_back({.id = id_no(5000),
                     .author = author_no(1),
                     .seq = {0},
                     .pins = {changes[1000].id},
                     .operations = {}});
  changes[1].operations.emplace_back(GrantRole{member_no(1), "chair", "", ""});
  changes.back().operations = {RemoveMember{member_no(2), {{author_no(2), 0, {}}}}};
  report("2,000 in a line and a removal beside them", Measured(changes));
}

TEST_CASE("two hundred officers remove each other at once", "[.long]") {
  constexpr std::uint32_t kOfficers = 200;
  std::vector<RosterChange> changes{founded_by(kOfficers)};
  for (std::uint32_t i = 0; i < kOfficers; ++i) {
    RosterChange change{.id = id_no(i + 1),
                        .author = author_no(i),
                        .seq = {i == 0 ? 1U : 0U},
                        .pins = {changes[0].id}};
    if (i == 0) change.own_previous = changes[0].id;
    change.operations = {
        RemoveMember{member_no((i + 1) % kOfficers), {{author_no((i + 1) % kOfficers), 0, {}}}}};
    changes.push_back(std::move(change));
  }
  report("200 officers, each removes the next", Measured(changes));
  for (std::uint32_t i = 0; i < kOfficers; ++i) {
    changes[i + 1].operations.clear();
    for (std::uint32_t j = 0; j < kOfficers; ++j)
      if (j != i)
        changes[i + 1].operations.emplace_back(RemoveMember{member_no(j), {{author_no(j), 0, {}}}});
  }
  Measured all(changes);
  CHECK(all.graph.now()->members.empty());
  report("200 officers, each removes all others", all);
}

TEST_CASE("a ladder sixteen wide in which everybody pins everybody of the rung below", "[.long]") {
  std::vector<RosterChange> changes{founded_by(16)};
  std::vector<ChangeId> rung{changes[0].id};
  for (std::uint32_t depth = 0; depth < 60; ++depth) {
    std::vector<ChangeId> next;
    for (std::uint32_t i = 0; i < 16; ++i) {
      std::ranges::sort(rung);
      const std::uint32_t number = 1 + depth * 16 + i;
      RosterChange change{
          .id = id_no(number), .author = author_no(i), .seq = {depth + 1}, .pins = rung};
      if (depth > 0) change.own_previous = id_no(number - 16);
      if (depth == 0 && i == 0) change.own_previous = changes[0].id;
      change.operations = {AdmitMember{member_no(1000 + number), "m"}};
      // Somebody takes something on each rung, beside all others of it.
      if (i == depth % 16)
        change.operations.emplace_back(RemoveMember{member_no(999 + number - 16), {}});
      next.push_back(change.id);
      changes.push_back(std::move(change));
    }
    rung = next;
  }
  report("16 wide, 60 high", Measured(changes));
}

namespace {

/// Puppets of an officer, who dispute and fork in as many pairs as asked. Every dispute is settled
/// by seniority, each apart; every fork has somebody who covers a branch.
class Puppets {
 public:
  Puppets() : changes_{founded_by(2)} {}
  const std::vector<RosterChange>& changes() const { return changes_; }

  void add_disputes(std::uint32_t count) {
    const std::vector<std::size_t> first =
        enter(2 * count, [](std::size_t i) { return "role " + std::to_string(i / 2); });
    const ChangeId entered = last_of_maker_;
    for (std::size_t i = 0; i + 1 < first.size(); i += 2) {
      const Cuts cuts{{author_no(first[i]), 0, {}}, {author_no(first[i + 1]), 0, {}}};
      for (std::size_t puppet : {first[i], first[i + 1]})
        says(puppet, 0, {entered},
             {SetPolicy{"role " + std::to_string(i / 2), "roster", kRead, cuts}});
    }
  }

  void add_forks(std::uint32_t count) {
    const std::vector<std::size_t> puppets =
        enter(2 * count, [](std::size_t) { return std::string("chair"); });
    const ChangeId entered = last_of_maker_;
    for (std::size_t i = 0; i + 1 < puppets.size(); i += 2) {
      const ChangeId branch =
          says(puppets[i], 0, {entered}, {AdmitMember{member_no(100'000 + i), "m"}});
      says(puppets[i], 0, {entered}, {AdmitMember{member_no(200'000 + i), "m"}});
      says(puppets[i + 1], 0, {branch}, {AdmitMember{member_no(300'000 + i), "m"}});
    }
  }

 private:
  template <class Role>
  std::vector<std::size_t> enter(std::size_t count, const Role& role) {
    std::vector<std::size_t> out;
    std::vector<RosterOperation> operations;
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t puppet = next_person_++;
      operations.emplace_back(AdmitMember{member_no(puppet), "m"});
      operations.emplace_back(GrantRole{member_no(puppet), role(i), "", ""});
      operations.emplace_back(
          device_entry(laptop_no(puppet), SpaceId{id_no(0).value}, member_no(puppet)));
      if (role(i) != "chair" && i % 2 == 0)
        operations.emplace_back(SetPolicy{role(i), "roster", kRead | kWrite, {}});
      out.push_back(puppet);
    }
    RosterChange change{.id = id_no(next_id_++),
                        .author = author_no(1),
                        .seq = {maker_seq_++},
                        .pins = {last_of_maker_},
                        .operations = operations};
    if (maker_seq_ > 1) change.own_previous = last_of_maker_;
    last_of_maker_ = change.id;
    changes_.push_back(std::move(change));
    return out;
  }

  ChangeId says(std::size_t puppet, std::uint64_t seq, std::vector<ChangeId> pins,
                std::vector<RosterOperation> operations) {
    changes_.push_back({.id = id_no(next_id_++),
                        .author = author_no(puppet),
                        .seq = {seq},
                        .pins = std::move(pins),
                        .operations = std::move(operations)});
    return changes_.back().id;
  }

  std::vector<RosterChange> changes_;
  ChangeId last_of_maker_ = id_no(0);
  std::uint64_t maker_seq_ = 0;
  std::uint32_t next_id_ = 1;
  std::size_t next_person_ = 2;
};

/// What acts of an honest officer cost who knows all of that.
void report_acts(const char* what, const Puppets& puppets) {
  constexpr std::uint64_t kActs = 5;
  Measured measured(puppets.changes());
  report(what, measured);
  const auto start = Clock::now();
  std::optional<ChangeId> last = id_no(0);
  for (std::uint64_t i = 0; i < kActs; ++i) {
    RosterChange act{.id = id_no(static_cast<std::uint32_t>(90'000 + i)),
                     .author = author_no(0),
                     .seq = {i + 1},
                     .pins = measured.graph.pick_pins(author_no(0), {}, 10'000, last),
                     .own_previous = last};
    act.operations = {AdmitMember{member_no(400'000 + i), "m"}};
    last = act.id;
    measured.graph.add(act);
    CHECK(measured.graph.is_in_force(act.id));
    measured.graph.now();
  }
  const std::chrono::duration<double> each = (Clock::now() - start) / kActs;
  WARN(what << ": each act after that " << each.count() << " s");
  CHECK(each.count() < 60);
}

}  // namespace

TEST_CASE("an officer's puppets dispute and fork", "[.long]") {
  Puppets disputes, forks, both;
  disputes.add_disputes(100);
  report_acts("100 disputes", disputes);
  forks.add_forks(100);
  report_acts("100 forks", forks);
  both.add_disputes(65);
  both.add_forks(65);
  report_acts("65 disputes and 65 forks", both);
}
