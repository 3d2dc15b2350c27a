// SPDX-License-Identifier: Apache-2.0
//
// What of a record is in which scope: how a RecordBook joins what may be read into one record, and
// parts what is written.
#include <algorithm>
#include <iterator>
#include <set>
#include <tuple>

#include "node/registry/definition_law.h"
#include "node/registry/record_book.h"
#include "node/registry/scope_order.h"

namespace cunju::registry {
namespace {

Error no_record(const RecordId& record) { return {Errc::kNotFound, "record " + record.hex()}; }

const RecordView& no_view() {
  static const RecordView view;
  return view;
}

const RecordState& no_state() {
  static const RecordState state;
  return state;
}

/// The state after the operations, by the merge law itself.
RecordState state_after(const RecordView& view, const RecordState& state,
                        std::span<const Operation> operations) {
  RecordState after = state;
  // An id and a dot that no change has; the change sees all others.
  after.apply({.id = {}, .dot = {}, .seen = view.clock, .depth = view.max_depth + 1}, operations);
  return after;
}

}  // namespace

const RecordView& RecordBook::Loaded::view_of(const std::string& scope) const {
  auto found = views.find(scope);
  return found == views.end() ? no_view() : found->second;
}

const RecordState* RecordBook::Loaded::state_of(const std::string& scope) const {
  const RecordState* state = view_of(scope).find(registry);
  return state == nullptr ? &no_state() : state;
}

RecordStates RecordBook::Loaded::states(const std::string& scope) const {
  RecordStates out{.id = id, .own = state_of(scope)};
  for (const auto& [name, view] : views)
    if (name != scope) out.others.push_back({name, state_of(name)});
  std::ranges::sort(out.others, {}, [&](const ScopedState& each) {
    return order_of_scope(each.scope, scope, home);
  });
  return out;
}

bool RecordBook::Loaded::is_deleted() const {
  if (is_known(home)) return state().is_deleted();
  return std::ranges::any_of(views,
                             [&](const auto& each) { return state_of(each.first)->is_deleted(); });
}

Result<RecordBook::Scopes> RecordBook::read_scopes() {
  Scopes out;
  Result<std::shared_ptr<const Roster>> roster = replica_.roster(space_);
  if (roster.has_error() && roster.error().code == Errc::kNotFound) return out;
  if (roster.has_error()) return roster.error();
  for (const auto& [number, scope] : roster.value()->scopes)
    out.all_names.emplace(number, scope.name);
  CUNJU_TRY(out.names, replica_.readable_scopes(space_));
  for (const auto& [number, name] : out.names) out.numbers.try_emplace(name, number);
  return out;
}

RecordBook::Loaded RecordBook::make_loaded(const RecordId& record, const Scopes& scopes,
                                           std::span<const replica::ScopedView> views,
                                           std::string_view registry, const Catalog& catalog) {
  Loaded out;
  out.id = record;
  out.registry = registry;
  auto name_of = [&](Scope scope) -> std::optional<std::string> {
    if (scope == kOpenScope) return std::string();
    auto name = scopes.names.find(scope);
    if (name == scopes.names.end()) return std::nullopt;
    return name->second;
  };
  for (const replica::ScopedView& each : views) {
    const std::optional<std::string> name = name_of(each.scope);
    if (!name) continue;
    if (out.registry.empty()) out.registry = each.view.registry;
    if (each.view.find(out.registry) != nullptr) out.views.try_emplace(*name, each.view);
  }
  out.definition = catalog.find(out.registry);
  out.home = home_scope(out.definition);
  return out;
}

Result<RecordBook::Loaded> RecordBook::load(const RecordId& record, std::string_view registry) {
  CUNJU_TRY(const std::vector<replica::ScopedView> views, replica_.views(space_, record));
  if (views.empty() || record == kRosterRecord) return no_record(record);
  CUNJU_TRY(const Scopes scopes, read_scopes());
  Loaded out = make_loaded(record, scopes, views, registry, catalog_);
  // Of what was erased nothing is left but its place.
  const bool is_erased = std::ranges::all_of(
      out.views, [&](const auto& each) { return out.state_of(each.first)->is_empty(); });
  if (out.registry.empty() || out.registry == kRosterRegistry || is_erased)
    return no_record(record);
  return out;
}

RecordRow RecordBook::make_row_of(const Loaded& loaded) const {
  std::vector<ScopedRow> rows;
  for (const auto& [scope, view] : loaded.views)
    rows.push_back(
        make_row(loaded.id, loaded.registry, scope, *loaded.state_of(scope), loaded.definition));
  return join_rows(std::move(rows), loaded.home, loaded.definition);
}

FieldValues RecordBook::values_after(const Loaded& loaded, const Writes& writes) const {
  std::set<std::string> scopes{loaded.home};
  for (const auto& [scope, view] : loaded.views) scopes.insert(scope);
  for (const auto& [scope, write] : writes) scopes.insert(scope);
  std::vector<ScopedRow> rows;
  for (const std::string& scope : scopes) {
    auto write = writes.find(scope);
    const RecordState state = state_after(
        loaded.view_of(scope), *loaded.state_of(scope),
        write == writes.end() ? std::span<const Operation>() : write->second.operations);
    rows.push_back(make_row(loaded.id, loaded.registry, scope, state, loaded.definition));
  }
  return join_rows(std::move(rows), loaded.home, loaded.definition).values;
}

Findings RecordBook::about_shown(const Loaded& loaded, const Scopes& scopes, Findings findings) {
  std::erase_if(findings, [&](const Finding& finding) {
    if (finding.field.empty()) return false;
    const std::string scope = scope_of_field(loaded.definition, finding.field);
    return !scope.empty() && !scopes.numbers.contains(scope);
  });
  return findings;
}

Error RecordBook::refuse_scope(std::string_view scope, std::string_view context) {
  const std::string name(scope);
  if (!contested_scopes(scope).empty())
    return refuse(Errc::kConflict, "contested_scope", {}, contested_text(scope));
  if (context == replica::kNoEpoch) {
    return refuse(
        Errc::kMissing, "no_epoch", {},
        {"保密范围“" + name +
             "”还没有发钥匙，保密字段没有保存；请有权改名册的人运行 "
             "cunju scope open " +
             name,
         "nobody has opened the confidential scope " + name +
             " yet, so nothing was saved; whoever may change the roster runs `cunju scope "
             "open " +
             name + "`"});
  }
  if (context == replica::kNoEpochKey) {
    return refuse(
        Errc::kMissing, "no_epoch_key", {},
        {"这台电脑还没有收到保密范围“" + name +
             "”现用的钥匙，没有保存；请先交换一次，或请已有钥匙的同事运行 cunju scope "
             "share；都补不到的，请有权改名册的人运行 "
             "cunju scope open " +
             name,
         "the current key of the confidential scope " + name +
             " has not come to this computer, so nothing was saved; exchange first, or let "
             "somebody who has it run `cunju scope share`; if nobody can hand it over, whoever may "
             "change the roster runs `cunju scope open " +
             name + "`"});
  }
  return refuse(
      Errc::kPermission, "scope_not_yours", {},
      {"按名册您不能查看保密范围“" + name +
           "”，也就不能往里写，没有保存；由主任让您的角色可以查看（cunju policy set 角色 " +
           scope_registry(name) + " read），钥匙同时发出，交换一次后再登记",
       "by the roster you may not read the confidential scope " + name +
           ", so you can't write in it, and nothing was saved; the chair lets your role "
           "read it (cunju policy set ROLE " +
           scope_registry(name) +
           " read), which gives out keys as well; exchange, then enter it again"});
}

void RecordBook::add_operations(const Loaded& loaded, const std::string& scope,
                                std::vector<Operation> operations, Writes& out) {
  ScopedWrite& write = out[scope];
  write.seen = seen_of(loaded.view_of(scope));
  std::ranges::move(operations, std::back_inserter(write.operations));
}

Result<std::pair<RecordBook::Writes, Findings>> RecordBook::plan_scopes(const Act& act,
                                                                        const Loaded& loaded,
                                                                        std::span<const Edit> edits,
                                                                        bool allow_extra) {
  std::map<std::string, std::vector<Edit>> groups;
  for (const Edit& edit : edits) {
    const std::string field =
        loaded.definition == nullptr ? edit.field : loaded.definition->resolve(edit.field);
    groups[scope_of_field(loaded.definition, field)].push_back(edit);
  }
  std::pair<Writes, Findings> out;
  Findings errors;
  for (const auto& [scope, group] : groups) {
    Result<PlannedEdit> planned = plan({.definition = loaded.definition,
                                        .record = loaded.states(scope),
                                        .today = act.today,
                                        .allow_extra = allow_extra},
                                       group);
    if (planned.has_error()) {
      std::ranges::move(refusal_, std::back_inserter(errors));
      continue;
    }
    add_operations(loaded, scope, std::move(planned.value().operations), out.first);
    for (auto& [other, operations] : planned.value().elsewhere)
      add_operations(loaded, other, std::move(operations), out.first);
    std::ranges::move(planned.value().findings, std::back_inserter(out.second));
  }
  refusal_ = std::move(errors);
  if (refusal_.empty()) return out;
  return fail(Errc::kInvalidArgument, refusal_.front().field + ": " + refusal_.front().text.en);
}

Result<std::vector<replica::HistoryEntry>> RecordBook::history(const RecordId& record,
                                                               std::string_view registry) {
  CUNJU_TRY(const Loaded loaded, load(record, registry));
  CUNJU_TRY(const Scopes scopes, read_scopes());
  std::vector<replica::HistoryEntry> out;
  for (const auto& [name, view] : loaded.views) {
    CUNJU_TRY(
        std::vector<replica::HistoryEntry> entries,
        replica_.history(space_, record, name.empty() ? kOpenScope : scopes.numbers.at(name)));
    for (replica::HistoryEntry& entry : entries) {
      auto same = std::ranges::find(out, entry.id, &replica::HistoryEntry::id);
      if (same == out.end()) {
        out.push_back(std::move(entry));
        continue;
      }
      same->depth = std::max(same->depth, entry.depth);
      same->is_void = same->is_void && entry.is_void;
      same->is_late = same->is_late || entry.is_late;
      std::ranges::move(entry.operations, std::back_inserter(same->operations));
      for (const ChangeId& parent : entry.parents) {
        if (std::ranges::find(same->parents, parent) == same->parents.end())
          same->parents.push_back(parent);
      }
    }
  }
  std::ranges::sort(out, [](const auto& a, const auto& b) {
    return std::tie(a.depth, a.id) < std::tie(b.depth, b.id);
  });
  return out;
}

Result<Scope> RecordBook::home_scope_of(std::string_view registry) {
  const std::string home = home_scope(catalog_.find(registry));
  if (home.empty()) return kOpenScope;
  CUNJU_TRY(const Scopes scopes, read_scopes());
  auto number = scopes.numbers.find(home);
  return number == scopes.numbers.end() ? kOpenScope : number->second;
}
}  // namespace cunju::registry
