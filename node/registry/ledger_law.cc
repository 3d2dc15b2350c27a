// SPDX-License-Identifier: Apache-2.0
#include "node/registry/ledger_law.h"

#include <algorithm>
#include <utility>

namespace cunju::registry {
namespace {

/// How long something is kept; more is longer.
using Strength = std::pair<int, int>;

Strength strength_of(RetentionClass kind, const std::optional<int>& years) {
  switch (kind) {
    case RetentionClass::kPermanent:
      return {2, 0};
    case RetentionClass::kPeriod:
      return {1, years.value_or(0)};
    case RetentionClass::kPurge:
      break;
  }
  return {0, 0};
}

/// A ledger without a rule is kept for ever.
bool has_rule(const Retention& retention) { return !retention.rule.zh.empty(); }

Strength general(const Retention& retention) {
  return has_rule(retention) ? strength_of(retention.kind, retention.years) : Strength{2, 0};
}

Strength of_value(const Retention& retention, std::string_view value) {
  const auto found = std::ranges::find(retention.classes, value, &RetentionOfValue::value);
  return found == retention.classes.end() ? general(retention)
                                          : strength_of(found->kind, found->years);
}

std::vector<Strength> all_of(const Retention& retention) {
  std::vector<Strength> out{general(retention)};
  for (const RetentionOfValue& each : retention.classes)
    out.push_back(strength_of(each.kind, each.years));
  return out;
}

/// Whether what was kept as `before` may go sooner as `after`.
bool is_weaker(const Retention& before, const Retention& after, Strength was, Strength is) {
  if (is < was) return true;
  return is.first == 1 && was.first == 1 && before.from != after.from;
}

}  // namespace

bool keeps_shorter(const Retention& before, const Retention& after) {
  if (before.class_field == after.class_field) {
    if (is_weaker(before, after, general(before), general(after))) return true;
    for (const Retention* listed : {&before, &after})
      for (const RetentionOfValue& each : listed->classes)
        if (is_weaker(before, after, of_value(before, each.value), of_value(after, each.value)))
          return true;
    return false;
  }
  const std::vector<Strength> was = all_of(before), is = all_of(after);
  return is_weaker(before, after, *std::ranges::max_element(was), *std::ranges::min_element(is));
}

std::string find_shortening(const Definition& before, const Definition& after) {
  if (!after.is_ledger) return std::string(kNoLedgerAnyMore);
  if (keeps_shorter(before.retention, after.retention))
    return std::string(kKeptShorter) + before.retention.rule.zh +
           (before.retention.from.empty() ? "" : " (from " + before.retention.from + ")");
  for (const FieldDefinition& field : before.fields) {
    const auto same = std::ranges::find(after.fields, field.id, &FieldDefinition::id);
    if (same != after.fields.end() && same->is_erasable && !field.is_erasable)
      return std::string(kErasableLater) + field.id;
  }
  return {};
}

bool hold_to_ledgers(Definition& definition, std::span<const Definition> before) {
  bool out = false;
  for (const Definition& ledger : before) {
    if (ledger.id != definition.id) continue;
    if (!find_shortening(ledger, definition).empty()) out = true;
    definition.is_ledger = true;
    if (keeps_shorter(ledger.retention, definition.retention))
      definition.retention_apart.push_back(ledger.retention);
  }
  return out;
}

}  // namespace cunju::registry
