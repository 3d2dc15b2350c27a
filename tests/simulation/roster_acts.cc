// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/roster_acts.h"

#include <algorithm>
#include <iterator>

#include "node/council/roster_acts.h"
#include "tests/support/replica_fixture.h"

namespace cunju::simulation {
namespace {

using Operations = std::vector<RosterOperation>;

/// What the product's own planning makes of an act; an error of it is nothing to do.
Operations planned(const Result<council::RosterAct>& act) {
  return act.has_value() ? act.value().operations : Operations{};
}

Operations admit_somebody(RosterScene& scene) {
  static const std::vector<std::vector<std::string>> kRoles{
      {"clerk"}, {"clerk"}, {"grid"}, {"clerk", "chair"}};
  return admission_of(scene, scene.any_home(), scene.context.dice.pick(kRoles));
}

Operations grant_role(RosterScene& scene) {
  static const std::vector<std::string> kRoles{"mediator", "grid", "supervisor", "clerk", "chair"};
  return {GrantRole{scene.any_member().id, scene.context.dice.pick(kRoles), "2026-01-01", {}}};
}

/// Somebody's second key, which signs somewhere else.
Operations add_device(RosterScene& scene) {
  const Member& member = scene.any_member();
  test::Person second = test::make_person(scene.context.random, member.name);
  second.member = member.id;
  const AddDevice entry = device_entry(second.device, scene.context.space, member.id);
  scene.any_home().host(std::move(second));
  return {entry};
}

Operations set_policy(RosterScene& scene, std::string_view registry, std::uint8_t rights) {
  return planned(council::plan_policy(scene.actor.node->replica(), scene.context.space, "clerk",
                                      registry, rights));
}
Operations close_rental(RosterScene& scene) { return set_policy(scene, "rental", kRead); }
Operations open_rental(RosterScene& scene) { return set_policy(scene, "rental", kRead | kWrite); }
Operations close_everything(RosterScene& scene) { return set_policy(scene, "*", kRead); }
Operations open_everything(RosterScene& scene) { return set_policy(scene, "*", kRead | kWrite); }

Operations remove_member(RosterScene& scene) {
  const Member* victim = scene.any_victim();
  if (victim == nullptr) return {};
  return removal_of(scene.context, *scene.actor.node, victim->id);
}

Operations end_role(RosterScene& scene) {
  const Member& member = scene.any_member();
  if (member.roles.empty()) return {};
  auto grant = member.roles.begin();
  std::advance(grant, static_cast<std::ptrdiff_t>(scene.context.dice.below(member.roles.size())));
  // The last officers stay, or most villages would end with nobody who may do anything.
  if (grant->role == "chair" && !scene.context.dice.one_in(4)) return {};
  return planned(council::plan_role_end(scene.actor.node->replica(), scene.context.space, member.id,
                                        grant->role));
}

Operations retire(RosterScene& scene, bool is_stolen) {
  const Member* victim = scene.any_victim();
  if (victim == nullptr || victim->devices.empty()) return {};
  auto key = victim->devices.begin();
  std::advance(key, static_cast<std::ptrdiff_t>(scene.context.dice.below(victim->devices.size())));
  replica::Replica& replica = scene.actor.node->replica();
  std::optional<std::uint64_t> keep;
  if (is_stolen) {
    Result<Cut> all = replica.cut_of(scene.context.space, *key, std::nullopt);
    if (all.has_error()) return {};
    keep = scene.context.dice.below(all.value().end + 1);
  }
  return planned(council::plan_retirement(replica, scene.context.space, *key, keep));
}
Operations retire_key(RosterScene& scene) { return retire(scene, false); }
Operations cut_back_key(RosterScene& scene) { return retire(scene, true); }

/// Member, roles and the keys it had, and its machine if it has one.
Operations readmit(RosterScene& scene) {
  std::vector<MemberId> removed;
  for (const auto& [id, name] : scene.roster.names) {
    if (!scene.roster.members.contains(id) && scene.find_seat(id)) removed.push_back(id);
  }
  if (removed.empty()) return {};
  const Seat seat = *scene.find_seat(scene.context.dice.pick(removed));
  Operations out = test::admit_operations(seat.person(), scene.context.space, {"clerk"});
  if (scene.context.dice.one_in(3))
    out.emplace_back(GrantRole{seat.person().member, "chair", "2026-01-01", {}});
  if (seat.who == 0) out.emplace_back(test::node_entry(seat.person(), scene.context.space));
  return out;
}

Operations admit_late(RosterScene& scene, std::size_t most) {
  Result<std::vector<replica::LatePart>> late =
      scene.actor.node->replica().late_parts(scene.context.space);
  if (late.has_error() || late.value().empty()) return {};
  std::set<ChangeId> chosen;
  std::vector<replica::LatePart> parts = std::move(late).value();
  scene.context.dice.shuffle(parts);
  for (const replica::LatePart& part : parts) {
    if (chosen.size() < most) chosen.insert(part.change);
  }
  return {AdmitLate{{chosen.begin(), chosen.end()}}};
}
Operations admit_all_late(RosterScene& scene) { return admit_late(scene, 64); }
Operations admit_one_late(RosterScene& scene) { return admit_late(scene, 1); }

Operations name_quorum(RosterScene& scene) {
  const bool is_founder = scene.actor.node->index() == 0 && scene.actor.who == 0;
  // Also where two others were named for one place, and none speaks until the officers have chosen.
  const bool is_named = scene.roster.quorum.threshold != 0 || scene.roster.undecided_quorums != 0;
  if (!is_founder || is_named) return {};
  return {some_quorum(scene.context.dice, scene.roster)};
}

/// Everybody signs what the actor drafts; whose key is of the quorum counts.
Operations act_as_quorum(RosterScene& scene) {
  Dice& dice = scene.context.dice;
  if (scene.roster.quorum.threshold == 0) return {};
  Result<std::vector<ChangeId>> pins =
      scene.actor.node->replica().roster_heads(scene.context.space);
  if (pins.has_error()) return {};
  Operations out;
  Epoch epoch;
  switch (dice.below(4)) {
    case 0:
      out = admission_of(scene, scene.any_home(), {"chair", "clerk"});
      break;
    case 1:
      out = remove_member(scene);
      break;
    case 2:
      out = {some_quorum(dice, scene.roster)};
      break;
    default:
      epoch.voided = {dice.pick(pins.value())};
  }
  out.emplace_back(std::move(epoch));
  const Hash hash =
      epoch_hash(scene.context.space, scene.actor.person().author(), pins.value(), out);
  auto& signatures = std::get<Epoch>(out.back()).signatures;
  for (const std::unique_ptr<Node>& node : scene.nodes) {
    for (const test::Person& person : node->people()) {
      if (std::ranges::find(scene.roster.quorum.keys, person.author()) !=
          scene.roster.quorum.keys.end())
        signatures.push_back(cosign_epoch(person.device, hash));
    }
  }
  return out;
}

constexpr RosterAct kActs[] = {
    {"admit somebody", 6, admit_somebody},
    {"grant a role", 4, grant_role},
    {"add a key", 4, add_device},
    {"close rental to clerks", 2, close_rental},
    {"open rental to clerks", 3, open_rental},
    {"close everything to clerks", 1, close_everything, true},
    {"open everything to clerks", 3, open_everything},
    {"remove a member", 5, remove_member, true},
    {"end a role", 3, end_role, true},
    {"retire a key", 2, retire_key, true},
    {"cut a key back", 3, cut_back_key, true},
    {"admit a removed member again", 4, readmit},
    {"admit all that is late", 2, admit_all_late},
    {"admit one late change", 2, admit_one_late},
    // What liars have done since the roster was read may keep it from counting: refused, and said.
    {"name a quorum", 12, name_quorum, true, kQuorums},
    {"act as the quorum", 8, act_as_quorum, true, kQuorums, true},
};

}  // namespace

const Member& RosterScene::any_member() const {
  auto member = roster.members.begin();
  std::advance(member, static_cast<std::ptrdiff_t>(context.dice.below(roster.members.size())));
  return member->second;
}

const Member* RosterScene::any_victim() const {
  constexpr int kTries = 4;
  for (int i = 0; i < kTries; ++i) {
    const Member& member = any_member();
    const std::optional<Seat> seat = find_seat(member.id);
    // Owners of honest machines are spared mostly; liars are not.
    if (!seat || seat->who != 0 || !seat->node->is_honest() || context.dice.one_in(8))
      return &member;
  }
  return nullptr;
}

std::optional<Seat> RosterScene::find_seat(const MemberId& member) const {
  for (const std::unique_ptr<Node>& node : nodes) {
    for (std::size_t who = 0; who < node->people().size(); ++who) {
      if (node->people()[who].member == member) return Seat{node.get(), who};
    }
  }
  return std::nullopt;
}

Node& RosterScene::any_home() const {
  if (context.dice.one_in(2)) return *actor.node;
  Node& node = *context.dice.pick(nodes);
  return node.is_honest() ? node : *actor.node;
}

std::span<const RosterAct> roster_acts() { return kActs; }

const RosterAct& pick_roster_act(Context& context) {
  auto weight = [&](const RosterAct& act) {
    const bool is_on = act.fault == 0 || (act.fault & context.scenario.faults) != 0;
    return is_on ? act.weight : 0;
  };
  std::size_t total = 0;
  for (const RosterAct& act : kActs) total += weight(act);
  std::size_t at = context.dice.below(total);
  const RosterAct* act = kActs;
  for (; at >= weight(*act); ++act) at -= weight(*act);
  return *act;
}

SetQuorum some_quorum(Dice& dice, const Roster& roster) {
  SetQuorum out;
  for (const auto& [key, member] : roster.devices)
    if (out.keys.size() < limits::kMaxQuorumKeys && !dice.one_in(3)) out.keys.push_back(key);
  if (out.keys.empty()) out.keys.push_back(roster.devices.begin()->first);
  out.threshold =
      static_cast<std::uint16_t>(dice.between(1, std::min<std::size_t>(2, out.keys.size())));
  return out;
}

std::vector<Seat> find_officers(const Context& context, const Nodes& nodes) {
  std::vector<Seat> out;
  for (const std::unique_ptr<Node>& node : nodes) {
    if (!node->is_up() || !node->is_honest()) continue;
    Result<std::shared_ptr<const Roster>> roster = node->replica().roster(context.space);
    if (roster.has_error()) continue;
    for (std::size_t who = 0; who < node->people().size(); ++who) {
      if (roster.value()->may(node->people()[who].author(), kRosterRegistry, kWrite) &&
          !node->is_behind_itself(who))
        out.push_back({node.get(), who});
    }
  }
  return out;
}

std::vector<RosterOperation> removal_of(Context& context, Node& node, const MemberId& member) {
  return planned(council::plan_removal(node.replica(), context.space, member));
}

std::vector<RosterOperation> admission_of(RosterScene& scene, Node& home,
                                          const std::vector<std::string>& roles) {
  test::Person person = test::make_person(scene.context.random, "新人");
  std::vector<RosterOperation> out = test::admit_operations(person, scene.context.space, roles);
  // A machine of its own that never comes.
  if (scene.context.dice.one_in(4)) out.emplace_back(test::node_entry(person, scene.context.space));
  home.host(std::move(person));
  return out;
}

}  // namespace cunju::simulation
