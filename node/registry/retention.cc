// SPDX-License-Identifier: Apache-2.0
#include "node/registry/retention.h"

#include <algorithm>

namespace cunju::registry {
namespace {

/// The rule, and the ground behind it where there is one.
Label rule_with_ground(const Retention& retention) {
  Label out{retention.rule.zh, std::string(retention.rule.in(Language::kEnglish))};
  if (retention.ground.zh.empty()) return out;
  out.zh += "（" + retention.ground.zh + "）";
  out.en += " (" + std::string(retention.ground.in(Language::kEnglish)) + ")";
  return out;
}

Label joined(const Label& said, const Label& rule) {
  return {said.zh + "：" + rule.zh, said.en + ": " + rule.en};
}

/// The same day so many years later; of 29 February the day after.
Date years_later(Date begin, int years) {
  const Date out = begin + std::chrono::years(years);
  return out.ok() ? out : Date(out.year() / std::chrono::March / 1);
}

/// The latest of the field's days: of a conflict the one that keeps longest. None where one of them
/// is cleared or is no exact day, since that may be the later one.
std::optional<Date> find_last_day(const FieldValues& values, const std::string& field) {
  std::optional<Date> out;
  for (const auto& [name, value] : values) {
    if (name != field) continue;
    const auto* text = std::get_if<std::string>(&value);
    const ParsedDate parsed = text == nullptr ? ParsedDate{} : parse_datetime(*text).day;
    if (parsed.form != DateForm::kExact) return std::nullopt;
    if (!out || *out < parsed.date) out = parsed.date;
  }
  return out;
}

/// What holds for one record, and in whose words.
struct Rule {
  RetentionClass kind;
  std::optional<int> years;
  Label words;
};

RetentionVerdict judge_period(const Rule& rule, const std::string& from, const FieldValues& values,
                              Date today) {
  const std::optional<Date> begin = from.empty() ? std::nullopt : find_last_day(values, from);
  if (!begin)
    return {.is_kept = true,
            .until = std::nullopt,
            .why = joined({"保管期限的起算日期不明，按保留处理",
                           "when its period began is not known, so it is kept"},
                          rule.words)};
  const Date until = years_later(*begin, rule.years.value_or(0));
  const std::string day = format_date(until);
  if (today < until)
    return {.is_kept = true,
            .until = until,
            .why = joined({"保管期限到 " + day, "it has to be kept until " + day}, rule.words)};
  return {
      .is_kept = false,
      .until = until,
      .why = joined({"保管期限已于 " + day + " 届满", "its period ended on " + day}, rule.words)};
}

RetentionVerdict judge(const Rule& rule, const std::string& from, const FieldValues& values,
                       Date today) {
  switch (rule.kind) {
    case RetentionClass::kPermanent:
      return {.is_kept = true,
              .until = std::nullopt,
              .why = joined({"须长期保管", "it has to be kept for ever"}, rule.words)};
    case RetentionClass::kPeriod:
      return judge_period(rule, from, values, today);
    case RetentionClass::kPurge:
      break;
  }
  return {.is_kept = false,
          .until = std::nullopt,
          .why = joined({"没有必须保留的期限", "nothing demands that it is kept"}, rule.words)};
}

/// The rules that the record's own class names; of a conflict all of them. A value that the
/// definition does not list, and a cleared one, leave the rule of the registry.
std::vector<Rule> rules_for(const Definition& definition, const Retention& retention,
                            const FieldValues& values) {
  const Rule general{retention.kind, retention.years, rule_with_ground(retention)};
  std::vector<Rule> out;
  for (const auto& [name, value] : values) {
    if (name != retention.class_field) continue;
    const auto* text = std::get_if<std::string>(&value);
    const auto listed = text == nullptr
                            ? retention.classes.end()
                            : std::ranges::find(retention.classes, *text, &RetentionOfValue::value);
    if (listed == retention.classes.end()) {
      out.push_back(general);
      continue;
    }
    const FieldDefinition* field = definition.find_field(retention.class_field);
    const Code* code = field == nullptr ? nullptr : field->find_code(*text);
    const Label label = code == nullptr ? Label{*text, *text} : code->label;
    out.push_back(
        {listed->kind,
         listed->years,
         {"本条“" + label.zh + "”；" + general.words.zh,
          "this record: " + std::string(label.in(Language::kEnglish)) + "; " + general.words.en}});
  }
  if (out.empty()) out.push_back(general);
  return out;
}

RetentionVerdict judge_by(const Definition& definition, const Retention& retention,
                          const FieldValues& values, Date today) {
  if (retention.rule.zh.empty() && definition.is_ledger)
    return {.is_kept = true,
            .until = std::nullopt,
            .why = {"办理的凭据，没有规定保管期限，按长期保管处理",
                    "it is proof of what was done, and no period is laid down, so it is kept"}};
  if (retention.rule.zh.empty())
    return {.is_kept = false,
            .until = std::nullopt,
            .why = {"没有规定保管期限", "no rule about keeping it is known"}};
  std::optional<RetentionVerdict> out;
  for (Rule& rule : rules_for(definition, retention, values)) {
    if (definition.is_ledger && rule.kind == RetentionClass::kPurge)
      rule.kind = RetentionClass::kPermanent;
    RetentionVerdict verdict = judge(rule, retention.from, values, today);
    if (!out || is_stricter(verdict, *out)) out = std::move(verdict);
  }
  return *std::move(out);
}

}  // namespace

bool is_stricter(const RetentionVerdict& a, const RetentionVerdict& b) {
  if (a.is_kept != b.is_kept) return a.is_kept;
  if (!a.is_kept || !b.until) return false;
  return !a.until || *b.until < *a.until;
}

RetentionVerdict judge_retention(const Definition* definition, const FieldValues& values,
                                 Date today) {
  if (definition == nullptr) return judge_by({}, {}, values, today);
  RetentionVerdict out = judge_by(*definition, definition->retention, values, today);
  for (const Retention& apart : definition->retention_apart) {
    RetentionVerdict verdict = judge_by(*definition, apart, values, today);
    if (is_stricter(verdict, out)) out = std::move(verdict);
  }
  return out;
}

std::set<std::string> period_fields(const Definition& definition) {
  std::set<std::string> out{definition.retention.from, definition.retention.class_field};
  for (const Retention& apart : definition.retention_apart) {
    out.insert(apart.from);
    out.insert(apart.class_field);
  }
  out.erase("");
  return out;
}

std::string_view class_name(RetentionClass kind) {
  switch (kind) {
    case RetentionClass::kPurge:
      return "purge";
    case RetentionClass::kPeriod:
      return "period";
    case RetentionClass::kPermanent:
      return "permanent";
  }
  return {};
}

}  // namespace cunju::registry
