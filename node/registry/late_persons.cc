// SPDX-License-Identifier: Apache-2.0
#include "node/registry/late_persons.h"

#include <algorithm>
#include <map>
#include <utility>

#include "node/registry/definition_outlook.h"
#include "node/registry/erased_persons.h"
#include "node/registry/field_scope.h"
#include "node/registry/record_book.h"

namespace cunju::registry {
namespace {

/// Whether what is in the registry is held against marks at all.
bool is_held(const Catalog& catalog, const std::string& registry) {
  if (registry.empty() || is_reserved_registry(registry)) return false;
  const Definition* definition = catalog.find(registry);
  return definition == nullptr || !definition->is_ledger;
}

/// The values of the record that the changes would bring in.
Result<FieldValues> values_of_late(replica::Replica& replica, const SpaceId& space,
                                   const RecordId& record, const std::set<Scope>& scopes,
                                   const std::set<ChangeId>& changes) {
  FieldValues out;
  for (const Scope scope : scopes) {
    CUNJU_TRY(const std::vector<replica::HistoryEntry> edits, replica.edits(space, record, scope));
    const RecordState state = state_admitting(edits, changes);
    for (const Field& field : state.fields())
      for (const Entry& entry : field.entries)
        if (changes.contains(state.origin(entry).id)) out.emplace_back(field.name, entry.value);
  }
  return out;
}

/// What the record says now; nothing where it is not there.
Result<FieldValues> values_shown(RecordBook& book, const RecordId& record,
                                 const std::string& registry) {
  Result<RecordRow> row = book.get(record, registry);
  if (row.has_value()) return std::move(row.value().values);
  if (row.error().code == Errc::kNotFound) return FieldValues();
  return row.error();
}

}  // namespace

Result<std::vector<PersonsOfLate>> find_persons_of_late(replica::Replica& replica,
                                                        const SpaceId& space,
                                                        const Catalog& catalog,
                                                        std::span<const replica::LatePart> late,
                                                        Date today) {
  std::map<std::pair<RecordId, std::string>, std::set<Scope>> records;
  std::set<ChangeId> changes;
  for (const replica::LatePart& part : late) {
    if (!is_held(catalog, part.registry)) continue;
    records[{part.record, part.registry}].insert(part.scope);
    changes.insert(part.change);
  }
  std::vector<PersonsOfLate> out;
  RecordBook book(replica, catalog, space);
  for (const auto& [name, scopes] : records) {
    const auto& [record, registry] = name;
    CUNJU_TRY(const FieldValues before, values_shown(book, record, registry));
    CUNJU_TRY(FieldValues after, values_of_late(replica, space, record, scopes, changes));
    after.insert(after.end(), before.begin(), before.end());
    CUNJU_TRY(std::set<RecordId> erasures,
              find_erasures_of_edit(replica, space, before, after, today));
    if (!erasures.empty())
      out.push_back({.record = record, .registry = registry, .erasures = std::move(erasures)});
  }
  return out;
}

Result<void> note_readmissions(replica::Replica& replica, const SpaceId& space,
                               const Catalog& catalog, const crypto::SigningKey& author,
                               std::span<const PersonsOfLate> records, const std::string& basis,
                               std::uint64_t claimed_ms) {
  std::vector<replica::ChangeDraft> drafts;
  RecordBook book(replica, catalog, space);
  CUNJU_TRY(const std::shared_ptr<const Roster> roster, replica.roster(space));
  for (const PersonsOfLate& each : records) {
    const std::string note = readmission_text({.erasures = each.erasures, .basis = basis});
    CUNJU_TRY(const FieldValues shown, values_shown(book, each.record, each.registry));
    const FieldValue noted{std::string(kReadmittedField), note};
    if (std::ranges::find(shown, noted) != shown.end()) continue;
    const std::string home = home_scope(catalog.find(each.registry));
    const std::optional<Scope> scope =
        home.empty() ? std::optional(kOpenScope) : roster->find_scope(home);
    if (!scope) return fail(Errc::kNotFound, std::string(replica::kNoEpoch));
    drafts.push_back(
        {.parts = {{.record = each.record,
                    .registry = each.registry,
                    .scope = *scope,
                    .operations = {make_operation(OperationKind::kSetAdd, noted.first, note)}}}});
  }
  if (drafts.empty()) return ok();
  CUNJU_TRYV(replica.append(space, author, drafts, claimed_ms));
  return ok();
}

}  // namespace cunju::registry
