// SPDX-License-Identifier: Apache-2.0
#include "node/council/handover.h"

#include <algorithm>

#include "node/replica/books.h"

namespace cunju::council {
namespace {

const Member* find(const Roster& roster, const MemberId& id) {
  auto member = roster.members.find(id);
  return member == roster.members.end() ? nullptr : &member->second;
}

/// Each once, in the order of their names.
std::set<std::string> roles_of(const Member& member) {
  std::set<std::string> out;
  for (const RoleGrant& grant : member.roles) out.insert(grant.role);
  return out;
}

RoleGrant new_term(const Member& from, const std::string& role, const HandoverWish& wish) {
  RoleGrant out{.role = role, .term_from = wish.term_from, .term_until = wish.term_until};
  if (!out.term_until.empty()) return out;
  for (const RoleGrant& old : from.roles) {
    // ISO dates compare as texts.
    if (old.role == role && old.term_until > out.term_from)
      out.term_until = std::max(out.term_until, old.term_until);
  }
  return out;
}

std::vector<std::string> without(const std::set<std::string>& all,
                                 const std::vector<RoleGrant>& taken) {
  std::vector<std::string> out;
  for (const std::string& role : all)
    if (std::ranges::find(taken, role, &RoleGrant::role) == taken.end()) out.push_back(role);
  return out;
}

Member with_roles(const Member& member, std::span<const std::string> roles) {
  Member out = member;
  out.roles.clear();
  for (const std::string& role : roles)
    out.roles.insert({.role = role, .term_from = {}, .term_until = {}});
  return out;
}

/// What the change hands over between the two; no roles if it is something else.
Handover read_handover(const Change& change, const HandoverWish& wish) {
  Handover out{.from = wish.from,
               .to = wish.to,
               .roles = {},
               .kept_roles = {},
               .act = {},
               .change = change.id};
  const std::optional<std::size_t> part = replica::find_roster_part(change);
  if (!part) return out;
  Result<Links> links = decode_links(change.parts[*part].links);
  if (links.has_error()) return out;
  const std::vector<RosterOperation> said =
      replica::make_roster_change(change, links.value().parents, std::nullopt, {}).operations;
  for (const RosterOperation& operation : said) {
    const auto* end = std::get_if<EndRole>(&operation);
    if (end == nullptr || end->member != wish.from) continue;
    for (const RosterOperation& other : said) {
      const auto* grant = std::get_if<GrantRole>(&other);
      if (grant == nullptr || grant->member != wish.to || grant->role != end->role) continue;
      out.roles.push_back({grant->role, grant->term_from, grant->term_until});
      out.act.operations.insert(out.act.operations.end(), {*end, *grant});
    }
  }
  return out;
}

}  // namespace

Result<Handover> plan_handover(replica::Replica& replica, const SpaceId& space,
                               const HandoverWish& wish) {
  CUNJU_TRY(std::shared_ptr<const Roster> roster, replica.roster(space));
  const Member* from = find(*roster, wish.from);
  const Member* to = find(*roster, wish.to);
  if (from == nullptr || to == nullptr) return fail(Errc::kNotFound, "member");
  if (from == to) return fail(Errc::kInvalidArgument, from->name);
  const std::set<std::string> held = roles_of(*from);
  std::set<std::string> wanted(wish.roles.begin(), wish.roles.end());
  if (wanted.empty()) wanted = held;
  if (wanted.empty() || !std::ranges::includes(held, wanted))
    return fail(Errc::kNotFound, "a role of " + from->name);
  CUNJU_TRY(const std::set<AuthorKey> keys, find_signing_keys(replica, space, wish.to));
  if (keys.empty()) return fail(Errc::kConflict, "a key of " + to->name);

  Handover out{.from = wish.from,
               .to = wish.to,
               .roles = {},
               .kept_roles = {},
               .act = {},
               .change = std::nullopt};
  for (const std::string& role : wanted) {
    CUNJU_TRY(RosterAct end, plan_role_end(replica, space, wish.from, role));
    std::ranges::move(end.operations, std::back_inserter(out.act.operations));
    out.act.devices = std::move(end.devices);
    const RoleGrant term = new_term(*from, role, wish);
    out.act.operations.emplace_back(GrantRole{.member = wish.to,
                                              .role = role,
                                              .term_from = term.term_from,
                                              .term_until = term.term_until});
    out.roles.push_back(term);
  }
  out.kept_roles = without(held, out.roles);
  return out;
}

Result<std::optional<Handover>> find_handover(replica::Replica& replica, const SpaceId& space,
                                              const HandoverWish& wish) {
  CUNJU_TRY(std::shared_ptr<const Roster> roster, replica.roster(space));
  const Member* from = find(*roster, wish.from);
  const Member* to = find(*roster, wish.to);
  std::optional<Handover> out;
  if (from == nullptr || to == nullptr) return out;
  const std::set<std::string> left = roles_of(*from), got = roles_of(*to);
  std::uint64_t newest_ms = 0;
  for (const auto& [author, owner] : roster->owners) {
    CUNJU_TRYV(replica.scan_log(space, author, Seq{0}, [&](const Change& change) {
      Handover done = read_handover(change, wish);
      // What was void, or was given back since, is not done.
      std::erase_if(done.roles, [&](const RoleGrant& grant) {
        return left.contains(grant.role) || !got.contains(grant.role);
      });
      const bool has_all = std::ranges::all_of(wish.roles, [&](const std::string& role) {
        return std::ranges::find(done.roles, role, &RoleGrant::role) != done.roles.end();
      });
      if (done.roles.empty() || !has_all || change.header.claimed_ms < newest_ms) return true;
      newest_ms = change.header.claimed_ms;
      out = std::move(done);
      return true;
    }));
  }
  if (!out) return out;
  out->kept_roles = without(left, {});
  for (const Cut& cut : cuts_of(out->act.operations.front())) {
    // The cuts of its nodes' statements are among them.
    if (roster->owners.contains(cut.author))
      out->act.devices.push_back({.member = wish.from, .cut = cut, .held = cut.end});
  }
  return out;
}

HandoverReach reach_of(const Roster& roster, const Handover& handover,
                       std::span<const std::string> registries) {
  HandoverReach out;
  const Member* from = find(roster, handover.from);
  if (from == nullptr) return out;
  std::vector<std::string> passing;
  for (const RoleGrant& grant : handover.roles) passing.push_back(grant.role);
  const Member office = with_roles(*from, passing), rest = with_roles(*from, handover.kept_roles);
  std::set<std::string> names(registries.begin(), registries.end());
  for (const auto& [line, rights] : roster.policy)
    // Keys of scopes and receipts are no registers.
    if (line.second != "*" && line.second != kScopesRegistry && line.second != kReceiptsRegistry)
      names.insert(line.second);
  for (const std::string& name : names) {
    const std::uint8_t given = roster.rights(office, name);
    if ((given & ~(kRead | kReadFromNow)) != 0) out.handed_over.insert(name);
    if ((given & kWrite) != 0 && (roster.rights(rest, name) & kWrite) == 0)
      out.read_only.insert(name);
  }
  return out;
}

}  // namespace cunju::council
