// SPDX-License-Identifier: Apache-2.0
// Who holds the keys of confidential scopes, and which acts leave content that nobody reads.
#include "node/council/scope_holders.h"

#include <algorithm>
#include <array>

#include "node/council/roster_outlook.h"
#include "node/council/scope_acts.h"
#include "tests/support/replica_fixture.h"

using namespace cunju;
using namespace cunju::test;
using namespace cunju::council;

namespace {

/// The founder keeps the office and reads no case; Zhang is the only mediator, Li is to follow.
struct SoleReader {
  TestReplica office{1}, desk{2}, next{3};
  Village village{found_village(*office, office.random())};
  SpaceId space{village.space};
  Person zhang{admit_person(*office, village, office.random(), "张", {"mediator"})};
  Person li{admit_person(*office, village, office.random(), "李", {"clerk"})};
  RecordId record{office.random().make<RecordId>()};

  explicit SoleReader(bool has_content = true) {
    require(desk->add_own_device(zhang.device));
    require(next->add_own_device(li.device));
    open_epoch(*office, village, office.random(), "mediation");
    pull(*desk, *office, space);
    if (has_content) write(desk, zhang);
    meet();
  }
  void write(TestReplica& at, const Person& author) {
    const replica::ChangeDraft draft{
        .parts = {{.record = record,
                   .registry = "mediation",
                   .scope = *require(at->roster(space))->find_scope("mediation"),
                   .operations = {set_field("facts", std::string("案情"))}}}};
    require(at->append(space, author.device, {&draft, 1}, 0));
  }
  void meet() {
    for (int round = 0; round < 2; ++round) {
      pull(*office, *desk, space);
      pull(*desk, *office, space);
      pull(*next, *office, space);
      pull(*office, *next, space);
    }
  }
  std::vector<RosterOperation> ending() {
    return require(plan_role_end(*office, space, zhang.member, "mediator")).operations;
  }
  RosterOperation grant() const {
    return GrantRole{.member = li.member, .role = "mediator", .term_from = {}, .term_until = {}};
  }
  void act(std::vector<RosterOperation> operations) {
    require(add_epochs(*office, space, village.founder.author(), office.random(), operations));
    require(office->append_roster(space, village.founder.device, operations, 0));
  }
  std::vector<RosterOperation> removing() {
    return require(plan_removal(*office, space, zhang.member)).operations;
  }
  RosterOperation keeping(Replication what) const {
    return SetReplication{.node = zhang.node.node(), .replication = what};
  }
  std::vector<UnheldEpoch> unheld(TestReplica& at) {
    const auto roster = require(at->roster(space));
    const auto scopes = require(at->scopes(space));
    const auto computers = require(find_computers(*at, space, std::array{roster.get()}, scopes));
    return find_unheld(*roster, computers, scopes);
  }
  std::vector<UnheldEpoch> left(TestReplica& at, const std::vector<RosterOperation>& operations,
                                const Person& sender) {
    return require(
        find_left_unheld(*at, space, *require(at->roster(space)), operations, sender.author()));
  }
  bool reads(TestReplica& at) {
    const auto scope = require(at->roster(space))->find_scope("mediation");
    return require(at->view(space, record, *scope)).has_value();
  }
};

}  // namespace

TEST_CASE("ending the only reader's role, removing them, and closing the line leave it unheld") {
  SoleReader all;
  const Person& chair = all.village.founder;
  CHECK(all.unheld(all.office).empty());
  const auto left = all.left(all.office, all.ending(), chair);
  REQUIRE(left.size() == 1);
  CHECK(left.front().scope == "mediation");
  CHECK_FALSE(left.front().has_readers);
  CHECK_FALSE(left.front().is_here);
  CHECK(left.front().holders == std::set{all.zhang.member});
  const auto removal = require(plan_removal(*all.office, all.space, all.zhang.member)).operations;
  const auto removed = all.left(all.office, removal, chair);
  REQUIRE(removed.size() == 1);
  CHECK(removed.front().holders.empty());
  const auto line =
      require(plan_policy(*all.office, all.space, "mediator", "scope:mediation", 0)).operations;
  CHECK(all.left(all.office, line, chair).size() == 1);
  // A successor without the key is no reader of what is there.
  std::vector<RosterOperation> handover = all.ending();
  handover.push_back(all.grant());
  const auto handed = all.left(all.office, handover, chair);
  REQUIRE(handed.size() == 1);
  CHECK(handed.front().has_readers);
}

TEST_CASE(
    "nobody misses the key of a scope without content, and an act that takes nothing passes") {
  SoleReader all(false);
  CHECK(all.left(all.office, all.ending(), all.village.founder).empty());
  SoleReader full;
  CHECK(full.left(full.office, {full.grant()}, full.village.founder).empty());
}

