// SPDX-License-Identifier: Apache-2.0
#include "node/council/open_items.h"

#include <algorithm>

namespace cunju::council {
namespace {

constexpr std::size_t kTitleFields = 3;

registry::FieldValues title_of(const registry::RecordRow& row,
                               const registry::Definition& definition) {
  registry::FieldValues out;
  for (const std::string& name : definition.display) {
    const registry::FieldDefinition* field = definition.find_field(name);
    const Value* value = row.find(name);
    if (field == nullptr || value == nullptr || out.size() == kTitleFields) continue;
    if (field->kind == registry::FieldKind::kState ||
        field->personal != registry::PersonalData::kNone)
      continue;
    out.emplace_back(name, *value);
  }
  return out;
}

Result<void> add_records(const registry::Definition& definition, registry::RecordBook& book,
                         std::vector<OpenRecord>& out) {
  std::vector<const registry::FieldDefinition*> states;
  for (const registry::FieldDefinition& field : definition.fields)
    if (field.kind == registry::FieldKind::kState) states.push_back(&field);
  if (states.empty()) return ok();
  CUNJU_TRY(registry::RecordPage page, book.list(definition.id, {}));
  for (const registry::RecordRow& row : page.rows) {
    for (const registry::FieldDefinition* field : states) {
      const Value* value = row.find(field->id);
      const auto* state = value == nullptr ? nullptr : std::get_if<std::string>(value);
      if (state == nullptr || !field->is_pending(*state)) continue;
      out.push_back({.registry = definition.id,
                     .id = row.id,
                     .field = field->id,
                     .state = *value,
                     .title = title_of(row, definition)});
    }
  }
  return ok();
}

}  // namespace

Result<OpenItems> find_open_items(replica::Replica& replica, const SpaceId& space,
                                  const registry::Catalog& catalog, registry::RecordBook& book,
                                  const std::set<std::string>& registries) {
  OpenItems out;
  for (const registry::Catalog::Item& item : catalog.all()) {
    if (!registries.contains(item.definition.id)) continue;
    CUNJU_TRYV(add_records(item.definition, book, out.records));
  }
  CUNJU_TRY(out.conflicts, book.conflicts());
  std::erase_if(out.conflicts,
                [&](const auto& conflict) { return !registries.contains(conflict.registry); });
  CUNJU_TRY(out.late, replica.late_parts(space));
  std::erase_if(out.late, [&](const auto& part) { return !registries.contains(part.registry); });
  CUNJU_TRY(out.late_texts, book.late_texts());
  std::erase_if(out.late_texts,
                [&](const auto& text) { return !registries.contains(text.name.registry); });
  return out;
}

}  // namespace cunju::council
