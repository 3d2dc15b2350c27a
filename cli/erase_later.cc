// SPDX-License-Identifier: Apache-2.0
//
// What becomes of an erasure that was asked for: what it restricted goes when its time has come, or
// what is not approved yet is taken back.
#include <algorithm>

#include "cli/erase_request.h"
#include "cli/erase_words.h"
#include "cli/erasure_items.h"
#include "cli/person_in_grounds.h"
#include "cli/record_lookup.h"

namespace cunju::cli {
namespace {

using boost::json::array;
using boost::json::object;

/// kConflict in words where a rule keeps something of it, or nobody can tell here.
Result<void> require_over(const Invocation& call, const registry::Catalog& catalog,
                          const council::ErasureContents& contents) {
  for (const council::ErasedRecord& record : contents.records) {
    const registry::Definition* definition = catalog.find(record.registry);
    if (definition != nullptr && definition->is_ledger && record.retention.is_kept)
      return refuse_proof(call, record.retention);
  }
  if (contents.may_go() || call.has("--against-retention")) return ok();
  return refused(
      call, Errc::kConflict,
      {"还在保管期限内，或在这台电脑上无法核对期限（见上），没有提出。期满后再办，或请看得"
       "到内容的人办；依法必须现在销毁的，加 --against-retention，并在 --basis "
       "写明依据",
       "a rule still keeps it, or that can't be checked on this computer (see above), so "
       "nothing was asked for. Do it when its time has come, or let somebody do it who "
       "reads the content; where the law demands that it goes now, add "
       "--against-retention and say the ground in --basis"});
}

/// Whether the unlocked member asked for the act, or may approve of it.
bool may_take_back(const Roster& roster, const AuthorKey& author,
                   const replica::ErasureEntry& act) {
  const Member* member = roster.find_author(author);
  const auto owner = roster.owners.find(act.author);
  return member != nullptr && ((owner != roster.owners.end() && owner->second == member->id) ||
                               roster.may(author, kErasuresRegistry, kApprove));
}

Error refuse_taking_back(const Invocation& call) {
  return refused(call, Errc::kPermission,
                 {"撤回删除：只有提出人本人，或有批准权的人",
                  "take an erasure back: only who asked for it, or who may approve"});
}

/// The acts that are taken back, and how many parts they name. Errors in words: kConflict (nothing
/// waits), kPermission.
Result<std::vector<ChangeId>> acts_to_take_back(const Invocation& call, const FoundErasure& found,
                                                const AuthorKey& author,
                                                std::set<ErasureTarget>& parts) {
  std::vector<ChangeId> out;
  for (const replica::ErasureEntry* act : waiting_to_erase(found.acts())) {
    if (!may_take_back(*found.known.roster, author, *act)) return refuse_taking_back(call);
    out.push_back(act->act);
    parts.insert(act->said.targets.begin(), act->said.targets.end());
  }
  if (!out.empty()) return out;
  const std::string command = call.terminal.command("subject lift");
  return refused(call, Errc::kConflict,
                 {"这一项没有等待批准的销毁：已批准的收不回来，封存用 " + command + " 解除",
                  "nothing of it waits to be approved: what is approved can't be taken back, and a "
                  "restriction ends by " +
                      command});
}

/// Which of the parts are shown again, which others hide all the same, and what is restricted
/// besides.
void say_taken_back(const Invocation& call, const FoundErasure& found,
                    const std::set<ErasureTarget>& parts, const StillHidden& hidden, object& out) {
  const KnownErasures& known = found.known;
  std::set<ErasureTarget> shown = parts;
  for (const ErasureTarget& target : hidden.parts) shown.erase(target);
  const std::string count = std::to_string(parts.size()), again = std::to_string(shown.size());
  call.terminal.say({"不再销毁这一项的 " + count + " 处；各台电脑收到后恢复显示 " + again + " 处：",
                     "The " + count + " parts of this erasure do not go, and every node shows " +
                         again + " of them again:"});
  array items;
  say_items(call, *known.catalog, known.contents_of(shown), ItemFate::kShownAgain, items);
  say_items(call, *known.catalog, known.contents_of(hidden.parts), ItemFate::kStaysHidden, items);
  out["records"] = std::move(items);
  array by;
  std::string names;
  for (const RecordId& erasure : hidden.by) {
    by.emplace_back(erasure.hex());
    names += " " + short_id(erasure.hex());
  }
  out["hidden_by"] = std::move(by);
  const std::string lift = call.terminal.command("subject lift");
  if (!hidden.parts.empty()) {
    const std::string still = std::to_string(hidden.parts.size());
    const std::string status = call.terminal.command("erase status");
    call.terminal.warn({"其中 " + still + " 处另有删除或封存（编号" + names + "），仍然隐藏：用 " +
                            status + " 查看；封存用 " + lift + " 解除，要批准。",
                        still + " of them stay hidden by other erasures or restrictions (" +
                            names.substr(1) + "): see " + status + "; " + lift +
                            " ends a restriction, once it is approved."});
  }
  std::set<ErasureTarget> kept = kept_by(found.acts(), known);
  for (const ErasureTarget& target : parts) kept.erase(target);
  if (kept.empty()) return;
  const std::string still = std::to_string(kept.size());
  call.terminal.say({"另有 " + still + " 处只是封存，不随之解除：用 " + lift + "，要批准。",
                     still + " more parts are restricted, and stay so: " + lift +
                         " ends that, once it is approved."});
}

}  // namespace

Result<ExitCode> finish_erasure(Invocation& call) {
  if (call.arguments.size() != 2)
    return refused(call, Errc::kInvalidArgument, {"没有写明哪一项删除", "which erasure?"});
  CUNJU_TRY(const council::ErasureGrounds grounds, read_grounds(call));
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(const FoundErasure found, find_erasure(call, *node, call.arguments[1]));
  const KnownErasures& known = found.known;
  const crypto::SigningKey& author = node->unlocked().author;
  CUNJU_TRYV(require_erasing_right(call, *known.roster, author.author(), kWrite));
  CUNJU_TRYV(refuse_erased_in(call, *node, found, texts_of(grounds)));
  const std::set<ErasureTarget> kept = kept_by(found.acts(), known);
  const std::string count = std::to_string(kept.size());
  object out{{"space", known.space.hex()},
             {"erasure", found.erasure.hex()},
             {"parts", kept.size()},
             {"asked", false}};
  if (kept.empty()) {
    call.terminal.say({"这一项没有封存的内容。", "Nothing of this erasure is restricted."});
    call.terminal.object(out);
    return ExitCode::kOk;
  }
  call.terminal.say({"将销毁这一项里封存的 " + count + " 处：",
                     "The " + count + " restricted parts of this erasure go:"});
  const council::ErasureContents contents = known.contents_of(kept);
  array items;
  say_items(call, *known.catalog, contents, ItemFate::kErased, items);
  say_unseen(call, unseen_of(contents));
  out["records"] = std::move(items);
  out["unreadable"] = unseen_of(contents);
  out["may_go"] = contents.may_go();
  if (is_only_shown(call)) {
    if (!contents.may_go())
      call.terminal.say({"还没有到期，或无法核对：到期前办理要加 --against-retention。",
                         "Its time has not come, or that can't be checked: to do it before needs "
                         "--against-retention."});
    say_nothing_done(call);
    call.terminal.object(out);
    return ExitCode::kOk;
  }
  CUNJU_TRYV(require_over(call, *known.catalog, contents));
  CUNJU_TRY(const std::vector<replica::ChangeDraft> drafts,
            council::plan_erasure(found.erasure, grounds,
                                  {.erase = {kept.begin(), kept.end()}, .restrict = {}}));
  CUNJU_TRYV(node->replica().append(known.space, author, drafts, node::Node::now_ms()));
  node->wake_server();
  say_filed(call, *known.roster, found.erasure.hex());
  out["asked"] = true;
  call.terminal.object(out);
  return ExitCode::kOk;
}

Result<ExitCode> withdraw_erasure(Invocation& call) {
  if (call.arguments.size() != 2)
    return refused(call, Errc::kInvalidArgument, {"没有写明哪一项删除", "which erasure?"});
  CUNJU_TRY(const council::ErasureGrounds grounds, read_withdrawal(call));
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(const FoundErasure found, find_erasure(call, *node, call.arguments[1]));
  const KnownErasures& known = found.known;
  const crypto::SigningKey& author = node->unlocked().author;
  if (!known.roster->may(author.author(), kErasuresRegistry, kWrite))
    return refuse_taking_back(call);
  CUNJU_TRYV(refuse_erased_in(call, *node, found, texts_of(grounds)));
  std::set<ErasureTarget> parts;
  CUNJU_TRY(const std::vector<ChangeId> acts,
            acts_to_take_back(call, found, author.author(), parts));
  const StillHidden hidden = hidden_without(known, parts, acts);
  object out{{"space", known.space.hex()},    {"erasure", found.erasure.hex()},
             {"parts", parts.size()},         {"restricted", kept_by(found.acts(), known).size()},
             {"hidden", hidden.parts.size()}, {"withdrawn", false}};
  say_taken_back(call, found, parts, hidden, out);
  call.terminal.say(
      {"如果别的电脑上已有足够的人批准，以批准为准。以后可以重新提出。",
       "Where enough members have approved on other computers, that counts. It can be asked for "
       "anew."});
  if (is_only_shown(call)) {
    say_nothing_done(call);
    call.terminal.object(out);
    return ExitCode::kOk;
  }
  CUNJU_TRY(const replica::ChangeDraft draft, council::plan_lift(found.erasure, grounds, acts));
  CUNJU_TRYV(node->replica().append(known.space, author, {&draft, 1}, node::Node::now_ms()));
  node->wake_server();
  if (hidden.parts.empty()) {
    call.terminal.say({"已撤回，内容恢复显示。", "Taken back; the content is shown again."});
  } else {
    call.terminal.say({"已撤回；上面写明仍然隐藏的，还看不到。",
                       "Taken back; what stays hidden, as said above, is not shown."});
  }
  out["withdrawn"] = true;
  call.terminal.object(out);
  return ExitCode::kOk;
}

}  // namespace cunju::cli
