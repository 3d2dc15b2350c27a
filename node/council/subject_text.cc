// SPDX-License-Identifier: Apache-2.0
#include "node/council/subject_text.h"

#include <algorithm>
#include <boost/json/array.hpp>

#include "node/registry/attachment_text.h"
#include "node/registry/csv_write.h"
#include "node/registry/validate.h"

namespace cunju::council {
namespace {

using boost::json::array;
using boost::json::object;
using registry::Definition;
using registry::FieldDefinition;
using registry::Label;

std::string in(const SubjectTextContext& context, const Label& label) {
  return label.in(context.language);
}

std::string registry_name(const SubjectTextContext& context, const std::string& id) {
  const Definition* definition = context.catalog.find(id);
  return definition == nullptr ? id : in(context, definition->label);
}

std::string field_name(const SubjectTextContext& context, const std::string& registry,
                       const std::string& field) {
  const Definition* definition = context.catalog.find(registry);
  const FieldDefinition* known = definition == nullptr ? nullptr : definition->find_field(field);
  return known == nullptr ? field : in(context, known->label);
}

std::string value_text(const SubjectTextContext& context, const std::string& registry,
                       const std::string& field, const Value& value) {
  const Definition* definition = context.catalog.find(registry);
  const FieldDefinition* known = definition == nullptr ? nullptr : definition->find_field(field);
  if (known != nullptr) return registry::format_value(*known, value, context.language);
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
  if (const auto* bytes = std::get_if<Bytes>(&value)) return registry::bytes_text(*bytes);
  return {};
}

std::string code_text(const SubjectTextContext& context, const char* field,
                      const std::string& code) {
  return code.empty()
             ? std::string()
             : value_text(context, std::string(audit::kDisclosuresRegistry), field, Value(code));
}

std::string joined(const std::set<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : "、") + name;
  return out;
}

std::string names_of(const SubjectTextContext& context, const std::string& registry,
                     const std::vector<std::string>& fields) {
  std::vector<std::string> names;
  for (const std::string& field : fields) {
    std::string name = field_name(context, registry, field);
    if (std::ranges::find(names, name) == names.end()) names.push_back(std::move(name));
  }
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : "、") + name;
  return out;
}

