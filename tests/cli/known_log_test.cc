// SPDX-License-Identifier: Apache-2.0
//
// Numbers of one branch of a forked log are not compared with those of another.
#include "cli/known_log.h"

#include <sstream>

#include "tests/support/parted.h"

namespace cunju::cli {

using namespace cunju::test;

TEST_CASE("What a peer or a witness has of another branch is not compared by numbers", "[cli]") {
  Parted parted;
  const Person town =
      admit_person(*parted.office, parted.village, parted.office.random(), "街道办", {"office"});
  TestReplica witness(9);
  const Change head = head_change(*parted.office, parted.space, parted.li.author());
  std::vector<Change> branches;
  for (const char* value : {"left", "right"})
    branches.push_back(forge_change(parted.li.device, parted.space, &head, {},
                                    {forge_part(parted.office.random().make<RecordId>(), {},
                                                {set_field("n", std::string(value))})}));
  pull(*witness, *parted.office, parted.space);
  require(witness->accept(parted.space, std::vector<sync::Run>{{{branches[0]}}}));
  REQUIRE(require(witness->append_statements(parted.space, town.node, 7)).ids.size() == 1);
  for (const Change& branch : branches)
    require(parted.office->accept(parted.space, std::vector<sync::Run>{{{branch}}}));
  parted.act(require(council::plan_retirement(*parted.office, parted.space, parted.li.author(),
                                              std::nullopt, branches[1].id)));
  pull(*parted.office, *witness, parted.space);
  parted.office->set_own_authors({parted.li.author()});
  const WireKey peer = town.wire.wire();
  const sync::AuthorHead has{parted.li.author(), branches[0].header.seq, branches[0].id};
  require(parted.office->note_heads(parted.space, peer, std::span(&has, 1)));
  const KnownLog log = require(read_known_log(*parted.office, parted.space, parted.li.author()));
  REQUIRE(log.receipts.size() == 1);
  REQUIRE(log.told.size() == 1);
  // Both speak of as many changes as stand here, of the other branch.
  CHECK(log.receipts.front().count == log.count);
  CHECK(log.told.front().seq.value + 1 == log.count);
  CHECK(log.elsewhere == std::set{branches[0].id});
  std::ostringstream out, err;
  Terminal terminal(out, err);
  const auto roster = require(parted.office->roster(parted.space));
  const auto peers = show_told(terminal, *roster, log);
  REQUIRE(peers.size() == 1);
  CHECK(peers.front().as_object().at("state") == "other_branch");
  const auto receipts = show_receipts(terminal, *roster, log);
  CHECK(receipts.front().as_object().at("other_branch").as_bool());
  // What is said of the branch that stands is compared as ever.
  const sync::AuthorHead behind{parted.li.author(), head.header.seq, head.id};
  require(parted.office->note_heads(parted.space, peer, std::span(&behind, 1)));
  const KnownLog again = require(read_known_log(*parted.office, parted.space, parted.li.author()));
  CHECK(show_told(terminal, *roster, again).front().as_object().at("state") == "behind");
}

TEST_CASE("What a node said that is in the roster no more, or is this one itself, is told no more",
          "[cli]") {
  Parted parted;
  const Person town =
      admit_person(*parted.office, parted.village, parted.office.random(), "街道办", {"office"});
  const Change head = head_change(*parted.office, parted.space, parted.li.author());
  parted.office->set_own_authors({parted.li.author()});
  const sync::AuthorHead has{parted.li.author(), head.header.seq, head.id};
  const WireKey stranger{{7}};
  for (const WireKey& peer : {town.wire.wire(), stranger})
    require(parted.office->note_heads(parted.space, peer, std::span(&has, 1)));
  const auto told = [&] {
    return require(read_known_log(*parted.office, parted.space, parted.li.author())).told;
  };
  REQUIRE(told().size() == 1);
  CHECK(told().front().peer == town.wire.wire());
  // As after a meeting with its own server.
  parted.office->set_own_authors({parted.li.author(), AuthorKey{town.node.node().value}});
  CHECK(told().empty());
}

}  // namespace cunju::cli
