// SPDX-License-Identifier: Apache-2.0
#include "node/registry/import.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "node/registry/import_record.h"
#include "node/registry/record_edit.h"
#include "node/registry/record_row.h"
#include "node/registry/row_key.h"

namespace cunju::registry {
namespace {

constexpr std::size_t kProgressRows = 1000;

/// What is there already for one row.
struct RowMatch {
  bool is_equal = false;
  std::size_t different = 0;  ///< Records with the row's key and other values.
  RecordId record;            ///< The first of them.
  std::vector<Operation> operations;
  Seen seen;              ///< What the operations were made from.
  bool is_final = false;  ///< Its texts are.
};

/// Lays the records of the registry against the rows, one record at a time, so that only the rows
/// stay in memory.
class Matcher {
 public:
  Matcher(const Definition& definition, const ImportPlan& plan)
      : definition_(definition), plan_(plan), matches_(plan.rows.size()) {
    for (std::size_t i = 0; i < plan.rows.size(); ++i) {
      const FieldValues& fields = plan.rows[i].fields;
      rows_.emplace(row_key(plan.key, fields), i);
      for (const FieldValue& field : fields) fields_.insert(field.first);
    }
  }

  void add(const RecordId& id, const RecordView& view, const RecordState& state) {
    if (state.is_deleted()) return;
    FieldValues values = make_row(id, plan_.registry, state, &definition_).values;
    // Fields that the file doesn't have say nothing about whether the row is there.
    std::erase_if(values, [&](const FieldValue& value) { return !fields_.contains(value.first); });
    auto found = rows_.find(row_key(plan_.key, values));
    if (found == rows_.end()) return;
    RowMatch& match = matches_[found->second];
    const FieldValues& wanted = plan_.rows[found->second].fields;
    std::vector<Operation> operations = plan_values(&definition_, &state, wanted);
    if (operations.empty() || row_content(values) == row_content(wanted)) {
      match.is_equal = true;
    } else if (match.different++ == 0) {
      match.record = id;
      match.operations = std::move(operations);
      match.is_final = has_final_texts(&definition_, state);
      match.seen = seen_of(view);
    }
  }

  std::vector<RowMatch> take() { return std::move(matches_); }

 private:
  const Definition& definition_;
  const ImportPlan& plan_;
  std::map<Bytes, std::size_t> rows_;
  std::set<std::string, std::less<>> fields_;  ///< All that some row has a value for.
  std::vector<RowMatch> matches_;
};

Result<std::vector<RowMatch>> match_rows(replica::Replica& replica, const Definition& definition,
                                         const SpaceId& space, const ImportPlan& plan) {
  Matcher matcher(definition, plan);
  CUNJU_TRYV(replica.scan(space, plan.registry, [&](const RecordId& id, const RecordView& view) {
    if (const RecordState* state = view.find(plan.registry)) matcher.add(id, view, *state);
    return true;
  }));
  return matcher.take();
}

/// Why an update may not write the row over the record; empty when it may.
Label update_hindrance(const Definition& definition, const RowMatch& match) {
  if (match.different > 1)
    return {"有几条记录编号相同，请先处理", "several records have this key; join them first"};
  if (find_illegal_move(definition, match.operations) != nullptr)
    return {"状态不能这样改动", "its state machine does not allow the change"};
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

Result<const Definition*> check_plan(const Catalog& catalog, const ImportPlan& plan) {
  if (!plan.usable()) return fail(Errc::kInvalidArgument, "the import plan is not usable");
  const Definition* definition = catalog.find(plan.registry);
  if (definition == nullptr) return fail(Errc::kNotFound, "registry " + plan.registry);
  return definition;
}

}  // namespace

Result<ImportOutcome> preview_import(replica::Replica& replica, const Catalog& catalog,
                                     const SpaceId& space, const ImportPlan& plan, bool update) {
  CUNJU_TRY(const Definition* definition, check_plan(catalog, plan));
  CUNJU_TRY(std::vector<RowMatch> matches, match_rows(replica, *definition, space, plan));
  return sort_rows(*definition, plan, matches, update, [](const PlannedRow&, RowMatch*) {});
}

Result<ImportOutcome> run_import(replica::Replica& replica, const Catalog& catalog,
                                 const SpaceId& space, const crypto::SigningKey& author,
                                 const ImportPlan& plan, const ImportRun& run) {
  CUNJU_TRY(const Definition* definition, check_plan(catalog, plan));
  CUNJU_TRYV(check_import_permission(replica, space, author.author(), plan.registry));
  CUNJU_TRY(std::vector<RowMatch> matches, match_rows(replica, *definition, space, plan));
  RecordId import = replica.new_record_id();
  DraftPacker packer({.record = import,
                      .registry = std::string(kImportRegistry),
                      .scope = kOpenScope,
                      .operations = {}});
  std::size_t rows = 0;
  ImportOutcome out = sort_rows(
      *definition, plan, matches, run.update, [&](const PlannedRow& row, RowMatch* match) {
        packer.add({.record = match == nullptr ? replica.new_record_id() : match->record,
                    .registry = plan.registry,
                    .scope = kOpenScope,
                    .operations = match == nullptr ? plan_values(definition, nullptr, row.fields)
                                                   : std::move(match->operations),
                    .seen = match == nullptr ? std::vector<ChangeId>() : match->seen.heads,
                    .left_out = match == nullptr ? std::vector<ChangeId>() : match->seen.left_out});
        if (++rows % kProgressRows == 0 && run.progress) run.progress(rows);
      });
  if (run.progress) run.progress(rows);
  if (rows == 0) return out;
  packer.drafts().front().parts.front().operations =
      import_operations({.registry = plan.registry,
                         .file_name = run.file_name,
                         .file_digest = to_bytes(run.file_digest.view()),
                         .added = out.added,
                         .updated = out.updated,
                         .changes = packer.drafts().size()});
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
                   .file_name = std::move(origin.facts.file_name),
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
