// SPDX-License-Identifier: Apache-2.0
#include "crdt/roster/roster_graph.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>

#include "crdt/roster/demanded_cuts.h"

using namespace cunju;

namespace {

template <class Id>
Id id_of(std::uint8_t first, std::uint8_t second = 0) {
  Id out;
  out.value.fill(0x5A);
  out.value[0] = first;
  out.value[1] = second;
  return out;
}

/// That person's laptop. Author 1 is the founder.
const crypto::SigningKey& laptop_no(std::uint8_t number) {
  static std::map<std::uint8_t, crypto::SigningKey> keys;
  if (auto found = keys.find(number); found != keys.end()) return found->second;
  crypto::SeededRandom random(number);
  return keys.emplace(number, crypto::SigningKey::generate(random)).first->second;
}
AuthorKey author_no(std::uint8_t number) { return laptop_no(number).author(); }

const ChangeId kFounding = id_of<ChangeId>(0xF0);
const SpaceId kSpace{kFounding.value};

RosterChange founding() {
  MemberId founder = id_of<MemberId>(1);
  return {.id = kFounding,
          .author = author_no(1),
          .pins = {},
          .operations = {
              FoundSpace{.name = "村", .code = "1"}, AdmitMember{.member = founder, .name = "王"},
              GrantRole{founder, "chair", "", ""}, device_entry(laptop_no(1), SpaceId{}, founder)}};
}

RosterChange change_of(std::uint8_t number, std::uint8_t author, std::vector<ChangeId> pins,
                       std::vector<RosterOperation> operations) {
  std::ranges::sort(pins);
  // What the founder says here is one line, and nobody else says two things.
  std::optional<ChangeId> own;
  if (author == 1) own = pins.front();
  return {.id = id_of<ChangeId>(number, 1),
          .author = author_no(author),
          .seq = {number},
          .pins = std::move(pins),
          .own_previous = own,
          .operations = std::move(operations)};
}

}  // namespace

TEST_CASE("the built-in roles have the rights of the table of roles") {
  constexpr std::uint8_t kRW = kRead | kWrite;
  // role, then rights on: roster, definition, minutes, votes, mediation, rental, tenancy
  const std::vector<std::pair<std::string, std::vector<std::uint8_t>>> table{
      {"chair",
       {kRW | kApprove, kRW | kApprove, kRead | kApprove | kCertify, kRead | kApprove | kCertify,
        kRead | kApprove | kCertify, kRead | kApprove | kCertify, kRead | kApprove | kCertify}},
      {"clerk", {kRead, kRead, kRW, kRW, kRW, kRW, kRW}},
      {"mediator", {kRead, kRead, kRead, kRead, kRW, kRead, kRead}},
      {"supervisor", {kRead, kRead, kRead, kRead, kRead, kRead, kRead}},
      {"teller", {kRead, kRead, kRead, kRW, kRead, kRead, kRead}},
      {"grid", {kRead, kRead, kRead, kRead, kRead, kRW, kRW}},
      {"office", {kRead, kRead, kRead, kRead, kRead, kRead, kRead}},
      {"auditor", {kRead, kRead, kRead, kRead, kRead, kRead, kRead}},
      {"emperor", {0, 0, 0, 0, 0, 0, 0}},
  };
  const std::vector<std::string> registries{"roster",    "definition", "minutes", "votes",
                                            "mediation", "rental",     "tenancy"};
  CHECK(builtin_roles().size() == table.size() - 1);
  for (const auto& [role, rights] : table) {
    CAPTURE(role);
    RosterGraph graph(kSpace);
    graph.add(founding());
    MemberId member = id_of<MemberId>(2);
    graph.add(change_of(2, 1, {kFounding},
                        {AdmitMember{member, "李"}, GrantRole{member, role, "", ""},
                         device_entry(laptop_no(2), kSpace, member)}));
    std::shared_ptr<const Roster> roster = graph.at(graph.heads());
    REQUIRE(roster->find_author(author_no(2)) != nullptr);
    for (std::size_t i = 0; i < registries.size(); ++i) {
      CAPTURE(registries[i]);
      CHECK(roster->rights(*roster->find_author(author_no(2)), registries[i]) == rights[i]);
      CHECK(roster->may(author_no(2), registries[i], kWrite) == ((rights[i] & kWrite) != 0));
    }
  }
}

