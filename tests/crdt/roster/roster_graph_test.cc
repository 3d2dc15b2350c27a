// SPDX-License-Identifier: Apache-2.0
#include "crdt/roster/roster_graph.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <numeric>
#include <random>
#include <tuple>

using namespace cunju;

namespace {

using Random = std::mt19937_64;

template <class Id>
Id id_of(std::uint8_t first, std::uint8_t second = 0) {
  Id out;
  out.value.fill(0x5A);
  out.value[0] = first;
  out.value[1] = second;
  return out;
}

const ChangeId kFounding = id_of<ChangeId>(0xF0);
const SpaceId kSpace{kFounding.value};

auto facts(const Roster& roster) {
  std::vector<std::tuple<MemberId, std::string, std::set<RoleGrant>, std::set<AuthorKey>>> members;
  for (const auto& [id, member] : roster.members)
    members.emplace_back(id, member.name, member.roles, member.devices);
  return std::tuple(roster.space_name, roster.space_code, roster.is_understood, members,
                    roster.devices, roster.nodes, roster.policy);
}

RosterChange founding() {
  MemberId founder = id_of<MemberId>(1);
  return {.id = kFounding,
          .author = id_of<AuthorKey>(1),
          .pins = {},
          .operations = {
              FoundSpace{.name = "村", .code = "1"}, AdmitMember{.member = founder, .name = "王"},
              GrantRole{founder, "chair", "", ""}, AddDevice{founder, id_of<AuthorKey>(1)}}};
}

RosterChange change_of(std::uint8_t number, std::uint8_t author, std::vector<ChangeId> pins,
                       std::vector<RosterOperation> operations) {
  std::ranges::sort(pins);
  return {.id = id_of<ChangeId>(number, 1),
          .author = id_of<AuthorKey>(author),
          .pins = std::move(pins),
          .operations = std::move(operations)};
}

/// Keys of few members collide often; author 9 is never admitted.
RosterOperation random_operation(Random& random, const std::vector<AddNode>& nodes) {
  auto member = id_of<MemberId>(static_cast<std::uint8_t>(1 + random() % 5));
  auto author = id_of<AuthorKey>(static_cast<std::uint8_t>(1 + random() % 6));
  static const std::vector<std::string> roles{"chair", "clerk", "supervisor"};
  const std::string& role = roles[random() % roles.size()];
  switch (random() % 16) {
    case 0:
      return nodes[random() % nodes.size()];
    case 1:
      return SetPolicy{role, "*", static_cast<std::uint8_t>(random() % 16)};
    case 2:
      return SetPolicy{role, std::string(kRosterRegistry), static_cast<std::uint8_t>(random() % 4)};
    case 3:
      if (random() % 8 == 0) return UnknownRosterOperation{};
      return FoundSpace{.name = "usurped", .code = "2"};
    case 4:
    case 5:
    case 6:
      return AdmitMember{.member = member, .name = std::to_string(random() % 3)};
    case 7:
    case 8:
    case 9:
    case 10:
      return GrantRole{member, role, "", ""};
    default:
      return AddDevice{member, author};
  }
}

std::vector<AddNode> some_nodes(Random& seed) {
  crypto::SeededRandom random(seed());
  std::vector<AddNode> out;
  for (std::uint8_t i = 0; i < 4; ++i) {
    crypto::SigningKey key = crypto::SigningKey::generate(random);
    AddNode node{.node = key.node(),
                 .wire = id_of<WireKey>(static_cast<std::uint8_t>(i / 2)),
                 .name = std::to_string(i),
                 .replication = Replication::kFull,
                 .member = id_of<MemberId>(1),
                 .signature = {}};
    node.signature = sign_node_entry(key, kSpace, node.wire, node.member);
    if (i == 3) node.signature.value[0] ^= 1;
    out.push_back(node);
  }
  return out;
}

std::vector<RosterChange> random_changes(Random& random, std::size_t count) {
  const std::vector<AddNode> nodes = some_nodes(random);
  std::vector<RosterChange> out{founding()};
  for (std::size_t i = 1; i < count; ++i) {
    std::set<ChangeId> pins;
    // Mostly recent ones; sometimes an ancestor of another pin, which honest programs never name.
    for (std::size_t n = 1 + random() % 3; n > 0; --n) {
      std::size_t back = 1 + random() % std::min<std::size_t>(i, random() % 4 == 0 ? i : 4);
      pins.insert(out[i - back].id);
    }
    RosterChange change{
        .id = {},
        .author = id_of<AuthorKey>(random() % 8 == 0 ? std::uint8_t{9}
                                                     : static_cast<std::uint8_t>(1 + random() % 3)),
        .pins = {pins.begin(), pins.end()},
        .is_well_formed = random() % 10 != 0,
        .operations = {}};
    for (std::uint8_t& byte : change.id.value) byte = static_cast<std::uint8_t>(random());
    for (std::size_t n = 1 + random() % 3; n > 0; --n)
      change.operations.push_back(random_operation(random, nodes));
    out.push_back(std::move(change));
  }
  return out;
}

/// Indexes in an order in which pins come first.
std::vector<std::size_t> random_order(Random& random, const std::vector<RosterChange>& changes) {
  std::vector<std::size_t> out;
  std::set<ChangeId> added;
  std::vector<std::size_t> left(changes.size());
  std::iota(left.begin(), left.end(), 0U);
  while (!left.empty()) {
    std::vector<std::size_t> ready;
    for (std::size_t i : left)
      if (std::ranges::all_of(changes[i].pins, [&](auto& pin) { return added.contains(pin); }))
        ready.push_back(i);
    std::size_t next = ready[random() % ready.size()];
    out.push_back(next);
    added.insert(changes[next].id);
    std::erase(left, next);
  }
  return out;
}

std::set<ChangeId> brute_ancestors(const std::vector<RosterChange>& changes,
                                   const std::vector<ChangeId>& of) {
  std::set<ChangeId> out(of.begin(), of.end());
  for (bool grew = true; grew;) {
    grew = false;
    for (const RosterChange& change : changes) {
      if (!out.contains(change.id)) continue;
      for (const ChangeId& pin : change.pins) grew |= out.insert(pin).second;
    }
  }
  return out;
}

std::vector<ChangeId> random_heads(Random& random, const std::vector<RosterChange>& changes) {
  std::set<ChangeId> out;
  for (std::size_t n = 1 + random() % 3; n > 0; --n)
    out.insert(changes[random() % changes.size()].id);
  return {out.begin(), out.end()};
}

}  // namespace

