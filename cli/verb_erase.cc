// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <boost/json/object.hpp>

#include "cli/erasure_list.h"
#include "cli/roster_act.h"
#include "cli/verbs.h"
#include "node/council/erasure_acts.h"

namespace cunju::cli {
namespace {

const Option kOptions[] = {
    {"--reason", "TEXT", {"为什么删除（不写人名，永久保留）", "why; names nobody, stays for ever"}},
    {"--basis", "TEXT", {"法律依据", "the law or rule"}},
    {"--asked-by", "TEXT", {"谁要求的，写身份不写姓名", "who asked, as what; no name"}},
    kYesOption};
const ActionOptions kActions[] = {{"record", {"--reason", "--basis", "--asked-by", "--yes"}},
                                  {"approve", {"--yes"}},
                                  {"status", {}}};

Result<void> require_right(const Invocation& call, const Roster& roster, const AuthorKey& author,
                           Right right) {
  if (roster.may(author, kErasuresRegistry, right) && roster.may(author, kErasuresRegistry, kWrite))
    return ok();
  if (right == kApprove)
    return refused(call, Errc::kPermission, {"批准删除", "approve of an erasure"});
  return refused(call, Errc::kPermission, {"提出删除", "ask for an erasure"});
}

/// What an erasure of the record takes away, and what it can't reach.
Label consequences(const std::string& table, const std::string& id,
                   const replica::PartsOfRecord& parts) {
  const std::string count = std::to_string(parts.targets.size());
  Label out{"将删除“" + table + "”的 " + id + "，连同全部历史，共 " + count +
                " 处改动。提出后立即在所有电脑上隐藏；批准人数够了就销毁，任何人都恢复不了。",
            "Record " + id + " of " + table + " goes with all of its history: " + count +
                " parts. Every node hides it at once; when enough members have approved it is "
                "destroyed, and nobody can bring it back."};
  if (parts.unreadable > 0) {
    const std::string sealed = std::to_string(parts.unreadable);
    out.zh +=
        "另有 " + sealed + " 处保密内容本机看不到，可能与它有关，不在其中：请看得到的人另行提出。";
    out.en += " " + sealed +
              " confidential parts that can't be read here may be about it and are not among them: "
              "somebody who reads them has to ask for their erasure.";
  }
  out.zh += "以前写出的信件（U 盘）、导出和纸质件里可能还有，请一并处理。";
  out.en += " Bundles, exports and papers made earlier may still contain it.";
  return out;
}

Result<ExitCode> erase_record(Invocation& call) {
  if (call.arguments.size() != 3)
    return refused(call, Errc::kInvalidArgument,
                   {"没有写明哪个登记簿的哪一条", "which registry, and which record?"});
  if (!call.value("--reason") || !call.value("--basis"))
    return refused(call, Errc::kInvalidArgument,
                   {"要写 --reason 和 --basis", "--reason and --basis are needed"});
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(const FoundRecord found,
            find_record(*node, call, call.arguments[1], call.arguments[2]));
  const SpaceId& space = found.book.space;
  CUNJU_TRY(const std::shared_ptr<const Roster> roster, node->replica().roster(space));
  CUNJU_TRYV(require_right(call, *roster, node->unlocked().author.author(), kWrite));
  CUNJU_TRY(const replica::PartsOfRecord parts, node->replica().parts_of(space, found.row.id));
  const council::ErasureGrounds grounds{.reason = *call.value("--reason"),
                                        .basis = *call.value("--basis"),
                                        .asked_by = call.value("--asked-by").value_or("")};
  const RecordId erasure = node->replica().new_record_id();
  CUNJU_TRY(const std::vector<replica::ChangeDraft> drafts,
            council::plan_erasure(erasure, grounds, parts.targets));
  const registry::Definition* definition = found.book.catalog->find(call.arguments[1]);
  const std::string table(definition == nullptr ? call.arguments[1]
                                                : call.terminal.in_language(definition->label));
  call.terminal.say(consequences(table, found.row.id.hex(), parts));
  boost::json::object out{{"space", space.hex()},
                          {"record", found.row.id.hex()},
                          {"parts", parts.targets.size()},
                          {"unreadable", parts.unreadable},
                          {"erasure", nullptr}};
  if (!call.has("--yes")) {
    call.terminal.say(
        {"还没有提出。看过以上说明，加 --yes 办理。", "Nothing was done. With --yes it is."});
    call.terminal.object(out);
    return ExitCode::kOk;
  }
  CUNJU_TRYV(node->replica().append(space, node->unlocked().author, drafts, node::Node::now_ms()));
  node->wake_server();
  const std::string id = erasure.hex();
  const std::string needed = std::to_string(members_needed(*roster));
  const std::string command = call.terminal.command("erase approve " + short_id(id));
  call.terminal.say(
      {"已提出，编号 " + short_id(id) + "。还要 " + needed + " 人批准：" + command,
       "asked for, as " + short_id(id) + "; " + needed + " members have to approve: " + command});
  out["erasure"] = id;
  call.terminal.object(out);
  return ExitCode::kOk;
}

/// An erasure of one of the chosen spaces.
struct FoundErasure {
  SpaceId space;
  std::shared_ptr<const Roster> roster;
  RecordId erasure;
  ErasureActs acts;
};

Result<FoundErasure> find_erasure(const Invocation& call, node::Node& node,
                                  const std::string& prefix) {
  CUNJU_TRY(const SpaceId space, chosen_space(node, call));
  CUNJU_TRY(std::shared_ptr<const Roster> roster, node.replica().roster(space));
  CUNJU_TRY(replica::ErasureReport report, node.replica().erasures(space));
  std::map<RecordId, ErasureActs> all = group_acts(std::move(report.acts));
  CUNJU_TRY(const RecordId erasure, require_erasure(call, all, prefix));
  return FoundErasure{space, std::move(roster), erasure, std::move(all[erasure])};
}

Result<ExitCode> approve(Invocation& call) {
  if (call.arguments.size() != 2)
    return refused(call, Errc::kInvalidArgument, {"没有写明哪一项删除", "which erasure?"});
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(FoundErasure found, find_erasure(call, *node, call.arguments[1]));
  CUNJU_TRYV(require_right(call, *found.roster, node->unlocked().author.author(), kApprove));
  if (fate_of(found.acts) == Fate::kDestroyed) {
    call.terminal.say({"已经批准并销毁。", "It is approved, and destroyed."});
    return ExitCode::kOk;
  }
  if (!call.has("--yes")) {
    CUNJU_TRYV(show_erasure(call, *node, found.space, *found.roster, found.erasure, found.acts));
    call.terminal.say({"还没有批准。看过以上说明，加 --yes 办理；批准收不回来。",
                       "Nothing was done. With --yes you approve, and can't take it back."});
    return ExitCode::kOk;
  }
  CUNJU_TRY(const replica::ChangeDraft draft, council::plan_erasure_approval(found.acts));
  const crypto::SigningKey& author = node->unlocked().author;
  CUNJU_TRYV(node->replica().append(found.space, author, {&draft, 1}, node::Node::now_ms()));
  CUNJU_TRYV(node->replica().append_receipts(found.space, author, node->unlocked().node,
                                             node::Node::now_ms()));
  node->wake_server();
  CUNJU_TRY(found, find_erasure(call, *node, found.erasure.hex()));
  CUNJU_TRYV(show_erasure(call, *node, found.space, *found.roster, found.erasure, found.acts));
  return ExitCode::kOk;
}

Result<ExitCode> status(Invocation& call) {
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(const std::vector<SpaceId> spaces, chosen_spaces(*node, call));
  const std::string prefix = call.arguments.size() > 1 ? call.arguments[1] : "";
  std::size_t count = 0;
  for (const SpaceId& space : spaces) {
    const Result<std::shared_ptr<const Roster>> roster = node->replica().roster(space);
    if (roster.has_error()) continue;
    CUNJU_TRY(replica::ErasureReport report, node->replica().erasures(space));
    if (report.doomed > 0)
      call.terminal.warn({"有密钥还没有销毁成（磁盘写不进？），下次写入时再试。",
                          "Some keys could not be destroyed yet; the next write tries again."});
    if (report.gaps > 0) {
      const std::string gaps = std::to_string(report.gaps);
      call.terminal.warn(
          {"有 " + gaps + " 处内容来时已被去掉，而没有批准的删除：等对方补来，或等删除的批准到达。",
           gaps + " parts came without their content and without an approved erasure: they wait "
                  "for either."});
    }
    for (const auto& [erasure, acts] : group_acts(std::move(report.acts))) {
      if (!erasure.hex().starts_with(prefix)) continue;
      ++count;
      CUNJU_TRYV(show_erasure(call, *node, space, *roster.value(), erasure, acts));
    }
  }
  if (count == 0) call.terminal.say({"没有删除。", "There are no erasures."});
  return ExitCode::kOk;
}

Result<ExitCode> run(Invocation& call) {
  const std::string action = call.arguments.empty() ? "status" : call.arguments[0];
  CUNJU_TRYV(require_options_of(call, action, kActions));
  if (action == "record") return erase_record(call);
  if (action == "approve") return approve(call);
  if (action == "status") return status(call);
  return refused(
      call, Errc::kInvalidArgument,
      {action + "；可用 record、approve、status", action + "; there are record, approve, status"});
}

}  // namespace

const Verb kEraseVerb{
    .name = "erase",
    .arguments = "record REGISTRY ID | approve ERASURE | status [ERASURE]",
    .min_arguments = 0,
    .max_arguments = 3,
    .summary = {"彻底删除一条记录：提出、批准、查看各电脑是否已销毁",
                "erase a record for good: ask, approve, see which nodes have destroyed it"},
    .details =
        {"提出后立即隐藏；够数的人（默认两人）批准后，每台电脑销毁内容和密钥并出具回执，签名链照样"
         "能验证。理由等文字永久保留，不要写人名。先说明影响，加 --yes 才办理。",
         "An erasure hides at once. When enough members (two, unless the policy says otherwise) "
         "have approved, every node destroys the content and its keys and gives a receipt; all "
         "logs still verify. The texts stay for ever: name nobody in them. First says what it "
         "does; --yes does it."},
    .options = kOptions,
    .run = run};

}  // namespace cunju::cli
