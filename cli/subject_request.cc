// SPDX-License-Identifier: Apache-2.0
#include "cli/subject_request.h"

#include <algorithm>

namespace cunju::cli {
namespace {

constexpr std::string_view kIdentified = "identified";

const registry::FieldDefinition* find_state(const OpenRequest& request) {
  const registry::Definition* definition = request.found.book.catalog->find(kRequestsRegistry);
  return definition == nullptr ? nullptr : definition->find_field("state");
}

/// Names are compared as people write them: without spaces.
std::string squeezed(std::string_view text) {
  std::string out;
  for (const char c : text)
    if (c != ' ') out += c;
  return out;
}

}  // namespace

std::string OpenRequest::text(std::string_view field) const {
  const Value* value = found.row.find(field);
  const auto* text = value == nullptr ? nullptr : std::get_if<std::string>(value);
  return text == nullptr ? std::string() : *text;
}

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
  return OpenRequest{std::move(found).value()};
}

Result<void> require_identified(const Invocation& call, const OpenRequest& request) {
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
  const std::string command = call.terminal.command("set requests " + id + " state=identified");
  return refused(call, Errc::kConflict,
                 {"这件请求已经了结，什么也没有做。要接着办理：" + command,
                  "the request is over, so nothing was done; to take it up again: " + command});
}

Result<void> require_same_person(const Invocation& call, const OpenRequest& request,
                                 const registry::PersonQuery& person) {
  const std::string asked_by = request.text("asked_by");
  const bool is_self = asked_by.empty() || asked_by == "self";
  const std::string name = squeezed(request.text(is_self ? "applicant" : "person"));
  const std::string last4 = is_self ? request.text("identity_last4") : std::string();
  const bool is_other_name = !name.empty() && !person.name.empty() && name != person.name;
  const bool is_other_number =
      !last4.empty() && !person.identity.empty() && !person.identity.ends_with(last4);
  if (!is_other_name && !is_other_number) return ok();
  return refused(call, Errc::kConflict,
                 {"写明的人与请求登记里的不是同一个人（姓名或证件后四位不符），什么也没有做",
                  "the person named is not the one of the request (the name or the last four "
                  "differ), so nothing was done"});
}

Result<void> write_back(Invocation& call, node::Node& node, const OpenRequest& request,
                        std::span<const registry::Edit> edits) {
  const Result<registry::Saved> saved =
      request.found.book.records->set(act_of(node), kRequestsRegistry, request.row().id, edits);
  if (saved.has_error()) {
    explain_refusal(call, request.found.book, kRequestsRegistry);
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

bool is_pending(const OpenRequest& request) {
  const registry::FieldDefinition* state = find_state(request);
  return state == nullptr || state->is_pending(request.text("state"));
}

std::optional<int> days_left(const OpenRequest& request) {
  const registry::ParsedDate due = registry::parse_date(request.text("due_on"));
  if (due.form != registry::DateForm::kExact) return std::nullopt;
  return static_cast<int>(
      (std::chrono::sys_days(due.date) - std::chrono::sys_days(today())).count());
}

}  // namespace cunju::cli
