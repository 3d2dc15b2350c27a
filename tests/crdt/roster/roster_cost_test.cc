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
