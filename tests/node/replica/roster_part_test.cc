// SPDX-License-Identifier: Apache-2.0
// How a change's part on the roster is read: all that it says, or nothing.
#include "node/replica/books.h"

#include "tests/support/replica_fixture.h"

using namespace cunju;
using namespace cunju::test;

TEST_CASE("a roster part of which one operation does not decode says nothing") {
  TestReplica one(1);
  const Village village = found_village(*one, one.random());
  const std::vector<ChangeId> pins = require(one->roster_heads(village.space));
  auto read = [&](std::vector<Operation> operations) {
    const Change change = forge_change(
        village.founder.device, village.space, nullptr, pins,
        {forge_part(kRosterRecord, pins, std::move(operations), std::string(kRosterRegistry))});
    return replica::make_roster_change(change, pins, std::nullopt, {});
  };
  const Operation sound =
      make_operation(OperationKind::kRoster, "",
                     encode_roster_operation(AdmitMember{one.random().make<MemberId>(), "钱"}));
  const Operation broken = make_operation(OperationKind::kRoster, "", Bytes{1, 2, 3});
  CHECK(read({sound}).is_well_formed);
  CHECK(read({sound}).operations.size() == 1);
  for (const auto& operations : {std::vector{sound, broken}, std::vector{broken, sound}}) {
    CHECK_FALSE(read(operations).is_well_formed);
    CHECK(read(operations).operations.empty());
  }
}
