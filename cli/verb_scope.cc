// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <boost/json/array.hpp>
#include <map>

#include "cli/record_lookup.h"
#include "cli/roster_act.h"
#include "cli/scope_report.h"
#include "cli/verbs.h"
#include "node/council/scope_acts.h"

namespace cunju::cli {
namespace {

const Option kOptions[] = {kYesOption};

/// Names of the members whose devices these are, each once.
std::string names_of(const Roster& roster, const std::vector<AuthorKey>& devices) {
  std::string out;
  std::vector<std::string> told;
  for (const AuthorKey& device : devices) {
    std::string name = author_name(roster, device);
    if (std::ranges::find(told, name) != told.end()) continue;
    out += (out.empty() ? "" : " ") + name;
    told.push_back(std::move(name));
  }
  return out.empty() ? "-" : out;
}

boost::json::array keys_json(const std::vector<AuthorKey>& devices) {
  boost::json::array out;
  for (const AuthorKey& device : devices) out.emplace_back(device.hex());
  return out;
}

/// Entitled devices that nobody has wrapped the key of the epoch to.
std::vector<AuthorKey> lacking(const std::vector<AuthorKey>& entitled,
                               const replica::EpochStatus& epoch) {
  std::vector<AuthorKey> out;
  for (const AuthorKey& device : entitled)
    if (!epoch.wrapped.contains(device)) out.push_back(device);
  return out;
}

void show_scope(Terminal& terminal, const SpaceId& space, const Roster& roster,
                const std::string& name, const replica::ScopeStatus& status) {
  const std::vector<AuthorKey> entitled = roster.entitled_devices(name);
  const std::string shown = name.empty() ? std::to_string(status.scope.value) : name;
  const std::string who = names_of(roster, entitled), parts = std::to_string(status.parts);
  const std::string sealed = std::to_string(status.sealed);
  terminal.say(
      {shown + "  可以查看：" + who + "  内容 " + parts + " 份，其中这里打不开 " + sealed + " 份",
       shown + "  may read: " + who + "  " + parts + " parts, " + sealed + " of them sealed here"});
  if (status.unreadable > 0) {
    const std::string damaged = std::to_string(status.unreadable);
    terminal.say({"  有 " + damaged + " 份封装损坏或伪造，不算数",
                  "  " + damaged + " parts are damaged or forged, and count for nothing"});
  }
  if (status.epochs.empty()) terminal.say({"  还没有发过钥匙", "  no epoch has been opened"});
  boost::json::array epochs;
  for (const replica::EpochStatus& epoch : status.epochs) {
    const bool is_current = &epoch == &status.epochs.back();
    const std::vector<AuthorKey> missing = lacking(entitled, epoch);
    const std::string id = short_id(epoch.epoch.hex()), whom = names_of(roster, missing);
    terminal.say({"  钥匙 " + id + (is_current ? "  现用" : "  旧") +
                      (epoch.has_key ? "  这里有" : "  这里没有") +
                      (missing.empty() ? "" : "  还缺：" + whom),
                  "  epoch " + id + (is_current ? "  current" : "  earlier") +
                      (epoch.has_key ? "  key is here" : "  key is not here") +
                      (missing.empty() ? "" : "  missing for: " + whom)});
    epochs.push_back(boost::json::object{{"epoch", epoch.epoch.hex()},
                                         {"current", is_current},
                                         {"has_key", epoch.has_key},
                                         {"missing", keys_json(missing)}});
  }
  terminal.object({{"space", space.hex()},
                   {"scope", name},
                   {"number", status.scope.value},
                   {"entitled", keys_json(entitled)},
                   {"parts", status.parts},
                   {"sealed", status.sealed},
                   {"unreadable", status.unreadable},
                   {"epochs", std::move(epochs)}});
}

Result<ExitCode> list_scopes(Invocation& call) {
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(std::vector<SpaceId> spaces, chosen_spaces(*node, call));
  for (const SpaceId& space : spaces) {
    Result<std::shared_ptr<const Roster>> roster = node->replica().roster(space);
    if (roster.has_error()) continue;
    call.terminal.line(roster.value()->space_name);
    CUNJU_TRY(const std::vector<replica::ScopeStatus> all, node->replica().scopes(space));
    for (const replica::ScopeStatus& status : all)
      show_scope(call.terminal, space, *roster.value(), status.name, status);
    // Scopes that the policy or a definition knows and nobody has opened.
    CUNJU_TRY(const registry::Catalog catalog, registry::Catalog::load(node->replica(), space));
    for (const std::string& name : known_scopes(*roster.value(), catalog)) {
      const bool is_listed = std::ranges::find(all, name, &replica::ScopeStatus::name) != all.end();
      if (!is_listed) show_scope(call.terminal, space, *roster.value(), name, {});
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
  const std::string who = names_of(*roster, entitled);
  return carry_out(call, *node, space, {.operations = {std::move(opening)}, .devices = {}},
                   {"保密范围 " + name + " 换发新钥匙，发给：" + who,
                    "Opens a new epoch of the scope " + name + " for: " + who},
                   {{"scope", name}});
}

Result<ExitCode> share(Invocation& call) {
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(std::vector<SpaceId> spaces, chosen_spaces(*node, call));
  for (const SpaceId& space : spaces) {
    CUNJU_TRY(
        const replica::Appended done,
        node->replica().hand_over_epochs(space, node->unlocked().author, node::Node::now_ms()));
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
  if (action == "list") return list_scopes(call);
  if (action == "open") return open_epoch(call);
  if (action == "share") return share(call);
  return refused(call, Errc::kInvalidArgument,
                 {action + "；可用 list、open、share", action + "; there are list, open, share"});
}

}  // namespace

const Verb kScopeVerb{
    .name = "scope",
    .arguments = "[list | open NAME | share]",
    .min_arguments = 0,
    .max_arguments = 2,
    .summary =
        {"保密范围：谁能看、钥匙发到了谁；换发、补发钥匙",
         "confidential scopes: who may read them and who has keys; open an epoch; share keys"},
    .details =
        {"保密字段（如调解内容、租客姓名和证件）只有名册上有权的人能看，别的电脑只替他们保存密文。"
         "有人退出、停用钥匙或免去角色时自动换发新钥匙；后来的人由已有钥匙的电脑在交换时补发，也可"
         "用 "
         "share 补发。已经给过的钥匙收不回来：换发只管以后的内容。",
         "Fields of a confidential scope, such as what was said in a mediation or a tenant's "
         "papers, can "
         "be read by whom the roster entitles; other nodes keep what they can't read. A new epoch "
         "is opened when somebody leaves, loses a role or a key; who comes later gets earlier keys "
         "at an exchange with a node that has them, or by share. A key that was given can't be "
         "taken back: a new one is for what comes after."},
    .options = kOptions,
    .run = run};

}  // namespace cunju::cli
