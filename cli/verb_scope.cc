// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <boost/json/array.hpp>
#include <map>

#include "cli/record_lookup.h"
#include "cli/roster_act.h"
#include "cli/roster_words.h"
#include "cli/scope_report.h"
#include "cli/scope_words.h"
#include "cli/verbs.h"
#include "node/council/scope_acts.h"

namespace cunju::cli {
namespace {

const Option kOptions[] = {
    kYesOption,
    {"--again",
     "MEMBER",
     {"share：不管给过没有，给此人的电脑重发一遍",
      "share: wrap the keys to this member's devices again, whatever they were given"}}};

const ActionOptions kActions[] = {{"list", {}}, {"open", {"--yes"}}, {"share", {"--again"}}};

boost::json::array keys_json(const std::vector<AuthorKey>& devices) {
  boost::json::array out;
  for (const AuthorKey& device : devices) out.emplace_back(device.hex());
  return out;
}

boost::json::object unopened_json(const replica::EpochStatus& epoch) {
  boost::json::object out;
  for (const auto& [device, senders] : epoch.unopened)
    out[device.hex()] = keys_json({senders.begin(), senders.end()});
  return out;
}

/// One line, and what programs get. `kind`: "  current", "  earlier", or what became of it.
boost::json::object show_epoch(Terminal& terminal, const Roster& roster, const std::string& scope,
                               const replica::EpochStatus& epoch, const Label& kind) {
  std::set<AuthorKey> missing, closed;
  for (const AuthorKey& device : roster.entitled_devices(scope)) {
    if (epoch.wrapped.contains(device)) continue;
    const bool may_be_handed = roster.may_be_handed(device, scope, epoch.in_whose_time);
    (may_be_handed ? missing : closed).insert(device);
  }
  const std::string id = short_id(epoch.epoch.hex()), whom = owners_of(roster, missing),
                    without = owners_of(roster, closed);
  terminal.say({"  钥匙 " + id + kind.zh + (epoch.has_key ? "  这里有" : "  这里没有") +
                    (missing.empty() ? "" : "  还缺：" + whom) +
                    (closed.empty() ? "" : "  按规定不给（加入以前的）：" + without),
                "  epoch " + id + kind.en +
                    (epoch.has_key ? "  key is here" : "  key is not here") +
                    (missing.empty() ? "" : "  missing for: " + whom) +
                    (closed.empty() ? "" : "  before their time, not handed to: " + without)});
  for (const auto& [device, senders] : epoch.unopened) {
    const std::string at = owners_of(roster, {device}), from = owners_of(roster, senders);
    terminal.say(
        {"    " + from + " 发给 " + at + "（" + short_id(device.hex()) + "）的打不开，按没有给算",
         "    what " + from + " handed to " + at + " (" + short_id(device.hex()) +
             ") does not open, and counts as not given"});
  }
  return {{"epoch", epoch.epoch.hex()},
          {"has_key", epoch.has_key},
          {"parts", epoch.parts},
          {"missing", keys_json({missing.begin(), missing.end()})},
          {"closed_to", keys_json({closed.begin(), closed.end()})},
          {"unopened", unopened_json(epoch)}};
}

/// Epochs that no act in force opened, and which parts name.
Label kind_of_fallen(const replica::EpochStatus& epoch, const replica::ScopeStatus& status) {
  const std::string parts = std::to_string(epoch.parts);
  const bool is_same = epoch.name == status.name;
  return {
      "  失效的名册改动所发，封着 " + parts + " 份" +
          (is_same ? "" : "（当时叫 " + epoch.name + "，不补发）"),
      "  of an act that is not in force, " + parts + " parts are sealed with it" +
          (is_same ? ""
                   : " (for " + epoch.name + ", as the number was called there: not handed over)")};
}

/// Which roles read the scope, and whether whoever comes in one gets what was before.
boost::json::array show_roles(Terminal& terminal, const Roster& roster, const std::string& name) {
  boost::json::array out;
  for (const council::ReadingRole& each : council::roles_reading(roster, name)) {
    const Label line = reading_role_label(each);
    terminal.say({"  " + line.zh, "  " + line.en});
    out.push_back(boost::json::object{{"role", each.role}, {"earlier", each.reads_earlier}});
  }
  return out;
}

void show_scope(Terminal& terminal, const SpaceId& space, const Roster& roster,
                const std::set<AuthorKey>& own, const std::string& name,
                const replica::ScopeStatus& status) {
  const std::vector<AuthorKey> entitled = roster.entitled_devices(name);
  const std::string shown = name.empty() ? std::to_string(status.scope.value) : name;
  const std::string who = owners_of(roster, {entitled.begin(), entitled.end()});
  const std::string parts = std::to_string(status.parts);
  const std::string sealed = std::to_string(status.sealed);
  terminal.say(
      {shown + "  可以查看：" + who + "  内容 " + parts + " 份，其中这里打不开 " + sealed + " 份",
       shown + "  may read: " + who + "  " + parts + " parts, " + sealed + " of them sealed here"});
  boost::json::array roles = show_roles(terminal, roster, name);
  const std::uint64_t closed = council::closed_parts(roster, status, own);
  if (closed > 0) {
    const std::string count = std::to_string(closed);
    terminal.say({"  打不开的里面有 " + count + " 份是您加入以前的，按规定不给您看，不必要钥匙",
                  "  " + count +
                      " of what is sealed here is from before your time: by the policy it is not "
                      "for you, and there is no key to ask for"});
  }
  if (status.unreadable > 0) {
    const std::string damaged = std::to_string(status.unreadable);
    terminal.say({"  有 " + damaged + " 份封装损坏或伪造，不算数",
                  "  " + damaged + " parts are damaged or forged, and count for nothing"});
  }
  if (status.epochs.empty()) terminal.say({"  还没有发过钥匙", "  no epoch has been opened"});
  boost::json::array epochs;
  for (const replica::EpochStatus& epoch : status.epochs) {
    const bool is_current = &epoch == &status.epochs.back();
    boost::json::object line =
        show_epoch(terminal, roster, name, epoch,
                   is_current ? Label{"  现用", "  current"} : Label{"  旧", "  earlier"});
    line["current"] = is_current;
    epochs.push_back(std::move(line));
  }
  boost::json::array fallen;
  for (const replica::EpochStatus& epoch : status.fallen)
    fallen.push_back(show_epoch(terminal, roster, name, epoch, kind_of_fallen(epoch, status)));
  terminal.object({{"space", space.hex()},
                   {"scope", name},
                   {"number", status.scope.value},
                   {"entitled", keys_json(entitled)},
                   {"roles", std::move(roles)},
                   {"parts", status.parts},
                   {"sealed", status.sealed},
                   {"closed", closed},
                   {"unreadable", status.unreadable},
                   {"epochs", std::move(epochs)},
                   {"fallen", std::move(fallen)}});
}

Result<ExitCode> list_scopes(Invocation& call) {
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(std::vector<SpaceId> spaces, chosen_spaces(*node, call));
  for (const SpaceId& space : spaces) {
    Result<std::shared_ptr<const Roster>> roster = node->replica().roster(space);
    if (roster.has_error()) continue;
    call.terminal.line(roster.value()->space_name);
    CUNJU_TRY(const std::vector<replica::ScopeStatus> all, node->replica().scopes(space));
    const std::set<AuthorKey> own = node->replica().own_devices();
    for (const replica::ScopeStatus& status : all)
      show_scope(call.terminal, space, *roster.value(), own, status.name, status);
    CUNJU_TRY(const std::vector<council::ScopeTrouble> troubles,
              council::find_scope_troubles(node->replica(), space));
    for (const council::ScopeTrouble& trouble : troubles)
      for (const Label& line : trouble_lines(call.terminal, *roster.value(), trouble))
        call.terminal.warn(line);
    // Scopes that the policy or a definition knows and nobody has opened.
    CUNJU_TRY(const registry::Catalog catalog, registry::Catalog::load(node->replica(), space));
    for (const std::string& name : known_scopes(*roster.value(), catalog)) {
      const bool is_listed = std::ranges::find(all, name, &replica::ScopeStatus::name) != all.end();
      if (!is_listed) show_scope(call.terminal, space, *roster.value(), own, name, {});
    }
  }
  return ExitCode::kOk;
}

Result<ExitCode> open_epoch(Invocation& call) {
  if (call.arguments.size() < 2)
    return refused(call, Errc::kInvalidArgument, {"没有写明哪个保密范围", "which scope?"});
  const std::string& name = call.arguments[1];
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(SpaceId space, chosen_space(*node, call));
  CUNJU_TRY(std::shared_ptr<const Roster> roster, node->replica().roster(space));
  const std::vector<AuthorKey> entitled = roster->entitled_devices(name);
  if (entitled.empty())
    return refused(call, Errc::kNotFound,
                   {"名册上没有人可以查看保密范围“" + name +
                        "”，发了钥匙也没有人能用；先让一个角色可以查看（" +
                        call.terminal.command("policy set ROLE " + scope_registry(name) + " read") +
                        "），钥匙会同时发出，不必再 scope open",
                    "by the roster nobody may read the scope " + name +
                        ", so a key would be of no use to anybody; let a role read it first (" +
                        call.terminal.command("policy set ROLE " + scope_registry(name) + " read") +
                        "), which gives out a key as well, so that scope open is not needed"});
  CUNJU_TRY(
      OpenEpoch opening,
      council::plan_epoch(*roster, space, name, node->unlocked().author.author(), node->random()));
  const std::string who = owners_of(*roster, {entitled.begin(), entitled.end()});
  CUNJU_TRY(const ExitCode code,
            carry_out(call, *node, space, {.operations = {std::move(opening)}, .devices = {}},
                      {"保密范围 " + name + " 换发新钥匙，发给：" + who,
                       "Opens a new epoch of the scope " + name + " for: " + who},
                      {{"scope", name}}));
  if (!call.has("--yes")) return code;
  // What was sealed before is read with earlier keys, also those of acts that are not in force now.
  CUNJU_TRYV(
      node->replica().hand_over_epochs(space, node->unlocked().author, node::Node::now_ms()));
  return code;
}

/// The devices of the member that --again names.
Result<std::set<AuthorKey>> read_again(Invocation& call, const Roster& roster) {
  const std::optional<std::string> name = call.value("--again");
  if (!name) return std::set<AuthorKey>();
  CUNJU_TRY(const MemberId member, require_member(call, roster, *name));
  const std::set<AuthorKey>& devices = roster.members.at(member).devices;
  const std::vector<std::string> scopes = council::scope_names(roster);
  const bool may_read = std::ranges::any_of(scopes, [&](const std::string& scope) {
    return std::ranges::any_of(
        devices, [&](const AuthorKey& device) { return roster.may_read_scope(device, scope); });
  });
  if (may_read) return devices;
  return refused(
      call, Errc::kPermission,
      {"按名册 " + *name + " 不能查看任何保密范围，没有可以补发的钥匙；先由主任让其角色可以查看（" +
           call.terminal.command("policy set ROLE scope:NAME read --yes") + "），钥匙同时发出",
       "by the roster " + *name +
           " may read no confidential scope, so there is no key to hand over; let the chair allow "
           "a role of theirs to read one first (" +
           call.terminal.command("policy set ROLE scope:NAME read --yes") +
           "), which gives out keys as well"});
}

Result<ExitCode> share(Invocation& call) {
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(std::vector<SpaceId> spaces, chosen_spaces(*node, call));
  for (const SpaceId& space : spaces) {
    Result<std::shared_ptr<const Roster>> roster = node->replica().roster(space);
    if (roster.has_error()) continue;
    CUNJU_TRY(const std::set<AuthorKey> again, read_again(call, *roster.value()));
    CUNJU_TRY(const replica::Appended done,
              node->replica().hand_over_epochs(space, node->unlocked().author, node::Node::now_ms(),
                                               again));
    if (done.ids.empty()) {
      call.terminal.say({"没有可以补发的钥匙。", "There is no key to hand over."});
    } else {
      node->wake_server();
      call.terminal.say({"已补发钥匙；下次交换后，对方就能查看。",
                         "Keys were handed over; after the next exchange they can be used."});
    }
    call.terminal.object({{"space", space.hex()}, {"changes", done.ids.size()}});
  }
  return ExitCode::kOk;
}

Result<ExitCode> run(Invocation& call) {
  const std::string action = call.arguments.empty() ? "list" : call.arguments[0];
  CUNJU_TRYV(require_options_of(call, action, kActions));
  if (action == "list") return list_scopes(call);
  if (action == "open") return open_epoch(call);
  if (action == "share") return share(call);
  return refused(call, Errc::kInvalidArgument,
                 {action + "；可用 list、open、share", action + "; there are list, open, share"});
}

}  // namespace

const Verb kScopeVerb{
    .name = "scope",
    .arguments = "[list | open NAME | share [--again MEMBER]]",
    .min_arguments = 0,
    .max_arguments = 2,
    .summary =
        {"保密范围：谁能看、钥匙发到了谁；换发、补发钥匙",
         "confidential scopes: who may read them and who has keys; open an epoch; share keys"},
    .details =
        {"保密字段（如调解内容、租客姓名和证件）只有名册上有权的人能看，别的电脑只替他们保存密文。"
         "有人退出、停用钥匙或免去角色时自动换发新钥匙；后来的人以前的钥匙由已有钥匙的电脑在交换时"
         "补发，也可用 share 补发（policy set ROLE scope:NAME from-now "
         "的角色除外：只看加入以后的）。收到的钥匙打不开的，本机会写明，别的电脑照此补发。已经给过"
         "的钥匙收不回来：换发只"
         "管以后的内容。",
         "Fields of a confidential scope, such as what was said in a mediation or a tenant's "
         "papers, can "
         "be read by whom the roster entitles; other nodes keep what they can't read. A new epoch "
         "is opened when somebody leaves, loses a role or a key; who comes later gets earlier keys "
         "at an exchange with a node that has them, or by share, but for roles that read from "
         "their coming on (policy set ROLE scope:NAME from-now). A computer that can't open what "
         "it was handed says so, and others hand it over again. A key that was given can't be "
         "taken back: a new one is for what comes after."},
    .options = kOptions,
    .run = run};

}  // namespace cunju::cli
