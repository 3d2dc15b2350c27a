// SPDX-License-Identifier: Apache-2.0
#include "crdt/roster/roster.h"

#include <algorithm>

namespace cunju {
namespace {

constexpr BuiltinRole kRoles[] = {
    {"chair", "主任", "chair"},          {"clerk", "文书", "clerk"},
    {"mediator", "调解员", "mediator"},  {"supervisor", "监督委员", "supervisor"},
    {"teller", "计票人", "teller"},      {"grid", "网格员", "grid worker"},
    {"office", "街道", "street office"}, {"auditor", "审计", "auditor"},
};

constexpr std::uint8_t kReadWrite = kRead | kWrite;

// domain.md's table of roles and registries, reduced to what one open scope can express. The
// chair manages roster and definitions and approves; clerks write the registers; who supervises
// has a node that witnesses.
constexpr PolicyLine kPolicy[] = {
    {"chair", "*", kRead | kApprove | kCertify},
    {"chair", kRosterRegistry, kReadWrite | kApprove},
    {"chair", kDefinitionRegistry, kReadWrite | kApprove},
    {"clerk", "*", kReadWrite},
    {"clerk", kRosterRegistry, kRead},
    {"clerk", kDefinitionRegistry, kRead},
    {"mediator", "*", kRead},
    {"mediator", "mediation", kReadWrite},
    {"supervisor", "*", kRead},
    {"supervisor", kWitnessRegistry, kReadWrite},
    {"teller", "*", kRead},
    {"teller", "votes", kReadWrite},
    {"grid", "*", kRead},
    {"grid", "rental", kReadWrite},
    {"grid", "tenancy", kReadWrite},
    {"office", "*", kRead},
    {"office", kWitnessRegistry, kReadWrite},
    {"auditor", "*", kRead},
    // domain.md 3.6: the body of a case is its mediators'; leaders outside the mediation committee
    // see counts. Who keeps the rental registers reads the persons in them.
    {"mediator", "scope:mediation", kRead},
    {"clerk", "scope:rental_persons", kRead},
    {"grid", "scope:rental_persons", kRead},
    // Who asked for the data held on them is for whoever keeps the requests; the chair decides.
    {"clerk", "scope:subject_requests", kRead},
    {"chair", "requests", kReadWrite | kApprove | kCertify},
    // Whoever gives something out of the house books it.
    {"chair", "disclosures", kReadWrite | kApprove | kCertify},
    {"mediator", "disclosures", kReadWrite},
    {"supervisor", "disclosures", kReadWrite},
    {"teller", "disclosures", kReadWrite},
    {"grid", "disclosures", kReadWrite},
    {"office", "disclosures", kReadWrite},
    {"auditor", "disclosures", kReadWrite},
    // Whoever may come to hold a key can pass it on to whoever is entitled as well.
    // A table of one's own registers is imported by oneself.
    {"mediator", "import", kReadWrite},
    {"grid", "import", kReadWrite},
    {"mediator", kScopesRegistry, kReadWrite},
    {"grid", kScopesRegistry, kReadWrite},
    {"chair", kScopesRegistry, kReadWrite},
    // Who approves of what everybody sees is not who keeps the registers alone.
    {"chair", kErasuresRegistry, kReadWrite | kApprove},
    {"supervisor", kErasuresRegistry, kReadWrite | kApprove},
    // Nobody else can ask for what only they can read.
    {"mediator", kErasuresRegistry, kReadWrite},
    // Every computer says what it has destroyed.
    {"chair", kReceiptsRegistry, kReadWrite},
    {"supervisor", kReceiptsRegistry, kReadWrite},
    {"mediator", kReceiptsRegistry, kReadWrite},
    {"teller", kReceiptsRegistry, kReadWrite},
    {"grid", kReceiptsRegistry, kReadWrite},
    {"office", kReceiptsRegistry, kReadWrite},
    {"auditor", kReceiptsRegistry, kReadWrite},
};

/// Whether the line "*" speaks of the registry.
bool is_of_star(std::string_view registry) {
  return registry != kWitnessRegistry && !registry.starts_with(kScopeRegistryPrefix) &&
         !registry.starts_with(kErasureMembersPrefix);
}

}  // namespace

std::span<const BuiltinRole> builtin_roles() { return kRoles; }
std::span<const PolicyLine> default_policy() { return kPolicy; }

const Member* Roster::find_author(const AuthorKey& author) const {
  auto device = devices.find(author);
  if (device == devices.end()) return nullptr;
  auto member = members.find(device->second);
  return member == members.end() ? nullptr : &member->second;
}

std::string_view Roster::name_of(const AuthorKey& author) const {
  auto line = lines.find(author);
  auto owner = owners.find(line == lines.end() ? author : line->second);
  if (owner == owners.end()) return {};
  auto name = names.find(owner->second);
  return name == names.end() ? std::string_view() : name->second;
}

const AddNode* Roster::find_wire(const WireKey& wire) const {
  auto node =
      std::ranges::find_if(nodes, [&](const auto& entry) { return entry.second.wire == wire; });
  return node == nodes.end() ? nullptr : &node->second;
}

const AddNode* Roster::find_node(const AuthorKey& author) const {
  auto node = nodes.find(NodeKey{author.value});
  return node == nodes.end() ? nullptr : &node->second;
}

std::uint8_t Roster::rights(const Member& member, std::string_view registry) const {
  std::uint8_t out = 0;
  for (const RoleGrant& grant : member.roles) {
    auto line = policy.find({grant.role, std::string(registry)});
    if (line == policy.end() && is_of_star(registry)) line = policy.find({grant.role, "*"});
    if (line != policy.end()) out = static_cast<std::uint8_t>(out | line->second);
  }
  return out;
}

bool Roster::may(const AuthorKey& author, std::string_view registry, Right right) const {
  const Member* member = nullptr;
  if (registry != kWitnessRegistry) {
    member = find_author(author);
  } else if (const AddNode* node = find_node(author)) {
    auto found = members.find(node->member);
    member = found == members.end() ? nullptr : &found->second;
  }
  return member != nullptr && (rights(*member, registry) & right) != 0;
}

std::optional<Scope> Roster::find_scope(std::string_view name) const {
  for (const auto& [number, scope] : scopes)
    if (scope.name == name) return number;
  return std::nullopt;
}

bool Roster::may_read_scope(const Member& member, std::string_view name) const {
  return (rights(member, scope_registry(name)) & (kRead | kReadFromNow)) != 0;
}

bool Roster::may_read_scope(const AuthorKey& author, std::string_view name) const {
  const Member* member = find_author(author);
  return member != nullptr && may_read_scope(*member, name);
}

bool Roster::may_read_earlier(const AuthorKey& author, std::string_view name) const {
  return may(author, scope_registry(name), kRead);
}

bool Roster::may_be_handed(const AuthorKey& device, std::string_view name,
                           const std::set<MemberId>& in_whose_time) const {
  const auto owner = devices.find(device);
  return owner != devices.end() &&
         (may_read_earlier(device, name) ||
          (may_read_scope(device, name) && in_whose_time.contains(owner->second)));
}

bool Roster::has_from_now() const {
  return std::ranges::any_of(policy, [](const auto& line) {
    return line.first.second.starts_with(kScopeRegistryPrefix) &&
           (line.second & (kRead | kReadFromNow)) == kReadFromNow;
  });
}

std::vector<AuthorKey> Roster::entitled_devices(std::string_view name) const {
  std::vector<AuthorKey> out;
  for (const auto& [device, member] : devices)
    if (may_read_scope(device, name)) out.push_back(device);
  return out;
}

std::string scope_registry(std::string_view name) {
  return std::string(kScopeRegistryPrefix) + std::string(name);
}

Scope pick_scope_number(const Roster& roster, std::string_view name) {
  constexpr std::uint32_t kNumbers = 65'535;  // All but the open scope's.
  const Hash hashed = crypto::hash({crypto::label("cunju scope 1"), as_bytes(name)});
  const std::uint32_t first = hashed.value[0] | std::uint32_t{hashed.value[1]} << 8;
  for (std::uint32_t i = 0; i < kNumbers; ++i) {
    const Scope number{static_cast<std::uint16_t>((first + i) % kNumbers + 1)};
    auto taken = roster.scopes.find(number);
    if (taken == roster.scopes.end() || taken->second.name == name) return number;
  }
  return kOpenScope;  // All are taken.
}

}  // namespace cunju