std::size_t scalar_bytes(char first) {
  const auto byte = static_cast<unsigned char>(first);
  return byte < 0xC0 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

/// Whether it ends a line, drives a terminal or reorders what is read: C0, DEL, C1, the separators
/// of lines and paragraphs, and the bidirectional controls.
bool is_control(std::string_view scalar) {
  const auto first = static_cast<unsigned char>(scalar.front());
  if (scalar.size() == 1) return first < 0x20 || first >= 0x7F;
  if (scalar.size() == 2) return first == 0xC2 && static_cast<unsigned char>(scalar[1]) < 0xA0;
  return (scalar >= "\u2028" && scalar <= "\u202E") || (scalar >= "\u2066" && scalar <= "\u2069");
}

/// A line of the text, whatever the values in it are: none makes a second one.
void add_line(std::string& out, std::string_view line) {
  for (std::size_t at = 0; at < line.size();) {
    const std::string_view scalar = line.substr(at, scalar_bytes(line[at]));
    at += scalar.size();
    if (scalar == "\n")
      out += "⏎";
    else if (is_control(scalar))
      out += "\uFFFD";
    else
      out += scalar;
  }
  out += '\n';
}

void add_record(std::string& out, const SubjectRecord& record, const SubjectTextContext& context) {
  const Definition* definition = context.catalog.find(record.registry);
  add_line(out, "【" + registry_name(context, record.registry) + "】 " + record.record.hex() +
                    (record.is_deleted ? in(context, {"（已从列表删除）", " (deleted)"}) : ""));
  if (definition != nullptr)
    add_line(out, in(context, {"  处理依据：", "  legal basis: "}) +
                      in(context, definition->legal_basis));
  add_line(out, in(context, {"  保管期限：", "  retention: "}) + in(context, record.retention.why));
  for (const SubjectValue& value : record.values)
    add_line(out, "  " + field_name(context, record.registry, value.field) + "：" +
                      value_text(context, record.registry, value.field, value.value));
  // Not which: a field that no definition knows can be named after somebody.
  if (!record.left_out.empty() || !record.left_out_earlier.empty())
    add_line(out, in(context, {"  另有内容可能含他人信息，没有列出，由经办人核对后另行答复。",
                               "  Something that may be about others is left out; the clerk looks "
                               "at it and answers for it."}));
  if (!record.history.empty()) add_line(out, in(context, {"  历次登记：", "  over time:"}));
  for (const SubjectChange& change : record.history) {
    const Label how = change.takes_away ? Label{"去掉 ", "takes away "} : Label{"写入 ", "writes "};
    add_line(out, "    " + context.time_of(change.claimed_ms) + "  " +
                      context.name_of(change.author) + "  " +
                      field_name(context, record.registry, change.field) + "  " + in(context, how) +
                      value_text(context, record.registry, change.field, change.value));
  }
  add_line(out, "");
}

std::string registry_names(const SubjectTextContext& context, const std::set<std::string>& ids) {
  std::set<std::string> names;
  for (const std::string& id : ids) names.insert(registry_name(context, id));
  return joined(names);
}

/// What the copy can't answer for.
void add_unanswered(std::string& out, const SubjectFile& file, const SubjectTextContext& context) {
  if (!file.to_be_read.empty())
    add_line(out, in(context,
                     {"以下记录提到或曾经提到您，没有放入副本，由经办人核对后另行答复：",
                      "These records mention you, or did, and are not in here; the clerk looks at "
                      "them and answers for them:"}));
  for (const SubjectMention& record : file.to_be_read)
    add_line(out, "  【" + registry_name(context, record.registry) + "】" +
                      (record.day.empty() ? "" : " " + record.day) +
                      (record.number.empty() ? "" : " " + record.number));
  if (file.unsearched > 0)
    add_line(out, in(context, {"有保密内容经办人看不到，没有查找也没有包含在内，由有权查看的人另行"
                               "答复。",
                               "There is confidential content that the clerk can't read: it was "
                               "not searched and is not in here; whoever may read it answers for "
                               "it."}));
  if (file.has_restricted)
    add_line(out, in(context, {"有封存、不再读取的内容，没有查看其中是否有您的信息。",
                               "There is restricted content that is kept and read by nobody: it "
                               "was not searched for you."}));
}

/// To whom it went, PIPL art. 17.
void add_recipients(std::string& out, const SubjectFile& file, const SubjectTextContext& context) {
  add_line(out, in(context, {"提供给谁（个人信息保护法第十七、二十三条）",
                             "To whom it was given (Personal Information Protection Law arts. 17, "
                             "23)"}));
  for (const audit::Disclosure& each : file.disclosures) {
    add_line(out, "  " + each.on + "  " +
                      code_text(context, "recipient_kind", each.recipient_kind) +
                      (each.recipient.empty() ? "" : " " + each.recipient) + "  " +
                      code_text(context, "kind", each.kind) + "  " +
                      registry_names(context, each.registries) +
                      (each.purpose.empty() ? "" : "  " + each.purpose) +
                      (each.legal_basis.empty() ? "" : "  " + each.legal_basis));
  }
  for (const audit::Grant& grant : file.grants) {
    std::string line = "  " + grant.name;
    line += grant.reads_all
                ? in(context, {"：按名册可以读取全部开放字段", ": reads all open fields"})
                : in(context, {"：按名册可以读取 ", ": reads "}) + joined(grant.registries);
    if (!grant.scopes.empty())
      line += in(context, {"和保密范围 ", ", and the scopes "}) + joined(grant.scopes);
    add_line(out, line);
  }
  if (file.disclosures.empty() && file.grants.empty())
    add_line(out, in(context, {"  没有登记。", "  nobody is on record."}));
}

}  // namespace

std::string subject_text(const SubjectFile& file, const SubjectTextContext& context) {
  std::string out;
  add_line(out, in(context, {"个人信息副本", "Copy of personal data"}));
  add_line(out, context.space_name + "  " + context.day + "  " +
                    in(context, {"请求编号 ", "request "}) + context.request);
  add_line(out, "");
  for (const SubjectRecord& record : file.records) add_record(out, record, context);
  if (file.is_nothing()) {
    add_line(out, in(context, {"除这件请求外，各登记簿里没有您的记录。",
                               "But for this request, no register has a record of you."}));
    add_line(out, "");
  } else if (file.records.empty()) {
    add_line(out, in(context, {"没有可以放入副本的记录。这不等于没有您的信息：",
                               "No record could be put into this copy. That does not mean that "
                               "nothing is held on you:"}));
  }
  add_unanswered(out, file, context);
  if (!file.is_nothing()) add_line(out, "");
  add_recipients(out, file, context);
  add_line(out, "");
  add_line(out,
           in(context,
              {"您可以要求更正、补充、删除，或说明处理规则（个人信息保护法第四十六至四十八条）。",
               "You may ask for correction, deletion or an explanation (Personal Information "
               "Protection Law arts. 46 to 48)."}));
  return out;
}

std::string subject_csv(const SubjectFile& file, const SubjectTextContext& context) {
  std::string out(registry::kUtf8ByteOrderMark);
  const std::vector<std::string> header = {
      in(context, {"登记簿", "registry"}), in(context, {"记录编号", "record"}),
      in(context, {"字段", "field"}), in(context, {"内容", "value"}),
      in(context, {"登记时间", "written at"})};
  out += registry::write_csv_row(header);
  for (const SubjectRecord& record : file.records) {
    const std::string name = registry_name(context, record.registry);
    for (const SubjectValue& value : record.values) {
      const std::vector<std::string> row = {
          name, record.record.hex(), field_name(context, record.registry, value.field),
          value_text(context, record.registry, value.field, value.value), ""};
      out += registry::write_csv_row(row);
    }
    for (const SubjectChange& change : record.history) {
      const std::vector<std::string> row = {
          name, record.record.hex(), field_name(context, record.registry, change.field),
          (change.takes_away ? "-" : "") +
              value_text(context, record.registry, change.field, change.value),
          context.time_of(change.claimed_ms)};
      out += registry::write_csv_row(row);
    }
  }
  return out;
}

