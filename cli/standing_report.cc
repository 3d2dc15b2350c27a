// SPDX-License-Identifier: Apache-2.0
#include "cli/standing_report.h"

#include <algorithm>
#include <boost/json/array.hpp>

#include "cli/record_lookup.h"

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

std::string end_of(const council::ForkOutlook& fork, const council::Standing& standing) {
  return std::to_string(fork.point.value + standing.changes.size());
}

boost::json::array hex_of(const std::vector<ChangeId>& ids) {
  boost::json::array out;
  for (const ChangeId& id : ids) out.emplace_back(id.hex());
  return out;
}

void say_now(Terminal& terminal, const council::ForkOutlook& fork) {
  const std::string end = end_of(fork, fork.now);
  if (!fork.branch_now) {
    terminal.say({"  现在：各支都不作准，分叉之前的 " + end + " 份有效。",
                  "  Now no branch stands; the " + end + " changes before the fork do."});
    return;
  }
  const std::string branch = short_id(fork.branch_now->hex());
  terminal.say({"  现在：分支 " + branch + " 的前 " + end + " 份有效。",
                "  Now the first " + end + " changes of branch " + branch + " stand."});
}

void say_after(Terminal& terminal, const council::ForkOutlook& fork) {
  const std::string end = end_of(fork, fork.after);
  const std::string more = std::to_string(fork.enters.size());
  const std::string less = std::to_string(fork.leaves.size());
  Label line;
  if (!fork.branch_after) {
    line = {"  办理之后：各支都不作准，分叉之前的 " + end + " 份有效",
            "  Afterwards no branch stands; the " + end + " changes before the fork do"};
  } else {
    const std::string branch = short_id(fork.branch_after->hex());
    line = {"  办理之后：分支 " + branch + " 的前 " + end + " 份有效",
            "  Afterwards the first " + end + " changes of branch " + branch + " stand"};
  }
  line.zh += "；" + more + " 份变为有效，" + less + " 份变为无效（进迟到箱）。";
  line.en += "; " + more + " come into force and " + less + " leave it (late tray).";
  terminal.say(line);
}

bool is_of_quorum(std::span<const RosterOperation> operations) {
  return std::ranges::any_of(operations, [](const RosterOperation& operation) {
    return std::holds_alternative<Epoch>(operation);
  });
}

}  // namespace

void show_standing(Terminal& terminal, const council::ForkOutlook& fork, boost::json::object& out) {
  say_now(terminal, fork);
  say_after(terminal, fork);
  if (!fork.cut_stands) warn_of_another(terminal);
  out["branch_now"] = fork.branch_now ? fork.branch_now->hex() : "";
  out["branch_after"] = fork.branch_after ? fork.branch_after->hex() : "";
  out["announced_stands"] = fork.cut_stands;
  out["enters"] = hex_of(fork.enters);
  out["leaves"] = hex_of(fork.leaves);
}

Result<void> refuse_leaving(Invocation& call, const Roster& roster,
                            std::span<const RosterOperation> operations,
                            std::span<const council::ForkOutlook> forks) {
  // Whoever has named a branch means it, and so does the quorum.
  if (call.has("--branch") || is_of_quorum(operations)) return ok();
  for (const council::ForkOutlook& fork : forks) {
    if (!fork.leaves_branch) continue;
    const std::string who = author_name(roster, fork.author), key = short_id(fork.author.hex());
    const std::string now = fork.branch_now ? short_id(fork.branch_now->hex()) : "";
    const std::string after =
        fork.branch_after ? short_id(fork.branch_after->hex()) : std::string();
    const std::string sync = call.terminal.command("sync");
    const std::string named = after.empty() ? "ID" : after;
    const std::string revoke = call.terminal.command("key revoke " + key + " --branch " + named);
    const std::string quorum =
        call.terminal.command("quorum draft FILE --retire " + key + " --branch " + now);
    call.terminal.explain_whole(
        {{who + " 的钥匙 " + key + " 已分叉，现在分支 " + now + " 有效，办理之后" +
              (after.empty() ? "各支都不作准" : "改为分支 " + after + " 有效") +
              "：见证的电脑确认过的是另一支，不能不声不响地换掉。",
          "Key " + key + " of " + who + " is forked. Branch " + now + " stands, and afterwards " +
              (after.empty() ? "none would" : "branch " + after + " would") +
              ": a witness has acknowledged another one, and that is not changed in passing."},
         {"没有改动任何数据。", "Nothing was changed."},
         {"先交换（" + sync + "），再看一遍。要改为那一支的，先写明：" + revoke +
              "；要留住现在这一支的，由恢复名册的人会签：" + quorum,
          "Exchange first (" + sync + ") and look again. To have that branch, say so first: " +
              revoke + ". To keep the one that stands, let the recovery quorum do it: " + quorum}});
    return fail(Errc::kConflict, "another branch of the log of key " + fork.author.hex() +
                                     " would stand afterwards");
  }
  return ok();
}

Result<void> show_standing_now(Invocation& call, node::Node& node, const SpaceId& space,
                               std::span<const RosterOperation> operations,
                               std::span<const council::ForkOutlook> forks) {
  if (forks.empty()) return ok();
  CUNJU_TRY(const council::RosterCopy copy, council::RosterCopy::read(node.replica(), space));
  for (const council::ForkOutlook& fork : forks) {
    CUNJU_TRY(const std::vector<replica::Branch> branches,
              node.replica().branches(space, fork.author));
    for (const replica::Branch& branch : branches) {
      const std::string id = short_id(branch.head.hex());
      const std::string standing = std::to_string(branch.standing);
      call.terminal.say({"  现在：分支 " + id + " 的前 " + standing + " 份有效",
                         "  Now the first " + standing + " changes of branch " + id + " stand"});
    }
    const council::Standing now = copy.standing(fork.author);
    bool is_kept = true;
    for (const RosterOperation& operation : operations)
      for (const Cut& cut : cuts_of(operation))
        if (cut.author == fork.author && cut.end > fork.point.value)
          is_kept = is_kept && now.tip && copy.is_on_path(cut.last, *now.tip);
    if (!is_kept) warn_of_another(call.terminal);
  }
  return ok();
}

}  // namespace cunju::cli
