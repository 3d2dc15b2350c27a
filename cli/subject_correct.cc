// SPDX-License-Identifier: Apache-2.0
//
// `subject correct`: an edit of a record that has the request's person in it, in fields of that
// person, as it is asked for; old and new values are shown first.
#include <algorithm>
#include <boost/json/array.hpp>

#include "cli/edits.h"
#include "cli/erase_words.h"
#include "cli/person_options.h"
#include "cli/readmission.h"
#include "cli/subject_acts.h"
#include "cli/subject_request.h"
#include "node/council/record_parties.h"
#include "node/registry/import_report.h"
#include "node/registry/set_cell.h"
#include "node/registry/validate.h"

namespace cunju::cli {
namespace {

using boost::json::array;
using boost::json::object;

/// All values of the field, for a person.
std::string values_shown(const registry::Definition* definition, const registry::RecordRow& row,
                         const std::string& field, Language language) {
  std::string out;
  for (const auto& [name, value] : row.values)
    if (name == field) out += (out.empty() ? "" : "；") + shown(definition, field, value, language);
  return out.empty() ? std::string(Label{"（空）", "(empty)"}.in(language)) : out;
}

/// The new words as the record will have them.
std::string new_value_shown(const registry::Definition* definition, const std::string& field,
                            const std::string& text, Language language) {
  if (text.empty()) return Label{"（空）", "(empty)"}.in(language);
  const registry::FieldDefinition* known =
      definition == nullptr ? nullptr : definition->find_field(field);
  if (known == nullptr) return text;
  return registry::format_value(*known, registry::parse_field(*known, text, today()).value,
                                language);
}

/// The old and new value of each field; one that has the new value already is said to be as it is.
array show_corrections(Invocation& call, const FoundRecord& found,
                       const std::vector<registry::Edit>& edits) {
  const registry::Definition* definition = found.book.catalog->find(found.row.registry);
  array out;
  for (const registry::Edit& edit : edits) {
    const std::string field = definition == nullptr ? edit.field : definition->resolve(edit.field);
    const Language language = call.terminal.language;
    const char* how = edit.action == registry::EditAction::kSet   ? " → "
                      : edit.action == registry::EditAction::kAdd ? " += "
                                                                  : " -= ";
    const std::string before = values_shown(definition, found.row, field, language);
    const std::string after = new_value_shown(definition, field, edit.text, language);
    const bool is_equal = edit.action == registry::EditAction::kSet && before == after;
    const Label equal{"（与登记的相同，不更正）", " (so it is already; no correction)"};
    call.terminal.line("  " + field_label(definition, field, language) + "：" + before + how +
                       after + (is_equal ? std::string(equal.in(language)) : ""));
    out.push_back(
        object{{"field", field}, {"before", before}, {"after", after}, {"equal", is_equal}});
  }
  return out;
}

/// kConflict in words unless the request's person is in the record now. The request itself, which
/// says what was asked, and what the person only was in before, in a value or in a version of a
/// text, are corrected in no request.
Result<void> require_persons_record(const Invocation& call, const OpenRequest& request,
                                    const registry::PersonQuery& person,
                                    const FoundRecord& record) {
  const Book& book = request.found.book;
  CUNJU_TRY(const council::PersonSearch found,
            council::find_person(request.node->replica(), *book.catalog, request.space(), person,
                                 today()));
  const bool is_persons =
      record.row.registry != kRequestsRegistry &&
      std::ranges::any_of(found.records, [&](const council::PersonRecord& each) {
        return each.record == record.row.id && each.registry == record.row.registry &&
               (each.place == council::PersonPlace::kFields ||
                each.place == council::PersonPlace::kMention);
      });
  if (is_persons) return ok();
  const std::string command = call.terminal.command("subject find");
  return refused(
      call, Errc::kConflict,
      {"这条记录里没有请求登记的这个人，什么也没有做。此人的记录：" + command,
       "the record does not have the person of the request in it, so nothing was done; see " +
           command});
}

/// Whether the edit takes the element out of the set.
bool takes_out(const registry::Edit& edit, const registry::FieldDefinition& field,
               const Value& element) {
  auto is_it = [&](const std::string& text) {
    return registry::parse_field(field, text, today()).value == element;
  };
  if (edit.action == registry::EditAction::kRemove) return is_it(edit.text);
  return edit.action == registry::EditAction::kSet &&
         std::ranges::none_of(registry::split_set(edit.text), is_it);
}

/// kConflict in words where an edit takes out of a set what is another's of the same party.
Result<void> require_own_elements(const Invocation& call, const FoundRecord& record,
                                  const registry::PersonQuery& person, const registry::Edit& edit,
                                  const registry::FieldDefinition& field) {
  const registry::Definition& definition = *record.book.catalog->find(record.row.registry);
  const std::vector<Value> others =
      council::others_elements(person, record.row, definition, field, today());
  if (std::ranges::none_of(others,
                           [&](const Value& element) { return takes_out(edit, field, element); }))
    return ok();
  const std::string label_en(field.label.in(Language::kEnglish));
  return refused(
      call, Errc::kConflict,
      {"“" + field.label.zh +
           "”里还有别人，要去掉的不是（或不只是）本人的，只能按其本人的请求更正，什么也没有做",
       "\"" + label_en +
           "\" has others in it, and what would be taken out is not the person's, or not theirs "
           "alone: only the other's own request corrects that; nothing was done"});
}

/// kConflict in words where a field is another party's, or what goes of it another person's: only
/// their own request corrects it.
Result<void> require_own_fields(const Invocation& call, const FoundRecord& record,
                                const registry::PersonQuery& person,
                                const std::vector<registry::Edit>& edits) {
  const registry::Definition* definition = record.book.catalog->find(record.row.registry);
  if (definition == nullptr) return ok();
  const std::set<std::string> own = council::parties_of(person, record.row, definition, today());
  for (const registry::Edit& edit : edits) {
    const registry::FieldDefinition* field =
        definition->find_field(definition->resolve(edit.field));
    if (field == nullptr || field->party.empty()) continue;
    if (own.contains(field->party)) {
      CUNJU_TRYV(require_own_elements(call, record, person, edit, *field));
      continue;
    }
    const Label role = council::role_of(*definition, field->party);
    const std::string role_en(role.in(Language::kEnglish)),
        label_en(field->label.in(Language::kEnglish));
    return refused(call, Errc::kConflict,
                   {"“" + field->label.zh + "”是“" + role.zh +
                        "”一方的，只能按那一方本人的请求更正，什么也没有做",
                    "\"" + label_en + "\" is of the party \"" + role_en +
                        "\", and only that party's own request corrects it; nothing was done"});
  }
  return ok();
}

/// Says whom else the record concerns; their parties.
array show_others(Invocation& call, const FoundRecord& record,
                  const registry::PersonQuery& person) {
  array out;
  const std::vector<council::OtherPerson> others = council::others_in(
      person, record.row, record.book.catalog->find(record.row.registry), today());
  for (const council::OtherPerson& other : others) out.emplace_back(other.id);
  if (const Label roles = roles_label(others); !roles.zh.empty())
    call.terminal.say({"  这条记录也有别人的信息：" + roles.zh + "。",
                       "  The record has data of others as well: " + roles.en + "."});
  return out;
}

/// Whoever looks first and whoever acts at once are told the same, and refused for the same.
/// Whether the edits change anything.
Result<bool> require_fitting(Invocation& call, node::Node& node, const FoundRecord& found,
                             const std::vector<registry::Edit>& edits) {
  if (found.row.is_deleted)
    return refused(call, Errc::kNotFound,
                   {"记录已删除；先用 set --restore 恢复",
                    "the record is deleted; bring it back with set --restore"});
  const registry::Definition none;
  const registry::Definition* known = found.book.catalog->find(found.row.registry);
  const registry::Definition& definition = known == nullptr ? none : *known;
  const auto line = [&](const registry::Finding& finding) {
    return Label{registry::finding_line(finding, definition, Language::kChinese),
                 registry::finding_line(finding, definition, Language::kEnglish)};
  };
  CUNJU_TRY(const registry::CheckedEdit checked,
            found.book.records->check(act_of(node), found.row.registry, found.row.id, edits));
  for (const registry::Finding& finding : checked.findings)
    if (finding.severity == registry::Severity::kError)
      return refused(call, Errc::kInvalidArgument, line(finding));
  // Once written, the book says them itself.
  if (call.has("--yes")) return checked.changes;
  for (const registry::Finding& finding : checked.findings) {
    const Label text = line(finding);
    call.terminal.warn({"提醒：" + text.zh, "note: " + text.en});
  }
  return checked.changes;
}

}  // namespace

Result<ExitCode> correct_for_subject(Invocation& call) {
  if (call.arguments.size() < 4)
    return refused(call, Errc::kInvalidArgument,
                   {"写成 subject correct 登记簿 编号 字段=新值 --request 请求 --identity -",
                    "subject correct REGISTRY ID FIELD=VALUE --request ID --identity -"});
  CUNJU_TRY(const std::vector<registry::Edit> edits,
            parse_edits(std::span(call.arguments).subspan(3)));
  CUNJU_TRY(const registry::PersonQuery person, read_person(call));
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(const OpenRequest request, find_request(call, *node, call.value("--request")));
  CUNJU_TRYV(require_identified(call, request));
  CUNJU_TRYV(require_same_person(call, request, person));
  const std::string& registry = call.arguments[1];
  CUNJU_TRY(const FoundRecord found, find_record(*node, call, registry, call.arguments[2]));
  if (found.book.space != request.space())
    return refused(call, Errc::kConflict,
                   {"这条记录和这件请求不是同一个村的", "the record is another space's"});
  CUNJU_TRYV(require_writer(call, *node, found.book, registry));
  CUNJU_TRYV(require_persons_record(call, request, person, found));
  CUNJU_TRYV(require_own_fields(call, found, person, edits));
  CUNJU_TRY(registry::Readmission readmission, read_readmission(call, *node, found.book.space));
  CUNJU_TRY(const bool changes, require_fitting(call, *node, found, edits));
  const array corrections = show_corrections(call, found, edits);
  object out{{"space", request.space().hex()},
             {"request", request.id()},
             {"registry", registry},
             {"record", found.row.id.hex()},
             {"corrections", corrections},
             {"concerns", show_others(call, found, person)},
             {"done", false}};
  if (!changes) {
    call.terminal.say({"登记的已经是这样，没有什么可更正，也没有记入请求登记。",
                       "The record says so already: there is nothing to correct, and nothing was "
                       "entered into the register of requests."});
    call.terminal.object(out);
    return ExitCode::kOk;
  }
  if (!call.has("--yes")) {
    call.terminal.say({"还没有改。核对以上新旧值，加 --yes 办理；旧值留在历史里，谁也抹不掉。",
                       "Nothing was changed. With --yes it is; old values stay in the history."});
    call.terminal.object(out);
    return ExitCode::kOk;
  }
  const Result<registry::Saved> saved = found.book.records->set(
      act_of(*node), registry, found.row.id, edits, {.readmission = std::move(readmission)});
  CUNJU_TRYV(report_saved(call, *node, found.book, registry, saved));
  const registry::Edit back[] = {adding("corrected", registry + "/" + found.row.id.hex()),
                                 adding("outcome", "corrected")};
  CUNJU_TRYV(write_back(call, *node, request, back));
  out["done"] = true;
  call.terminal.object(out);
  return ExitCode::kOk;
}

}  // namespace cunju::cli