TEST_CASE("a roster graph gives the same rosters in whatever order its changes arrive") {
  const std::uint64_t seed = GENERATE(range(1ULL, 7ULL));
  CAPTURE(seed);
  Random random(seed);
  std::vector<RosterChange> changes = random_changes(random, 40);
  RosterGraph first(kSpace);
  for (const RosterChange& change : changes) first.add(change);
  int effective = 0, refused = 0;
  for (int round = 0; round < 3; ++round) {
    RosterGraph other(kSpace);
    for (std::size_t i : random_order(random, changes)) {
      other.add(changes[i]);
      // Asking in between fills and evicts the cache, which must not change any answer.
      if (random() % 2 == 0) other.at(other.heads());
    }
    REQUIRE(other.heads() == first.heads());
    REQUIRE(facts(*other.at(other.heads())) == facts(*first.at(first.heads())));
    for (const RosterChange& change : changes) {
      REQUIRE(other.is_admissible(change.id) == first.is_admissible(change.id));
      (first.is_admissible(change.id) ? effective : refused) += 1;
    }
    for (int i = 0; i < 40; ++i) {
      std::vector<ChangeId> heads = random_heads(random, changes);
      REQUIRE(facts(*other.at(heads)) == facts(*first.at(heads)));
      // The roster at some heads knows nothing of what is not among their ancestors.
      RosterGraph alone(kSpace);
      std::set<ChangeId> ancestors = brute_ancestors(changes, heads);
      for (const RosterChange& change : changes)
        if (ancestors.contains(change.id)) alone.add(change);
      REQUIRE(facts(*alone.at(heads)) == facts(*first.at(heads)));
    }
  }
  CHECK(effective > 0);
  CHECK(refused > 0);
}

TEST_CASE("a roster change counts exactly when its author could write the roster it pins") {
  const std::uint64_t seed = GENERATE(range(1ULL, 9ULL));
  CAPTURE(seed);
  Random random(seed);
  std::vector<RosterChange> changes = random_changes(random, 40);
  RosterGraph graph(kSpace);
  for (const RosterChange& change : changes) {
    bool expected = change.id == kFounding;
    if (!expected && change.is_well_formed)
      expected = graph.at(change.pins)->may(change.author, kRosterRegistry, kWrite);
    graph.add(change);
    REQUIRE(graph.is_admissible(change.id) == expected);
    if (!expected) {
      // It keeps its place and contributes nothing.
      REQUIRE(facts(*graph.at(std::vector{change.id})) == facts(*graph.at(change.pins)));
    }
  }
}

