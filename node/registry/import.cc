// SPDX-License-Identifier: Apache-2.0
#include "node/registry/import.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <tuple>

#include "node/registry/definition_law.h"
#include "node/registry/field_scope.h"
#include "node/registry/import_record.h"
#include "node/registry/record_edit.h"
#include "node/registry/record_row.h"
#include "node/registry/row_key.h"
#include "node/registry/scope_order.h"

namespace cunju::registry {
namespace {

constexpr std::size_t kProgressRows = 1000;

/// What is there already for one row.
struct RowMatch {
  bool is_equal = false;
  std::size_t different = 0;  ///< Records with the row's key and other values.
  RecordId record;            ///< The first of them.
  std::vector<Operation> operations;
  OperationsByScope elsewhere;       ///< PlannedEdit::elsewhere.
  std::map<std::string, Seen> seen;  ///< What they were made from, by scope; empty: open.
  bool is_final = false;             ///< Its texts are.
  FieldValues before;                ///< All that it has, if the matcher keeps that.
};

/// The scopes that can be written in, by name and by number; the open one is not among them.
struct ImportScopes {
  std::map<std::string, Scope> numbers;
  std::map<Scope, std::string> names;

  std::optional<std::string> name_of(Scope scope) const {
    if (scope == kOpenScope) return std::string();
    auto name = names.find(scope);
    return name == names.end() ? std::nullopt : std::optional(name->second);
  }
};

/// What a confidential field needs before a row is written. Errors: kMissing, kPermission.
Result<ImportScopes> read_scopes(replica::Replica& replica, const SpaceId& space) {
  ImportScopes out;
  CUNJU_TRY(out.names, replica.readable_scopes(space));
  for (const auto& [number, name] : out.names) out.numbers.try_emplace(name, number);
  return out;
}

/// Lays the records of the registry against the rows, one record at a time, so that only the rows
/// stay in memory.
class Matcher {
 public:
  Matcher(const Definition& definition, const ImportScopes& scopes, const ImportPlan& plan,
          bool keeps_values)
      : definition_(definition),
        scopes_(scopes),
        plan_(plan),
        keeps_values_(keeps_values),
        matches_(plan.rows.size()) {
    for (std::size_t i = 0; i < plan.rows.size(); ++i) {
      const FieldValues& fields = plan.rows[i].fields;
      rows_.emplace(row_key(plan.key, fields), i);
      for (const FieldValue& field : fields) fields_.insert(field.first);
    }
  }

  void add(const RecordId& id, std::span<const replica::ScopedView> views) {
    const std::string home = home_scope(&definition_);
    std::map<std::string, const RecordView*> known;
    std::vector<ScopedRow> rows;
    for (const replica::ScopedView& each : views) {
      const std::optional<std::string> scope = scopes_.name_of(each.scope);
      const RecordState* state = scope ? each.view.find(plan_.registry) : nullptr;
      if (state == nullptr || !known.emplace(*scope, &each.view).second) continue;
      rows.push_back(make_row(id, plan_.registry, *scope, *state, &definition_));
    }
    if (known.empty()) return;
    RecordRow row = join_rows(std::move(rows), home, &definition_);
    if (row.is_deleted) return;
    FieldValues values = row.values;
    // Fields that the file doesn't have say nothing about whether the row is there.
    std::erase_if(values, [&](const FieldValue& value) { return !fields_.contains(value.first); });
    auto found = rows_.find(row_key(plan_.key, values));
    if (found == rows_.end()) return;
    RowMatch& match = matches_[found->second];
    const FieldValues& wanted = plan_.rows[found->second].fields;
    PlannedEdit planned = plan(id, known, wanted);
    const bool says_so = planned.operations.empty() && planned.elsewhere.empty();
    if (says_so || row_content(values) == row_content(wanted)) {
      match.is_equal = true;
    } else if (match.different++ == 0) {
      match.record = id;
      match.operations = std::move(planned.operations);
      match.elsewhere = std::move(planned.elsewhere);
      match.is_final = has_final_texts(&definition_, states_of(id, known, home));
      if (keeps_values_) match.before = std::move(row.values);
      for (const auto& [scope, view] : known) match.seen.emplace(scope, seen_of(*view));
    }
  }

