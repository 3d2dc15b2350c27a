// SPDX-License-Identifier: Apache-2.0
#include "cli/roster_act.h"

#include "cli/entering_changes.h"
#include "cli/erasure_outlook.h"
#include "cli/scope_report.h"
#include "cli/scope_words.h"
#include "node/council/replication_act.h"
#include "node/council/scope_acts.h"

namespace cunju::cli {

Result<OpenRoster> open_roster(Invocation& call) {
  OpenRoster out;
  CUNJU_TRY(out.node, open_node(call));
  CUNJU_TRY(out.space, chosen_space(*out.node, call));
  CUNJU_TRY(out.roster, out.node->replica().roster(out.space));
  return out;
}

Result<ExitCode> show_rosters(
    Invocation& call,
    const std::function<Result<void>(node::Node&, const SpaceId&, const Roster&)>& show) {
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(std::vector<SpaceId> spaces, chosen_spaces(*node, call));
  for (const SpaceId& space : spaces) {
    Result<std::shared_ptr<const Roster>> roster = node->replica().roster(space);
    if (roster.has_error()) continue;
    CUNJU_TRYV(show(*node, space, *roster.value()));
  }
  return ExitCode::kOk;
}

Result<std::optional<ChangeId>> sign_if_confirmed(Invocation& call, node::Node& node,
                                                  const SpaceId& space,
                                                  const council::RosterAct& act,
                                                  const council::ActOutlook& outlook) {
  std::optional<ChangeId> change;
  if (call.has("--yes")) {
    Result<replica::Appended> done = node.replica().append_roster(
        space, node.unlocked().author, act.operations, node::Node::now_ms(), act.pins);
    if (done.has_error()) {
      // Whoever may not change the roster at all was told so before.
      if (done.error().code == Errc::kPermission && outlook.needs_quorum) explain_cut(call);
      return done.error();
    }
    node.wake_server();
    change = done.value().ids.front();
    call.terminal.say({"已办理并保存；下次交换后，别的电脑也照此执行。",
                       "Done and saved; other nodes follow after the next exchange."});
    pass_on_keys(call, node, space);
  } else {
    call.terminal.say({"还没有办理，没有改动任何数据。确认无误后加 --yes 再运行一次。",
                       "Nothing was done. If this is right, run it again with --yes."});
  }
  return change;
}

Result<council::ActOutlook> check_act(Invocation& call, node::Node& node, const SpaceId& space,
                                      const council::RosterAct& act,
                                      std::span<const council::ForkOutlook> forks) {
  CUNJU_TRY(std::shared_ptr<const Roster> roster, node.replica().roster(space));
  CUNJU_TRY(council::ActOutlook outlook,
            council::read_outlook(node.replica(), space, act, node.unlocked().author.author()));
  show_needs(call.terminal, *roster, outlook);
  show_notes(call.terminal, *roster, outlook);
  if (call.has("--yes")) {
    CUNJU_TRYV(refuse_unentitled(call, *roster, outlook));
  }
  CUNJU_TRYV(refuse_lockout(call, *roster, outlook));
  CUNJU_TRYV(refuse_leaving(call, *roster, act.operations, forks));
  CUNJU_TRYV(refuse_unread(call, node, space, act.operations));
  CUNJU_TRYV(weigh_erasures(call, node, space, act));
  return outlook;
}

Result<council::RosterAct> with_epochs(Invocation& call, node::Node& node, const SpaceId& space,
                                       const council::RosterAct& act, boost::json::object& out) {
  council::RosterAct whole = act;
  CUNJU_TRY(const std::vector<council::ScopeTurn> turns,
            council::add_epochs(node.replica(), space, node.unlocked().author.author(),
                                node.random(), whole.operations));
  boost::json::array scopes;
  for (const council::ScopeTurn& turn : turns) {
    const std::string ins = std::to_string(turn.in.size()), outs = std::to_string(turn.out.size()),
                      less = std::to_string(turn.narrowed.size());
    Label line{"保密范围 " + turn.name + " 同时换发新钥匙：" + outs +
                   " 把设备钥匙不再能看以后的内容，新增 " + ins + " 把",
               "The confidential scope " + turn.name + " gets a new key at once: " + outs +
                   " devices can't read what comes after, " + ins + " are new"};
    if (!turn.narrowed.empty()) {
      line.zh += "，" + less + " 把不再补发以前的";
      line.en += ", " + less + " get no earlier keys any more";
    }
    call.terminal.say({line.zh + "。", line.en + "."});
    scopes.push_back(boost::json::object{{"scope", turn.name},
                                         {"out", turn.out.size()},
                                         {"in", turn.in.size()},
                                         {"narrowed", turn.narrowed.size()}});
  }
  out["scopes"] = std::move(scopes);
  CUNJU_TRY(out["readers"], show_readers(call, node, space, act.operations));
  return whole;
}

namespace {

/// Who reads a scope, and which key they may have, may have changed in ways that the act did not
/// foresee: by what an act of the quorum voids, or what was written beside it.
Result<void> warn_of_outsiders(Invocation& call, node::Node& node, const SpaceId& space) {
  CUNJU_TRY(const std::shared_ptr<const Roster> roster, node.replica().roster(space));
  CUNJU_TRY(const std::vector<council::ScopeTrouble> troubles,
            council::find_scope_troubles(node.replica(), space));
  for (const council::ScopeTrouble& trouble : troubles) {
    const council::ScopeTrouble mine{.scope = trouble.scope,
                                     .unopened_from = {},
                                     .unopened_at = {},
                                     .outsiders = trouble.outsiders,
                                     .without_current = trouble.without_current};
    for (const Label& line : trouble_lines(call.terminal, *roster, mine)) call.terminal.warn(line);
  }
  return ok();
}

}  // namespace

Result<ExitCode> carry_out(Invocation& call, node::Node& node, const SpaceId& space,
                           const council::RosterAct& given, const Label& what,
                           boost::json::object out) {
  call.terminal.say(what);
  out["space"] = space.hex();
  CUNJU_TRY(const std::shared_ptr<const Roster> roster, node.replica().roster(space));
  if (council::ends_last_full_node(*roster, given.operations))
    call.terminal.warn(
        {"  注意：以后没有一台电脑保存全部内容。只在那台上有的保密内容（如调解卷宗）别的电脑再也取"
         "不到。先把另一台设为保存全部（node scope … full）并与它交换一次。",
         "  Note: no computer is left that keeps everything. Confidential content that only that "
         "one has can't be fetched by the others any more. First set another one to keep "
         "everything (node scope … full) and exchange with it."});
  CUNJU_TRY(const council::RosterAct act, with_epochs(call, node, space, given, out));
  CUNJU_TRY(const std::vector<council::ForkOutlook> forks,
            council::read_fork_outlook(node.replica(), space, act.operations,
                                       node.unlocked().author.author()));
  CUNJU_TRY(boost::json::array devices, show_devices(call, node, space, act.devices, forks, false));
  // Of one forked key also beside the devices.
  if (devices.size() == 1 && forks.size() == 1) {
    for (const char* name : {"branch_now", "branch_after", "announced_stands", "enters", "leaves"})
      if (const auto* value = devices.front().as_object().if_contains(name)) out[name] = *value;
  }
  out["devices"] = std::move(devices);
  CUNJU_TRY(const EnteringOutlook entering, show_branches_entering(call, node, space, forks, out));
  CUNJU_TRYV(require_taken_back(call, entering));
  CUNJU_TRY(const council::ActOutlook outlook, check_act(call, node, space, act, forks));
  if (call.has("--yes")) {
    CUNJU_TRYV(require_meant_branch(call, entering));
  }
  CUNJU_TRY(const std::optional<ChangeId> change,
            sign_if_confirmed(call, node, space, act, outlook));
  if (change) {
    CUNJU_TRYV(show_standing_now(call, node, space, act.operations, forks));
    CUNJU_TRYV(warn_of_outsiders(call, node, space));
  }
  out["done"] = change.has_value();
  out["change"] = change ? change->hex() : std::string();
  add_outlook(outlook, out);
  call.terminal.object(out);
  // What it would do was shown whole, and then it is asked for.
  if (!change) {
    CUNJU_TRYV(require_meant_branch(call, entering));
  }
  return ExitCode::kOk;
}

ExitCode say_unchanged(Invocation& call, const SpaceId& space, const Label& what) {
  call.terminal.say(what);
  call.terminal.object({{"space", space.hex()},
                        {"done", false},
                        {"unchanged", true},
                        {"change", ""},
                        {"devices", boost::json::array()}});
  return ExitCode::kOk;
}

}  // namespace cunju::cli