TEST_CASE("dominance and heads of roster changes agree with explicit ancestor sets") {
  const std::uint64_t seed = GENERATE(range(1ULL, 9ULL));
  CAPTURE(seed);
  Random random(seed);
  std::vector<RosterChange> changes = random_changes(random, 30);
  RosterGraph graph(kSpace);
  std::set<ChangeId> expected_heads;
  for (std::size_t i : random_order(random, changes)) {
    graph.add(changes[i]);
    if (graph.is_admissible(changes[i].id)) {
      for (const ChangeId& pin : changes[i].pins) expected_heads.erase(pin);
      expected_heads.insert(changes[i].id);
    }
    REQUIRE(graph.heads() == std::vector(expected_heads.begin(), expected_heads.end()));
  }
  int yes = 0, no = 0;
  for (int i = 0; i < 300; ++i) {
    std::vector<ChangeId> newer = random_heads(random, changes);
    std::vector<ChangeId> older = random_heads(random, changes);
    std::set<ChangeId> ancestors = brute_ancestors(changes, newer);
    bool expected = std::ranges::all_of(older, [&](auto& id) { return ancestors.contains(id); });
    REQUIRE(graph.dominates(newer, older) == expected);
    ++(expected ? yes : no);
  }
  CHECK(graph.dominates(std::vector{kFounding}, {}));
  CHECK(yes > 10);
  CHECK(no > 10);
}

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
                         AddDevice{member, id_of<AuthorKey>(2)}}));
    std::shared_ptr<const Roster> roster = graph.at(graph.heads());
    REQUIRE(roster->find_author(id_of<AuthorKey>(2)) != nullptr);
    for (std::size_t i = 0; i < registries.size(); ++i) {
      CAPTURE(registries[i]);
      CHECK(roster->rights(*roster->find_author(id_of<AuthorKey>(2)), registries[i]) == rights[i]);
      CHECK(roster->may(id_of<AuthorKey>(2), registries[i], kWrite) == ((rights[i] & kWrite) != 0));
    }
  }
}

TEST_CASE("rights of several roles unite, and a policy line overrides the built-in one") {
  RosterGraph graph(kSpace);
  graph.add(founding());
  MemberId member = id_of<MemberId>(2);
  AuthorKey author = id_of<AuthorKey>(2);
  RosterChange admit =
      change_of(2, 1, {kFounding},
                {AdmitMember{member, "李"}, GrantRole{member, "grid", "", ""},
                 GrantRole{member, "mediator", "", ""}, AddDevice{member, author}});
  graph.add(admit);
  auto before = graph.at(graph.heads());
  CHECK(before->may(author, "rental", kWrite));
  CHECK(before->may(author, "mediation", kWrite));
  CHECK_FALSE(before->may(author, "minutes", kWrite));
  RosterChange policy =
      change_of(3, 1, {admit.id},
                {SetPolicy{"grid", "rental", kRead}, SetPolicy{"grid", "minutes", kRead | kWrite}});
  graph.add(policy);
  auto after = graph.at(graph.heads());
  CHECK_FALSE(after->may(author, "rental", kWrite));
  CHECK(after->may(author, "minutes", kWrite));
  CHECK(after->may(author, "tenancy", kWrite));
  // The past stays what it was.
  CHECK(graph.at(std::vector{admit.id})->may(author, "rental", kWrite));
}

TEST_CASE("a device key never moves from one member to another") {
  RosterGraph graph(kSpace);
  graph.add(founding());
  MemberId li = id_of<MemberId>(2), zhao = id_of<MemberId>(3);
  AuthorKey key = id_of<AuthorKey>(2);
  RosterChange admit = change_of(
      2, 1, {kFounding}, {AdmitMember{li, "李"}, AdmitMember{zhao, "赵"}, AddDevice{li, key}});
  graph.add(admit);
  graph.add(change_of(
      3, 1, {admit.id},
      {AddDevice{zhao, key}, AddDevice{zhao, id_of<AuthorKey>(1)}, AdmitMember{li, "renamed"}}));
  auto roster = graph.at(graph.heads());
  CHECK(roster->devices.at(key) == li);
  CHECK(roster->devices.at(id_of<AuthorKey>(1)) == id_of<MemberId>(1));
  CHECK(roster->members.at(zhao).devices.empty());
  CHECK(roster->members.at(li).name == "李");
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
  graph.add(founding());
  RosterChange newer = change_of(2, 1, {kFounding}, {UnknownRosterOperation{}});
  RosterChange beside = change_of(3, 1, {kFounding}, {AdmitMember{id_of<MemberId>(2), "李"}});
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