  std::vector<RowMatch> take() { return std::move(matches_); }

 private:
  RecordStates states_of(const RecordId& id, const std::map<std::string, const RecordView*>& known,
                         const std::string& scope) const {
    const std::string home = home_scope(&definition_);
    RecordStates out{.id = id};
    for (const auto& [name, view] : known) {
      const RecordState* state = view->find(plan_.registry);
      if (name == scope) {
        out.own = state;
      } else {
        out.others.push_back({name, state});
      }
    }
    std::ranges::sort(out.others, {}, [&](const ScopedState& each) {
      return order_of_scope(each.scope, scope, home);
    });
    return out;
  }

  /// Each field is compared in its own scope.
  PlannedEdit plan(const RecordId& id, const std::map<std::string, const RecordView*>& known,
                   const FieldValues& wanted) const {
    std::map<std::string, FieldValues> by_scope;
    for (const FieldValue& value : wanted)
      by_scope[scope_of_field(&definition_, value.first)].push_back(value);
    PlannedEdit out;
    for (const auto& [scope, values] : by_scope) {
      PlannedEdit planned = plan_values(&definition_, states_of(id, known, scope), values);
      std::ranges::move(planned.operations, std::back_inserter(out.operations));
      for (auto& [other, operations] : planned.elsewhere)
        std::ranges::move(operations, std::back_inserter(out.elsewhere[other]));
    }
    return out;
  }

