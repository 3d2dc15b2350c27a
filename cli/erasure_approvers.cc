// SPDX-License-Identifier: Apache-2.0
#include "cli/erasure_approvers.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <optional>

namespace cunju::cli {
namespace {

/// Those who have no node in the roster: they work at somebody else's computer.
std::vector<MemberId> without_computer(const Roster& roster, const std::vector<MemberId>& members) {
  std::vector<MemberId> out;
  std::ranges::copy_if(members, std::back_inserter(out), [&](const MemberId& member) {
    return std::ranges::none_of(roster.nodes,
                                [&](const auto& node) { return node.second.member == member; });
  });
  return out;
}

/// Those of whom this home holds a key.
std::vector<MemberId> with_key_here(node::Node& node, const Roster& roster,
                                    const std::vector<MemberId>& members) {
  std::set<MemberId> here;
  for (const keys::Clerk& clerk : node.keystore().clerks()) {
    const auto owner = roster.owners.find(clerk.author);
    if (owner != roster.owners.end()) here.insert(owner->second);
  }
  std::vector<MemberId> out;
  std::ranges::copy_if(members, std::back_inserter(out),
                       [&](const MemberId& member) { return here.contains(member); });
  return out;
}

void say_all_here(const Invocation& call, const Roster& roster,
                  const std::vector<MemberId>& members) {
  const Label names = names_of(roster, members);
  call.terminal.say(
      {"  注意：" + names.zh + " 的钥匙都在这台电脑上，一个人就可能办成几个人的批准。",
       "  Note: the keys of " + std::string(names.in(Language::kEnglish)) +
           " are all on this computer: one person may have approved for them all."});
}

boost::json::array ids_json(const std::vector<MemberId>& members) {
  boost::json::array out;
  for (const MemberId& member : members) out.emplace_back(member.hex());
  return out;
}

}  // namespace

std::vector<MemberId> approvers_of(const ErasureActs& acts) {
  std::optional<std::set<MemberId>> out;
  for (const replica::ErasureEntry& act : acts) {
    if (takes_back(act, acts) || (erases(act) && act.is_lifted)) continue;
    if (!out) out = act.approvers;
    std::erase_if(*out, [&](const MemberId& one) { return !act.approvers.contains(one); });
  }
  return out ? std::vector<MemberId>(out->begin(), out->end()) : std::vector<MemberId>();
}

void show_approvers(const Invocation& call, node::Node& node, const Roster& roster,
                    const std::vector<MemberId>& members, std::size_t needed,
                    boost::json::object& out) {
  const Label names = names_of(roster, members);
  const std::string count = std::to_string(members.size()), all = std::to_string(needed);
  call.terminal.say(
      {"  批准 " + count + " / " + all + "：" + names.zh,
       "  approved by " + count + " of " + all + ": " + std::string(names.in(Language::kEnglish))});
  const std::vector<MemberId> guests = without_computer(roster, members);
  if (!guests.empty()) {
    const Label who = names_of(roster, guests);
    call.terminal.say({"  注意：" + who.zh + " 名下没有自己的电脑，是在别人的电脑上批准的。",
                       "  Note: " + std::string(who.in(Language::kEnglish)) +
                           " has no computer of their own and approved on somebody else's."});
  }
  const std::vector<MemberId> here = with_key_here(node, roster, members);
  if (here.size() > 1) say_all_here(call, roster, here);
  out["approvers_without_computer"] = ids_json(guests);
  out["approvers_here"] = ids_json(here);
}

void say_shared_computer(const Invocation& call, node::Node& node, const Roster& roster,
                         const std::vector<MemberId>& approvers, const MemberId& member) {
  std::vector<MemberId> all = approvers;
  if (std::ranges::find(all, member) != all.end()) return;
  all.push_back(member);
  const std::vector<MemberId> here = with_key_here(node, roster, all);
  if (here.size() > 1) say_all_here(call, roster, here);
}

}  // namespace cunju::cli
