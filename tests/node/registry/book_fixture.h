// SPDX-License-Identifier: Apache-2.0
//
// A village with the sample registry and a record book on it. Acts happen at claimed time 1,000
// and up, so that tests can tell them apart.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "node/council/erasure_acts.h"
#include "node/registry/record_book.h"
#include "tests/node/registry/sample.h"
#include "tests/support/replica_fixture.h"

namespace cunju::registry::testing {

/// One replica with the catalog and book of one space.
struct Office {
  explicit Office(std::uint64_t seed) : replica(seed) {}

  void open(const SpaceId& wanted) {
    space = wanted;
    reload();
  }
  void reload() { catalog = test::require(Catalog::load(*replica, space)); }
  RecordBook book() { return {*replica, catalog, space}; }
  Act act(const test::Person& person) {
    return {.author = person.device, .claimed_ms = ++clock, .today = kToday};
  }
  RecordRow row(const RecordId& id) { return test::require(book().get(id)); }
  /// The shown text of a field; "" when it has none.
  std::string text(const RecordId& id, std::string_view field) {
    RecordRow found = row(id);
    const Value* value = found.find(field);
    const auto* out = value == nullptr ? nullptr : std::get_if<std::string>(value);
    return out == nullptr ? "" : *out;
  }
  std::uint64_t changes() { return test::require(replica->counts()).changes; }

  test::TestReplica replica;
  SpaceId space;
  Catalog catalog;
  std::uint64_t clock = 1000;
};

/// An office whose founder (chair and clerk) has added the sample registry.
struct SampleOffice : Office {
  explicit SampleOffice(std::uint64_t seed)
      : Office(seed), village(test::found_village(*replica, replica.random())) {
    test::require(
        add_definition(*replica, village.space, village.founder.device, kSampleToml, 500));
    open(village.space);
  }
  const test::Person& founder() const { return village.founder; }
  /// Both have what either has, and the other one opens the space.
  void exchange(Office& other) {
    test::pull(*other.replica, *replica, space);
    test::pull(*replica, *other.replica, space);
    reload();
    other.open(space);
  }
  Act act() { return Office::act(founder()); }
  RecordId add(std::vector<Edit> edits) {
    return test::require(book().add(act(), "sample", edits)).record;
  }
  Saved set(const RecordId& id, std::vector<Edit> edits) {
    return test::require(book().set(act(), "sample", id, edits));
  }

  test::Village village;
};

/// Two offices of a village: the founder's (chair and clerk), which has the registry, and another
/// one, at which Li is a clerk. A supervisor may approve as well.
struct OfficeAndDesk {
  Office office{1}, desk{2};
  test::Village village{test::found_village(*office.replica, office.replica.random())};
  test::Person supervisor{
      test::admit_person(*office.replica, village, office.replica.random(), "监", {"supervisor"})};
  test::Person li{
      test::admit_person(*office.replica, village, office.replica.random(), "李", {"clerk"})};

  explicit OfficeAndDesk(std::string_view definition) {
    test::require(
        add_definition(*office.replica, village.space, village.founder.device, definition, 1));
  }
  /// Either reads what its person's device may: the founder's at the office, Li's at the desk.
  void add_own_devices() {
    test::require(office.replica->add_own_device(village.founder.device));
    test::require(desk.replica->add_own_device(li.device));
  }
  /// The founder writes at the office.
  RecordId add(std::string_view registry, std::vector<Edit> edits) {
    return test::require(office.book().add(office.act(village.founder), registry, edits)).record;
  }
  void set(std::string_view registry, const RecordId& id, std::vector<Edit> edits) {
    test::require(office.book().set(office.act(village.founder), registry, id, edits));
  }
  /// Both read what either has.
  void sync() {
    test::pull(*desk.replica, *office.replica, village.space);
    desk.open(village.space);
    test::pull(*office.replica, *desk.replica, village.space);
  }
  /// Founder and supervisor approve of all erasures that are here.
  void approve_by_both() {
    for (const test::Person* who : {&village.founder, &supervisor}) {
      const auto report = test::require(office.replica->erasures(village.space));
      const auto draft = test::require(council::plan_erasure_approval(report.acts));
      test::require(office.replica->append(village.space, who->device, {&draft, 1}, 6000));
    }
  }
};

inline Edit put(std::string field, std::string text) {
  return {.field = std::move(field), .action = EditAction::kSet, .text = std::move(text)};
}
inline Edit plus(std::string field, std::string text) {
  return {.field = std::move(field), .action = EditAction::kAdd, .text = std::move(text)};
}
inline Edit minus(std::string field, std::string text) {
  return {.field = std::move(field), .action = EditAction::kRemove, .text = std::move(text)};
}

}  // namespace cunju::registry::testing
