// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <boost/json/array.hpp>

#include "cli/entering_changes.h"
#include "cli/erasure_outlook.h"
#include "cli/roster_act.h"
#include "cli/scope_report.h"
#include "cli/verbs.h"
#include "node/council/roster_acts.h"

namespace cunju::cli {
namespace {

const Option kOptions[] = {kTakenBackOption, kLeaveUnreadOption, kYesOption};
const ActionOptions kActions[] = {{"list", {}},
                                  {"set", {"--yes", "--leave-unread", "--taken-back"}}};

constexpr std::pair<std::string_view, Right> kRights[] = {{"read", kRead},
                                                          {"write", kWrite},
                                                          {"approve", kApprove},
                                                          {"certify", kCertify},
                                                          {"from-now", kReadFromNow}};

constexpr bool reads_from_now(std::uint8_t rights) {
  return (rights & (kRead | kReadFromNow)) == kReadFromNow;
}

boost::json::array rights_json(std::uint8_t rights) {
  boost::json::array out;
  for (const auto& [name, right] : kRights)
    if ((rights & right) != 0 && (right != kReadFromNow || reads_from_now(rights)))
      out.emplace_back(name);
  return out;
}

/// "read,write", or "none".
Result<std::uint8_t> read_rights(const Invocation& call, const std::string& text) {
  std::uint8_t out = 0;
  if (text == "none") return out;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    const std::string word = text.substr(at, end - at);
    const auto known = std::ranges::find(kRights, std::string_view(word),
                                         [](const auto& one) { return one.first; });
    if (known == std::end(kRights))
      return refused(
          call, Errc::kInvalidArgument,
          {"权限 " + text +
               "：可用 read、write、approve、certify，以逗号相连；保密范围还可用 "
               "from-now；没有写 none",
           "rights " + text +
               ": there are read, write, approve, certify, joined by commas, and from-now for "
               "scopes; or none"});
    out = static_cast<std::uint8_t>(out | known->second);
    at = end + 1;
  }
  return out;
}

/// Keys of scopes are all that is handed over or kept back by when it was sealed.
Result<void> require_from_now_fits(const Invocation& call, const std::string& registry,
                                   std::uint8_t rights) {
  if ((rights & kReadFromNow) == 0) return ok();
  if (!registry.starts_with(kScopeRegistryPrefix))
    return refused(
        call, Errc::kInvalidArgument,
        {"from-now 只用于保密范围（scope:NAME）：公开的内容在名册里的电脑都有，分不出以前以后",
         "from-now is for confidential scopes (scope:NAME): what is open is on every computer of "
         "the roster, old and new"});
  if ((rights & kRead) != 0)
    return refused(call, Errc::kInvalidArgument,
                   {"read 是全部，from-now 是只看加入以后的，两个只能写一个",
                    "read is all of it and from-now what comes after joining: one of the two"});
  return ok();
}

Label line_words(const std::string& role, const std::string& registry, std::uint8_t rights) {
  const Label words = rights_label(rights);
  const Label where =
      registry == "*" ? Label{"其余登记簿", "all other registries"} : Label{registry, registry};
  return {role_label(role, Language::kChinese) + " 对 " + where.zh + "：" + words.zh,
          role_label(role, Language::kEnglish) + " in " + where.en + ": " + words.en};
}

Result<ExitCode> list_policy(Invocation& call) {
  return show_rosters(call,
                      [&](node::Node&, const SpaceId& space, const Roster& roster) -> Result<void> {
                        call.terminal.line(roster.space_name);
                        for (const auto& [line, rights] : roster.policy) {
                          const Label words = line_words(line.first, line.second, rights);
                          call.terminal.say({"  " + words.zh, "  " + words.en});
                          call.terminal.object({{"space", space.hex()},
                                                {"role", line.first},
                                                {"registry", line.second},
                                                {"rights", rights_json(rights)}});
                        }
                        return ok();
                      });
}

/// What the role may in the registry now, by its own line or the one for all others.
std::uint8_t rights_now(const Roster& roster, const std::string& role,
                        const std::string& registry) {
  auto line = roster.policy.find({role, registry});
  if (line == roster.policy.end() && registry != kWitnessRegistry &&
      !registry.starts_with(kErasureMembersPrefix) && !registry.starts_with(kScopeRegistryPrefix))
    line = roster.policy.find({role, "*"});
  return line == roster.policy.end() ? std::uint8_t{0} : line->second;
}

/// Whether the law takes the line to take something: it compares with the line for all others also
/// where that says nothing of the registry, and then demands cuts.
bool demands_cuts(const Roster& roster, const std::string& role, const std::string& registry,
                  std::uint8_t rights) {
  auto line = roster.policy.find({role, registry});
  if (line == roster.policy.end()) line = roster.policy.find({role, "*"});
  return line != roster.policy.end() && (line->second & ~rights) != 0;
}

/// The roster as it would be with the line, and with no other about how many have to approve.
std::size_t needed_with(const Roster& roster, const std::string& role, const std::string& registry,
                        std::uint8_t rights, bool alone) {
  Roster out = roster;
  if (alone)
    std::erase_if(out.policy, [](const auto& line) {
      return line.first.second.starts_with(kErasureMembersPrefix);
    });
  out.policy[{role, registry}] = rights;
  return members_needed(out);
}

/// Who has to approve of an erasure, in plain words; kConflict where the line says one and two
/// could, or more than could. Of the registry of erasures: who could not although the line says so.
/// Nothing for other lines.
Result<void> say_members(const Invocation& call, const Roster& roster, const std::string& role,
                         const std::string& registry, std::uint8_t rights) {
  const bool is_void = (rights & kApprove) != 0 && (rights & kWrite) == 0;
  if (registry == kErasuresRegistry && is_void)
    call.terminal.warn(
        {"只写 approve、没有 write 的批准不了删除：两样都要写（或此人另有职务能写）。",
         "Nobody approves of an erasure with approve alone: it takes write as well, by this "
         "role or another."});
  if (!registry.starts_with(kErasureMembersPrefix)) return ok();
  const std::string typed = registry.substr(kErasureMembersPrefix.size());
  const bool asks = (rights & kApprove) != 0;
  if (asks && std::to_string(needed_with(roster, role, registry, rights, true)) != typed)
    return refused(
        call, Errc::kConflict,
        {"名册上能批准删除的不止一人，一人批准不算数，没有办理。只有一人能批准的村才可以写 " +
             registry,
         "more than one member could approve of an erasure, so one alone does not "
         "decide, and nothing was done: " +
             registry + " is for where only one could"});
  if (asks) {
    CUNJU_TRYV(require_approvers(call, roster, typed));
  }
  const std::string now = std::to_string(members_needed(roster));
  const std::string then = std::to_string(needed_with(roster, role, registry, rights, false));
  call.terminal.say(
      {"一项删除、解除封存要几个人批准：现在 " + now + "，之后 " + then +
           "。以后能批准的满两人，至少要两人。",
       "So many members have to approve of an erasure, or of the end of a restriction: now " + now +
           ", afterwards " + then + ". As soon as two could approve, two have to at least."});
  return ok();
}

/// A line for a registry that nobody has would be a slip of the pen, and say nothing.
Result<void> require_registry(const Invocation& call, const Roster& roster,
                              const registry::Catalog& catalog, const std::string& id) {
  Label known{"*", "*"};
  // How many members have to approve of an erasure is a line as well.
  for (std::size_t members = 1; members <= limits::kMaxErasureMembers; ++members)
    if (id == std::string(kErasureMembersPrefix) + std::to_string(members)) return ok();
  for (std::string_view own : {kRosterRegistry, kDefinitionRegistry, kWitnessRegistry,
                               kScopesRegistry, kErasuresRegistry, kReceiptsRegistry}) {
    if (id == own) return ok();
    known.zh += " " + std::string(own);
    known.en += " " + std::string(own);
  }
  for (const registry::Catalog::Item& item : catalog.all()) {
    if (id == item.definition.id) return ok();
    known.zh += " " + item.definition.id;
    known.en += " " + item.definition.id;
  }
  // Who may read a confidential scope is a line as well: of one that the roster knows, or that a
  // definition names and nobody may read yet.
  for (const std::string& scope : known_scopes(roster, catalog)) {
    if (id == scope_registry(scope)) return ok();
    known.zh += " " + scope_registry(scope);
    known.en += " " + scope_registry(scope);
  }
  if (id == "*") return ok();
  return refused(
      call, Errc::kNotFound,
      {"没有登记簿 " + id + "。可用：" + known.zh, "registry " + id + ". There are: " + known.en});
}

Result<ExitCode> set_policy(Invocation& call) {
  if (call.arguments.size() != 4)
    return refused(call, Errc::kInvalidArgument,
                   {"要写角色、登记簿和权限：policy set ROLE REGISTRY RIGHTS",
                    "which role, registry and rights: policy set ROLE REGISTRY RIGHTS"});
  CUNJU_TRY(const std::string role, require_role(call, call.arguments[1], "policy set"));
  const std::string& registry = call.arguments[2];
  CUNJU_TRY(std::uint8_t rights, read_rights(call, call.arguments[3]));
  CUNJU_TRYV(require_from_now_fits(call, registry, rights));
  CUNJU_TRY(const OpenRoster opened, open_roster(call));
  const auto& [node, space, roster] = opened;
  CUNJU_TRY(const Book book, open_book(*node, space));
  CUNJU_TRYV(require_registry(call, *roster, *book.catalog, registry));
  const std::uint8_t now = rights_now(*roster, role, registry);
  // Reading all has the less in it: so nothing is taken, and no log needs a cut.
  if ((rights & kRead) != 0) rights = static_cast<std::uint8_t>(rights | (now & kReadFromNow));
  const Label line = line_words(role, registry, rights);
  if (roster->policy.contains({role, registry}) && now == rights)
    return say_unchanged(call, space,
                         {line.zh + "。早已如此，没有改动任何数据。",
                          line.en + ". It is so already; nothing was changed."});
  CUNJU_TRY(council::RosterAct act,
            council::plan_policy(node->replica(), space, role, registry, rights));
  CUNJU_TRYV(say_members(call, *roster, role, registry, rights));
  const auto taken = static_cast<std::uint8_t>(now & ~rights);
  const auto given = static_cast<std::uint8_t>(rights & ~now);
  if (!demands_cuts(*roster, role, registry, rights)) {
    // It takes nothing, so no log is cut.
    std::get<SetPolicy>(act.operations.front()).cuts.clear();
    act.devices.clear();
  }
  const Label before = line_words(role, registry, now), less = rights_label(taken),
              more = rights_label(given);
  call.terminal.say({"现在：" + before.zh, "Now: " + before.en});
  call.terminal.say({"之后：" + line.zh + "（收回 " + less.zh + "，新给 " + more.zh + "）",
                     "Afterwards: " + line.en + " (takes " + less.en + ", gives " + more.en + ")"});
  return carry_out(call, *node, space, act,
                   {"担任这一角色的人都照此办理。", "It holds for everybody in that role."},
                   {{"role", role},
                    {"registry", registry},
                    {"rights_before", rights_json(now)},
                    {"rights", rights_json(rights)},
                    {"takes", rights_json(taken)},
                    {"gives", rights_json(given)}});
}

Result<ExitCode> run(Invocation& call) {
  const std::string action = call.arguments.empty() ? "list" : call.arguments[0];
  CUNJU_TRYV(require_options_of(call, action, kActions));
  if (action == "list") return list_policy(call);
  if (action == "set") return set_policy(call);
  return refused(call, Errc::kInvalidArgument,
                 {action + "；可用 list、set", action + "; there are list, set"});
}

}  // namespace

const Verb kPolicyVerb{
    .name = "policy",
    .arguments = "[list | set ROLE REGISTRY RIGHTS]",
    .min_arguments = 0,
    .max_arguments = 4,
    .summary = {"各角色在各登记簿的权限", "what each role may in each registry"},
    .details =
        {"RIGHTS 是 read、write、approve、certify，以逗号相连，或 none；REGISTRY 写 * 指没有单独"
         "规定的登记簿。保密范围（scope:NAME）写 read 是新来的人也能看以前的，写 from-now "
         "是只看加入以后的，以前的钥匙谁也不补发。先说明收回什么、各本日志截到哪一份，加 --yes "
         "才办理。收回权限时，对方离线"
         "写下、还没收到的进迟到箱（cunju late）。",
         "RIGHTS are read, write, approve and certify, joined by commas, or none; REGISTRY * means "
         "those without a line of their own. Of a confidential scope (scope:NAME) read gives "
         "newcomers what was before as well; from-now gives them what is sealed from their coming "
         "on, and nobody hands them earlier keys. First says what it takes and where each log is "
         "cut; "
         "--yes does it. What somebody wrote offline beside that waits in the late tray (cunju "
         "late)."},
    .options = kOptions,
    .run = run};

}  // namespace cunju::cli