object subject_json(const SubjectFile& file, const SubjectTextContext& context) {
  array records;
  for (const SubjectRecord& record : file.records) {
    const Definition* definition = context.catalog.find(record.registry);
    array values, history;
    for (const SubjectValue& value : record.values)
      values.push_back(
          object{{"field", value.field},
                 {"label", field_name(context, record.registry, value.field)},
                 {"value", registry::value_json(value.value)},
                 {"text", value_text(context, record.registry, value.field, value.value)}});
    for (const SubjectChange& change : record.history)
      history.push_back(object{{"claimed_ms", change.claimed_ms},
                               {"by", context.name_of(change.author)},
                               {"field", change.field},
                               {"value", registry::value_json(change.value)},
                               {"takes_away", change.takes_away}});
    records.push_back(
        object{{"registry", record.registry},
               {"record", record.record.hex()},
               {"deleted", record.is_deleted},
               {"legal_basis", definition == nullptr ? "" : in(context, definition->legal_basis)},
               {"retention", in(context, record.retention.why)},
               {"values", std::move(values)},
               {"left_out", !record.left_out.empty() || !record.left_out_earlier.empty()},
               {"history", std::move(history)}});
  }
  array mentioned;
  for (const SubjectMention& record : file.to_be_read)
    mentioned.push_back(
        object{{"registry", record.registry}, {"day", record.day}, {"number", record.number}});
  array recipients;
  for (const audit::Disclosure& each : file.disclosures)
    recipients.push_back(object{{"on", each.on},
                                {"registries", registry_names(context, each.registries)},
                                {"kind", each.kind},
                                {"recipient_kind", each.recipient_kind},
                                {"recipient", each.recipient},
                                {"purpose", each.purpose},
                                {"legal_basis", each.legal_basis}});
  for (const audit::Grant& grant : file.grants)
    recipients.push_back(object{{"kind", audit::kGrantKind},
                                {"recipient", grant.name},
                                {"role", grant.role},
                                {"all_open", grant.reads_all}});
  return {{"request", context.request},
          {"space", context.space_name},
          {"day", context.day},
          {"records", std::move(records)},
          {"recipients", std::move(recipients)},
          {"mentioned", std::move(mentioned)},
          {"unsearched", file.unsearched},
          {"restricted_unread", file.has_restricted}};
}

std::vector<Label> subject_warnings(const SubjectFile& file, const SubjectTextContext& context) {
  std::vector<Label> out;
  for (const SubjectRecord& record : file.records) {
    const std::string name =
        "“" + registry_name(context, record.registry) + "” " + record.record.hex().substr(0, 8);
    if (!record.left_out.empty()) {
      const std::string fields = names_of(context, record.registry, record.left_out);
      out.push_back(
          {name + " 可能含他人信息，未放入：" + fields + "，请人工核对后另给",
           name + ": left out, may be about others: " + fields + "; look at it and give it apart"});
    }
    if (!record.left_out_earlier.empty()) {
      const std::string fields = names_of(context, record.registry, record.left_out_earlier);
      out.push_back({name + " 以前的内容可能是他人的，未放入：" + fields + "，请人工核对后另给",
                     name + ": earlier values left out, may be others': " + fields +
                         "; look at them and give them apart"});
    }
    if (record.has_conflict)
      out.push_back({name + " 有不同说法还没有选定，副本里是现在显示的说法",
                     name + " has concurrent values; the copy has those that are shown now"});
    if (!record.hidden.empty())
      out.push_back({name + " 另有您看不到的保密内容，没有放入",
                     name + " has confidential parts that you can't read; they are not in it"});
  }
  for (const SubjectMention& record : file.to_be_read)
    out.push_back({"请人工查看，没有放入：“" + registry_name(context, record.registry) + "” " +
                       record.record.hex(),
                   "to be read by somebody, and not in it: " +
                       registry_name(context, record.registry) + " " + record.record.hex()});
  if (file.unsearched > 0) {
    const std::string count = std::to_string(file.unsearched);
    out.push_back(
        {"有 " + count + " 处保密内容这里看不到，没有查：请看得到的人（如调解员）也查一遍",
         count + " confidential parts can't be read here and were not searched: whoever "
                 "reads them has to search as well"});
  }
  if (file.has_restricted)
    out.push_back({"有封存的内容没有查：其中可能有此人的信息，副本里已说明",
                   "there is restricted content that was not searched; it may be about the person, "
                   "and the copy says so"});
  return out;
}

}  // namespace cunju::council
