// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <boost/json/array.hpp>

#include "cli/disclosure_list.h"
#include "cli/erase_words.h"
#include "cli/erasure_list.h"
#include "cli/interrupted_copies.h"
#include "cli/person_options.h"
#include "cli/readmission.h"
#include "cli/roster_act.h"
#include "cli/subject_acts.h"
#include "cli/subject_request.h"
#include "cli/verbs.h"
#include "node/council/person_erasure.h"

namespace cunju::cli {
namespace {

using boost::json::array;
using boost::json::object;

/// So many days before its date a request is shown as urgent.
constexpr int kSoonDays = 3;

const Option kOptions[] = {
    {"--request", "ID", {"哪一件请求（subject list 的编号）", "which request (see subject list)"}},
    kIdentityOption,
    kPersonNameOption,
    kPhoneOption,
    {"--out", "DIR", {"写到哪个新文件夹", "a new folder for the copy"}},
    {"--history", "", {"副本里也写历次登记", "also what was written over time"}},
    {"--reason",
     "TEXT",
     {"为什么（封存、解除的理由永久保留，不写人名）",
      "why; of a restriction or its end it stays for ever and names nobody"}},
    {"--basis", "TEXT", {"法律依据", "the law or rule"}},
    kReadmitOption,
    {"--except", "ID", {"这条记录不动（可写几次）", "leave this record alone; may be repeated"}},
    {"--refusal", "CODE", {"不予办理的原因，可重复", "why it is refused; may repeat"}},
    {"--decided-by", "NAME", {"谁决定的", "who decided"}},
    {"--all", "", {"也列出已了结的", "also those that are over"}},
    kYesOption};
const ActionOptions kActions[] = {
    {"list", {"--all"}},
    {"status", {}},
    {"find", {"--identity", "--name", "--phone"}},
    {"export", {"--request", "--identity", "--name", "--phone", "--out", "--history"}},
    {"correct", {"--request", "--identity", "--name", "--phone", "--readmit", "--basis", "--yes"}},
    {"restrict",
     {"--request", "--identity", "--name", "--phone", "--except", "--reason", "--basis", "--yes"}},
    {"erase",
     {"--request", "--identity", "--name", "--phone", "--except", "--reason", "--basis", "--yes"}},
    {"lift", {"--request", "--reason", "--basis", "--yes"}},
    {"close", {"--refusal", "--reason", "--decided-by"}}};

std::string words_of(const OpenRequest& request, const char* field, Language language) {
  const registry::Definition* definition = request.found.book.catalog->find(kRequestsRegistry);
  std::string out;
  for (const std::string& text : request.texts(field))
    out += (out.empty() ? "" : "、") + shown(definition, field, Value(text), language);
  return out;
}

array texts_json(const OpenRequest& request, const char* field) {
  array out;
  for (const std::string& text : request.texts(field)) out.emplace_back(text);
  return out;
}

Label due_label(const OpenRequest& request) {
  const std::optional<int> left = days_left(request);
  if (!left) return {"没有期限", "no date"};
  const std::string days = std::to_string(*left < 0 ? -*left : *left);
  if (*left < 0) return {"已逾期 " + days + " 天", "overdue by " + days + " days"};
  if (*left == 0) return {"今天到期", "due today"};
  if (*left <= kSoonDays) return {"快到期，还有 " + days + " 天", "due soon, " + days + " days"};
  return {"还有 " + days + " 天", days + " days left"};
}

object request_json(const OpenRequest& request) {
  const bool is_open = is_pending(request);
  const std::optional<int> left = days_left(request);
  object out{{"space", request.space().hex()},
             {"request", request.id()},
             {"no", request.text("no")},
             {"received_on", request.text("received_on")},
             {"kinds", texts_json(request, "kinds")},
             {"asked_by", request.text("asked_by")},
             {"identity_check", request.text("identity_check")},
             {"state", request.text("state")},
             {"due_on", request.text("due_on")},
             {"days_left", nullptr},
             {"overdue", is_open && left && *left < 0},
             {"outcome", texts_json(request, "outcome")},
             {"refusal", texts_json(request, "refusal")},
             {"decided_by", request.text("decided_by")},
             {"erasures", texts_json(request, "erasures")},
             {"applicant", request.text("applicant")},
             {"hidden", !request.row().hidden.empty()}};
  if (left) out["days_left"] = *left;
  return out;
}

std::string request_line(const OpenRequest& request, Language language) {
  std::string out = short_id(request.id()) + "  " + request.text("received_on");
  const std::string who = request.text("applicant");
  out +=
      "  " + (!who.empty() ? who : std::string(Label{"（保密）", "(confidential)"}.in(language)));
  for (const char* field : {"kinds", "state", "outcome", "refusal"})
    if (const std::string words = words_of(request, field, language); !words.empty())
      out += "  " + words;
  if (!request.text("due_on").empty()) out += "  " + request.text("due_on");
  if (is_pending(request)) out += "  " + due_label(request).in(language);
  return out;
}

Result<ExitCode> list(Invocation& call) {
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(const std::vector<SpaceId> spaces, chosen_spaces(*node, call));
  CUNJU_TRYV(warn_of_interrupted_copies(call, *node));
  std::size_t count = 0;
  for (const SpaceId& space : spaces) {
    CUNJU_TRY(Book book, open_book(*node, space));
    CUNJU_TRY(std::vector<registry::RecordRow> rows, requests_by_urgency(book));
    OpenRequest request{FoundRecord{.book = std::move(book), .row = {}}};
    for (registry::RecordRow& row : rows) {
      request.found.row = std::move(row);
      if (!call.has("--all") && !is_pending(request)) continue;
      ++count;
      call.terminal.line(request_line(request, call.terminal.language));
      call.terminal.object(request_json(request));
    }
  }
  if (count == 0) call.terminal.say({"没有待办的请求。", "No request waits."});
  return ExitCode::kOk;
}

/// What the erasures that belong to it have come to; those that are not here yet are named.
Result<void> show_erasures_of(Invocation& call, node::Node& node, const OpenRequest& request) {
  CUNJU_TRY(const KnownErasures known, read_erasures(node, request.space()));
  for (const std::string& id : request.texts("erasures")) {
    bool is_here = false;
    for (const auto& [erasure, acts] : known.all) {
      if (erasure.hex() != id) continue;
      is_here = true;
      CUNJU_TRYV(show_erasure(call, node, known, erasure));
    }
    if (!is_here)
      call.terminal.say({"删除或封存 " + id + " 还没有到这台电脑",
                         "the erasure or restriction " + id + " has not come here yet"});
  }
  return ok();
}

Result<ExitCode> status(Invocation& call) {
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  const std::optional<std::string> id =
      call.arguments.size() > 1 ? std::optional(call.arguments[1]) : std::nullopt;
  CUNJU_TRY(const OpenRequest request, find_request(call, *node, id));
  const Language language = call.terminal.language;
  call.terminal.line(request_line(request, language));
  const registry::Definition* definition = request.found.book.catalog->find(kRequestsRegistry);
  for (const auto& [field, value] : request.row().values)
    call.terminal.line("  " + field_label(definition, field, language) + "：" +
                       shown(definition, field, value, language));
  if (!request.row().hidden.empty())
    call.terminal.say(
        {"  请求人等保密内容您看不到。", "  Who asked is confidential, and can't be read by you."});
  CUNJU_TRY(const std::vector<audit::Disclosure> all,
            audit::read_disclosures(*request.found.book.records));
  array disclosures;
  for (const audit::Disclosure& each : all) {
    if (each.request != request.id()) continue;
    call.terminal.say(
        {"  披露登记 " + short_id(each.id.hex()) + "  " + each.on + "  " + each.purpose,
         "  disclosure " + short_id(each.id.hex()) + "  " + each.on + "  " + each.purpose});
    disclosures.emplace_back(each.id.hex());
  }
  object out = request_json(request);
  out["disclosures"] = std::move(disclosures);
  call.terminal.object(out);
  CUNJU_TRYV(show_erasures_of(call, *node, request));
  return ExitCode::kOk;
}

Result<ExitCode> find(Invocation& call) {
  CUNJU_TRY(const registry::PersonQuery person, read_person(call));
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(const SpaceId space, chosen_space(*node, call));
  CUNJU_TRY(const Book book, open_book(*node, space));
  CUNJU_TRY(const council::PersonSearch found,
            council::find_person(node->replica(), *book.catalog, space, person, today()));
  array records;
  for (const council::PersonRecord& record : found.records) {
    const registry::Definition* definition = book.catalog->find(record.registry);
    const Label name =
        definition == nullptr ? Label{record.registry, record.registry} : definition->label;
    const bool is_own = record.place == council::PersonPlace::kFields;
    const Label place = place_label(record.place);
    call.terminal.say(
        {"“" + name.zh + "” " + record.record.hex() + (is_own ? "" : "（" + place.zh + "）"),
         std::string(name.in(Language::kEnglish)) + " " + record.record.hex() +
             (is_own ? "" : " (" + place.en + ")")});
    records.push_back(object{{"registry", record.registry},
                             {"record", record.record.hex()},
                             {"place", place_id(record.place)}});
  }
  if (records.empty()) call.terminal.say({"没有找到。", "Nothing was found."});
  if (found.unsearched > 0) {
    const std::string count = std::to_string(found.unsearched);
    call.terminal.warn({"有 " + count + " 处保密内容这里看不到，没有查。",
                        count + " confidential parts can't be read here and were not searched."});
  }
  call.terminal.object(
      {{"space", space.hex()}, {"records", std::move(records)}, {"unsearched", found.unsearched}});
  return ExitCode::kOk;
}

/// A word too many may have been meant to narrow what is done. It may be a person's, and is not
/// repeated.
Result<void> require_no_more_words(const Invocation& call, const std::string& action) {
  constexpr std::string_view kAlone[] = {"list", "find", "export", "restrict", "erase"};
  const std::size_t most = std::ranges::find(kAlone, action) != std::end(kAlone) ? 1
                           : action == "status"                                  ? 2
                                                                                 : kAny;
  if (call.arguments.size() <= most) return ok();
  const std::string command = "subject " + action + (most == 2 ? " REQUEST" : "");
  return refused(call, Errc::kInvalidArgument,
                 {"多写了词，" + command + " 后面只写选项",
                  "a word too many: " + command + " takes options only"});
}

Result<ExitCode> run(Invocation& call) {
  const std::string action = call.arguments.empty() ? "list" : call.arguments[0];
  CUNJU_TRYV(require_options_of(call, action, kActions));
  CUNJU_TRYV(require_no_more_words(call, action));
  if (action == "list") return list(call);
  if (action == "status") return status(call);
  if (action == "find") return find(call);
  if (action == "export") return export_for_subject(call);
  if (action == "correct") return correct_for_subject(call);
  if (action == "restrict") return restrict_for_subject(call);
  if (action == "erase") return erase_for_subject(call);
  if (action == "lift") return lift_restriction(call);
  if (action == "close") return close_request(call);
  return refused(
      call, Errc::kInvalidArgument,
      {action + "；可用 list、status、find、export、correct、restrict、erase、lift、close",
       action + "; there are list, status, find, export, correct, restrict, erase, lift, close"});
}

}  // namespace

const Verb kSubjectVerb{
    .name = "subject",
    .arguments =
        "list | status REQUEST | find | export | correct REGISTRY ID FIELD=VALUE... | "
        "restrict | erase | lift ERASURE | close REQUEST done|partial|refused|withdrawn",
    .min_arguments = 0,
    .max_arguments = kAny,
    .summary = {"个人信息请求：待办和逾期、本人副本、更正、封存、删除、解除封存、了结",
                "requests of persons about their data: what waits, a copy, correction, "
                "restriction, erasure, the end of a restriction, closing"},
    .details =
        {"先登记请求：cunju add requests 收到日期=… 请求事项+=… 请求人身份=… 请求人=… "
         "办理状态=received"
         "（办结期限不写就自动填：收到后 15 日，本村修订过的按修订，填了哪天会说明）；核实身份后 "
         "cunju set requests 编号 "
         "身份核实方式=card_seen "
         "办理状态=identified。之后各项都写 --request "
         "编号，结果写回请求登记。改动、封存、删除先说明"
         "影响，加 --yes 才办理；删除、解除封存要批准（cunju erase approve）。",
         "Enter the request first: cunju add requests received_on=… kinds+=… asked_by=… "
         "applicant=… state=received (due_on, left out, is filled in and said: 15 days from then, "
         "or as the committee has amended that); once the identity "
         "is checked: cunju set requests ID "
         "identity_check=card_seen state=identified. Then each action takes --request ID, and "
         "writes its outcome into the register. Corrections, restrictions and erasures first say "
         "what they do; --yes does it. An erasure, and the end of a restriction, have to be "
         "approved (cunju erase approve)."},
    .options = kOptions,
    .run = run};

}  // namespace cunju::cli
