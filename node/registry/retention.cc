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

std::optional<Date> find_date(const FieldValues& values, const std::string& field) {
  const auto found = std::ranges::find(values, field, &FieldValue::first);
  const auto* text = found == values.end() ? nullptr : std::get_if<std::string>(&found->second);
  if (text == nullptr) return std::nullopt;
  const ParsedDate parsed = parse_date(*text);
  if (parsed.form != DateForm::kExact) return std::nullopt;
  return parsed.date;
}

RetentionVerdict judge_period(const Retention& retention, const Label& rule,
                              const FieldValues& values, Date today) {
  const std::optional<Date> begin =
      retention.from.empty() ? std::nullopt : find_date(values, retention.from);
  if (!begin)
    return {.is_kept = true,
            .until = std::nullopt,
            .why = joined({"保管期限的起算日期不明，按保留处理",
                           "when its period began is not known, so it is kept"},
                          rule)};
  const Date until = years_later(*begin, retention.years.value_or(0));
  const std::string day = format_date(until);
  if (today < until)
    return {.is_kept = true,
            .until = until,
            .why = joined({"保管期限到 " + day, "it has to be kept until " + day}, rule)};
  return {.is_kept = false,
          .until = until,
          .why = joined({"保管期限已于 " + day + " 届满", "its period ended on " + day}, rule)};
}

}  // namespace

RetentionVerdict judge_retention(const Definition* definition, const FieldValues& values,
                                 Date today) {
  if (definition == nullptr || definition->retention.rule.zh.empty())
    return {.is_kept = false,
            .until = std::nullopt,
            .why = {"没有规定保管期限", "no rule about keeping it is known"}};
  const Retention& retention = definition->retention;
  const Label rule = rule_with_ground(retention);
  switch (retention.kind) {
    case RetentionClass::kPermanent:
      return {.is_kept = true,
              .until = std::nullopt,
              .why = joined({"须长期保管", "it has to be kept for ever"}, rule)};
    case RetentionClass::kPeriod:
      return judge_period(retention, rule, values, today);
    case RetentionClass::kPurge:
      break;
  }
  return {.is_kept = false,
          .until = std::nullopt,
          .why = joined({"没有必须保留的期限", "nothing demands that it is kept"}, rule)};
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