  const Definition& definition_;
  const ImportScopes& scopes_;
  const ImportPlan& plan_;
  const bool keeps_values_;
  std::map<Bytes, std::size_t> rows_;
  std::set<std::string, std::less<>> fields_;  ///< All that some row has a value for.
  std::vector<RowMatch> matches_;
};

Result<std::vector<RowMatch>> match_rows(replica::Replica& replica, const Definition& definition,
                                         const SpaceId& space, const ImportScopes& scopes,
                                         const ImportPlan& plan, bool keeps_values = false) {
  Matcher matcher(definition, scopes, plan, keeps_values);
  using Views = std::span<const replica::ScopedView>;
  CUNJU_TRYV(replica.scan_scopes(space, plan.registry, [&](const RecordId& id, Views views) {
    matcher.add(id, views);
    return true;
  }));
  return matcher.take();
}

/// The command that alone enters the state that the row has, if it is one.
std::string find_closing(const Definition& definition, const std::vector<Operation>& operations) {
  for (const Operation& operation : operations) {
    const FieldDefinition* field = definition.find_field(operation.field);
    const auto* to = std::get_if<std::string>(&operation.value);
    if (field == nullptr || field->closed_by.empty() || to == nullptr) continue;
    const Code* code = field->find_code(*to);
    if (code != nullptr && code->is_done) return field->closed_by;
  }
  return {};
}

/// The command that would have asked for what a new row does not say of its end; empty: the row is
/// not over, or says what the command demands.
std::string find_unsaid_end(const Definition& definition, const FieldValues& row) {
  struct Demand {
    std::string_view state;
    std::vector<std::string_view> fields;
  };
  static const Demand kDemands[] = {{"done", {"outcome"}},
                                    {"partial", {"refusal", "refusal_text"}},
                                    {"refused", {"refusal", "refusal_text"}},
                                    {"withdrawn", {}}};
  const std::string command =
      find_closing(definition, plan_values(&definition, {}, row).operations);
  if (command.empty()) return {};
  const auto has = [&](std::string_view field) {
    return std::ranges::find(row, field, &FieldValue::first) != row.end();
  };
  for (const Demand& demand : kDemands) {
    const FieldValue state{"state", std::string(demand.state)};
    if (std::ranges::find(row, state) != row.end() && std::ranges::all_of(demand.fields, has))
      return {};
  }
  return command;
}

/// Why an update may not write the row over the record; empty when it may.
Label update_hindrance(const Definition& definition, const RowMatch& match) {
  if (match.different > 1)
    return {"有几条记录编号相同，请先处理", "several records have this key; join them first"};
  if (find_illegal_move(definition, match.operations) != nullptr)
    return {"状态不能这样改动", "its state machine does not allow the change"};
  if (const std::string command = find_closing(definition, match.operations); !command.empty())
    return {"了结要用 " + command + " 办理", "it is ended by " + command};
  const bool writes_text = std::ranges::any_of(match.operations, is_text_edit);
  if (match.is_final && writes_text) return {"已经定稿，文字不能再改", "its texts are final"};
  return {};
}

DifferentRow different_row(const Definition& definition, std::size_t number,
                           const RowMatch& match) {
  DifferentRow out{.number = number,
                   .record = match.record,
                   .fields = {},
                   .reason = update_hindrance(definition, match)};
  for (const Operation& operation : match.operations) {
    if (std::ranges::find(out.fields, operation.field) == out.fields.end())
      out.fields.push_back(operation.field);
  }
  return out;
}

/// Sorts every row into added, equal, updated or different; calls `write(row, match)` for the
/// first and third, where match is null for a new record.
template <class Write>
ImportOutcome sort_rows(const Definition& definition, const ImportPlan& plan,
                        std::vector<RowMatch>& matches, bool update, Write&& write) {
  ImportOutcome out;
  for (std::size_t i = 0; i < plan.rows.size(); ++i) {
    RowMatch& match = matches[i];
    if (match.is_equal) {
      ++out.equal;
    } else if (match.different == 0) {
      ++out.added;
      write(plan.rows[i], nullptr);
    } else if (update && update_hindrance(definition, match).empty()) {
      ++out.updated;
      write(plan.rows[i], &match);
    } else {
      out.different.push_back(different_row(definition, plan.rows[i].number, match));
    }
  }
  return out;
}

/// The parts of one row, by the changes that they come into: one for each scope that its fields are
/// in, and after it those of its erasable fields.
std::vector<std::vector<replica::PartDraft>> row_parts(
    const Definition& definition, const ImportScopes& scopes, const std::string& registry,
    const RecordId& record, std::vector<Operation> operations, const RowMatch* match) {
  OperationsByScope split = split_by_scope(&definition, std::move(operations));
  if (match != nullptr) {
    for (const auto& [scope, mine] : match->elsewhere)
      std::ranges::copy(mine, std::back_inserter(split[scope]));
  }
  const std::string home = home_scope(&definition);
  // That it is there is said where the registry is.
  if (match == nullptr && !split.contains(home)) split[home].push_back(touch_operation());
  std::vector<std::vector<replica::PartDraft>> out;
  for (auto& [scope, mine] : split) {
    Seen seen;
    if (match != nullptr) {
      if (auto known = match->seen.find(scope); known != match->seen.end()) seen = known->second;
    }
    std::size_t at = 0;
    for (std::vector<Operation>& group : split_erasable(&definition, std::move(mine))) {
      if (out.size() <= at) out.emplace_back();
      out[at].push_back({.record = record,
                         .registry = registry,
                         .scope = scope.empty() ? kOpenScope : scopes.numbers.at(scope),
                         .operations = std::move(group),
                         .seen = at == 0 ? seen.heads : std::vector<ChangeId>(),
                         .left_out = seen.left_out,
                         .follows = at > 0});
      ++at;
    }
  }
  return out;
}

/// Every scope that the plan's rows need can be written in from here.
Result<void> require_scopes(replica::Replica& replica, const Definition& definition,
                            const SpaceId& space, const ImportScopes& scopes,
                            const ImportPlan& plan) {
  std::set<std::string> needed{home_scope(&definition)};
  for (const PlannedRow& row : plan.rows)
    for (const FieldValue& value : row.fields)
      needed.insert(scope_of_field(&definition, value.first));
  needed.erase("");
  if (needed.empty()) return ok();
  CUNJU_TRY(std::shared_ptr<const Roster> roster, replica.roster(space));
  CUNJU_TRY(const std::vector<replica::ScopeStatus> all, replica.scopes(space));
  for (const std::string& name : needed) {
    if (!contested_scopes(name).empty())
      return fail(Errc::kConflict, std::string(kContested) + name);
    if (!roster->find_scope(name))
      return fail(Errc::kMissing, std::string(replica::kNoEpoch) + ": " + name);
    if (!scopes.numbers.contains(name)) return fail(Errc::kPermission, scope_registry(name));
    const auto status =
        std::ranges::find(all, scopes.numbers.at(name), &replica::ScopeStatus::scope);
    if (status == all.end() || status->epochs.empty() || !status->epochs.back().has_key)
      return fail(Errc::kMissing, std::string(replica::kNoEpochKey) + ": " + name);
  }
  return ok();
}

Result<const Definition*> check_plan(const Catalog& catalog, const ImportPlan& plan) {
  if (!plan.usable()) return fail(Errc::kInvalidArgument, "the import plan is not usable");
  const Definition* definition = catalog.find(plan.registry);
  if (definition == nullptr) return fail(Errc::kNotFound, "registry " + plan.registry);
  return definition;
}

/// What the record has once the row is written over it.
FieldValues values_after(const Definition& definition, const FieldValues& before,
                         const FieldValues& row) {
  FieldValues out = before;
  std::erase_if(out, [&](const FieldValue& value) {
    const FieldDefinition* field = definition.find_field(value.first);
    const bool is_set = field != nullptr && field->kind == FieldKind::kSet;
    return !is_set && std::ranges::find(row, value.first, &FieldValue::first) != row.end();
  });
  out.insert(out.end(), row.begin(), row.end());
  return out;
}

}  // namespace

Result<void> refuse_erased_updates(replica::Replica& replica, const Catalog& catalog,
                                   const SpaceId& space, ImportPlan& plan,
                                   const std::vector<ErasedPerson>& erased,
                                   const std::set<RecordId>& readmitted, Date today) {
  CUNJU_TRY(const Definition* definition, check_plan(catalog, plan));
  if (erased.empty() || definition->is_ledger) return ok();
  CUNJU_TRY(const ImportScopes scopes, read_scopes(replica, space));
  CUNJU_TRYV(require_scopes(replica, *definition, space, scopes, plan));
  CUNJU_TRY(const std::vector<RowMatch> matches,
            match_rows(replica, *definition, space, scopes, plan, true));
  refuse_rows_of(plan, [&](std::size_t row) -> std::optional<RecordId> {
    const RowMatch& match = matches[row];
    if (match.is_equal || match.different != 1) return std::nullopt;
    const FieldValues after = values_after(*definition, match.before, plan.rows[row].fields);
    for (const RecordId& erasure : erasures_of_edit(erased, match.before, after, today))
      if (!readmitted.contains(erasure)) return erasure;
    return std::nullopt;
  });
  return ok();
}

Result<void> refuse_ended_rows(replica::Replica& replica, const Catalog& catalog,
                               const SpaceId& space, ImportPlan& plan) {
  CUNJU_TRY(const Definition* definition, check_plan(catalog, plan));
  if (std::ranges::none_of(definition->fields,
                           [](const FieldDefinition& field) { return !field.closed_by.empty(); }))
    return ok();
  CUNJU_TRY(const ImportScopes scopes, read_scopes(replica, space));
  CUNJU_TRYV(require_scopes(replica, *definition, space, scopes, plan));
  CUNJU_TRY(const std::vector<RowMatch> matches,
            match_rows(replica, *definition, space, scopes, plan));
  std::vector<PlannedRow> kept;
  for (std::size_t i = 0; i < plan.rows.size(); ++i) {
    PlannedRow& row = plan.rows[i];
    const bool is_new = !matches[i].is_equal && matches[i].different == 0;
    const std::string command = is_new ? find_unsaid_end(*definition, row.fields) : std::string();
    if (command.empty()) {
      kept.push_back(std::move(row));
      continue;
    }
    Findings findings{error(
        kEndedRow, {},
        {"已经了结，但没有写明结果或理由（outcome，不予办理的 refusal 和 refusal_text），没有导"
         "入。请在表里补上；还没有了结的，改成没有了结的状态再导入，然后用 " +
             command + " 办理",
         "it is over and does not say its outcome or the reasons (outcome; of a refusal "
         "refusal and refusal_text), so it is not imported. Add them to the table; or import "
         "it in a state before that, and then use " +
             command})};
    std::ranges::move(row.findings, std::back_inserter(findings));
    plan.refused.push_back({row.number, std::move(findings)});
  }
  plan.rows = std::move(kept);
  std::ranges::sort(plan.refused, {}, &RefusedRow::number);
  return ok();
}

Result<ImportOutcome> preview_import(replica::Replica& replica, const Catalog& catalog,
                                     const SpaceId& space, const ImportPlan& plan, bool update) {
  CUNJU_TRY(const Definition* definition, check_plan(catalog, plan));
  CUNJU_TRY(const ImportScopes scopes, read_scopes(replica, space));
  CUNJU_TRYV(require_scopes(replica, *definition, space, scopes, plan));
  CUNJU_TRY(std::vector<RowMatch> matches, match_rows(replica, *definition, space, scopes, plan));
  return sort_rows(*definition, plan, matches, update, [](const PlannedRow&, RowMatch*) {});
}

Result<ImportOutcome> run_import(replica::Replica& replica, const Catalog& catalog,
                                 const SpaceId& space, const crypto::SigningKey& author,
                                 const ImportPlan& plan, const ImportRun& run) {
  CUNJU_TRY(const Definition* definition, check_plan(catalog, plan));
  CUNJU_TRYV(check_import_permission(replica, space, author.author(), plan.registry));
  CUNJU_TRY(const ImportScopes scopes, read_scopes(replica, space));
  CUNJU_TRYV(require_scopes(replica, *definition, space, scopes, plan));
  CUNJU_TRY(std::vector<RowMatch> matches, match_rows(replica, *definition, space, scopes, plan));
  RecordId import = replica.new_record_id();
  DraftPacker packer({.record = import,
                      .registry = std::string(kImportRegistry),
                      .scope = kOpenScope,
                      .operations = {}});
  std::size_t rows = 0;
  ImportOutcome out = sort_rows(
      *definition, plan, matches, run.update, [&](const PlannedRow& row, RowMatch* match) {
        packer.add(row_parts(*definition, scopes, plan.registry,
                             match == nullptr ? replica.new_record_id() : match->record,
                             match == nullptr ? plan_values(definition, {}, row.fields).operations
                                              : std::move(match->operations),
                             match));
        if (++rows % kProgressRows == 0 && run.progress) run.progress(rows);
      });
  if (run.progress) run.progress(rows);
  if (rows == 0) return out;
  packer.drafts().front().parts.front().operations =
      import_operations({.registry = plan.registry,
                         .file_digest = to_bytes(run.file_digest.view()),
                         .added = out.added,
                         .updated = out.updated,
                         .changes = packer.drafts().size(),
                         .readmitted = run.readmitted});
  CUNJU_TRYV(replica.append(space, author, packer.drafts(), run.claimed_ms));
  out.import = import;
  return out;
}

Result<std::vector<ImportEntry>> list_imports(replica::Replica& replica, const SpaceId& space) {
  std::vector<ImportEntry> out;
  Result<void> failed = ok();
  CUNJU_TRYV(replica.scan(space, kImportRegistry, [&](const RecordId& id, const RecordView& view) {
    Result<ImportOrigin> found = find_import(replica, space, id);
    if (found.has_error()) {
      if (found.error().code == Errc::kNotFound || found.error().code == Errc::kConflict)
        return true;
      failed = found.error();
      return false;
    }
    ImportOrigin& origin = found.value();
    const RecordState* state = view.find(kImportRegistry);
    bool is_undone = state != nullptr && state->find(kImportUndoneField) != nullptr;
    out.push_back({.id = id,
                   .registry = std::move(origin.facts.registry),
                   .file_name = std::move(origin.file_name),
                   .file_digest = std::move(origin.facts.file_digest),
                   .added = origin.facts.added,
                   .updated = origin.facts.updated,
                   .author = origin.author,
                   .claimed_ms = origin.claimed_ms,
                   .is_undone = is_undone});
    return true;
  }));
  CUNJU_TRYV(failed);
  std::ranges::sort(out, [](const ImportEntry& a, const ImportEntry& b) {
    return std::tie(a.claimed_ms, a.id) < std::tie(b.claimed_ms, b.id);
  });
  return out;
}

}  // namespace cunju::registry
