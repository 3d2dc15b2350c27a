// SPDX-License-Identifier: Apache-2.0
//
// How a RecordBook lists. A page reads of each record the fields that filters and order are over,
// and then its own rows; a whole list reads each record once.
#include <algorithm>
#include <limits>
#include <utility>

#include "node/registry/record_book.h"
#include "node/registry/taken_out.h"

namespace cunju::registry {
namespace {

bool has_field(const Definition* definition, const std::string& field) {
  return definition != nullptr && definition->find_field(field) != nullptr;
}

/// Those that the definition does not know.
std::vector<std::string> unknown_fields(const Definition* definition, const GlancedFields& asked) {
  std::vector<std::string> out;
  for (const std::string& field : asked.names)
    if (!has_field(definition, field)) out.push_back(field);
  return out;
}

/// What filters and order are over.
GlancedFields fields_of(const std::vector<Filter>& filters, const std::vector<SortKey>& sort) {
  GlancedFields out;
  for (const Filter& filter : filters) {
    if (filter.field.empty()) out.all = true;
    if (!filter.field.empty()) out.names.push_back(filter.field);
  }
  for (const SortKey& key : sort) out.names.push_back(key.field);
  return out;
}

Error no_field(const Definition* definition, const std::string& field) {
  std::string near;
  if (definition != nullptr) {
    for (const std::string& id : find_near_fields(*definition, field))
      near += (near.empty() ? "; did you mean " : ", ") + id;
  }
  return {Errc::kNotFound, "field " + field + near};
}

/// What a glance at one scope tells; the definition says what is a set.
ScopedRow glanced_row(const RecordId& id, const std::string& registry, std::string scope,
                      ViewGlance glance) {
  ScopedRow out{
      .scope = std::move(scope),
      .row = {.id = id, .registry = registry, .values = {}, .is_deleted = glance.is_deleted},
      .cleared = {},
      .taken_out = {}};
  for (FieldValue& value : glance.values) {
    if (is_empty(value.second)) {
      out.cleared.push_back(std::move(value.first));
    } else {
      (is_taken_out_mark(value.second) ? out.taken_out : out.row.values)
          .push_back(std::move(value));
    }
  }
  return out;
}

}  // namespace

Result<void> RecordBook::collect(std::string_view registry, const ListQuery& query,
                                 const std::vector<SortKey>& sort, bool is_whole, FirstRows& out) {
  const Definition* definition = catalog_.find(registry);
  CUNJU_TRY(const RowFilter filter, RowFilter::compile(definition, query.filters));
  std::vector<std::string> unknown =
      unknown_fields(definition, fields_of(query.filters, query.sort));
  CUNJU_TRY(const Scopes scopes, read_scopes());
  const std::string home = home_scope(definition), name(registry);
  bool is_empty_registry = true;
  std::vector<ScopedRow> rows;  // Of the record at hand.
  const auto name_of = [&](Scope scope) -> const std::string* {
    static const std::string kOpen;
    if (scope == kOpenScope) return &kOpen;
    const auto found = scopes.names.find(scope);
    return found == scopes.names.end() ? nullptr : &found->second;
  };
  const auto note_known = [&](std::string_view field) {
    if (!unknown.empty()) std::erase(unknown, field);
  };
  const auto take = [&] {
    if (rows.empty()) return;
    RecordRow row = join_rows(std::exchange(rows, {}), home, definition);
    is_empty_registry = false;
    const bool is_hidden = row.is_deleted && !query.with_deleted;
    if (!is_hidden && filter.matches(row)) out.add(std::move(row));
  };

  const auto take_views = [&](const RecordId& id, std::span<const replica::ScopedView> views) {
    for (const replica::ScopedView& each : views) {
      const RecordState* state = each.view.find(registry);
      const std::string* scope = name_of(each.scope);
      // Of what was erased nothing is left but its place.
      if (state == nullptr || state->is_empty() || scope == nullptr) continue;
      for (const Field& field : state->fields()) note_known(field.name);
      for (const TextField& text : state->texts()) note_known(text.name);
      rows.push_back(make_row(id, registry, *scope, *state, definition));
    }
    take();
    return true;
  };
  const auto take_glances = [&](const RecordId& id, std::span<replica::ScopedGlance> glances) {
    for (auto& [number, glance] : glances) {
      const std::string* scope = name_of(number);
      if (!glance.is_there || scope == nullptr) continue;
      for (const FieldValue& value : glance.values) note_known(value.first);
      rows.push_back(glanced_row(id, name, *scope, std::move(glance)));
    }
    take();
    return true;
  };
  if (is_whole) {
    CUNJU_TRYV(replica_.scan_scopes(space_, registry, take_views));
  } else {
    CUNJU_TRYV(
        replica_.scan_glances(space_, registry, fields_of(query.filters, sort), take_glances));
  }
  if (is_empty_registry && definition == nullptr) return fail(Errc::kNotFound, "registry " + name);
  if (is_empty_registry || unknown.empty()) return ok();
  // An empty list would look as if there were no such records.
  return no_field(definition, unknown.front());
}

Result<RecordPage> RecordBook::list(std::string_view registry, ListQuery query) {
  if (registry == kRosterRegistry) return fail(Errc::kNotFound, "registry roster");
  const Definition* definition = catalog_.find(registry);
  if (definition != nullptr) {
    for (Filter& filter : query.filters) filter.field = definition->resolve(filter.field);
    for (SortKey& key : query.sort) key.field = definition->resolve(key.field);
  }
  std::vector<SortKey> sort = query.sort;
  if (sort.empty() && definition != nullptr) {
    for (const std::string& field : definition->key) sort.push_back({.field = field});
  }
  const bool is_whole = query.limit == 0;
  const std::size_t room = std::numeric_limits<std::size_t>::max() - query.offset;
  FirstRows first(sort, is_whole ? 0 : query.offset + std::min(query.limit, room));
  CUNJU_TRYV(collect(registry, query, sort, is_whole, first));
  RecordPage out;
  out.total = first.total();
  std::vector<RecordRow> found = first.take();
  for (std::size_t i = query.offset; i < found.size(); ++i) {
    if (is_whole) {
      out.rows.push_back(std::move(found[i]));
      continue;
    }
    CUNJU_TRY(const Loaded loaded, load(found[i].id, registry));
    out.rows.push_back(make_row_of(loaded));
  }
  return out;
}

}  // namespace cunju::registry
