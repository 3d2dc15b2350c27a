// SPDX-License-Identifier: Apache-2.0
#include "node/registry/proposed_days.h"

#include <algorithm>

#include "node/registry/validate.h"

namespace cunju::registry {
namespace {

constexpr std::chrono::year kLastYear(9999);

const Edit* find_edit(const Definition& definition, std::span<const Edit> edits,
                      std::string_view field) {
  const auto found = std::ranges::find_if(
      edits, [&](const Edit& edit) { return definition.resolve(edit.field) == field; });
  return found == edits.end() ? nullptr : &*found;
}

/// The day that the edit says; none: it says none that is exact.
std::optional<Date> day_of(const FieldDefinition& field, const Edit& edit, Date today) {
  const Value value = parse_field(field, edit.text, today).value;
  const auto* text = std::get_if<std::string>(&value);
  if (text == nullptr) return std::nullopt;
  const ParsedDate day = parse_datetime(*text).day;
  return day.form == DateForm::kExact ? std::optional(day.date) : std::nullopt;
}

}  // namespace

std::vector<Edit> with_proposed_days(const Definition& definition, std::span<const Edit> edits,
                                     Date today, Findings& findings) {
  std::vector<Edit> out(edits.begin(), edits.end());
  for (const FieldDefinition& field : definition.fields) {
    const ProposedDay& proposed = field.proposed;
    if (proposed.from.empty() || find_edit(definition, edits, field.id) != nullptr) continue;
    const FieldDefinition* from = definition.find_field(proposed.from);
    const Edit* edit = find_edit(definition, edits, proposed.from);
    const std::optional<Date> begin =
        from == nullptr || edit == nullptr ? std::nullopt : day_of(*from, *edit, today);
    if (!begin) continue;
    const Date end(std::chrono::sys_days(*begin) + std::chrono::days(proposed.days));
    // A year of five digits would be read as no date.
    if (end.year() > kLastYear) continue;
    const std::string days = std::to_string(proposed.days);
    const std::string day = format_date(end);
    out.push_back({.field = field.id, .action = EditAction::kSet, .text = day});
    findings.push_back(warning(
        kProposedDay, field.id,
        {"没有填写，已按“" + from->label.zh + "”后 " + days + " 日填为 " + day + "，可用 set 改",
         "left empty, so it was filled in as " + day + ", " + days + " days after \"" +
             std::string(from->label.in(Language::kEnglish)) + "\"; set changes it"}));
  }
  return out;
}

}  // namespace cunju::registry