TEST_CASE("the home that has the key passes it on, so an act that it signs leaves nothing unheld") {
  SoleReader all;
  // Zhang is an officer as well, and signs at his own computer.
  all.act(
      {GrantRole{.member = all.zhang.member, .role = "chair", .term_from = {}, .term_until = {}}});
  all.meet();
  std::vector<RosterOperation> handover =
      require(plan_role_end(*all.desk, all.space, all.zhang.member, "mediator")).operations;
  handover.push_back(all.grant());
  CHECK(all.left(all.desk, handover, all.zhang).empty());
  // Who is no member afterwards hands nothing over, and neither does a key that nobody could use.
  std::vector<RosterOperation> removal =
      require(plan_removal(*all.desk, all.space, all.zhang.member)).operations;
  removal.push_back(all.grant());
  CHECK(all.left(all.desk, removal, all.zhang).size() == 1);
  CHECK(all.left(all.desk, all.ending(), all.zhang).size() == 1);
}

TEST_CASE("a member whose role has ended hands the keys over to who is entitled now") {
  SoleReader all;
  std::vector<RosterOperation> handover = all.ending();
  handover.push_back(all.grant());
  all.act(handover);
  all.meet();
  CHECK_FALSE(all.reads(all.next));
  for (TestReplica* at : {&all.office, &all.desk, &all.next}) {
    const auto unheld = all.unheld(*at);
    REQUIRE(unheld.size() == 1);
    CHECK(unheld.front().is_here == (at == &all.desk));
    CHECK(unheld.front().has_readers);
    CHECK(unheld.front().holders == std::set{all.zhang.member});
  }
  const auto roster = require(all.office->roster(all.space));
  const auto scopes = require(all.office->scopes(all.space));
  const auto readers = readers_of(*roster, {}, "mediation", scopes);
  REQUIRE(readers.size() == 1);
  CHECK(readers.front().member == all.li.member);
  CHECK_FALSE(readers.front().has_all);
  REQUIRE(roles_reading(*roster, "mediation").size() == 1);
  CHECK(roles_reading(*roster, "mediation").front().role == "mediator");
  CHECK(roles_reading(*roster, "mediation").front().reads_earlier);
  CHECK(require(all.desk->hand_over_epochs(all.space, all.zhang.device, 0)).ids.size() == 1);
  CHECK(require(all.desk->hand_over_epochs(all.space, all.zhang.device, 0)).ids.empty());
  all.meet();
  CHECK(all.reads(all.next));
  for (TestReplica* at : {&all.office, &all.desk, &all.next}) CHECK(all.unheld(*at).empty());
  CHECK(
      readers_of(*roster, {}, "mediation", require(all.office->scopes(all.space))).front().has_all);
  check_against_replay(*all.next, all.space, {&all.li});
}

TEST_CASE("whoever is no member any more hands nothing over") {
  SoleReader all;
  std::vector<RosterOperation> removal =
      require(plan_removal(*all.office, all.space, all.zhang.member)).operations;
  removal.push_back(all.grant());
  all.act(removal);
  pull(*all.desk, *all.office, all.space);
  CHECK(require(all.desk->hand_over_epochs(all.space, all.zhang.device, 0)).ids.empty());
  const auto unheld = all.unheld(all.office);
  REQUIRE(unheld.size() == 1);
  CHECK(unheld.front().holders.empty());
}

TEST_CASE("who has shells only is no reader, and who works at another's computer is one") {
  SoleReader all;
  Roster roster = *require(all.office->roster(all.space));
  const auto scopes = require(all.office->scopes(all.space));
  CHECK(readers_of(roster, {}, "mediation", scopes).size() == 1);
  CHECK(use_of(roster, {}, all.zhang.member).reads);
  roster = roster_after(roster, std::array{all.keeping(Replication::kShell)});
  CHECK_FALSE(use_of(roster, {}, all.zhang.member).reads);
  CHECK(use_of(roster, {}, all.zhang.member).exchanges);
  CHECK(readers_of(roster, {}, "mediation", scopes).empty());
  CHECK(unable_readers(roster, {}, "mediation").shells == std::vector{all.zhang.member});
  const auto unheld = find_unheld(roster, {}, scopes);
  REQUIRE(unheld.size() == 1);
  CHECK_FALSE(unheld.front().has_readers);
  CHECK(unheld.front().holders == std::set{all.zhang.member});
  NodeKey full{};
  full.value[0] = 0xff;
  roster.nodes[full] = roster.nodes.at(all.zhang.node.node());
  roster.nodes[full].replication = Replication::kFull;
  CHECK(use_of(roster, {}, all.zhang.member).reads);
  CHECK(find_unheld(roster, {}, scopes).empty());
  // Of who never had a computer nothing is known.
  std::erase_if(roster.nodes,
                [&](const auto& node) { return node.second.member == all.zhang.member; });
  CHECK(use_of(roster, {}, all.zhang.member).reads);
  CHECK_FALSE(use_of(roster, {{all.zhang.member, {full}}}, all.zhang.member).exchanges);
}

