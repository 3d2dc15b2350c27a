// SPDX-License-Identifier: Apache-2.0
#include "node/registry/retention_rules.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "node/registry/amendment.h"
#include "node/registry/definition_law.h"
#include "node/registry/definition_toml.h"
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

/// The texts that the edits have given the field, as far as they were ever in force.
std::vector<std::string> texts_ever(std::span<const replica::HistoryEntry> edits,
                                    std::string_view field) {
  std::vector<std::string> out;
  for (const replica::HistoryEntry& edit : edits) {
    if (edit.is_void || edit.is_late) continue;
    for (const Operation& operation : edit.operations) {
      const auto* text = std::get_if<std::string>(&operation.value);
      if (text != nullptr && operation.field == field &&
          operation.kind == static_cast<std::uint16_t>(OperationKind::kRegisterSet))
        out.push_back(*text);
    }
  }
  return out;
}

/// What is built in, as the text has it; none: it is no amendment of something built in.
std::optional<Definition> amended_by(const Catalog& builtin, std::string_view source) {
  const Result<Amendment> amendment = parse_amendment(source);
  if (amendment.has_error()) return std::nullopt;
  const Definition* definition = builtin.find(amendment.value().id);
  if (definition == nullptr) return std::nullopt;
  Result<Definition> out = amend(*definition, amendment.value());
  if (out.has_error()) return std::nullopt;
  return std::move(out).value();
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
    if ((item == nullptr || item->is_custom) && !is_reserved_registry(id))
      out.known_[id].ever.push_back(std::move(version.definition));
  }
  for (const DefinitionEdits& record : records) out.take_others(record.edits);
  return out;
}

/// Amendments of what is built in, and texts that are no definition.
void RetentionRules::take_others(std::span<const replica::HistoryEntry> edits) {
  const Catalog builtin = Catalog::builtin();
  const std::vector<std::string> list = texts_ever(edits, kDefinitionIdField);
  const std::set<std::string> ids(list.begin(), list.end());
  for (const std::string& source : texts_ever(edits, kDefinitionSourceField)) {
    if (std::optional<Definition> amended = amended_by(builtin, source)) {
      if (ids.contains(amended->id)) known_[amended->id].ever.push_back(*std::move(amended));
    } else if (parse_definition(source).has_error()) {
      for (const std::string& id : ids) known_[id].has_unreadable = true;
    }
  }
}

const Definition* RetentionRules::describe(std::string_view registry) const {
  if (const Definition* used = catalog_->find(registry)) return used;
  const auto known = known_.find(registry);
  return known == known_.end() || known->second.ever.empty() ? nullptr : &known->second.ever.back();
}

RetentionVerdict RetentionRules::judge_gone(const Known* known, const FieldValues& values,
                                            Date today) const {
  std::optional<RetentionVerdict> out;
  if (known != nullptr) {
    for (const Definition& each : known->ever)
      take_stricter(judge_retention(&each, values, today), out);
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
  for (const Definition& each : known->ever)
    take_stricter(judge_retention(&each, values, today), before);
  if (before && before->is_kept) out.before = before->why;
  return out;
}

}  // namespace cunju::registry
