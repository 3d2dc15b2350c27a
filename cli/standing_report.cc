// SPDX-License-Identifier: Apache-2.0
#include "cli/standing_report.h"

#include <algorithm>
#include <boost/json/array.hpp>

#include "node/council/roster_copy.h"

namespace cunju::cli {
namespace {

void warn_of_another(Terminal& terminal) {
  terminal.say(
      {"  "
       "注意：指定的那一支不会因此生效：资格更老的钥匙或见证先认可了另一支。要改定，须由恢复名册的"
       "人"
       "会签：" +
           terminal.command("quorum draft FILE --void CHANGE"),
       "  Note: the branch that was named does not stand for that: a senior key or a witness has "
       "covered another. Only the recovery quorum can change this: " +
           terminal.command("quorum draft FILE --void CHANGE")});
}

/// Whether the last change that the cut keeps is on the path that stands.
bool is_kept(const council::RosterCopy& copy, const council::Standing& standing,
             const council::CutDevice& device) {
  return device.cut.end == 0 || (standing.tip && copy.is_on_path(device.cut.last, *standing.tip));
}

}  // namespace

Result<boost::json::object> show_standing_after(Invocation& call, node::Node& node,
                                                const SpaceId& space, const council::RosterAct& act,
                                                const council::CutDevice& device) {
  boost::json::object out;
  CUNJU_TRY(auto forks, node.replica().forks(space));
  auto fork = forks.find(device.cut.author);
  if (fork == forks.end()) return out;
  Terminal& terminal = call.terminal;
  CUNJU_TRY(council::RosterCopy copy, council::RosterCopy::read(node.replica(), space));
  CUNJU_TRY(const std::vector<replica::Branch> branches,
            node.replica().branches(space, device.cut.author));
  const council::Standing now = copy.standing(device.cut.author);
  const council::Standing after =
      copy.standing_after(device.cut.author, node.unlocked().author.author(), act.operations);
  std::string head;
  for (const replica::Branch& branch : branches)
    if (after.tip && copy.is_on_path(*after.tip, branch.head)) head = branch.head.hex();
  auto difference = [](const council::Standing& a, const council::Standing& b) {
    boost::json::array ids;
    for (const ChangeId& id : a.changes)
      if (std::ranges::find(b.changes, id) == b.changes.end()) ids.emplace_back(id.hex());
    return ids;
  };
  boost::json::array enters = difference(after, now), leaves = difference(now, after);
  const std::string more = std::to_string(enters.size()), less = std::to_string(leaves.size());
  const std::string end = std::to_string(fork->second.value + after.changes.size());
  if (head.empty()) {
    terminal.say({"  办理之后：各支都不作准，分叉之前的 " + end + " 份有效。",
                  "  Afterwards no branch stands; the " + end + " changes before the fork do."});
  } else {
    const std::string branch = short_id(head);
    terminal.say({"  办理之后：分支 " + branch + " 的前 " + end + " 份有效；" + more +
                      " 份变为有效，" + less + " 份变为无效（进迟到箱）。",
                  "  Afterwards the first " + end + " changes of branch " + branch + " stand; " +
                      more + " come into force and " + less + " leave it (late tray)."});
  }
  // Before the fork all branches are the same.
  const bool is_named = device.cut.end <= fork->second.value || is_kept(copy, after, device);
  if (!is_named) warn_of_another(terminal);
  out["branch_after"] = head;
  out["announced_stands"] = is_named;
  out["enters"] = std::move(enters);
  out["leaves"] = std::move(leaves);
  return out;
}

Result<void> show_standing_now(Invocation& call, node::Node& node, const SpaceId& space,
                               const council::CutDevice& device) {
  CUNJU_TRY(auto forks, node.replica().forks(space));
  auto fork = forks.find(device.cut.author);
  if (fork == forks.end()) return ok();
  CUNJU_TRY(const std::vector<replica::Branch> branches,
            node.replica().branches(space, device.cut.author));
  for (const replica::Branch& branch : branches) {
    const std::string id = short_id(branch.head.hex());
    const std::string standing = std::to_string(branch.standing);
    call.terminal.say({"  现在：分支 " + id + " 的前 " + standing + " 份有效",
                       "  Now the first " + standing + " changes of branch " + id + " stand"});
  }
  CUNJU_TRY(const council::RosterCopy copy, council::RosterCopy::read(node.replica(), space));
  if (device.cut.end > fork->second.value &&
      !is_kept(copy, copy.standing(device.cut.author), device))
    warn_of_another(call.terminal);
  return ok();
}

}  // namespace cunju::cli