TEST_CASE("the only reader's only computer is neither narrowed nor retired unsaid") {
  SoleReader all;
  const Person& chair = all.village.founder;
  const auto narrowed = all.left(all.office, {all.keeping(Replication::kShell)}, chair);
  REQUIRE(narrowed.size() == 1);
  CHECK_FALSE(narrowed.front().is_lost());
  CHECK(narrowed.front().holders == std::set{all.zhang.member});
  const auto retired = all.left(all.office, {RetireNode{.node = all.zhang.node.node()}}, chair);
  REQUIRE(retired.size() == 1);
  CHECK(retired.front().is_lost());
  // Somebody else's computer is nobody's loss.
  CHECK(all.left(all.office, {RetireNode{.node = all.li.node.node()}}, chair).empty());
  CHECK(all.left(all.office, {SetReplication{all.li.node.node(), Replication::kShell}}, chair)
            .empty());
}

TEST_CASE("the last who can hand a key over is not removed, whatever their computer keeps") {
  SoleReader all;
  const Person& chair = all.village.founder;
  all.act({all.keeping(Replication::kShell)});
  all.meet();
  REQUIRE(all.unheld(all.office).size() == 1);
  // They stay a member and hand it over, so this takes nothing further away.
  CHECK(all.left(all.office, all.ending(), chair).empty());
  CHECK(all.left(all.office,
                 require(plan_policy(*all.office, all.space, "mediator", "scope:mediation", 0))
                     .operations,
                 chair)
            .empty());
  const auto removed = all.left(all.office, all.removing(), chair);
  REQUIRE(removed.size() == 1);
  CHECK(removed.front().is_lost());
  CHECK(all.left(all.office, {RetireNode{.node = all.zhang.node.node()}}, chair).size() == 1);
  // A successor who may read it has no key before they met.
  all.act({all.grant()});
  CHECK(all.left(all.office, all.removing(), chair).size() == 1);
  require(all.desk->hand_over_epochs(all.space, all.zhang.device, 0));
  all.meet();
  require(all.desk->hand_over_epochs(all.space, all.zhang.device, 0));
  all.meet();
  CHECK(all.reads(all.next));
  CHECK(all.left(all.office, all.removing(), chair).empty());
}

TEST_CASE("who was ended all the same is not removed before the key is handed over") {
  SoleReader all;
  all.act(all.ending());
  all.act({all.grant()});
  all.meet();
  CHECK(all.left(all.office, all.removing(), all.village.founder).size() == 1);
  // What nobody can hand over already is nobody's to lose once more.
  SoleReader lost;
  lost.act(lost.removing());
  REQUIRE(lost.unheld(lost.office).size() == 1);
  CHECK(lost.unheld(lost.office).front().is_lost());
  CHECK(lost.left(lost.office, {lost.grant()}, lost.village.founder).empty());
}

TEST_CASE("a key that takes the place of a retired one has what that one had, and no other has") {
  SoleReader all;
  // Li may read it and has no key of before.
  all.act({all.grant()});
  const crypto::SigningKey fresh = crypto::SigningKey::generate(all.office.random());
  std::vector<RosterOperation> act =
      require(plan_retirement(*all.office, all.space, all.zhang.author(), std::nullopt)).operations;
  CHECK(all.left(all.office, act, all.village.founder).size() == 1);
  std::vector<RosterOperation> other = act;
  other.push_back(device_entry(fresh, all.space, all.li.member));
  CHECK(all.left(all.office, other, all.village.founder).size() == 1);
  act.push_back(device_entry(fresh, all.space, all.zhang.member));
  CHECK(all.left(all.office, act, all.village.founder).empty());
}

TEST_CASE("who had a computer once and has none reads nothing, and that is found in the logs") {
  SoleReader all;
  all.act({RetireNode{.node = all.zhang.node.node()}});
  const auto unheld = all.unheld(all.office);
  REQUIRE(unheld.size() == 1);
  CHECK(unheld.front().is_lost());
  CHECK_FALSE(unheld.front().has_readers);
  const auto roster = require(all.office->roster(all.space));
  const auto entered = require(read_entered_computers(*all.office, all.space));
  CHECK(unable_readers(*roster, entered, "mediation").nowhere == std::vector{all.zhang.member});
  CHECK(readers_of(*roster, entered, "mediation", {}).empty());
}

