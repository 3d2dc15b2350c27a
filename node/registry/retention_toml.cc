// SPDX-License-Identifier: Apache-2.0
#include "node/registry/retention_toml.h"

#include <algorithm>

#include "crdt/base/limits.h"

namespace cunju::registry {
namespace {

constexpr std::size_t kName = limits::kMaxNameBytes;
constexpr std::int64_t kMaxYears = 1000;
/// Longer than any period in which somebody has to be answered.
constexpr std::int64_t kMaxProposedDays = 3660;

std::optional<int> read_years(TableReader& table) {
  const std::optional<std::int64_t> years = table.integer("years");
  if (!years) return std::nullopt;
  if (*years < 1 || *years > kMaxYears) table.refuse("\"years\" must be 1 to 1000");
  return static_cast<int>(*years);
}

/// Where the class is left out, the cautious one: a definition of before there were classes.
RetentionClass read_class(TableReader& table, const std::optional<int>& years) {
  const std::string name = table.text("class", kName);
  if (name.empty()) return years ? RetentionClass::kPeriod : RetentionClass::kPermanent;
  if (name == "purge") return RetentionClass::kPurge;
  if (name == "permanent") return RetentionClass::kPermanent;
  if (name != "period") table.refuse("\"class\" must be purge, period or permanent");
  if (!years) table.refuse("class \"period\" needs \"years\"");
  return RetentionClass::kPeriod;
}

void read_classes(TableReader& table, Retention& out) {
  const TomlNode* list = table.node("classes");
  if ((list == nullptr) != out.class_field.empty())
    table.refuse("\"class_field\" and \"classes\" go together");
  if (list == nullptr) return;
  const TomlNode::Array* items = list->array();
  if (items == nullptr || items->empty() || items->size() > limits::kMaxCodes)
    return table.refuse("\"classes\" must be a list of 1 to " + std::to_string(limits::kMaxCodes) +
                        " entries");
  for (const TomlNode& item : *items) {
    TableReader entry(item, "\"classes\" of the retention");
    RetentionOfValue each;
    each.value = entry.text("value", kName, true);
    each.years = read_years(entry);
    each.kind = read_class(entry, each.years);
    const bool is_there =
        std::ranges::find(out.classes, each.value, &RetentionOfValue::value) != out.classes.end();
    if (is_there) entry.refuse("value \"" + each.value + "\" is there twice");
    if (Result<void> result = entry.finish(); !result) return table.adopt(result.error());
    out.classes.push_back(std::move(each));
  }
}

bool is_date(const FieldDefinition* field) {
  return field != nullptr && field->kind == FieldKind::kRegister &&
         (field->type == FieldType::kDate || field->type == FieldType::kDatetime);
}

}  // namespace

std::optional<Retention> read_retention(TableReader& reader) {
  const TomlNode* node = reader.node("retention");
  if (node == nullptr) return std::nullopt;
  TableReader table(*node, "retention");
  Retention out;
  out.rule = table.label("rule", true);
  out.years = read_years(table);
  out.ground = table.label("ground");
  out.from = table.text("from", kName);
  out.kind = read_class(table, out.years);
  out.class_field = table.text("class_field", kName);
  read_classes(table, out);
  if (Result<void> result = table.finish(); !result) reader.adopt(result.error());
  return out;
}

std::string check_retention(const Definition& definition) {
  const Retention& retention = definition.retention;
  if (!retention.from.empty() && !is_date(definition.find_field(retention.from)))
    return "\"from\" of the retention must be a date field";
  if (retention.class_field.empty()) return {};
  const FieldDefinition* field = definition.find_field(retention.class_field);
  if (field == nullptr || field->type != FieldType::kCode || field->kind == FieldKind::kSet)
    return "\"class_field\" of the retention must be a field with codes";
  for (const RetentionOfValue& each : retention.classes)
    if (field->find_code(each.value) == nullptr)
      return "\"classes\" of the retention names \"" + each.value + "\", which is no code of \"" +
             retention.class_field + "\"";
  return {};
}

std::string check_ledger_retention(const Definition& definition) {
  const Retention& retention = definition.retention;
  if (!definition.is_ledger) return {};
  const bool is_purged = retention.rule.zh.empty() || retention.kind == RetentionClass::kPurge ||
                         std::ranges::find(retention.classes, RetentionClass::kPurge,
                                           &RetentionOfValue::kind) != retention.classes.end();
  if (!is_purged) return {};
  return std::string(kLedgerNotKept);
}

ProposedDay read_proposed(TableReader& table) {
  ProposedDay out;
  out.from = table.text("from", kName, true);
  const std::int64_t days = table.integer("days").value_or(0);
  if (days < 1 || days > kMaxProposedDays) table.refuse("\"days\" must be 1 to 3660");
  out.days = static_cast<int>(days);
  return out;
}

std::string check_proposed(const Definition& definition, const FieldDefinition& field) {
  if (field.proposed.from.empty()) return {};
  if (!is_date(&field) || field.type != FieldType::kDate)
    return "\"proposed\" is for date fields, and \"" + field.id + "\" is none";
  if (field.proposed.from == field.id || !is_date(definition.find_field(field.proposed.from)))
    return "\"from\" of what \"" + field.id + "\" proposes must be another date field";
  return {};
}

}  // namespace cunju::registry
