// SPDX-License-Identifier: Apache-2.0
//
// An operation that no program knows, in force in the roster: nobody signs anything there, but for
// the recovery quorum, which can void it.
#include "tests/support/replica_fixture.h"

using namespace cunju;
using namespace cunju::test;

TEST_CASE("the recovery quorum voids an operation that nobody understands, and writing goes on") {
  TestReplica node(1);
  const Village village = found_village(*node, node.random());
  const Person liar = admit_person(*node, village, node.random(), "赵", {"chair"});
  const Person office = admit_person(*node, village, node.random(), "街道", {"office"});
  const SpaceId space = village.space;
  const AuthorKey founder = village.founder.author();
  const std::vector<RosterOperation> naming{SetQuorum{2, {founder, office.author()}}};
  require(node->append_roster(space, village.founder.device, naming, 0));
  const std::vector<RosterOperation> strange{UnknownRosterOperation{}};
  const ChangeId said = require(node->append_roster(space, liar.device, strange, 0)).ids.front();
  CHECK_FALSE(require(node->roster(space))->is_understood);
  const std::vector<RosterOperation> harmless{AdmitMember{node.random().make<MemberId>(), "王"}};
  const auto refused = node->append_roster(space, village.founder.device, harmless, 0);
  REQUIRE(refused.has_error());
  CHECK(refused.error().code == Errc::kUnsupported);

  std::vector<RosterOperation> act{Epoch{.voided = {said}, .signatures = {}}};
  const Hash hash = epoch_hash(space, office.author(), std::vector{said}, act);
  std::get<Epoch>(act[0]).signatures = {cosign_epoch(village.founder.device, hash)};
  require(node->append_roster(space, office.device, act, 0));
  CHECK(require(node->roster(space))->is_understood);
  require(node->append_roster(space, village.founder.device, harmless, 0));
}
