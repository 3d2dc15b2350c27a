// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/roster_acts.h"

#include <iterator>

#include "tests/support/replica_fixture.h"

namespace cunju::simulation {
namespace {

std::vector<RosterOperation> admit_somebody(RosterScene& scene) {
  test::Person person = test::make_person(scene.context.random, "新人");
  std::vector<RosterOperation> out = test::admit_operations(person, {"clerk"});
  if (scene.context.dice.one_in(2)) out.emplace_back(test::node_entry(person, scene.context.space));
  return out;
}

std::vector<RosterOperation> grant_role(RosterScene& scene) {
  static const std::vector<std::string> kRoles{"mediator", "grid", "supervisor", "clerk"};
  return {GrantRole{scene.any_member().id, scene.context.dice.pick(kRoles), "2026-01-01", {}}};
}

std::vector<RosterOperation> add_device(RosterScene& scene) {
  return {AddDevice{scene.any_member().id, scene.context.random.make<AuthorKey>()}};
}

std::vector<RosterOperation> close_rental(RosterScene&) {
  return {SetPolicy{"clerk", "rental", kRead}};
}

std::vector<RosterOperation> open_rental(RosterScene&) {
  return {SetPolicy{"clerk", "rental", kRead | kWrite}};
}

constexpr RosterAct kActs[] = {
    {"admit somebody", 3, admit_somebody},     {"grant a role", 2, grant_role},
    {"add a device", 2, add_device},           {"close rental to clerks", 1, close_rental},
    {"open rental to clerks", 2, open_rental},
};

}  // namespace

const Member& RosterScene::any_member() const {
  auto member = roster.members.begin();
  std::advance(member, static_cast<std::ptrdiff_t>(context.dice.below(roster.members.size())));
  return member->second;
}

std::span<const RosterAct> roster_acts() { return kActs; }

const RosterAct& pick_roster_act(Dice& dice) {
  std::size_t total = 0;
  for (const RosterAct& act : kActs) total += act.weight;
  std::size_t at = dice.below(total);
  const RosterAct* act = kActs;
  for (; at >= act->weight; ++act) at -= act->weight;
  return *act;
}

}  // namespace cunju::simulation
