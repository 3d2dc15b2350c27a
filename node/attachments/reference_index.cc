// SPDX-License-Identifier: Apache-2.0
#include "node/attachments/reference_index.h"

#include <algorithm>
#include <tuple>

namespace cunju::attachments {
namespace {

bool has_attachments(const registry::Definition& definition) {
  return std::ranges::any_of(definition.fields, [](const registry::FieldDefinition& field) {
    return field.kind == registry::FieldKind::kBlob;
  });
}

void collect(const RecordId& record, const std::string& registry, const replica::ScopedView& scoped,
             std::vector<Referred>& out) {
  const RecordState* state = scoped.view.find(registry);
  if (state == nullptr || state->is_deleted()) return;
  for (const Field& field : state->fields()) {
    if (field.kind != cunju::FieldKind::kRegister) continue;
    for (const Entry& entry : field.entries) {
      const std::optional<attachment::Reference> found = attachment::find_reference(entry.value);
      if (!found) continue;
      out.push_back({.blob = found->blob(),
                     .scope = scoped.scope,
                     .author = state->origin(entry).dot.author,
                     .seq = state->origin(entry).dot.seq,
                     .registry = registry,
                     .record = record,
                     .field = field.name,
                     .value = std::get<Bytes>(entry.value)});
    }
  }
}

}  // namespace

Result<std::vector<Referred>> find_references(replica::Replica& replica, const SpaceId& space,
                                              const registry::Catalog& catalog) {
  std::vector<Referred> out;
  for (const registry::Catalog::Item& item : catalog.all()) {
    if (!has_attachments(item.definition)) continue;
    CUNJU_TRYV(replica.scan_scopes(
        space, item.definition.id,
        [&](const RecordId& record, std::span<const replica::ScopedView> views) {
          for (const replica::ScopedView& view : views)
            collect(record, item.definition.id, view, out);
          return true;
        }));
  }
  std::ranges::sort(out, [](const Referred& a, const Referred& b) {
    return std::tie(a.blob, a.registry, a.record, a.field) <
           std::tie(b.blob, b.registry, b.record, b.field);
  });
  return out;
}

std::span<const Referred> those_of(std::span<const Referred> references,
                                   const attachment::BlobId& blob) {
  return {std::ranges::lower_bound(references, blob, {}, &Referred::blob),
          std::ranges::upper_bound(references, blob, {}, &Referred::blob)};
}

}  // namespace cunju::attachments