TEST_CASE("who shares a computer reads there when its first member leaves, and not when it ends") {
  SoleReader all;
  const Person& chair = all.village.founder;
  const Person wu = make_person(all.office.random(), "吴");
  std::vector<RosterOperation> entry = admit_operations(wu, all.space, {"mediator"});
  entry.push_back(AddNode{
      .node = all.zhang.node.node(),
      .wire = all.zhang.wire.wire(),
      .name = "张",
      .member = wu.member,
      .signature = sign_node_entry(all.zhang.node, all.space, all.zhang.wire.wire(), wu.member)});
  all.act(entry);
  all.meet();
  require(all.desk->hand_over_epochs(all.space, all.zhang.device, 0));
  all.meet();
  CHECK(all.left(all.office, all.removing(), chair).empty());
  // The epoch of before; under the one that was opened for Wu nothing is.
  CHECK(all.left(all.office, {RetireNode{.node = all.zhang.node.node()}}, chair).size() == 1);
  CHECK(all.left(all.office, {all.keeping(Replication::kShell)}, chair).size() == 1);
  all.act(all.removing());
  CHECK(all.unheld(all.office).empty());
}

TEST_CASE("no new key is asked for where nobody may read any more") {
  SoleReader all;
  all.act(all.removing());
  for (const ScopeTrouble& trouble : require(find_scope_troubles(*all.office, all.space)))
    CHECK(trouble.outsiders.empty());
  // Who may read it then would share the key with who was removed.
  all.act({all.grant()});
  CHECK(require(all.office->roster(all.space))->entitled_devices("mediation").size() == 1);
}

TEST_CASE("nobody misses a key under which nothing is") {
  SoleReader all;
  std::vector<replica::ScopeStatus> scopes = require(all.office->scopes(all.space));
  const auto roster = require(all.office->roster(all.space));
  const auto scope = std::ranges::find(scopes, "mediation", &replica::ScopeStatus::name);
  REQUIRE(scope != scopes.end());
  REQUIRE(scope->epochs.size() == 1);
  REQUIRE(scope->epochs.front().parts == scope->parts);
  scope->epochs.front().wrapped.clear();
  CHECK(find_unheld(*roster, {}, scopes).size() == 1);
  // What is there is under another key, which its reader has.
  replica::EpochStatus other = scope->epochs.front();
  other.epoch = all.office.random().make<crypto::EpochId>();
  other.wrapped.insert(all.zhang.device.author());
  scope->epochs.push_back(other);
  scope->epochs.front().parts = 0;
  CHECK(find_unheld(*roster, {}, scopes).empty());
  // Where some part does not say under which, nobody knows.
  ++scope->parts;
  CHECK(find_unheld(*roster, {}, scopes).size() == 1);
}

TEST_CASE("who reads from now on takes over what is of their time, and nothing of before") {
  SoleReader all;
  const Person& chair = all.village.founder;
  std::vector<RosterOperation> line =
      require(plan_policy(*all.office, all.space, "mediator", "scope:mediation", kReadFromNow))
          .operations;
  // The old mediator keeps what he has, so nothing is taken further away.
  CHECK(all.left(all.office, line, chair).empty());
  all.act(line);
  all.act({all.grant()});
  all.meet();
  CHECK(require(all.desk->hand_over_epochs(all.space, all.zhang.device, 0)).ids.empty());
  // Not even his own computer can pass on to the successor what was before.
  for (TestReplica* at : {&all.office, &all.desk}) {
    const auto left = all.left(*at, all.ending(), at == &all.desk ? all.zhang : chair);
    REQUIRE(left.size() == 1);
    CHECK_FALSE(left.front().has_readers);
  }
  const auto readers = readers_of(*require(all.office->roster(all.space)), {}, "mediation",
                                  require(all.office->scopes(all.space)));
  const auto next = std::ranges::find(readers, all.li.member, &ScopeReader::member);
  REQUIRE(next != readers.end());
  CHECK(next->is_from_now);
  CHECK_FALSE(next->has_all);
  CHECK_FALSE(next->is_waiting);
  // Once the line gives all, he hands it over, and may go.
  all.act(require(plan_policy(*all.office, all.space, "mediator", "scope:mediation",
                              kRead | kReadFromNow))
              .operations);
  all.meet();
  CHECK(require(all.desk->hand_over_epochs(all.space, all.zhang.device, 0)).ids.size() == 1);
  all.meet();
  CHECK(all.left(all.office, all.removing(), chair).empty());
}
