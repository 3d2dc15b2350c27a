// SPDX-License-Identifier: Apache-2.0
//
// The oracle's second half: what is decided of a change for ever, and the table of a roster.
#include <algorithm>

#include "crdt/roster/demanded_cuts.h"
#include "tests/crdt/roster/roster_oracle.h"

namespace cunju::test {
namespace {

/// Every device from which the operation takes something, as its author saw the roster.
std::set<AuthorKey> devices_touched(const RosterOperation& operation, const Roster& pinned,
                                    bool is_narrower) {
  std::set<AuthorKey> out;
  for (const auto& [id, member] : pinned.members) {
    const auto* end = std::get_if<EndRole>(&operation);
    const auto* removal = std::get_if<RemoveMember>(&operation);
    const auto* policy = std::get_if<SetPolicy>(&operation);
    bool has_role =
        policy && is_narrower && std::ranges::any_of(member.roles, [&](const RoleGrant& grant) {
          return grant.role == policy->role;
        });
    if ((end && end->member == id) || (removal && removal->member == id) || has_role)
      out.insert(member.devices.begin(), member.devices.end());
  }
  return out;
}

const Cuts* named_cuts(const RosterOperation& operation) {
  if (const auto* end = std::get_if<EndRole>(&operation)) return &end->cuts;
  if (const auto* removal = std::get_if<RemoveMember>(&operation)) return &removal->cuts;
  if (const auto* policy = std::get_if<SetPolicy>(&operation)) return &policy->cuts;
  return nullptr;
}

}  // namespace

// --- what is decided for ever
// ---------------------------------------------------------------------

RosterOracle::RosterOracle(const SpaceId& space, std::vector<RosterChange> changes, RosterLogs logs)
    : space_(space), changes_(std::move(changes)), logs_(std::move(logs)) {
  for (Change change = 0; change < changes_.size(); ++change) admit(change);
}

void RosterOracle::admit(Change change) {
  const RosterChange& said = changes_[change];
  before_.emplace_back();
  known_quorum_.emplace_back();
  signed_by_.emplace_back();
  depth_.push_back(1);
  narrows_.emplace_back(said.operations.size(), std::uint8_t{0});
  for (const ChangeId& pin : said.pins) {
    Change parent = find(pin);
    before_[change].insert(parent);
    before_[change].insert(before_[parent].begin(), before_[parent].end());
    depth_[change] = std::max(depth_[change], depth_[parent] + 1);
  }
  own_before_.emplace_back();
  if (said.own_previous) {
    Change own = find(*said.own_previous);
    own_before_[change] = own_before_[own];
    own_before_[change].insert(own);
  }
  if (!said.is_well_formed || (said.pins.empty() && said.id.value != space_.value)) return;
  // Its author knew what it had said before on this branch: the last of it that is not dead.
  std::optional<Change> last;
  for (Change earlier : own_before_[change])
    if (live_.contains(earlier)) last = earlier;
  if (last && !knows(change, *last)) return;
  const Judgement judged = judge(before_[change], {}, {});
  const Roster pinned = roster_of(before_[change], judged);
  known_quorum_[change] = judged.line.end();
  if (const SetQuorum* quorum = named_by(known_quorum_[change]))
    signed_by_[change] = signers(change, *quorum);
  const bool by_quorum =
      known_quorum_[change] && signed_by_[change].size() >= pinned.quorum.threshold;
  if (!said.pins.empty() && !by_quorum && !pinned.may(said.author, kRosterRegistry, kWrite)) return;
  live_.insert(change);
  if (by_quorum) of_quorum_.insert(change);
  for (std::size_t i = 0; i < said.operations.size(); ++i) {
    if (!counts(change, said.operations[i], pinned, judged.line)) continue;
    counting_.insert({change, i});
    narrows_[change][i] = narrowing(said.operations[i], pinned);
    in_order_.push_back({change, i});
    if (is_taking({change, i})) takings_.push_back({change, i});
  }
  std::ranges::sort(in_order_, {}, [&](const Act& act) { return order(act); });
}

std::set<AuthorKey> RosterOracle::signers(Change change, const SetQuorum& named) const {
  const RosterChange& said = changes_[change];
  const Hash hash = epoch_hash(space_, said.author, said.pins, said.operations);
  std::set<AuthorKey> signers;
  // Whoever carries it has signed the change itself.
  if (std::ranges::find(named.keys, said.author) != named.keys.end()) signers.insert(said.author);
  for (const RosterOperation& operation : said.operations) {
    const auto* epoch = std::get_if<Epoch>(&operation);
    if (!epoch) continue;
    for (const Cosignature& cosignature : epoch->signatures)
      if (std::ranges::find(named.keys, cosignature.author) != named.keys.end() &&
          verify_cosignature(cosignature, hash))
        signers.insert(cosignature.author);
    return signers;
  }
  return {};
}

bool RosterOracle::counts(Change change, const RosterOperation& operation, const Roster& pinned,
                          const Line& line) const {
  const RosterChange& said = changes_[change];
  const bool is_founding = said.pins.empty();
  if (std::holds_alternative<FoundSpace>(operation)) return is_founding;
  if (const auto* node = std::get_if<AddNode>(&operation))
    return verify_node_entry(*node, is_founding ? SpaceId{} : space_);
  if (const auto* device = std::get_if<AddDevice>(&operation))
    return verify_device_entry(*device, is_founding ? SpaceId{} : space_);
  if (std::holds_alternative<Epoch>(operation) || std::holds_alternative<Seal>(operation))
    return of_quorum_.contains(change);
  if (const auto* quorum = std::get_if<SetQuorum>(&operation)) {
    const std::set<AuthorKey> keys(quorum->keys.begin(), quorum->keys.end());
    if (quorum->threshold == 0 || quorum->threshold > keys.size() ||
        keys.size() != quorum->keys.size())
      return false;
    if (!line.named.empty() || !line.rivals.empty()) return of_quorum_.contains(change);
    return is_founding || said.author == changes_[*live_.begin()].author;
  }
  if (const Cuts* cuts = named_cuts(operation)) {
    std::size_t cut = 0, touched = 0;
    for (const AuthorKey& device :
         devices_touched(operation, pinned, narrowing(operation, pinned) != 0)) {
      ++touched;
      if (std::ranges::find(*cuts, device, &Cut::author) != cuts->end()) ++cut;
    }
    // Or all that an operation has room for.
    if (cut < touched && cut < kMaxDemandedCuts) return false;
  }
  // Nobody but the quorum drops what was acknowledged.
  return of_quorum_.contains(change) || !takes_anything(operation, pinned) ||
         cutting(change, operation).value_or(Cutting::kKept) == Cutting::kKept;
}

bool RosterOracle::takes_anything(const RosterOperation& operation, const Roster& pinned) const {
  return std::holds_alternative<EndRole>(operation) ||
         std::holds_alternative<RemoveMember>(operation) ||
         std::holds_alternative<RetireDevice>(operation) || narrowing(operation, pinned) != 0;
}

/// Where the path ends that is acknowledged to the change: all that it and its ancestors were told
/// of the log, sorted and heard.
std::optional<ChangeId> RosterOracle::acknowledged_to(Change change, const AuthorKey& log) const {
  const Changes& known = before_[change];
  const Judgement judged = judge(known, {}, {});
  const Model& in_force = judged.model;
  const std::optional<MemberId> owner = owner_of(known, in_force, log);
  Changes fallen = silenced(judged.line, known);
  fallen.insert(judged.fallen.begin(), judged.fallen.end());
  const std::optional<Model> early = without_word_of(owner, known, fallen);
  using Order = std::tuple<std::size_t, ChangeId, std::size_t>;
  std::vector<std::pair<std::tuple<int, Order, AuthorKey, std::uint64_t, ChangeId>, ChangeId>>
      heard;
  for (Change teller = 0; teller < changes_.size(); ++teller) {
    const WitnessedLogs& told = changes_[teller].witnessed;
    if ((teller != change && !known.contains(teller)) || !told.tips.contains(log)) continue;
    std::optional<Act> entry;
    if (early) entry = first_node_entry(known, *early, told.witness);
    int group = entry ? 1 : 2;
    if (!entry) entry = first_node_entry(known, in_force, told.witness);
    if (!entry) group = 3;
    if (entry && owner && said<AddNode>(*entry)->member == *owner) group += 3;
    heard.push_back(
        {{group, entry ? order(*entry) : Order{}, told.witness, told.seq.value, told.id},
         told.tips.at(log).id});
  }
  std::ranges::sort(heard);
  std::optional<ChangeId> out;
  for (const auto& [rank, stated] : heard) {
    const std::vector<ChangeId> path = logs_.path_to(stated);
    if (!out || std::ranges::count(path, *out) > 0) out = stated;
  }
  return out;
}

/// The worst that a cut of the operation does; of two for one log the first counts.
std::optional<RosterOracle::Cutting> RosterOracle::cutting(Change change,
                                                           const RosterOperation& operation) const {
  Cuts cuts;
  if (const Cuts* many = named_cuts(operation)) cuts = *many;
  if (const auto* retirement = std::get_if<RetireDevice>(&operation)) cuts = {retirement->cut};
  std::optional<Cutting> out;
  std::set<AuthorKey> seen;
  for (const Cut& cut : cuts) {
    if (!seen.insert(cut.author).second) continue;
    const std::optional<ChangeId> tip = acknowledged_to(change, cut.author);
    if (!tip) continue;
    const std::vector<ChangeId> path = logs_.path_to(cut.last);
    Cutting found = Cutting::kOtherBranch;
    if (cut.end <= logs_.places.at(*tip).seq.value) {
      found = Cutting::kBelow;
    } else if (std::ranges::count(path, *tip) > 0 &&
               logs_.holds(cut.author, {{cut.end - 1}, cut.last})) {
      found = Cutting::kKept;
    }
    if (!out || *out == Cutting::kKept) out = found;
  }
  return out;
}

std::vector<RosterOracle::Cutting> RosterOracle::cuttings(const ChangeId& id) {
  const Change change = find(id);
  std::vector<Cutting> out;
  if (!live_.contains(change)) return out;
  const Roster pinned = roster_of(before_[change], judge(before_[change], {}, {}));
  for (const RosterOperation& operation : changes_[change].operations) {
    const std::optional<Cutting> found = cutting(change, operation);
    if (found && takes_anything(operation, pinned)) out.push_back(*found);
  }
  return out;
}

/// The rights that a policy line takes away.
std::uint8_t RosterOracle::narrowing(const RosterOperation& operation, const Roster& pinned) const {
  const auto* policy = std::get_if<SetPolicy>(&operation);
  if (!policy) return 0;
  auto line = pinned.policy.find({policy->role, policy->registry});
  if (line == pinned.policy.end()) line = pinned.policy.find({policy->role, "*"});
  if (line == pinned.policy.end()) return 0;
  return static_cast<std::uint8_t>(line->second & ~policy->rights);
}

// --- the table
// ------------------------------------------------------------------------------------

void RosterOracle::add_members(const Case& all, Roster& out) const {
  for (const Act& act : acts(all.set)) {
    if (const auto* admission = said<AdmitMember>(act)) {
      if (is_given(all.given, act)) out.names.emplace(admission->member, admission->name);
      if (stands(all, act))
        out.members.emplace(admission->member,
                            Member{admission->member, out.names.at(admission->member), {}, {}});
    }
    if (const auto* device = said<AddDevice>(act))
      if (is_given(all.given, act)) out.owners.emplace(device->author, device->member);
  }
  for (const Act& act : acts(all.set)) {
    const auto* grant = said<GrantRole>(act);
    const auto* device = said<AddDevice>(act);
    if (grant && out.members.contains(grant->member) && stands(all, act))
      out.members[grant->member].roles.insert({grant->role, grant->term_from, grant->term_until});
    if (device && out.members.contains(device->member) && stands(all, act) &&
        is_holders(all, act)) {
      out.members[device->member].devices.insert(device->author);
      out.devices.emplace(device->author, device->member);
    }
  }
}

void RosterOracle::add_nodes(const Case& all, Roster& out) const {
  for (const Act& act : acts(all.set)) {
    if (const auto* node = said<AddNode>(act))
      if (stands(all, act) && out.find_wire(node->wire) == nullptr)
        out.nodes.emplace(node->node, *node);
    if (const auto* set = said<SetReplication>(act))
      if (is_given(all.given, act) && out.nodes.contains(set->node))
        out.nodes[set->node].replication = set->replication;
  }
}

void RosterOracle::add_policy(const Case& all, Roster& out) const {
  std::set<std::pair<std::string, std::string>> lines;
  for (const PolicyLine& line : default_policy()) lines.emplace(line.role, line.registry);
  for (const Act& act : acts(all.set))
    if (const auto* policy = said<SetPolicy>(act)) lines.emplace(policy->role, policy->registry);
  for (const auto& [role, registry] : lines) {
    if (!has_line(all, role, registry)) continue;
    std::uint8_t rights = 0;
    for (unsigned bit = 0; bit < 8; ++bit) {
      auto right = static_cast<std::uint8_t>(1U << bit);
      if (line_gives(all, role, registry, registry, right))
        rights = static_cast<std::uint8_t>(rights | right);
    }
    out.policy[{role, registry}] = rights;
  }
}

Roster RosterOracle::roster_of(const Changes& set, const Judgement& judgement) const {
  Roster out;
  const Model& model = judgement.model;
  // Somebody who knows all of it.
  const Subject subject{{}, 0, set, std::nullopt};
  const Case all{set, model, model, subject, {}, {}};
  for (const Act& act : acts(set)) {
    if (!is_given(model, act)) continue;
    if (said<UnknownRosterOperation>(act)) out.is_understood = false;
    if (const auto* opening = said<OpenEpoch>(act)) {
      auto scope = out.scopes.find(opening->scope);
      if (scope == out.scopes.end())
        out.scopes[opening->scope] = {opening->name, {opening->epoch}};
      else if (scope->second.name == opening->name)
        scope->second.epochs.push_back(opening->epoch);
    }
    if (const auto* founding = said<FoundSpace>(act)) {
      out.space_name = founding->name;
      out.space_code = founding->code;
      out.is_understood = out.is_understood && founding->rules <= kRosterRules;
    }
  }
  add_members(all, out);
  add_nodes(all, out);
  add_policy(all, out);
  if (const SetQuorum* quorum = named_by(judgement.line.end())) out.quorum = *quorum;
  out.undecided_quorums = judgement.line.rivals.size();
  return out;
}

Roster RosterOracle::roster(const std::vector<ChangeId>& heads) {
  const Changes set = known_with(heads);
  return roster_of(set, judge(set, {}, {}));
}

Roster RosterOracle::now() { return roster_of(live_, judged_all()); }

}  // namespace cunju::test
