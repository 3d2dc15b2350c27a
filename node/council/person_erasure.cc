// SPDX-License-Identifier: Apache-2.0
#include "node/council/person_erasure.h"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>

#include "node/council/text_search.h"

namespace cunju::council {
namespace {

using registry::FieldValues;
using registry::PersonQuery;

/// All values that a record has now, also those in conflict, and its texts.
void add_values(const RecordState& state, FieldValues& out) {
  for (const Field& field : state.fields())
    for (const Entry& entry : field.entries) out.emplace_back(field.name, entry.value);
  for (const TextField& text : state.texts()) out.emplace_back(text.name, Value(text.text));
}

bool mentions_in(const PersonQuery& person, const FieldValues& values) {
  return std::ranges::any_of(values, [&](const registry::FieldValue& value) {
    const auto* text = std::get_if<std::string>(&value.second);
    return text != nullptr && registry::mentions(person, *text);
  });
}

/// Name and telephone of two different persons of a record are nobody's: they have to stand in one
/// party, or beside all.
bool is_of_one_party(const PersonQuery& person, const registry::Definition* definition,
                     const FieldValues& values, registry::Date today) {
  const auto parties = registry::terms_by_party(definition, values, today);
  const auto shared = parties.find("");
  if (parties.size() == (shared == parties.end() ? 0u : 1u))
    return registry::is_of(person, registry::terms_of(values, today));
  return std::ranges::any_of(parties, [&](const auto& each) {
    registry::PersonTerms terms = each.second;
    if (shared != parties.end()) {
      terms.identities.insert(shared->second.identities.begin(), shared->second.identities.end());
      terms.names.insert(shared->second.names.begin(), shared->second.names.end());
      terms.phones.insert(shared->second.phones.begin(), shared->second.phones.end());
    }
    return registry::is_of(person, terms);
  });
}

std::optional<PersonPlace> place_in(const PersonQuery& person,
                                    const registry::Definition* definition,
                                    const FieldValues& values, registry::Date today) {
  const bool is_there = registry::is_of(person, registry::terms_of(values, today));
  if (is_there && is_of_one_party(person, definition, values, today)) return PersonPlace::kFields;
  if (is_there || mentions_in(person, values)) return PersonPlace::kMention;
  return std::nullopt;
}

class Searcher {
 public:
  Searcher(replica::Replica& replica, const SpaceId& space, const PersonQuery& person,
           registry::Date today, std::map<Scope, std::string> readable)
      : replica_(replica),
        space_(space),
        person_(person),
        today_(today),
        readable_(std::move(readable)) {}

  Result<void> search(const std::string& registry, const registry::Definition* definition,
                      std::vector<PersonRecord>& out) {
    std::vector<std::pair<RecordId, std::vector<Scope>>> others;
    using Views = std::span<const replica::ScopedView>;
    CUNJU_TRYV(replica_.scan_scopes(space_, registry, [&](const RecordId& id, Views views) {
      PersonRecord found{.registry = registry, .record = id};
      FieldValues values;
      std::vector<Scope> scopes;
      for (const replica::ScopedView& each : views) {
        const RecordState* state = each.view.find(registry);
        if (state == nullptr || state->is_empty() || !may_read(each.scope)) continue;
        add_values(*state, values);
        found.is_deleted = found.is_deleted || state->is_deleted();
        scopes.push_back(each.scope);
      }
      if (const std::optional<PersonPlace> place = place_in(person_, definition, values, today_)) {
        found.place = *place;
        found.retention = registry::judge_retention(definition, values, today_);
        out.push_back(std::move(found));
      } else if (!scopes.empty()) {
        others.emplace_back(id, std::move(scopes));
      }
      return true;
    }));
    for (const auto& [id, scopes] : others) {
      CUNJU_TRY(const std::optional<PersonPlace> was, place_in_history(registry, id, scopes));
      if (was) out.push_back({.registry = registry, .record = id, .place = *was});
    }
    return ok();
  }

