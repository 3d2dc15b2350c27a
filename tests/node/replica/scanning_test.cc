// SPDX-License-Identifier: Apache-2.0
// Questions about many records: each is visited once, in order, with all its scopes; what is
// counted is what is there; what was written is what the history has.
#include <algorithm>
#include <random>
#include <set>

#include "tests/node/replica/scoped_nodes.h"

using namespace cunju;
using namespace cunju::test;

namespace {

using Counts = std::map<std::string, std::uint64_t>;
const std::vector<std::string> kNames{"rental", "minutes", "mediation"};

/// Counted one by one.
Counts walked(replica::Replica& replica, const SpaceId& space) {
  Counts out;
  for (const std::string& name : kNames) {
    require(replica.scan_scopes(space, name, [&](const RecordId&, const auto& views) {
      CHECK_FALSE(views.empty());
      ++out[name];
      return true;
    }));
  }
  return out;
}

bool counts_are_true(TestReplica& at, const SpaceId& space) {
  return require(at->registries(space)) == walked(*at, space);
}

/// Records with a conflict, looked at one by one; and as the index has them, whatever registries
/// they are of.
std::set<RecordId> with_conflict(replica::Replica& replica, const SpaceId& space) {
  std::set<RecordId> out;
  for (const std::string& name : kNames) {
    require(replica.scan_scopes(space, name, [&](const RecordId& id, const auto& views) {
      for (const auto& each : views)
        if (each.view.state.has_conflict()) out.insert(id);
      return true;
    }));
  }
  return out;
}
std::set<RecordId> listed_conflicts(replica::Replica& replica, const SpaceId& space) {
  std::set<RecordId> out;
  require(replica.scan_conflict_scopes(space, [&](const RecordId& id, const auto& views) {
    if (!views.empty()) out.insert(id);
    return true;
  }));
  return out;
}

/// Records of several registries, some with parts in a confidential scope.
struct Mixed : ScopedNodes {
  std::mt19937_64 random;
  std::vector<std::pair<RecordId, std::string>> records;

  explicit Mixed(std::uint64_t seed) : random(seed) {}

  void write(TestReplica& at, const Person& by) {
    if (records.empty() || random() % 3 != 0)
      records.emplace_back(at.random().make<RecordId>(), kNames[random() % kNames.size()]);
    const auto& [record, registry] = records[random() % records.size()];
    std::vector<replica::PartDraft> parts;
    const auto add = [&](Scope in) {
      parts.push_back({.record = record,
                       .registry = registry,
                       .scope = in,
                       .operations = {set_field("a", std::to_string(random() % 9)),
                                      set_field("b", std::to_string(random() % 9))}});
    };
    const std::uint64_t which = random() % 4;
    if (which != 1) add(kOpenScope);
    if (which < 2) add(scope);
    const replica::ChangeDraft draft{std::move(parts)};
    require(at->append(space, by.device, {&draft, 1}, 0));
  }
};

}  // namespace

TEST_CASE("records are counted as they are, whatever happens to them") {
  const auto seed = GENERATE(range<std::uint64_t>(1, 7));
  CAPTURE(seed);
  Mixed all(seed);
  for (int i = 0; i < 40; ++i) all.write(all.office, all.village.founder);
  CHECK(counts_are_true(all.office, all.space));
  CHECK(require(all.office->registries(all.space)).size() == kNames.size());
  // A node without the key, one that gets it with the changes, one with them written in between.
  pull(*all.desk, *all.office, all.space);
  pull(*all.relay, *all.office, all.space);
  CHECK(counts_are_true(all.desk, all.space));
  CHECK(counts_are_true(all.relay, all.space));
  // Written apart, so that there are conflicts; and settled, now and then.
  for (int i = 0; i < 15; ++i) {
    all.write(all.desk, all.zhang);
    all.write(all.office, all.village.founder);
  }
  for (std::size_t i = 0; i < 8; ++i) {
    const auto& [record, registry] = all.records[i];
    write_record(*all.desk, all.space, all.zhang, record, {set_field("a", "d")}, registry);
    write_record(*all.office, all.space, all.village.founder, record, {set_field("a", "o")},
                 registry);
  }
  pull(*all.office, *all.desk, all.space);
  CHECK(counts_are_true(all.office, all.space));
  CHECK(with_conflict(*all.office, all.space).size() > 1);
  CHECK(listed_conflicts(*all.office, all.space) == with_conflict(*all.office, all.space));
  for (int i = 0; i < 20; ++i) all.write(all.office, all.village.founder);
  CHECK(counts_are_true(all.office, all.space));
  // Whoever becomes a mediator reads what is here already: the scope is placed anew.
  const RosterOperation grant =
      GrantRole{.member = all.li.member, .role = "mediator", .term_from = {}, .term_until = {}};
  require(all.office->append_roster(all.space, all.village.founder.device, {&grant, 1}, 0));
  require(all.office->hand_over_epochs(all.space, all.village.founder.device, 0));
  pull(*all.relay, *all.office, all.space);
  CHECK(counts_are_true(all.relay, all.space));
  CHECK(require(all.relay->registries(all.space)) == require(all.office->registries(all.space)));
  // A store that another program's views are in is computed anew.
  require(all.office->rebuild_views());
  CHECK(counts_are_true(all.office, all.space));
  all.office.reopen();
  CHECK(counts_are_true(all.office, all.space));
}

