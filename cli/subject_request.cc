// SPDX-License-Identifier: Apache-2.0
#include "cli/subject_request.h"

#include <algorithm>
#include <set>

#include "crdt/base/check.h"
#include "node/registry/field_scope.h"
#include "node/registry/text_form.h"

namespace cunju::cli {
namespace {

constexpr std::string_view kIdentified = "identified";

const registry::Definition* definition_of(const OpenRequest& request) {
  return request.found.book.catalog->find(kRequestsRegistry);
}

const registry::FieldDefinition* find_field(const OpenRequest& request, std::string_view field) {
  const registry::Definition* definition = definition_of(request);
  return definition == nullptr ? nullptr : definition->find_field(field);
}

/// As registry::PersonQuery has names: half width, small letters, without any spaces.
std::string name_form(std::string_view text) {
  return registry::lower_ascii(registry::without_spaces(registry::plain_form(text)));
}

std::string last_four_form(std::string_view text) {
  return registry::upper_ascii(registry::without_spaces(registry::plain_form(text)));
}

std::string last_four_of(const std::string& identity) {
  constexpr std::size_t kFour = 4;
  return identity.size() < kFour ? identity : identity.substr(identity.size() - kFour);
}

/// Whom the request is about, by the fields of the register.
struct Meant {
  const char* name_field;
  bool has_own_last_four;  ///< identity_last4 is of this person's papers.
};

Meant who_is_meant(const OpenRequest& request) {
  if (request.text("asked_by") == "self") return {"applicant", true};
  const registry::FieldDefinition* name = find_field(request, "person");
  const registry::FieldDefinition* last_four = find_field(request, "identity_last4");
  return {"person", name != nullptr && last_four != nullptr && !name->party.empty() &&
                        name->party == last_four->party};
}

Error missing(const Invocation& call, const OpenRequest& request, const std::string& field) {
  const std::string command =
      call.terminal.command("set requests " + short_id(request.id()) + " " + field + "=…");
  const registry::Definition* definition = definition_of(request);
  return refused(
      call, Errc::kConflict,
      {"请求登记里没有填“" + field_label(definition, field, Language::kChinese) +
           "”，无法核对是不是同一个人。核实后先补填：" + command,
       "the request has no \"" + field_label(definition, field, Language::kEnglish) +
           "\", so nobody can tell whether it is the same person; fill it in first: " + command});
}

Error not_the_same(const Invocation& call) {
  return refused(call, Errc::kConflict,
                 {"写明的人与请求登记里的不是同一个人（姓名或证件后四位不符），什么也没有做",
                  "the person named is not the one of the request (the name or the last four "
                  "differ), so nothing was done"});
}

/// The words that stand beside the number: of the same party where the definition has parties.
std::set<std::string> names_beside(const std::string& identity, const registry::RecordRow& row,
                                   const registry::Definition* definition) {
  std::set<std::string> out;
  for (const auto& [party, terms] : registry::terms_by_party(definition, row.values, today()))
    if (terms.identities.contains(identity)) out.insert(terms.names.begin(), terms.names.end());
  return out;
}

/// Whether a record with the number has the name. None: no record has the number. The register of
/// requests says nothing here: it has what was typed at the desk.
Result<std::optional<bool>> has_name(const OpenRequest& request, const std::string& identity,
                                     const std::string& name) {
  const Book& book = request.found.book;
  const registry::PersonQuery by_number{.identity = identity, .name = {}, .phone = {}};
  CUNJU_TRY(const council::PersonSearch found,
            council::find_person(request.node->replica(), *book.catalog, request.space(), by_number,
                                 today()));
  std::optional<bool> out;
  for (const council::PersonRecord& record : found.records) {
    if (record.place != council::PersonPlace::kFields || record.registry == kRequestsRegistry)
      continue;
    CUNJU_TRY(const registry::RecordRow row, book.records->get(record.record, record.registry));
    const registry::Definition* definition = book.catalog->find(record.registry);
    out = out.value_or(false) || names_beside(identity, row, definition).contains(name);
  }
  return out;
}

/// Whether a record with name and telephone has, in the same party, a number that ends otherwise: a
/// namesake's, or another's in the same household.
Result<bool> is_another_number_there(const OpenRequest& request,
                                     const registry::PersonQuery& person,
                                     const std::string& last_four) {
  const Book& book = request.found.book;
  const registry::PersonQuery by_phone{.identity = {}, .name = person.name, .phone = person.phone};
  CUNJU_TRY(const council::PersonSearch found,
            council::find_person(request.node->replica(), *book.catalog, request.space(), by_phone,
                                 today()));
  for (const council::PersonRecord& record : found.records) {
    if (record.place != council::PersonPlace::kFields || record.registry == kRequestsRegistry)
      continue;
    CUNJU_TRY(const registry::RecordRow row, book.records->get(record.record, record.registry));
    for (const auto& [party, terms] :
         registry::terms_by_party(book.catalog->find(record.registry), row.values, today())) {
      if (!terms.names.contains(person.name) || !terms.phones.contains(person.phone)) continue;
      const bool fits = terms.identities.empty() ||
                        std::ranges::any_of(terms.identities, [&](const std::string& identity) {
                          return last_four_of(identity) == last_four;
                        });
      if (!fits) return true;
    }
  }
  return false;
}

/// A telephone number is the person's own only if the request has it; an agent's is the agent's.
Result<void> require_own_phone(const Invocation& call, const OpenRequest& request,
                               const registry::PersonQuery& person, bool is_applicant) {
  // Beside a number as well: it would bring in whoever has that name and telephone.
  if (!is_applicant)
    return refused(call, Errc::kConflict,
                   {"代别人请求的，只用 --identity 写本人的证件号，不写 --phone，什么也没有做",
                    "asked for on behalf of somebody: give --identity, that person's number, and "
                    "no --phone; nothing was done"});
  registry::PersonTerms own;
  own.add(request.text("applicant_phone"), today());
  if (own.phones.empty()) return missing(call, request, "applicant_phone");
  if (!own.phones.contains(person.phone)) return not_the_same(call);
  const std::string last_four = last_four_form(request.text("identity_last4"));
  if (last_four.empty()) return ok();
  CUNJU_TRY(const bool is_another, is_another_number_there(request, person, last_four));
  return is_another ? not_the_same(call) : Result<void>(ok());
}

std::string text_in(const registry::RecordRow& row, std::string_view field) {
  const Value* value = row.find(field);
  const auto* text = value == nullptr ? nullptr : std::get_if<std::string>(value);
  return text == nullptr ? std::string() : *text;
}

bool is_pending_row(const registry::Definition* definition, const registry::RecordRow& row) {
  const registry::FieldDefinition* state =
      definition == nullptr ? nullptr : definition->find_field("state");
  return state == nullptr || state->is_pending(text_in(row, "state"));
}

std::optional<int> days_left_of(const registry::RecordRow& row) {
  const registry::ParsedDate due = registry::parse_date(text_in(row, "due_on"));
  if (due.form != registry::DateForm::kExact) return std::nullopt;
  return static_cast<int>(
      (std::chrono::sys_days(due.date) - std::chrono::sys_days(today())).count());
}

}  // namespace

std::string OpenRequest::text(std::string_view field) const { return text_in(found.row, field); }

std::vector<std::string> OpenRequest::texts(std::string_view field) const {
  std::vector<std::string> out;
  for (const auto& [name, value] : found.row.values) {
    const auto* text = name == field ? std::get_if<std::string>(&value) : nullptr;
    if (text != nullptr) out.push_back(*text);
  }
  return out;
}

Result<OpenRequest> find_request(Invocation& call, node::Node& node,
                                 const std::optional<std::string>& id) {
  const std::string command = call.terminal.command("subject list");
  if (!id || id->empty())
    return refused(
        call, Errc::kInvalidArgument,
        {"没有写明是哪一件请求（编号见 " + command + "）", "which request? (" + command + ")"});
  Result<FoundRecord> found = find_record(node, call, kRequestsRegistry, *id);
  if (found.has_error() && found.error().code == Errc::kNotFound)
    return refused(call, Errc::kNotFound,
                   {"没有这件请求：" + *id + "。先登记：" +
                        call.terminal.command("add requests 收到日期=… 请求事项+=…"),
                    "no such request: " + *id + "; enter it first: " +
                        call.terminal.command("add requests received_on=… kinds+=…")});
  if (found.has_error()) return found.error();
  if (found.value().row.is_deleted)
    return refused(call, Errc::kNotFound,
                   {"这件请求的登记已删除：" + *id, "that request's record is deleted: " + *id});
  return OpenRequest{std::move(found).value(), &node};
}

Result<void> require_carrier(const Invocation& call, const OpenRequest& request) {
  CUNJU_CHECK(request.node != nullptr, "find_request gives the node that it was found in");
  const AuthorKey author = request.node->unlocked().author.author();
  CUNJU_TRY(const std::shared_ptr<const Roster> roster,
            request.node->replica().roster(request.space()));
  const std::vector<std::string> scopes = registry::scopes_of(definition_of(request));
  const bool may_read =
      request.row().hidden.empty() && std::ranges::all_of(scopes, [&](const std::string& scope) {
        return roster->may_read_scope(author, scope);
      });
  if (may_read && roster->may(author, kRequestsRegistry, kWrite)) return ok();
  return refused(call, Errc::kPermission,
                 {"办理个人信息请求（要能写请求登记，也要能看请求人等保密内容）",
                  "carry out a request (it takes writing the register of requests, and reading who "
                  "asked)"});
}

Result<void> require_identified(const Invocation& call, const OpenRequest& request) {
  CUNJU_TRYV(require_carrier(call, request));
  const std::string state = request.text("state");
  const std::string check = request.text("identity_check");
  const std::string id = short_id(request.id());
  if (state.empty() || state == "received" || check.empty() || check == "failed") {
    const std::string command = call.terminal.command(
        "set requests " + id + " identity_check=card_seen identity_checked_on=… state=identified");
    return refused(
        call, Errc::kConflict,
        {"还没有核实请求人的身份，什么也没有做。核实后登记：" + command,
         "the applicant's identity was not checked, so nothing was done; when it is: " + command});
  }
  if (state == kIdentified) return ok();
  // What it was refused for is not so any more.
  const bool was_refused = !request.texts("refusal").empty();
  const std::string command = call.terminal.command("set requests " + id + " state=identified" +
                                                    (was_refused ? " refusal= refusal_text=" : ""));
  return refused(call, Errc::kConflict,
                 {"这件请求已经了结，什么也没有做。要接着办理：" + command,
                  "the request is over, so nothing was done; to take it up again: " + command});
}

Result<void> require_same_person(const Invocation& call, const OpenRequest& request,
                                 const registry::PersonQuery& person) {
  if (request.text("asked_by").empty()) return missing(call, request, "asked_by");
  const Meant meant = who_is_meant(request);
  const std::string name = name_form(request.text(meant.name_field));
  if (name.empty()) return missing(call, request, meant.name_field);
  if (!person.name.empty() && name != person.name) return not_the_same(call);
  if (!person.phone.empty()) {
    const bool is_applicant = request.text("asked_by") == "self";
    CUNJU_TRYV(require_own_phone(call, request, person, is_applicant));
  }
  if (person.identity.empty()) return ok();
  if (meant.has_own_last_four) {
    const std::string last_four = last_four_form(request.text("identity_last4"));
    if (last_four.empty()) return missing(call, request, "identity_last4");
    if (last_four != last_four_of(person.identity)) return not_the_same(call);
  }
  CUNJU_TRY(const std::optional<bool> is_named, has_name(request, person.identity, name));
  if (is_named.value_or(!person.name.empty())) return ok();
  if (is_named) return not_the_same(call);
  return refused(call, Errc::kConflict,
                 {"没有一条记录有这个证件号，无法凭它核对姓名，什么也没有做。请再写 --name 和 "
                  "--phone 一起查",
                  "no record has this number, so it can't be held against the name; nothing was "
                  "done: give --name and --phone as well"});
}

std::string name_of_meant(const OpenRequest& request) {
  return name_form(request.text(who_is_meant(request).name_field));
}

Result<void> write_back(Invocation& call, node::Node& node, const OpenRequest& request,
                        std::span<const registry::Edit> edits) {
  const Result<registry::Saved> saved =
      request.found.book.records->set(act_of(node), kRequestsRegistry, request.row().id, edits);
  if (saved.has_error()) {
    std::string command = "set requests " + short_id(request.id());
    for (const registry::Edit& edit : edits) command += " " + edit.field + "+=" + edit.text;
    command = call.terminal.command(command);
    call.terminal.explain_whole(
        {{"已经办理，但结果没能写进请求登记。", "It was done, but not entered into the register."},
         {"办理的内容已保存，不要重复办理。", "What was done is saved; don't do it again."},
         {"请补登：" + command, "Enter it by hand: " + command}});
    return saved.error();
  }
  node.wake_server();
  return ok();
}

registry::Edit adding(std::string_view field, std::string text) {
  return {
      .field = std::string(field), .action = registry::EditAction::kAdd, .text = std::move(text)};
}

registry::Edit setting(std::string_view field, std::string text) {
  return {
      .field = std::string(field), .action = registry::EditAction::kSet, .text = std::move(text)};
}

Result<bool> is_of_same_person(const OpenRequest& request, const RecordId& erasure) {
  const std::string name = name_of_meant(request);
  CUNJU_TRY(const registry::RecordPage page,
            request.found.book.records->list(kRequestsRegistry, {}));
  for (const registry::RecordRow& row : page.rows) {
    const registry::FieldValue link("erasures", Value(erasure.hex()));
    if (std::ranges::find(row.values, link) == row.values.end()) continue;
    const bool is_own = row.id == request.row().id;
    const auto has = [&](const char* field) {
      const Value* value = row.find(field);
      const auto* text = value == nullptr ? nullptr : std::get_if<std::string>(value);
      return text != nullptr && name_form(*text) == name;
    };
    if (is_own || (!name.empty() && (has("person") || has("applicant")))) return true;
  }
  return false;
}

bool is_pending(const OpenRequest& request) {
  return is_pending_row(definition_of(request), request.row());
}

std::optional<int> days_left(const OpenRequest& request) { return days_left_of(request.row()); }

Result<std::vector<registry::RecordRow>> requests_by_urgency(const Book& book) {
  registry::ListQuery query;
  query.sort = {{.field = "due_on"}};
  CUNJU_TRY(registry::RecordPage page, book.records->list(kRequestsRegistry, query));
  const registry::Definition* definition = book.catalog->find(kRequestsRegistry);
  std::stable_partition(page.rows.begin(), page.rows.end(), [&](const registry::RecordRow& row) {
    return is_pending_row(definition, row);
  });
  return std::move(page.rows);
}

Result<RequestCounts> count_requests(const Book& book) {
  RequestCounts out;
  const registry::Definition* definition = book.catalog->find(kRequestsRegistry);
  CUNJU_TRY(const registry::RecordPage page, book.records->list(kRequestsRegistry, {}));
  for (const registry::RecordRow& row : page.rows) {
    if (!is_pending_row(definition, row)) continue;
    ++out.waiting;
    if (const std::optional<int> left = days_left_of(row); left && *left < 0) ++out.overdue;
  }
  return out;
}

}  // namespace cunju::cli