 private:
  bool may_read(Scope scope) const { return scope == kOpenScope || readable_.contains(scope); }

  /// Earlier values of registers and sets, and every version of texts.
  Result<std::optional<PersonPlace>> place_in_history(const std::string& registry,
                                                      const RecordId& record,
                                                      const std::vector<Scope>& scopes) {
    registry::PersonTerms terms;
    bool is_mentioned = false, has_texts = false;
    for (const Scope scope : scopes) {
      CUNJU_TRY(const std::vector<replica::HistoryEntry> entries,
                replica_.history(space_, record, scope));
      for (const replica::HistoryEntry& entry : entries) {
        for (const Operation& operation : entry.operations) {
          has_texts = has_texts || is_text_edit(operation);
          const auto* text = std::get_if<std::string>(&operation.value);
          if (text == nullptr) continue;
          terms.add(*text, today_);
          is_mentioned = is_mentioned || registry::mentions(person_, *text);
        }
      }
    }
    if (is_mentioned || registry::is_of(person_, terms)) return PersonPlace::kHistory;
    if (!has_texts) return std::nullopt;
    for (const Scope scope : scopes) {
      CUNJU_TRY(const std::vector<TextChange> changes,
                replica_.text_changes(space_, record, scope));
      if (search_texts(person_, registry, changes) != TextSighting::kNone)
        return PersonPlace::kTextHistory;
    }
    return std::nullopt;
  }

  replica::Replica& replica_;
  const SpaceId& space_;
  const PersonQuery& person_;
  registry::Date today_;
  std::map<Scope, std::string> readable_;
};

/// Of the scopes that the open device may not read, or whose keys are not here.
Result<std::uint64_t> count_unsearched(replica::Replica& replica, const SpaceId& space,
                                       const std::map<Scope, std::string>& readable) {
  std::uint64_t out = 0;
  CUNJU_TRY(const std::vector<replica::ScopeStatus> all, replica.scopes(space));
  for (const replica::ScopeStatus& status : all)
    out += readable.contains(status.scope) ? status.sealed : status.parts;
  // What is not on this computer can't be searched either.
  CUNJU_TRY(const replica::PartsStanding standing, replica.parts_standing(space));
  return out + standing.lacking + standing.withheld;
}

}  // namespace

Result<PersonSearch> find_person(replica::Replica& replica, const registry::Catalog& catalog,
                                 const SpaceId& space, const PersonQuery& person,
                                 registry::Date today) {
  PersonSearch out;
  CUNJU_TRY(const auto readable, replica.readable_scopes(space));
  CUNJU_TRY(out.unsearched, count_unsearched(replica, space, readable));
  CUNJU_TRY(const auto registries, replica.registries(space));
  Searcher searcher(replica, space, person, today, readable);
  for (const auto& [registry, records] : registries) {
    if (registry::is_reserved_registry(registry)) continue;
    CUNJU_TRYV(searcher.search(registry, catalog.find(registry), out.records));
  }
  std::ranges::sort(out.records, [](const PersonRecord& a, const PersonRecord& b) {
    return std::tie(a.registry, a.record) < std::tie(b.registry, b.record);
  });
  return out;
}

Result<registry::RetentionVerdict> retention_of(replica::Replica& replica,
                                                const registry::Catalog& catalog,
                                                const SpaceId& space, std::string_view registry,
                                                const RecordId& record, registry::Date today) {
  FieldValues values;
  CUNJU_TRY(const auto readable, replica.readable_scopes(space));
  CUNJU_TRY(const std::vector<replica::ScopedView> views, replica.views(space, record));
  for (const replica::ScopedView& each : views) {
    const RecordState* state = each.view.find(registry);
    if (state != nullptr && (each.scope == kOpenScope || readable.contains(each.scope)))
      add_values(*state, values);
  }
  return registry::judge_retention(catalog.find(registry), values, today);
}

}  // namespace cunju::council