TEST_CASE("a record is counted in each registry that somebody claims for it") {
  TestReplica one(1);
  Village village = found_village(*one, one.random());
  const auto record = one.random().make<RecordId>();
  write_record(*one, village.space, village.founder, record, {set_field("a", "1")}, "rental");
  write_record(*one, village.space, village.founder, record, {set_field("a", "2")}, "minutes");
  CHECK(require(one->registries(village.space)) == Counts{{"minutes", 1}, {"rental", 1}});
  write_record(*one, village.space, village.founder, record, {set_field("a", "3")}, "rental");
  CHECK(require(one->registries(village.space)) == Counts{{"minutes", 1}, {"rental", 1}});
}

TEST_CASE("a scan visits each record of a registry once, by ascending id, with all its views") {
  const auto seed = GENERATE(range<std::uint64_t>(1, 4));
  CAPTURE(seed);
  Mixed all(seed);
  // More than are read in one transaction, with the others' rows between them.
  for (int i = 0; i < 700; ++i) all.write(all.office, all.village.founder);
  for (const std::string& name : kNames) {
    std::vector<RecordId> wanted, seen;
    for (const auto& [record, registry] : all.records)
      if (registry == name) wanted.push_back(record);
    std::ranges::sort(wanted);
    // Some were drawn and never written to.
    std::erase_if(wanted, [&](const RecordId& record) {
      return require(all.office->views(all.space, record)).empty();
    });
    require(all.office->scan_scopes(all.space, name, [&](const RecordId& id, const auto& views) {
      seen.push_back(id);
      const auto alone = require(all.office->views(all.space, id));
      CHECK(std::ranges::equal(views, alone, [](const auto& a, const auto& b) {
        return a.scope == b.scope && a.view == b.view;
      }));
      return true;
    }));
    CHECK(seen == wanted);
    std::vector<RecordId> glanced;
    const GlancedFields fields{.names = {"a"}};
    require(all.office->scan_glances(all.space, name, fields, [&](const RecordId& id, auto all_of) {
      glanced.push_back(id);
      const auto alone = require(all.office->views(all.space, id));
      REQUIRE(all_of.size() == alone.size());
      for (std::size_t i = 0; i < alone.size(); ++i) {
        CHECK(all_of[i].scope == alone[i].scope);
        const Field* field = alone[i].view.find(name)->find("a");
        REQUIRE(field != nullptr);
        REQUIRE(all_of[i].glance.values.size() == 1);
        CHECK(all_of[i].glance.values[0].second == field->winner());
      }
      return true;
    }));
    CHECK(glanced == wanted);
  }
}

TEST_CASE("a scan ends where its visitor says so") {
  Mixed all(5);
  for (int i = 0; i < 60; ++i) all.write(all.office, all.village.founder);
  std::size_t seen = 0;
  require(all.office->scan_scopes(all.space, "rental",
                                  [&](const RecordId&, const auto&) { return ++seen < 3; }));
  CHECK(seen == 3);
}

TEST_CASE("what was written in many records is what the history of each has") {
  const auto seed = GENERATE(range<std::uint64_t>(1, 4));
  CAPTURE(seed);
  Mixed all(seed);
  for (int i = 0; i < 400; ++i) all.write(all.office, all.village.founder);
  std::vector<replica::RecordScope> places;
  std::vector<std::vector<Operation>> wanted, written;
  for (const auto& [record, registry] : all.records) {
    for (const Scope scope : {kOpenScope, all.scope}) {
      places.push_back({record, scope});
      wanted.emplace_back();
      for (const auto& entry : require(all.office->history(all.space, record, scope)))
        for (const Operation& operation : entry.operations) wanted.back().push_back(operation);
    }
  }
  REQUIRE(places.size() > 256);
  written.resize(places.size());
  require(all.office->visit_operations(
      all.space, places, [&](std::size_t place, std::span<const Operation> operations) {
        written[place].insert(written[place].end(), operations.begin(), operations.end());
      }));
  // One author's changes have one order.
  CHECK(written == wanted);
}
