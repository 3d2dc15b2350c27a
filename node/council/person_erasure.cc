// SPDX-License-Identifier: Apache-2.0
#include "node/council/person_erasure.h"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>

#include "crdt/attachment/reference.h"
#include "node/council/record_judge.h"
#include "node/council/text_search.h"
#include "node/registry/import.h"
#include "node/registry/person_limits.h"

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

/// A ledger is proof: a day that was moved back does not shorten its period, so whatever stood in
/// these fields counts, and the latest of it.
Result<void> add_earlier_periods(replica::Replica& replica, const SpaceId& space,
                                 const registry::Definition* definition, const RecordId& record,
                                 const std::vector<Scope>& scopes, FieldValues& values) {
  if (definition == nullptr || !definition->is_ledger) return ok();
  const std::set<std::string> fields = registry::period_fields(*definition);
  for (const Scope scope : scopes) {
    CUNJU_TRY(const std::vector<replica::HistoryEntry> entries,
              replica.history(space, record, scope));
    for (const replica::HistoryEntry& entry : entries)
      for (const Operation& operation : entry.operations)
        if (!entry.is_void && !entry.is_late && fields.contains(operation.field))
          values.emplace_back(operation.field, operation.value);
  }
  return ok();
}

/// What of a person stands in values, present ones or earlier ones.
class Traces {
 public:
  Traces(const PersonQuery& person, registry::Date today)
      : person_(person), sieve_(person), prose_(person), today_(today) {}

  void add(const Value& value) {
    if (const auto* text = std::get_if<std::string>(&value)) {
      // Most values of most records are about others.
      if (!sieve_.passes(*text)) return;
      terms_.add(*text, today_);
      is_mentioned_ = is_mentioned_ || registry::mentions(person_, *text);
      if (text->size() > limits::kMaxPersonTextBytes) prose_.look(*text);
    } else if (const auto attached = attachment::find_reference(value)) {
      prose_.look(attached->name);
    }
  }
  void look_at_prose(std::string_view text) { prose_.look(text); }

  /// Words of short texts are the person's.
  bool is_of_person() const { return registry::is_of(person_, terms_); }
  /// Or the person is mentioned: in one text, or by what several have of name and number.
  bool is_seen() const {
    registry::PersonSight sight = prose_;
    sight.add(terms_);
    return is_mentioned_ || sight.is_mentioned() || is_of_person();
  }

 private:
  const PersonQuery& person_;
  registry::PersonSieve sieve_;
  registry::PersonTerms terms_;  ///< Of what the sieve has let through.
  registry::PersonSight prose_;  ///< Of long texts, and names of attachments.
  registry::Date today_;
  bool is_mentioned_ = false;
};

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
  Traces traces(person, today);
  for (const auto& [field, value] : values) traces.add(value);
  if (traces.is_of_person() && is_of_one_party(person, definition, values, today))
    return PersonPlace::kFields;
  return traces.is_seen() ? std::optional(PersonPlace::kMention) : std::nullopt;
}

class Searcher {
 public:
  Searcher(replica::Replica& replica, const SpaceId& space, const PersonQuery& person,
           registry::Date today, std::map<Scope, std::string> readable, const RecordJudge& judge)
      : replica_(replica),
        space_(space),
        person_(person),
        today_(today),
        readable_(std::move(readable)),
        judge_(judge) {}

  Result<void> search(const std::string& registry, const registry::Definition* definition,
                      std::vector<PersonRecord>& out) {
    std::vector<replica::RecordScope> others;
    Result<void> failed = ok();
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
        failed = add_earlier_periods(replica_, space_, definition, id, scopes, values);
        if (failed.has_error()) return false;
        found.retention = judge_.judge(registry, values);
        out.push_back(std::move(found));
      } else {
        for (const Scope scope : scopes) others.push_back({id, scope});
      }
      return true;
    }));
    CUNJU_TRYV(failed);
    return search_history(registry, others, out);
  }

 private:
  bool may_read(Scope scope) const { return scope == kOpenScope || readable_.contains(scope); }

  /// Earlier values of registers and sets, and every version of texts. `graphs`: those of one
  /// record are neighbours.
  Result<void> search_history(const std::string& registry,
                              std::span<const replica::RecordScope> graphs,
                              std::vector<PersonRecord>& out) {
    std::vector<std::vector<replica::RecordScope>> with_texts;  // By record.
    std::optional<Traces> traces;
    bool has_texts = false;
    std::size_t begin = 0;
    const auto end_record = [&](std::size_t end) {
      if (traces && traces->is_seen()) {
        out.push_back(
            {.registry = registry, .record = graphs[begin].record, .place = PersonPlace::kHistory});
      } else if (has_texts) {
        const auto first = graphs.begin() + static_cast<std::ptrdiff_t>(begin);
        const auto last = std::find_if(first, graphs.end(), [&](const replica::RecordScope& graph) {
          return graph.record != first->record;
        });
        with_texts.emplace_back(first, last);
      }
      traces.reset();
      has_texts = false;
      begin = end;
    };
    CUNJU_TRYV(replica_.visit_operations(
        space_, graphs, [&](std::size_t at, std::span<const Operation> operations) {
          if (graphs[at].record != graphs[begin].record) end_record(at);
          if (!traces) traces.emplace(person_, today_);
          for (const Operation& operation : operations) {
            has_texts = has_texts || is_text_edit(operation);
            traces->add(operation.value);
          }
        }));
    end_record(graphs.size());
    for (const std::vector<replica::RecordScope>& each : with_texts) {
      CUNJU_TRY(const bool is_mentioned, is_in_texts(registry, each));
      if (is_mentioned)
        out.push_back({.registry = registry,
                       .record = each.front().record,
                       .place = PersonPlace::kTextHistory});
    }
    return ok();
  }

  Result<bool> is_in_texts(const std::string& registry,
                           std::span<const replica::RecordScope> graphs) {
    for (const replica::RecordScope& graph : graphs) {
      CUNJU_TRY(const std::vector<TextChange> changes,
                replica_.text_changes(space_, graph.record, graph.scope));
      if (search_texts(person_, registry, changes) != TextSighting::kNone) return true;
    }
    return false;
  }

  replica::Replica& replica_;
  const SpaceId& space_;
  const PersonQuery& person_;
  registry::Date today_;
  std::map<Scope, std::string> readable_;
  const RecordJudge& judge_;
};