TEST_CASE("who alone can read something may ask for its erasure, and approves of none") {
  RosterGraph graph(kSpace);
  graph.add(founding());
  const MemberId member = id_of<MemberId>(2);
  graph.add(change_of(2, 1, {kFounding},
                      {AdmitMember{member, "李"}, GrantRole{member, "mediator", "", ""},
                       device_entry(laptop_no(2), kSpace, member)}));
  const std::shared_ptr<const Roster> roster = graph.at(graph.heads());
  CHECK(roster->may(author_no(2), kErasuresRegistry, kWrite));
  CHECK_FALSE(roster->may(author_no(2), kErasuresRegistry, kApprove));
}

TEST_CASE("rights of several roles unite, and a policy line overrides the built-in one") {
  RosterGraph graph(kSpace);
  graph.add(founding());
  MemberId member = id_of<MemberId>(2);
  AuthorKey author = author_no(2);
  RosterChange admit = change_of(
      2, 1, {kFounding},
      {AdmitMember{member, "李"}, GrantRole{member, "grid", "", ""},
       GrantRole{member, "mediator", "", ""}, device_entry(laptop_no(2), kSpace, member)});
  graph.add(admit);
  auto before = graph.at(graph.heads());
  CHECK(before->may(author, "rental", kWrite));
  CHECK(before->may(author, "mediation", kWrite));
  CHECK_FALSE(before->may(author, "minutes", kWrite));
  RosterChange policy = change_of(3, 1, {admit.id},
                                  {SetPolicy{"grid", "rental", kRead, {Cut{author, 0, {}}}},
                                   SetPolicy{"grid", "minutes", kRead | kWrite}});
  graph.add(policy);
  auto after = graph.at(graph.heads());
  CHECK_FALSE(after->may(author, "rental", kWrite));
  CHECK(after->may(author, "minutes", kWrite));
  CHECK(after->may(author, "tenancy", kWrite));
  // The past stays what it was.
  CHECK(graph.at(std::vector{admit.id})->may(author, "rental", kWrite));
}

TEST_CASE("a device enters the roster only with its own signature for this member and space") {
  const MemberId member = id_of<MemberId>(2);
  auto has_device = [&](AddDevice entry, bool in_founding) {
    RosterGraph graph(kSpace);
    RosterChange first = founding();
    const std::vector<RosterOperation> says{AdmitMember{member, "李"}, std::move(entry)};
    if (in_founding) first.operations.insert(first.operations.end(), says.begin(), says.end());
    graph.add(first);
    if (!in_founding) graph.add(change_of(2, 1, {kFounding}, says));
    const auto roster = graph.at(graph.heads());
    // An owner has had the key, also when it may not sign any more.
    CHECK(roster->devices.size() == roster->owners.size());
    return roster->devices.contains(author_no(2));
  };
  // The founding change can't name its own space; later ones must.
  CHECK(has_device(device_entry(laptop_no(2), SpaceId{}, member), true));
  CHECK_FALSE(has_device(device_entry(laptop_no(2), SpaceId{}, member), false));
  CHECK_FALSE(has_device(device_entry(laptop_no(2), kSpace, member), true));
  CHECK(has_device(device_entry(laptop_no(2), kSpace, member), false));
  AddDevice entry = device_entry(laptop_no(2), kSpace, id_of<MemberId>(1));
  entry.member = member;
  CHECK_FALSE(has_device(entry, false));
  entry = device_entry(laptop_no(3), kSpace, member);
  entry.author = author_no(2);
  CHECK_FALSE(has_device(entry, false));
  CHECK_FALSE(has_device(AddDevice{member, author_no(2), {}}, false));
}

TEST_CASE("a node enters the roster only with its own signature for this space") {
  crypto::SeededRandom random(11);
  crypto::SigningKey key = crypto::SigningKey::generate(random);
  WireKey wire = random.make<WireKey>();
  MemberId founder = id_of<MemberId>(1);
  AddNode node{.node = key.node(),
               .wire = wire,
               .name = "n",
               .replication = Replication::kFull,
               .member = founder,
               .signature = sign_node_entry(key, SpaceId{}, wire, founder)};
  auto roster_with = [&](const AddNode& entry, bool in_founding) {
    RosterGraph graph(kSpace);
    RosterChange first = founding();
    if (in_founding) first.operations.emplace_back(entry);
    graph.add(first);
    if (!in_founding) graph.add(change_of(2, 1, {kFounding}, {entry}));
    return graph.at(graph.heads());
  };
  // The founding change can't name its own space; later ones must.
  CHECK(roster_with(node, true)->find_wire(wire) != nullptr);
  CHECK(roster_with(node, false)->find_wire(wire) == nullptr);
  node.signature = sign_node_entry(key, kSpace, wire, founder);
  CHECK(roster_with(node, true)->find_wire(wire) == nullptr);
  CHECK(roster_with(node, false)->find_wire(wire) != nullptr);
  node.signature.value[5] ^= 1;
  CHECK(roster_with(node, false)->find_wire(wire) == nullptr);
}

