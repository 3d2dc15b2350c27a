// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "cli/entering_changes.h"
#include "cli/handover_list.h"
#include "cli/roster_act.h"
#include "cli/scope_report.h"
#include "cli/verbs.h"
#include "node/registry/text_form.h"

namespace cunju::cli {
namespace {

const Option kOptions[] = {
    {"--to", "NAME", {"接收人（名册里的姓名或编号开头）", "who takes over: a member"}},
    {"--role",
     "ROLE",
     {"只移交这一角色，可重复；不写：全部角色", "only this role; may repeat; else all of them"}},
    {"--elected",
     "DATE",
     {"新一届当选日期，如 2026-03-01：算出法定期限，并作任期开始（仅供显示）",
      "day of the election: tells the legal date, and begins the term (shown only)"}},
    {"--until", "DATE", {"新任期届满（仅供显示）", "last day of the new term, shown only"}},
    kTakenBackOption,
    kLeaveUnreadOption,
    kYesOption,
};

Result<std::optional<registry::Date>> read_elected(const Invocation& call) {
  CUNJU_TRY(const std::string day, read_day(call, "--elected"));
  if (day.empty()) return std::optional<registry::Date>();
  return std::optional(registry::parse_date(day).date);
}

/// Why there can be no such handover, in words.
Error explain(Invocation& call, node::Node& node, const SpaceId& space, const Error& error,
              const council::HandoverWish& wish) {
  Result<std::shared_ptr<const Roster>> roster = node.replica().roster(space);
  if (roster.has_error()) return roster.error();
  const Member& from = roster.value()->members.at(wish.from);
  const Member& to = roster.value()->members.at(wish.to);
  if (error.code == Errc::kInvalidArgument)
    return refused(
        call, error.code,
        {"移交人和接收人是同一个人：" + from.name, "the same person on both sides: " + from.name});
  if (error.code == Errc::kNotFound) {
    Label held;
    for (const RoleGrant& grant : from.roles) {
      held.zh += " " + grant.role + "（" + role_label(grant.role, Language::kChinese) + "）";
      held.en += " " + grant.role;
    }
    return refused(
        call, error.code,
        {"要移交的角色。" + from.name + " 现有：" + (held.zh.empty() ? " 无" : held.zh),
         "the role to hand over. " + from.name + " has:" + (held.en.empty() ? " none" : held.en)});
  }
  if (error.code != Errc::kConflict) return error;
  Result<std::vector<MemberId>> officers = council::find_officers(node.replica(), space);
  const bool is_alone = officers.has_value() && officers.value() == std::vector{wish.from};
  call.terminal.explain_whole(
      {{"接收人 " + to.name + " 没有能签名的钥匙，交接之后这些角色没人能办事" +
            (is_alone ? "，也再没有人能改名册。" : "。"),
        to.name + " has no key that can sign: nobody could act in these roles" +
            (is_alone ? ", and nobody could change the roster any more." : ".")},
       {"没有改动任何数据，" + from.name + " 的角色照旧。",
        "Nothing was changed; " + from.name + " keeps the roles."},
       {"请 " + to.name + " 在自己的电脑上运行 cunju key replace 申请新钥匙，再由负责人认可：" +
            call.terminal.command("key admit FILE") + "。换了电脑、旧钥匙也没有了的，重新邀请：" +
            call.terminal.command("invite --role ROLE --out FILE"),
        "Let " + to.name + " run cunju key replace on their node, and an officer " +
            call.terminal.command("key admit FILE") +
            ". Whoever has no old key either is invited anew: " +
            call.terminal.command("invite --role ROLE --out FILE")}});
  return error;
}

/// Everything the list needs beside the plan. `handover`: planned, or done before.
Result<HandoverList> make_list(node::Node& node, const Book& book, council::Handover handover) {
  HandoverList out;
  CUNJU_TRY(std::shared_ptr<const Roster> roster, node.replica().roster(book.space));
  std::vector<std::string> registries;
  for (const registry::Catalog::Item& item : book.catalog->all())
    registries.push_back(item.definition.id);
  out.reach = council::reach_of(*roster, handover, registries);
  CUNJU_TRY(out.open, council::find_open_items(node.replica(), book.space, *book.catalog,
                                               *book.records, out.reach.handed_over));
  CUNJU_TRY(replica::ReplicaCounts counts, node.replica().counts());
  out.waiting = counts.pooled + counts.waiting_parts;
  CUNJU_TRY(out.successors, council::find_signing_keys(node.replica(), book.space, handover.to));
  const Member* acting = roster->find_author(node.unlocked().author.author());
  if (acting != nullptr && acting->id == handover.from &&
      out.reach.read_only.contains(std::string(kRosterRegistry))) {
    CUNJU_TRY(const std::vector<peers::Invitation> open, node.open_invitations());
    out.invitations =
        static_cast<std::uint64_t>(std::ranges::count(open, book.space, &peers::Invitation::space));
  }
  if (!handover.change) {
    CUNJU_TRY(out.forks,
              council::read_fork_outlook(node.replica(), book.space, handover.act.operations,
                                         node.unlocked().author.author()));
  }
  out.handover = std::move(handover);
  return out;
}

ExitCode finish(Invocation& call, const Book& book, boost::json::object object,
                const std::optional<ChangeId>& change, bool is_earlier) {
  if (change) {
    const std::string id = change->hex();
    if (is_earlier)
      call.terminal.say(
          {"早已办理过，这次没有改动任何数据。", "It was done before; nothing was changed now."});
    call.terminal.say({"交接凭据（改动编号）：" + id, "The change that did it: " + id});
  }
  object["space"] = book.space.hex();
  object["done"] = change.has_value();
  object["earlier"] = is_earlier;
  object["change"] = change ? change->hex() : std::string();
  call.terminal.object(object);
  return ExitCode::kOk;
}

Result<ExitCode> run(Invocation& call) {
  const std::string to = call.value("--to").value_or("");
  if (to.empty())
    return refused(call, Errc::kInvalidArgument, {"--to：没有写明交给谁", "--to: to whom?"});
  CUNJU_TRY(const std::optional<registry::Date> elected, read_elected(call));
  CUNJU_TRY(const std::string until, read_day(call, "--until"));
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(SpaceId space, chosen_space(*node, call));
  CUNJU_TRY(Book book, open_book(*node, space));
  CUNJU_TRY(std::shared_ptr<const Roster> roster, node->replica().roster(space));
  council::HandoverWish wish{.roles = call.values("--role"),
                             .term_from = elected ? registry::format_date(*elected) : "",
                             .term_until = until};
  CUNJU_TRY(wish.from, require_member(call, *roster, call.arguments[0]));
  CUNJU_TRY(wish.to, require_member(call, *roster, to));
  Result<council::Handover> plan = council::plan_handover(node->replica(), space, wish);
  if (plan.has_error()) {
    std::optional<council::Handover> earlier;
    if (plan.error().code == Errc::kNotFound) {
      CUNJU_TRY(earlier, council::find_handover(node->replica(), space, wish));
    }
    if (!earlier) return explain(call, *node, space, plan.error(), wish);
    CUNJU_TRY(HandoverList list, make_list(*node, book, std::move(*earlier)));
    list.elected = elected;
    CUNJU_TRY(boost::json::object object, show_handover(call, *node, book, list));
    CUNJU_TRY(const council::ActOutlook outlook,
              council::read_outlook(node->replica(), space, {}, node->unlocked().author.author()));
    add_outlook(outlook, object);
    return finish(call, book, std::move(object), list.handover.change, true);
  }
  CUNJU_TRY(HandoverList list, make_list(*node, book, std::move(plan).value()));
  list.elected = elected;
  CUNJU_TRY(boost::json::object object, show_handover(call, *node, book, list));
  CUNJU_TRY(list.handover.act, with_epochs(call, *node, space, list.handover.act, object));
  CUNJU_TRY(const EnteringOutlook entering,
            show_branches_entering(call, *node, space, list.forks, object));
  CUNJU_TRYV(require_taken_back(call, entering));
  CUNJU_TRY(const council::ActOutlook outlook,
            check_act(call, *node, space, list.handover.act, list.forks));
  if (call.has("--yes")) {
    CUNJU_TRYV(require_meant_branch(call, entering));
  }
  add_outlook(outlook, object);
  CUNJU_TRY(const std::optional<ChangeId> change,
            sign_if_confirmed(call, *node, space, list.handover.act, outlook));
  if (change) {
    CUNJU_TRYV(show_standing_now(call, *node, space, list.handover.act.operations, list.forks));
  }
  const ExitCode done = finish(call, book, std::move(object), change, false);
  if (!change) {
    CUNJU_TRYV(require_meant_branch(call, entering));
  }
  return done;
}

}  // namespace

const Verb kHandoverVerb{
    .name = "handover",
    .arguments = "NAME",
    .min_arguments = 1,
    .max_arguments = 1,
    .summary = {"换届交接：列出交接清单，角色一次移交",
                "change of term: list what is handed over, and pass the roles in one act"},
    .details =
        {"先列出清单：移交的角色、移交人各台电脑的日志到哪一份为止、今后不能再登记哪些登记簿、"
         "未办结事项、法定期限（当选之日起十日内）和办理条件；加 --yes 才办理。旧任的角色终止和"
         "新任的角色授予是同一份签名的改动，没有空档；钥匙不停用，人也留在名册里。旧任离线写下、"
         "办理时还没收到的进迟到箱（cunju late），请先交换。主任可以移交自己的角色。",
         "First lists the roles that pass, where each log of whoever hands over is pinned, what "
         "they can no longer write, open items, the legal date (ten days from the election) and "
         "what the act needs; --yes does it. One signed change ends the old roles and gives the "
         "new ones, so there is no gap; no key is retired, and the person stays a member. What "
         "they wrote offline and is not here yet goes to the late tray (cunju late): exchange "
         "first. A chair can hand over their own role."},
    .options = kOptions,
    .run = run};

}  // namespace cunju::cli
