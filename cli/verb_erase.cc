// SPDX-License-Identifier: Apache-2.0
#include "cli/erase_request.h"
#include "cli/erasure_approvers.h"
#include "cli/erasure_list.h"
#include "cli/late_erasures.h"
#include "cli/person_options.h"
#include "cli/roster_act.h"
#include "cli/verbs.h"
#include "node/council/erasure_acts.h"
#include "node/registry/catalog.h"

namespace cunju::cli {
namespace {

const Option kOptions[] = {
    {"--reason", "TEXT", {"为什么删除（不写人名，永久保留）", "why; names nobody, stays for ever"}},
    {"--basis", "TEXT", {"法律依据", "the law or rule"}},
    {"--asked-by", "TEXT", {"谁要求的，写身份不写姓名", "who asked, as what; no name"}},
    kIdentityOption,
    kPersonNameOption,
    kPhoneOption,
    {"--except", "ID", {"这条记录不动（可写几次）", "leave this record alone; may be repeated"}},
    {"--against-retention",
     "",
     {"保管期限未满也销毁（依据写在 --basis 里）",
      "destroy also what a rule of retention keeps; --basis says why"}},
    {"--readable-only",
     "",
     {"记录里有本机看不到的保密内容时，只删看得到的，其余留着",
      "of a record with parts that can't be read here, erase the others alone"}},
    {"--carry",
     "",
     {"同一处改动里的其他字段由您重新写一遍，留下现在的值",
      "write the other fields of the same changes again, so that their present values stay"}},
    {"--dry-run", "", {"只说明，不提出", "only say what would happen"}},
    kYesOption};
const ActionOptions kActions[] = {
    {"record",
     {"--reason", "--basis", "--asked-by", "--against-retention", "--readable-only", "--dry-run",
      "--yes"}},
    {"person",
     {"--reason", "--basis", "--asked-by", "--identity", "--name", "--phone", "--except",
      "--against-retention", "--dry-run", "--yes"}},
    {"field",
     {"--reason", "--basis", "--asked-by", "--carry", "--against-retention", "--dry-run", "--yes"}},
    {"finish", {"--reason", "--basis", "--asked-by", "--against-retention", "--dry-run", "--yes"}},
    {"withdraw", {"--reason", "--basis", "--asked-by", "--dry-run", "--yes"}},
    {"approve", {"--yes"}},
    {"status", {}}};

Result<ExitCode> approve(Invocation& call) {
  if (call.arguments.size() != 2)
    return refused(call, Errc::kInvalidArgument, {"没有写明哪一项删除", "which erasure?"});
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(FoundErasure found, find_erasure(call, *node, call.arguments[1]));
  const crypto::SigningKey& author = node->unlocked().author;
  const SpaceId& space = found.known.space;
  CUNJU_TRYV(require_erasing_right(call, *found.known.roster, author.author(), kApprove));
  if (is_withdrawn(found.acts()))
    return refused(call, Errc::kConflict,
                   {"这一项已撤回，没有什么可批准；还要销毁的，重新提出",
                    "it was taken back, so there is nothing to approve; ask for it anew"});
  if (fate_of(found.acts()) == Fate::kDestroyed) {
    if (call.terminal.json) {
      CUNJU_TRYV(show_erasure(call, *node, found.known, found.erasure));
    }
    call.terminal.say({"已经批准，不必再批准。", "It is approved already."});
    return ExitCode::kOk;
  }
  const Roster& roster = *found.known.roster;
  const MemberId member = roster.find_author(author.author())->id;
  CUNJU_TRYV(require_approval_counts(call, *node, found, member));
  if (!call.has("--yes")) {
    CUNJU_TRYV(show_erasure(call, *node, found.known, found.erasure));
    say_shared_computer(call, *node, roster, approvers_of(found.acts()), member);
    call.terminal.say({"还没有批准。看过以上说明，加 --yes 办理；批准收不回来。",
                       "Nothing was done. With --yes you approve, and can't take it back."});
    if (!waiting_to_erase(found.acts()).empty()) {
      const std::string command = call.terminal.command(
          "erase withdraw " + short_id(found.erasure.hex()) + " --reason TEXT");
      call.terminal.say({"不同意销毁的：" + command, "To refuse that it goes: " + command});
    }
    return ExitCode::kOk;
  }
  CUNJU_TRY(const replica::ChangeDraft draft,
            council::plan_erasure_approval(found.acts(), found.known.late));
  CUNJU_TRYV(node->replica().append(space, author, {&draft, 1}, node::Node::now_ms()));
  CUNJU_TRYV(
      node->replica().append_receipts(space, author, node->unlocked().node, node::Node::now_ms()));
  node->wake_server();
  CUNJU_TRY(const KnownErasures after, read_erasures(*node, space));
  CUNJU_TRYV(show_erasure(call, *node, after, found.erasure));
  return ExitCode::kOk;
}

/// What waits in the space to be destroyed, or to come.
void warn_of_open_ends(const Invocation& call, const KnownErasures& known) {
  if (known.doomed > 0)
    call.terminal.warn({"有密钥还没有销毁成（磁盘写不进？），下次写入时再试。",
                        "Some keys could not be destroyed yet; the next write tries again."});
  if (known.gaps == 0) return;
  const std::string gaps = std::to_string(known.gaps);
  call.terminal.warn(
      {"有 " + gaps + " 处内容来时已被去掉，而没有批准的删除：等对方补来，或等删除的批准到达。",
       gaps + " parts came without their content and without an approved erasure: they wait "
              "for either."});
}

Result<ExitCode> status(Invocation& call) {
  if (call.arguments.size() > 2)
    return refused(call, Errc::kInvalidArgument, {"一次只看一项删除", "one erasure at a time"});
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  if (call.arguments.size() == 2) {
    CUNJU_TRY(const FoundErasure found, find_erasure(call, *node, call.arguments[1]));
    warn_of_open_ends(call, found.known);
    CUNJU_TRYV(show_erasure(call, *node, found.known, found.erasure));
    return ExitCode::kOk;
  }
  CUNJU_TRY(const std::vector<SpaceId> spaces, chosen_spaces(*node, call));
  std::size_t count = 0;
  for (const SpaceId& space : spaces) {
    if (node->replica().roster(space).has_error()) continue;
    CUNJU_TRY(const KnownErasures known, read_erasures(*node, space));
    warn_of_open_ends(call, known);
    for (const auto& [erasure, acts] : known.all) {
      ++count;
      CUNJU_TRYV(show_erasure(call, *node, known, erasure));
    }
  }
  if (count == 0) call.terminal.say({"没有删除。", "There are no erasures."});
  return ExitCode::kOk;
}

/// kInvalidArgument in words for what nodes need to agree, of which nothing can be erased.
Result<void> require_erasable_registry(const Invocation& call, const std::string& action) {
  if ((action != "record" && action != "field") || call.arguments.size() < 2) return ok();
  const std::string& registry = call.arguments[1];
  if (registry != kRosterRegistry && registry != kDefinitionRegistry &&
      !is_registry_of_program(registry))
    return ok();
  const bool is_definition = registry == kDefinitionRegistry;
  const std::string command = call.terminal.command("remove definition");
  return refused(
      call, Errc::kInvalidArgument,
      {"“" + registry + "”各台电脑都要靠它对账，不能销毁" +
           (is_definition ? "；不用的定义或修订，用 " + command + " 编号 撤销" : std::string()),
       "all nodes need \"" + registry + "\" to agree, so nothing of it can be erased" +
           (is_definition ? "; take a definition or amendment back with " + command + " ID"
                          : std::string())});
}

Result<ExitCode> run(Invocation& call) {
  const std::string action = call.arguments.empty() ? "status" : call.arguments[0];
  CUNJU_TRYV(require_options_of(call, action, kActions));
  CUNJU_TRYV(require_erasable_registry(call, action));
  if (action == "record") return erase_record(call);
  if (action == "person") return erase_person(call);
  if (action == "field") return erase_field(call);
  if (action == "finish") return finish_erasure(call);
  if (action == "withdraw") return withdraw_erasure(call);
  if (action == "approve") return approve(call);
  if (action == "status") return status(call);
  return refused(call, Errc::kInvalidArgument,
                 {action + "；可用 record、person、field、finish、withdraw、approve、status",
                  action + "; there are record, person, field, finish, withdraw, approve, status"});
}

}  // namespace

const Verb kEraseVerb{
    .name = "erase",
    .arguments =
        "record REGISTRY ID | person | field REGISTRY ID FIELD | finish ERASURE | withdraw ERASURE "
        "| approve ERASURE | status [ERASURE]",
    .min_arguments = 0,
    .max_arguments = 4,
    .summary = {"彻底删除一条记录、一个人或一个字段：提出、批准、查看各电脑是否已销毁",
                "erase a record, a person or a field for good: ask, approve, see which nodes have "
                "done it"},
    .details =
        {"提出后立即隐藏；够数的人（默认两人）批准后，每台电脑销毁内容和密钥并出具回执，签名链照样"
         "能验证。person "
         "在各登记簿里找一个人；field "
         "只删一个字段（如电话），连同以前填过的值。保管期限未满的只封存：内容还在，任何人都看不到"
         "，期满后用 finish "
         "销毁。还没有批准的销毁，提出人或有批准权的人用 withdraw "
         "撤回（不同意），内容恢复显示；封存的用 subject lift 解除，要批准。理由等文字永"
         "久保留，不要写人名。先说明影响，加 --yes 才办理。",
         "An erasure hides at once. When enough members (two, unless the policy says otherwise) "
         "have approved, every node destroys the content and its keys and gives a receipt; all "
         "logs still verify. `person` looks for one person in all registers; `field` takes one "
         "field, a telephone number for instance, with every earlier value. What a rule of "
         "retention keeps is restricted: stored, shown to nobody; `finish` destroys it afterwards. "
         "As long as it is not approved, who asked for it or may approve takes it back by "
         "`withdraw`, and it is shown again; a restriction ends by `subject lift`, once that is "
         "approved. The texts stay for ever: name nobody in them. First "
         "says what it does; --yes does it."},
    .options = kOptions,
    .run = run};

}  // namespace cunju::cli
