// SPDX-License-Identifier: Apache-2.0
#include "node/registry/retention_rules.h"

#include <algorithm>
#include <optional>
#include <set>
#include <span>
#include <utility>

#include "node/registry/amendment.h"
#include "node/registry/definition_law.h"
#include "node/registry/definition_toml.h"
#include "node/registry/field_scope.h"
#include "node/registry/ledger_law.h"
#include "node/registry/record_row.h"

namespace cunju::registry {
namespace {

/// Keeps the stricter of two verdicts.
void take_stricter(RetentionVerdict verdict, std::optional<RetentionVerdict>& out) {
  if (!out || is_stricter(verdict, *out)) out = std::move(verdict);
}

Label behind(const Label& introduction, const Label& said) {
  return {introduction.zh + said.zh, introduction.en + said.en};
}

/// The texts that the edits have given the field, in force or late.
std::vector<std::string> texts_ever(std::span<const replica::HistoryEntry> edits,
                                    std::string_view field) {
  std::vector<std::string> out;
  for (const replica::HistoryEntry& edit : edits) {
    if (edit.is_void) continue;
    for (const Operation& operation : edit.operations) {
      const auto* text = std::get_if<std::string>(&operation.value);
      if (text != nullptr && operation.field == field &&
          operation.kind == static_cast<std::uint16_t>(OperationKind::kRegisterSet))
        out.push_back(*text);
    }
  }
  return out;
}

}  // namespace

Result<RetentionRules> RetentionRules::load(replica::Replica& replica, const SpaceId& space,
                                            const Catalog& catalog) {
  CUNJU_TRY(const std::vector<DefinitionEdits> records, read_definition_edits(replica, space));
  RetentionRules out(catalog);
  for (DefinitionVersion& version : versions_of(records)) {
    // A built-in one is replaced by nobody, so what says so was never in force.
    const std::string& id = version.definition.id;
    const Catalog::Item* item = catalog.find_item(id);
    const bool is_own = (item == nullptr || item->is_custom) && !is_reserved_registry(id);
    if (version.is_amendment || is_own) out.known_[id].ever.push_back(std::move(version));
  }
  for (const DefinitionEdits& record : records) out.note_unreadable(record.edits);
  return out;
}

/// Texts that are neither a definition nor an amendment.
void RetentionRules::note_unreadable(std::span<const replica::HistoryEntry> edits) {
  const std::vector<std::string> list = texts_ever(edits, kDefinitionIdField);
  const std::set<std::string> ids(list.begin(), list.end());
  for (const std::string& source : texts_ever(edits, kDefinitionSourceField))
    if (parse_definition(source).has_error() && parse_amendment(source).has_error())
      for (const std::string& id : ids) known_[id].has_unreadable = true;
}

const Definition* RetentionRules::describe(std::string_view registry) const {
  if (const Definition* used = catalog_->find(registry)) return used;
  const auto known = known_.find(registry);
  return known == known_.end() || known->second.ever.empty()
             ? nullptr
             : &known->second.ever.back().definition;
}

RetentionVerdict RetentionRules::judge_gone(const Known* known, const FieldValues& values,
                                            Date today) const {
  std::optional<RetentionVerdict> out;
  if (known != nullptr) {
    for (const DefinitionVersion& each : known->ever)
      take_stricter(judge_retention(&each.definition, values, today), out);
  }
  if (known != nullptr && known->has_unreadable && (!out || !out->is_kept))
    return {.is_kept = true,
            .until = std::nullopt,
            .why = {"登记簿的定义读不懂，规定了什么不明，按保留处理",
                    "the registry's definition can't be read, so what it lays down is not known, "
                    "and it is kept"}};
  if (!out) return judge_retention(nullptr, values, today);
  out->why = behind({"登记簿现在没有定义，按从前的定义里最长的：",
                     "the registry has no definition now; by the longest of those it had: "},
                    out->why);
  return *std::move(out);
}

RetentionVerdict RetentionRules::judge(std::string_view registry, const FieldValues& values,
                                       Date today) const {
  const auto found = known_.find(registry);
  const Known* known = found == known_.end() ? nullptr : &found->second;
  const Definition* used = catalog_->find(registry);
  if (used == nullptr) return judge_gone(known, values, today);
  RetentionVerdict out = judge_retention(used, values, today);
  if (known == nullptr || out.is_kept) return out;
  std::optional<RetentionVerdict> before;
  for (const DefinitionVersion& each : known->ever)
    take_stricter(judge_retention(&each.definition, values, today), before);
  if (before && before->is_kept) out.before = before->why;
  return out;
}

std::set<std::string> RetentionRules::period_scopes(std::string_view registry) const {
  std::vector<const Definition*> all;
  if (const Definition* used = catalog_->find(registry)) all.push_back(used);
  if (const auto known = known_.find(registry); known != known_.end())
    for (const DefinitionVersion& each : known->second.ever) all.push_back(&each.definition);
  std::set<std::string> fields, out;
  for (const Definition* each : all) fields.merge(period_fields(*each));
  for (const Definition* each : all)
    for (const std::string& field : fields) out.insert(scope_of_field(each, field));
  out.erase("");
  return out;
}

RetentionVerdict RetentionRules::judge_field(std::string_view registry, std::string_view field,
                                             const RetentionVerdict& record) const {
  const Definition* used = catalog_->find(registry);
  if (used == nullptr) return record;
  const auto known = known_.find(registry);
  const std::span<const DefinitionVersion> ever =
      known == known_.end() ? std::span<const DefinitionVersion>() : known->second.ever;
  if (!lawful_erasable(*used, ever, field)) return record;
  RetentionVerdict out{.is_kept = false,
                       .until = std::nullopt,
                       .why = {"只在本人同意期间保管的字段，没有必须保留的期限",
                               "it is held only as long as the person agrees, and nothing demands "
                               "that it is kept"}};
  if (const DefinitionVersion* keeper = find_keeper(ever, field)) {
    const Label& rule = keeper->definition.retention.rule;
    out.before =
        behind({"这个字段从前须随记录保管：", "the field was kept with its record before: "},
               {rule.zh, std::string(rule.in(Language::kEnglish))});
  }
  return out;
}

}  // namespace cunju::registry