TEST_CASE("a wire key belongs to the first node that names it") {
  crypto::SeededRandom random(12);
  WireKey wire = random.make<WireKey>();
  RosterGraph graph(kSpace);
  graph.add(founding());
  ChangeId last = kFounding;
  std::vector<NodeKey> nodes;
  for (std::uint8_t i = 2; i < 4; ++i) {
    crypto::SigningKey key = crypto::SigningKey::generate(random);
    nodes.push_back(key.node());
    MemberId founder = id_of<MemberId>(1);
    RosterChange change =
        change_of(i, 1, {last},
                  {AddNode{.node = key.node(),
                           .wire = wire,
                           .name = {},
                           .replication = Replication::kFull,
                           .member = founder,
                           .signature = sign_node_entry(key, kSpace, wire, founder)}});
    graph.add(change);
    last = change.id;
  }
  CHECK(graph.at(graph.heads())->find_wire(wire)->node == nodes[0]);
  CHECK(graph.at(graph.heads())->nodes.size() == 1);
}

TEST_CASE("a roster with a newer program's operation or rules is not understood from there on") {
  RosterGraph graph(kSpace);
  RosterChange both = founding();
  MemberId second = id_of<MemberId>(7);
  both.operations.insert(both.operations.end(),
                         {AdmitMember{second, "赵"}, GrantRole{second, "chair", "", ""},
                          device_entry(laptop_no(7), SpaceId{}, second)});
  graph.add(both);
  RosterChange newer = change_of(2, 1, {kFounding}, {UnknownRosterOperation{}});
  RosterChange beside = change_of(3, 7, {kFounding}, {AdmitMember{id_of<MemberId>(2), "李"}});
  RosterChange stranger = change_of(4, 9, {beside.id}, {UnknownRosterOperation{}});
  graph.add(newer);
  graph.add(beside);
  graph.add(stranger);
  CHECK_FALSE(graph.at(std::vector{newer.id})->is_understood);
  CHECK_FALSE(graph.at(graph.heads())->is_understood);
  CHECK(graph.at(std::vector{beside.id})->is_understood);
  CHECK(graph.at(std::vector{stranger.id})->is_understood);

  RosterChange first = founding();
  std::get<FoundSpace>(first.operations[0]).rules = kRosterRules + 1;
  RosterGraph later(kSpace);
  later.add(first);
  CHECK_FALSE(later.at(later.heads())->is_understood);
}

TEST_CASE(
    "an officer who enters keys without end can be removed, with all cuts that there is room for") {
  RosterGraph graph(kSpace);
  graph.add(founding());
  const MemberId zhao = id_of<MemberId>(2);
  const std::size_t extra = 3;
  std::vector<RosterOperation> entered{AdmitMember{zhao, "赵"}, GrantRole{zhao, "chair", "", ""}};
  std::vector<AuthorKey> keys;
  for (std::size_t i = 0; i < kMaxDemandedCuts + extra; ++i) {
    crypto::SeededRandom random(10'000 + i);
    const crypto::SigningKey key = crypto::SigningKey::generate(random);
    keys.push_back(key.author());
    entered.emplace_back(device_entry(key, kSpace, zhao));
  }
  const RosterChange entry = change_of(1, 1, {kFounding}, entered);
  graph.add(entry);
  auto removal = [&](std::size_t cuts, std::size_t distinct) {
    RemoveMember out{zhao, {}};
    for (std::size_t i = 0; i < cuts; ++i)
      out.cuts.push_back({keys[std::min(i, distinct - 1)], 0, {}});
    return out;
  };
  const RosterChange few =
      change_of(2, 1, {entry.id}, {removal(kMaxDemandedCuts - 1, kMaxDemandedCuts)});
  const RosterChange twice =
      change_of(3, 1, {few.id}, {removal(kMaxDemandedCuts, kMaxDemandedCuts - 1)});
  graph.add(few);
  graph.add(twice);
  CHECK(graph.count_operations(few.id) == 0);
  CHECK(graph.count_operations(twice.id) == 0);
  CHECK(graph.now()->members.contains(zhao));
  const RosterChange whole =
      change_of(4, 1, {twice.id}, {removal(kMaxDemandedCuts, kMaxDemandedCuts)});
  graph.add(whole);
  CHECK(graph.count_operations(whole.id) == 1);
  CHECK_FALSE(graph.now()->members.contains(zhao));
  CHECK_FALSE(graph.now()->devices.contains(keys.back()));
}
