// SPDX-License-Identifier: Apache-2.0
//
// Writes an act of the recovery quorum into a file.
#include <algorithm>
#include <charconv>
#include <iterator>

#include "cli/branch_choice.h"
#include "cli/quorum.h"
#include "crdt/base/limits.h"
#include "node/council/roster_copy.h"
#include "node/council/scope_acts.h"
#include "node/store/private_file.h"

namespace cunju::cli {
namespace {

/// What is asked for, and of what.
struct Drafting {
  const Invocation& call;
  node::Node& node;
  const SpaceId& space;
  const Roster& roster;
  AuthorKey carrier;
  council::CutChoice choice;
};

/// The branch that was named for that log.
std::optional<ChangeId> branch_for(const Drafting& wish, const AuthorKey& author) {
  const auto chosen = wish.choice.branches.find(author);
  return chosen == wish.choice.branches.end() ? std::nullopt : std::optional(chosen->second);
}

Result<void> add_retirement(const Drafting& wish, const std::string& text,
                            std::vector<RosterOperation>& out) {
  const std::size_t at = text.find(':');
  std::optional<std::uint64_t> keep;
  if (at != std::string::npos) {
    const std::string digits = text.substr(at + 1);
    std::uint64_t number = 0;
    auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (code != std::errc() || end != digits.data() + digits.size())
      return refused(wish.call, Errc::kInvalidArgument,
                     {"--retire " + text + "：冒号后写前几份有效", "--retire " + text + ": KEY:N"});
    keep = number;
  }
  CUNJU_TRY(const AuthorKey key, require_key(wish.call, wish.roster, text.substr(0, at)));
  CUNJU_TRYV(require_branch(wish.call, wish.node, wish.space, key, wish.choice.branches));
  CUNJU_TRY(council::RosterAct act, council::plan_retirement(wish.node.replica(), wish.space, key,
                                                             keep, branch_for(wish, key)));
  std::ranges::move(act.operations, std::back_inserter(out));
  return ok();
}

Result<void> add_requested_key(const Drafting& wish, const std::string& path,
                               std::vector<RosterOperation>& out) {
  CUNJU_TRY(Bytes file, store::read_whole_file(path, limits::kMaxKeyRequestBytes));
  CUNJU_TRY(std::vector<council::KeyRequest> requests, council::parse_key_requests(as_text(file)));
  auto request = std::ranges::find(requests, wish.space, &council::KeyRequest::space);
  if (request == requests.end()) {
    const std::string name = space_name(wish.node, wish.space);
    return refused(wish.call, Errc::kNotFound,
                   {path + " 里没有 " + name + " 的申请", path + " has no request for " + name});
  }
  if (wish.roster.devices.contains(request->old_key)) {
    CUNJU_TRYV(
        require_branch(wish.call, wish.node, wish.space, request->old_key, wish.choice.branches));
  }
  CUNJU_TRY(council::RosterAct act,
            council::plan_replacement(wish.node.replica(), *request, std::nullopt,
                                      branch_for(wish, request->old_key)));
  std::ranges::move(act.operations, std::back_inserter(out));
  return ok();
}

Result<Epoch> read_voided(const Invocation& call, node::Node& node, const SpaceId& space) {
  Epoch out;
  const std::vector<std::string> words = call.values("--void");
  if (words.empty()) return out;
  CUNJU_TRY(const council::RosterCopy copy, council::RosterCopy::read(node.replica(), space));
  for (const std::string& word : words) {
    Result<ChangeId> id = copy.find(word);
    if (id.has_value()) {
      out.voided.push_back(id.value());
      continue;
    }
    const std::string list = call.terminal.command("member history");
    const std::string fewest = std::to_string(council::kFewestDigits);
    return refused(call, id.error().code,
                   {"--void " + word + "：名册上没有恰好一份改动以此开头，至少写 " + fewest +
                        " 位（" + list + "）",
                    "--void " + word + ": not exactly one change of the roster begins so; " +
                        fewest + " digits at least (" + list + ")"});
  }
  return out;
}

Result<void> add_role_ends(const Drafting& wish, std::vector<RosterOperation>& out) {
  for (const std::string& text : wish.call.values("--end")) {
    CUNJU_TRY(const MemberRole end, read_member_role(wish.call, wish.roster, "--end", text));
    Result<council::RosterAct> act =
        council::plan_role_end(wish.node.replica(), wish.space, end.member, end.role, wish.choice);
    if (act.has_error() && act.error().code == Errc::kNotFound)
      return refused(wish.call, Errc::kNotFound,
                     {"--end " + text + "：没有担任这一角色", "--end " + text + ": no such role"});
    if (act.has_error()) return act.error();
    std::ranges::move(act.value().operations, std::back_inserter(out));
  }
  return ok();
}

/// A branch that was named of a log which nothing cuts would say nothing.
Result<void> require_use(const Drafting& wish, std::span<const RosterOperation> operations) {
  for (const auto& [author, head] : wish.choice.branches) {
    const bool is_cut =
        std::ranges::any_of(operations, [&named = author](const RosterOperation& operation) {
          return std::ranges::any_of(cuts_of(operation),
                                     [&named](const Cut& cut) { return cut.author == named; });
        });
    if (is_cut) continue;
    const std::string branch = short_id(head.hex()), key = short_id(author.hex());
    return refused(wish.call, Errc::kInvalidArgument,
                   {"--branch " + branch + "：草案没有截断钥匙 " + key + " 的日志，用不上",
                    "--branch " + branch + ": the draft does not cut the log of key " + key});
  }
  return ok();
}

Result<void> add_operations(const Drafting& wish, std::vector<RosterOperation>& out) {
  const Invocation& call = wish.call;
  for (const std::string& name : call.values("--remove")) {
    CUNJU_TRY(MemberId member, require_member(call, wish.roster, name));
    CUNJU_TRY(council::RosterAct act,
              council::plan_removal(wish.node.replica(), wish.space, member, wish.choice));
    std::ranges::move(act.operations, std::back_inserter(out));
  }
  CUNJU_TRYV(add_role_ends(wish, out));
  for (const std::string& text : call.values("--retire")) {
    CUNJU_TRYV(add_retirement(wish, text, out));
  }
  for (const std::string& path : call.values("--admit")) {
    CUNJU_TRYV(add_requested_key(wish, path, out));
  }
  for (const std::string& text : call.values("--grant")) {
    CUNJU_TRY(const MemberRole grant, read_member_role(call, wish.roster, "--grant", text));
    out.emplace_back(
        GrantRole{.member = grant.member, .role = grant.role, .term_from = {}, .term_until = {}});
  }
  if (const std::vector<std::string> names = call.values("--quorum"); !names.empty()) {
    // The keys that the draft admits take the place of those that it ends.
    const Roster after = council::roster_after(wish.roster, out);
    CUNJU_TRY(SetQuorum quorum, read_quorum(call, after, names));
    out.emplace_back(std::move(quorum));
  }
  if (call.has("--seal")) out.emplace_back(Seal{});
  CUNJU_TRY(Epoch epoch, read_voided(call, wish.node, wish.space));
  if (out.empty() && epoch.voided.empty())
    return refused(call, Errc::kInvalidArgument,
                   {"草案是空的，请写明要做什么", "the draft says nothing; what is it to do?"});
  CUNJU_TRYV(
      council::add_epochs(wish.node.replica(), wish.space, wish.carrier, wish.node.random(), out));
  out.emplace_back(std::move(epoch));
  return require_use(wish, out);
}

}  // namespace

Result<ExitCode> write_draft(Invocation& call) {
  CUNJU_TRY(std::string path, file_of(call));
  CUNJU_TRY(const OpenRoster opened, open_roster(call));
  const auto& [node, space, roster] = opened;
  council::EpochDraft draft{.space = space,
                            .carrier = node->unlocked().author.author(),
                            .pins = {},
                            .operations = {},
                            .signatures = {}};
  if (roster->quorum.threshold == 0)
    return refused(call, Errc::kNotFound, why_no_quorum(call.terminal, *roster));
  if (const std::optional<std::string> carrier = call.value("--carrier")) {
    CUNJU_TRY(draft.carrier, read_device(call, *roster, *carrier));
  }
  CUNJU_TRY(draft.pins, node->replica().roster_heads(draft.space));
  CUNJU_TRY(const replica::PinnedRoster pinned,
            node->replica().pinned_roster(draft.space, draft.pins));
  if (call.has("--seal") && pinned != replica::PinnedRoster::kCurrent)
    return refused(call, Errc::kConflict,
                   {"名册有太多头绪，一份草案装不下，定局会漏掉其中一些。先在名册上办一件别的事"
                    "（如 member grant），把它们并到一起，再起草",
                    "the roster has more heads than a draft can name, and the seal would leave "
                    "some out. Do anything else to the roster first (member grant), which joins "
                    "them, and draft it then"});
  Drafting wish{.call = call,
                .node = *node,
                .space = space,
                .roster = *roster,
                .carrier = draft.carrier,
                .choice = {}};
  wish.choice.is_of_quorum = true;
  CUNJU_TRY(wish.choice.branches, read_branches(call, *node, space));
  CUNJU_TRYV(add_operations(wish, draft.operations));
  CUNJU_TRY(const council::ActOutlook outlook,
            council::read_outlook(node->replica(), draft.space,
                                  {.operations = draft.operations, .devices = {}},
                                  node->unlocked().author.author()));
  CUNJU_TRYV(refuse_lockout(call, *roster, outlook));
  // Somebody else may write it for them.
  const bool may_sign = is_of_quorum(*node, *roster);
  if (may_sign) council::sign_draft(draft, node->unlocked().author);
  CUNJU_TRYV(store::write_new_file(path, as_bytes(council::encode_epoch_draft(draft))));
  CUNJU_TRY(boost::json::object object, show_draft(call, *node, draft, *roster));
  show_notes(call.terminal, *roster, outlook);
  add_outlook(outlook, object);
  call.terminal.object(object);
  if (!may_sign)
    call.terminal.say({"您的钥匙不是会签钥匙，草案还没有人签。",
                       "Your key is not of the quorum; nobody has signed the draft yet."});
  call.terminal.say(
      {"草案在 " + path + "，请会签的人用 " + call.terminal.command("quorum sign") + " 签。",
       "The draft is in " + path + "; those of the quorum sign it with " +
           call.terminal.command("quorum sign") + "."});
  return ExitCode::kOk;
}

}  // namespace cunju::cli
