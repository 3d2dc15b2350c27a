// SPDX-License-Identifier: Apache-2.0
//
// Two nodes of one village that part and meet again: what an act on the roster does to what was
// written beside it has to be the same on both, whatever arrived first.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "node/council/roster_acts.h"
#include "tests/support/replica_fixture.h"

namespace cunju::test {

/// The office's node and the clerk's: they part, and meet again when the test says so.
struct Parted {
  TestReplica office{1}, home{2};
  Village village{found_village(*office, office.random())};
  Person li{admit_person(*office, village, office.random(), "李", {"clerk", "chair"})};
  RecordId record{office.random().make<RecordId>()};
  const SpaceId& space{village.space};

  Parted() {
    write_record(*office, space, village.founder, record, {set_field("n", std::string("first"))});
    meet();
    write_record(*home, space, li, record, {set_field("n", std::string("before the cut"))});
    meet();
  }
  void meet() {
    pull(*home, *office, space);
    pull(*office, *home, space);
    pull(*home, *office, space);
  }
  void act(const council::RosterAct& act) {
    require(office->append_roster(space, village.founder.device, act.operations, 0));
  }
  void remove_li() { act(require(council::plan_removal(*office, space, li.member))); }
  void admit_late(std::vector<ChangeId> changes) {
    act({.operations = {AdmitLate{.changes = std::move(changes)}}, .devices = {}});
  }
  /// The value shown, or the first candidates joined when people differ.
  std::string shown(replica::Replica& replica) {
    const auto view = require(replica.view(space, record));
    const Field* field = view ? view->state.find("n") : nullptr;
    if (field == nullptr) return "";
    std::vector<std::string> values;
    for (const Entry& entry : field->entries) values.push_back(std::get<std::string>(entry.value));
    std::ranges::sort(values);
    std::string out;
    for (const std::string& value : values) out += (out.empty() ? "" : " | ") + value;
    return out;
  }
  void check_same(const std::string& value, std::uint64_t late) {
    for (TestReplica* node : {&office, &home}) {
      CHECK(shown(**node) == value);
      CHECK(require((*node)->counts()).late_parts == late);
      CHECK(require((*node)->late_parts(space)).size() == late);
    }
    CHECK(require(office->state_hash(space)) == require(home->state_hash(space)));
    const Hash views = require(office->view_hash(space));
    CHECK(require(home->view_hash(space)) == views);
    require(home->rebuild_views());
    CHECK(require(home->view_hash(space)) == views);
    CHECK(require(home->counts()).late_parts == late);
  }
};

}  // namespace cunju::test
