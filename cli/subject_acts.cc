// SPDX-License-Identifier: Apache-2.0
#include "cli/subject_acts.h"

#include <algorithm>

#include "cli/erase_words.h"
#include "cli/person_in_grounds.h"
#include "cli/person_options.h"
#include "cli/roster_act.h"
#include "cli/subject_request.h"
#include "cli/subject_wider.h"

namespace cunju::cli {
namespace {

using boost::json::object;

/// The reason of an act for the request: what was typed, and the request's id, which names nobody.
std::string reason_for(const Invocation& call, const OpenRequest& request, const Label& otherwise) {
  const std::string given = call.value("--reason").value_or("");
  const std::string typed = is_blank(given) ? otherwise.in(call.terminal.language) : given;
  const Label number{"（请求 " + short_id(request.id()) + "）",
                     " (request " + short_id(request.id()) + ")"};
  return typed + number.in(call.terminal.language);
}

/// As what the applicant asks, in the words of the definition.
std::string capacity(const Invocation& call, const OpenRequest& request) {
  const std::string code = request.text("asked_by");
  if (code.empty()) return {};
  return shown(request.found.book.catalog->find(kRequestsRegistry), "asked_by", Value(code),
               call.terminal.language);
}

Result<ExitCode> ask_for_subject(Invocation& call, bool only_restricts) {
  CUNJU_TRY(const registry::PersonQuery person, read_person(call));
  const council::ErasureGrounds typed{.reason = call.value("--reason").value_or(""),
                                      .basis = call.value("--basis").value_or(""),
                                      .asked_by = {}};
  CUNJU_TRYV(require_ground_texts(call, typed));
  CUNJU_TRYV(refuse_person_in(call, person, texts_of(typed)));
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(const OpenRequest request, find_request(call, *node, call.value("--request")));
  CUNJU_TRYV(require_identified(call, request));
  CUNJU_TRYV(require_same_person(call, request, person));
  CUNJU_TRYV(refuse_values_in(call, request.found.book.catalog->find(kRequestsRegistry),
                              request.row().values, texts_of(typed)));
  if (only_restricts && is_blank(typed.reason))
    return refused(call, Errc::kInvalidArgument,
                   {"封存要写 --reason 为什么（不写人名，永久保留）",
                    "a restriction needs a --reason; it names nobody and stays for ever"});
  if (is_blank(typed.basis))
    return refused(call, Errc::kInvalidArgument, {"要写 --basis 法律依据", "--basis is needed"});
  CUNJU_TRYV(warn_of_wider(call, request, person));
  CUNJU_TRY(
      const std::optional<RecordId> erasure,
      ask_for_person(call, *node,
                     {.space = request.space(),
                      .person = person,
                      .grounds = {.reason = reason_for(call, request, {"本人请求", "as asked for"}),
                                  .basis = *call.value("--basis"),
                                  .asked_by = capacity(call, request)},
                      .only_restricts = only_restricts}));
  if (!erasure) return ExitCode::kOk;
  const registry::Edit edits[] = {adding("erasures", erasure->hex()),
                                  adding("outcome", only_restricts ? "restricted" : "erased")};
  CUNJU_TRYV(write_back(call, *node, request, edits));
  call.terminal.say({"已写入请求登记 " + short_id(request.id()) + "。",
                     "Written into the register of requests, " + short_id(request.id()) + "."});
  return ExitCode::kOk;
}

/// The acts of the erasure that restrict and are in force. What of them is erased, or is asked to
/// be, no lift brings back.
Result<std::vector<ChangeId>> restricting_acts(const Invocation& call, const FoundErasure& found,
                                               const std::set<ErasureTarget>& kept) {
  std::vector<ChangeId> out;
  for (const replica::ErasureEntry& act : found.acts())
    if (restricts(act) && act.fate != Fate::kNone && !act.is_lifted &&
        std::ranges::any_of(act.said.targets,
                            [&](const ErasureTarget& target) { return kept.contains(target); }))
      out.push_back(act.act);
  if (!out.empty()) return out;
  return refused(call, Errc::kConflict,
                 {"这一项没有还在封存的内容，没有什么可解除",
                  "nothing of it is restricted, so there is nothing to lift"});
}

const registry::FieldDefinition* request_field(const OpenRequest& request, const char* field) {
  const registry::Definition* definition = request.found.book.catalog->find(kRequestsRegistry);
  return definition == nullptr ? nullptr : definition->find_field(field);
}

registry::Edit removing(std::string_view field, std::string text) {
  return {.field = std::string(field),
          .action = registry::EditAction::kRemove,
          .text = std::move(text)};
}

/// What an earlier closing refused is not refused any more.
void clear_refusal(const OpenRequest& request, std::vector<registry::Edit>& edits) {
  for (const std::string& code : request.texts("refusal"))
    edits.push_back(removing("refusal", code));
  if (!request.text("refusal_text").empty()) edits.push_back(setting("refusal_text", ""));
}

/// Why it is refused, altogether or in part: a code of the list, and words.
Result<void> add_refusal(const Invocation& call, const OpenRequest& request,
                         std::vector<registry::Edit>& edits) {
  const registry::FieldDefinition* codes = request_field(request, "refusal");
  std::string known;
  for (const registry::Code& code : codes->codes)
    known += (known.empty() ? "" : ", ") + code.code + " " + code.label.in(call.terminal.language);
  const std::vector<std::string> given = call.values("--refusal");
  const bool is_known = std::ranges::all_of(
      given, [&](const std::string& code) { return codes->find_code(code) != nullptr; });
  if (given.empty() || !is_known || call.value("--reason").value_or("").empty())
    return refused(call, Errc::kInvalidArgument,
                   {"不予办理要说明理由（个人信息保护法第五十条）：--refusal 原因 和 --reason "
                    "说明。原因：" +
                        known,
                    "a refusal has to be explained (Personal Information Protection Law art. 50): "
                    "--refusal CODE and --reason TEXT; codes: " +
                        known});
  for (const std::string& code : request.texts("refusal"))
    if (std::ranges::find(given, code) == given.end()) edits.push_back(removing("refusal", code));
  for (const std::string& code : given) edits.push_back(adding("refusal", code));
  edits.push_back(setting("refusal_text", *call.value("--reason")));
  return ok();
}

/// Whoever closes it as carried out is told what was taken back meanwhile, and so is not.
Result<void> warn_of_withdrawn(const Invocation& call, node::Node& node,
                               const OpenRequest& request) {
  const std::vector<std::string> ids = request.texts("erasures");
  if (ids.empty()) return ok();
  CUNJU_TRY(const KnownErasures known, read_erasures(node, request.space()));
  for (const auto& [erasure, acts] : known.all) {
    if (std::ranges::find(ids, erasure.hex()) == ids.end() || !is_withdrawn(acts)) continue;
    const std::string id = short_id(erasure.hex());
    call.terminal.warn(
        {"这件请求的删除 " + id + " 已经撤回，内容没有删，照常显示。请核对办理结果（outcome）。",
         "The erasure " + id +
             " of this request was taken back: nothing of it is erased, and it "
             "is shown as before. Check the outcome."});
  }
  return ok();
}

}  // namespace

Result<ExitCode> restrict_for_subject(Invocation& call) { return ask_for_subject(call, true); }

Result<ExitCode> erase_for_subject(Invocation& call) { return ask_for_subject(call, false); }

Result<ExitCode> lift_restriction(Invocation& call) {
  if (call.arguments.size() != 2)
    return refused(call, Errc::kInvalidArgument, {"没有写明哪一项封存", "which restriction?"});
  CUNJU_TRY(const council::ErasureGrounds typed, read_grounds(call));
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  std::optional<OpenRequest> request;
  if (call.has("--request")) {
    CUNJU_TRY(OpenRequest named, find_request(call, *node, call.value("--request")));
    CUNJU_TRYV(require_identified(call, named));
    request.emplace(std::move(named));
  }
  CUNJU_TRY(const FoundErasure found, find_erasure(call, *node, call.arguments[1]));
  CUNJU_TRYV(refuse_erased_in(call, *node, found, texts_of(typed)));
  if (request) {
    CUNJU_TRYV(refuse_values_in(call, request->found.book.catalog->find(kRequestsRegistry),
                                request->row().values, texts_of(typed)));
  }
  if (request && found.known.space != request->space())
    return refused(call, Errc::kConflict,
                   {"这项封存和这件请求不是同一个村的，什么也没有做",
                    "the restriction is another space's, so nothing was done"});
  if (request) {
    CUNJU_TRY(const bool is_theirs, is_of_same_person(*request, found.erasure));
    if (!is_theirs)
      return refused(call, Errc::kConflict,
                     {"这项封存不是按这个人的请求办的，什么也没有做；不属于请求的，去掉 --request",
                      "that restriction was not asked for by this person, so nothing was done; "
                      "leave out --request where it belongs to none"});
  }
  const crypto::SigningKey& author = node->unlocked().author;
  CUNJU_TRYV(require_erasing_right(call, *found.known.roster, author.author(), kWrite));
  const std::set<ErasureTarget> parts = kept_by(found.acts(), found.known);
  CUNJU_TRY(const std::vector<ChangeId> acts, restricting_acts(call, found, parts));
  const std::string count = std::to_string(parts.size());
  const std::string needed = std::to_string(members_needed(*found.known.roster));
  call.terminal.say(
      {"将解除封存，" + count + " 处内容恢复显示；要 " + needed +
           " 人批准后才生效，批准前封存不变。以后还可以再封存。",
       "The restriction of " + count + " parts ends, and they are shown again, once " + needed +
           " members have approved; until then it stands. It can be restricted again."});
  object out{{"space", found.known.space.hex()},
             {"erasure", found.erasure.hex()},
             {"parts", parts.size()},
             {"lift", nullptr}};
  if (!call.has("--yes")) {
    call.terminal.say({"还没有提出。加 --yes 办理。", "Nothing was done. With --yes it is."});
    call.terminal.object(out);
    return ExitCode::kOk;
  }
  const council::ErasureGrounds grounds{
      .reason = request ? reason_for(call, *request, {}) : *call.value("--reason"),
      .basis = *call.value("--basis"),
      .asked_by = request ? capacity(call, *request) : std::string()};
  const RecordId lift = node->replica().new_record_id();
  CUNJU_TRY(const replica::ChangeDraft draft, council::plan_lift(lift, grounds, acts));
  CUNJU_TRYV(node->replica().append(found.known.space, author, {&draft, 1}, node::Node::now_ms()));
  node->wake_server();
  const std::string command = call.terminal.command("erase approve " + short_id(lift.hex()));
  call.terminal.say({"已提出，编号 " + short_id(lift.hex()) + "。还要批准：" + command,
                     "asked for, as " + short_id(lift.hex()) + "; to be approved: " + command});
  if (request) {
    const registry::Edit edits[] = {adding("erasures", lift.hex()), adding("outcome", "lifted")};
    CUNJU_TRYV(write_back(call, *node, *request, edits));
  }
  out["lift"] = lift.hex();
  call.terminal.object(out);
  return ExitCode::kOk;
}

Result<ExitCode> close_request(Invocation& call) {
  const std::string state = call.arguments.size() == 3 ? call.arguments[2] : "";
  if (state != "done" && state != "partial" && state != "refused" && state != "withdrawn")
    return refused(call, Errc::kInvalidArgument,
                   {"写成 subject close 请求 done|partial|refused|withdrawn",
                    "subject close REQUEST done|partial|refused|withdrawn"});
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(const OpenRequest request, find_request(call, *node, call.arguments[1]));
  CUNJU_TRYV(require_carrier(call, request));
  std::vector<registry::Edit> edits{setting("state", state)};
  if (state == "refused" || state == "partial") {
    CUNJU_TRYV(add_refusal(call, request, edits));
  } else if (call.has("--refusal")) {
    return refused(call, Errc::kInvalidArgument,
                   {"--refusal 只用于 refused 和 partial", "--refusal is of refused and partial"});
  } else {
    clear_refusal(request, edits);
  }
  if (state == "done" || state == "partial") {
    CUNJU_TRYV(require_identified(call, request));
  } else if (!is_pending(request)) {
    return refused(call, Errc::kConflict,
                   {"这件请求已经了结，什么也没有做", "the request is over; nothing was done"});
  }
  if (const auto by = call.value("--decided-by")) edits.push_back(setting("decided_by", *by));
  edits.push_back(setting("replied_on", registry::format_date(today())));
  if (state == "done" && request.texts("outcome").empty())
    call.terminal.warn({"登记里还没有办理结果（outcome）。", "The record has no outcome yet."});
  if (state == "done" || state == "partial") {
    CUNJU_TRYV(warn_of_withdrawn(call, *node, request));
  }
  const Result<registry::Saved> saved = request.found.book.records->set(
      act_of(*node), kRequestsRegistry, request.row().id, edits, {.closes = true});
  if (saved.has_error()) {
    explain_refusal(call, request.found.book, kRequestsRegistry);
    return saved.error();
  }
  node->wake_server();
  const std::string id = short_id(request.id());
  call.terminal.say({"请求 " + id + " 已了结。请把结果和理由告知请求人。",
                     "Request " + id + " is closed. Tell the applicant the outcome and why."});
  call.terminal.object(
      {{"space", request.space().hex()}, {"request", request.id()}, {"state", state}});
  return ExitCode::kOk;
}

}  // namespace cunju::cli