/// What lies in the late tray, by the record that it would be of.
Result<void> search_late(replica::Replica& replica, const SpaceId& space, const PersonQuery& person,
                         registry::Date today, std::vector<PersonRecord>& out) {
  CUNJU_TRY(const std::vector<replica::LatePart> late, replica.late_parts(space));
  std::map<std::pair<std::string, RecordId>, Traces> traces;
  for (const replica::LatePart& part : late) {
    if (part.operations.empty() || registry::is_reserved_registry(part.registry)) continue;
    Traces& of = traces.try_emplace({part.registry, part.record}, person, today).first->second;
    std::set<std::string> texts;
    for (const Operation& operation : part.operations) {
      of.add(operation.value);
      if (is_text_edit(operation)) texts.insert(operation.field);
    }
    for (const std::string& text : texts)
      of.look_at_prose(read_text_write(text, part.operations).edits.text());
  }
  for (const auto& [place, of] : traces) {
    const bool is_known = std::ranges::any_of(out, [&](const PersonRecord& record) {
      return record.registry == place.first && record.record == place.second;
    });
    if (is_known || !of.is_seen()) continue;
    CUNJU_TRY(const std::vector<replica::ScopedView> views, replica.views(space, place.second));
    const bool is_in_force = std::ranges::any_of(views, [&](const replica::ScopedView& each) {
      const RecordState* state = each.view.find(place.first);
      return state != nullptr && !state->is_empty();
    });
    out.push_back({.registry = place.first,
                   .record = place.second,
                   .place = is_in_force ? PersonPlace::kHistory : PersonPlace::kLate});
  }
  return ok();
}

/// Imports of older programs kept the name of the table's file, in the open: whom it names by name
/// alone is to be looked at as well, for a table is called after somebody.
Result<void> search_imports(replica::Replica& replica, const SpaceId& space,
                            const PersonQuery& person, std::vector<PersonRecord>& out) {
  CUNJU_TRY(const std::vector<registry::ImportEntry> imports,
            registry::list_imports(replica, space));
  const PersonQuery known{.identity = {}, .name = person.name, .phone = person.phone};
  for (const registry::ImportEntry& import : imports) {
    const std::string& file = import.file_name;
    const bool is_named = !known.name.empty() && !known.phone.empty() &&
                          registry::mentions(known, file + " " + known.phone);
    if (is_named || registry::mentions(person, file))
      out.push_back({.registry = std::string(registry::kImportRegistry),
                     .record = import.id,
                     .place = PersonPlace::kMention});
  }
  return ok();
}

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
  CUNJU_TRY(const registry::RetentionRules rules,
            registry::RetentionRules::load(replica, space, catalog));
  CUNJU_TRY(const RecordJudge judge, RecordJudge::load(replica, space, rules, today));
  Searcher searcher(replica, space, person, today, readable, judge);
  for (const auto& [registry, records] : registries) {
    if (registry::is_reserved_registry(registry)) continue;
    CUNJU_TRYV(searcher.search(registry, catalog.find(registry), out.records));
  }
  CUNJU_TRYV(search_late(replica, space, person, today, out.records));
  CUNJU_TRYV(search_imports(replica, space, person, out.records));
  std::ranges::sort(out.records, [](const PersonRecord& a, const PersonRecord& b) {
    return std::tie(a.registry, a.record) < std::tie(b.registry, b.record);
  });
  return out;
}

Result<registry::RetentionVerdict> retention_of(replica::Replica& replica,
                                                const registry::RetentionRules& rules,
                                                const SpaceId& space, std::string_view registry,
                                                const RecordId& record, registry::Date today) {
  FieldValues values;
  std::vector<Scope> scopes;
  CUNJU_TRY(const auto readable, replica.readable_scopes(space));
  CUNJU_TRY(const std::vector<replica::ScopedView> views, replica.views(space, record));
  for (const replica::ScopedView& each : views) {
    const RecordState* state = each.view.find(registry);
    if (state == nullptr || (each.scope != kOpenScope && !readable.contains(each.scope))) continue;
    add_values(*state, values);
    scopes.push_back(each.scope);
  }
  CUNJU_TRYV(add_earlier_periods(replica, space, rules.describe(registry), record, scopes, values));
  CUNJU_TRY(const RecordJudge judge, RecordJudge::load(replica, space, rules, today));
  return judge.judge(registry, values);
}

}  // namespace cunju::council
