// SPDX-License-Identifier: Apache-2.0
#include "node/registry/record_book.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "node/registry/check_record.h"
#include "node/registry/proposed_days.h"
#include "node/registry/scope_moves.h"
#include "node/registry/text_form.h"
#include "node/registry/text_version.h"
#include "node/registry/write_refusal.h"

namespace cunju::registry {
namespace {

constexpr std::size_t kMinPrefixDigits = 4;

/// What the check of the whole record adds to what was found about the texts.
void add_findings(Findings found, Findings& out) {
  for (Finding& finding : found) {
    if (finding.severity == Severity::kError) finding.severity = Severity::kWarning;
    if (std::ranges::find(out, finding) == out.end()) out.push_back(std::move(finding));
  }
}

/// Operations that fit one change, in their order. Only texts are ever longer: what a change does
/// to one text has limits of its own (limits::kMaxTextRuns, kMaxTextInsertBytes).
std::vector<std::vector<Operation>> split_operations(std::vector<Operation> operations) {
  constexpr std::uint64_t kGroupLoad = limits::kMaxTextInsertBytes * 3 / 4;
  constexpr std::size_t kGroupBytes = limits::kMaxBodyBytes / 2;
  std::vector<std::vector<Operation>> out;
  std::uint64_t load = 0;
  std::size_t bytes = 0;
  for (Operation& operation : operations) {
    const std::uint64_t more = text_load({&operation, 1});
    const auto* value = std::get_if<Bytes>(&operation.value);
    const std::size_t size = value == nullptr ? 0 : value->size();
    const bool is_full = load + more > kGroupLoad || bytes + size > kGroupBytes;
    if (out.empty() || (more > 0 && load > 0 && is_full)) {
      out.emplace_back();
      load = 0;
      bytes = 0;
    }
    load += more;
    bytes += size;
    out.back().push_back(std::move(operation));
  }
  return out;
}

/// What one save says in one scope, by the changes that it takes.
std::vector<std::vector<Operation>> split_for_changes(const Definition* definition,
                                                      std::vector<Operation> operations) {
  std::vector<std::vector<Operation>> out;
  for (std::vector<Operation>& group : split_erasable(definition, std::move(operations)))
    std::ranges::move(split_operations(std::move(group)), std::back_inserter(out));
  return out;
}

}  // namespace

void RecordBook::warn_of_unread(const RecordState& state, std::span<const Operation> operations,
                                Findings& out) {
  const bool freezes = std::ranges::any_of(operations, [](const Operation& operation) {
    return operation.kind == static_cast<std::uint16_t>(OperationKind::kFreeze);
  });
  if (!freezes) return;
  for (const TextField& text : state.texts()) {
    if (!text.is_merged) continue;
    out.push_back(warning(kUnreadMerge, text.name,
                          {"几个人的修改合并后还没有人通读就定稿了；定稿后仍可通读并确认",
                           "made final before anybody has read what was merged; it can still be "
                           "read and confirmed"}));
  }
}

Result<Saved> RecordBook::write(const Act& act, std::string_view registry, const RecordId& record,
                                Seen seen, std::vector<Operation> operations, Findings findings) {
  Writes writes;
  writes[home_scope(catalog_.find(registry))] = {std::move(seen), std::move(operations)};
  return write(act, registry, record, std::move(writes), std::move(findings));
}

Result<Saved> RecordBook::write(const Act& act, const Loaded& loaded, const RecordId& record,
                                std::vector<Operation> operations, Findings findings) {
  return write(act, loaded.registry, record, seen_of(loaded.view()), std::move(operations),
               std::move(findings));
}

Result<Saved> RecordBook::write(const Act& act, std::string_view registry, const RecordId& record,
                                Writes writes, Findings findings) {
  Saved out{.record = record, .change = {}, .findings = std::move(findings)};
  const Definition* definition = catalog_.find(registry);
  const bool writes_something =
      std::ranges::any_of(writes, [](const auto& each) { return !each.second.operations.empty(); });
  if (definition == nullptr && writes_something && !is_reserved_registry(registry)) {
    // Without a definition every field would go into the open, those that were confidential too.
    CUNJU_TRY(const std::optional<Label> why, find_missing_definition(replica_, space_, registry));
    if (why) return refuse(Errc::kConflict, "no_definition", {}, *why);
  }
  std::vector<replica::ChangeDraft> drafts;
  std::string confidential;
  auto add_part = [&](replica::ChangeDraft& draft, Scope scope, ScopedWrite write, bool follows) {
    draft.parts.push_back({.record = record,
                           .registry = std::string(registry),
                           .scope = scope,
                           .operations = std::move(write.operations),
                           .seen = std::move(write.seen.heads),
                           .left_out = std::move(write.seen.left_out),
                           .follows = follows});
  };
  for (auto& [name, write] : writes) {
    if (write.operations.empty()) continue;
    Scope scope = kOpenScope;
    if (!name.empty()) {
      CUNJU_TRY(std::shared_ptr<const Roster> roster, replica_.roster(space_));
      if (!roster->may_read_scope(act.author.author(), name)) return refuse_scope(name, {});
      const std::optional<Scope> number = roster->find_scope(name);
      if (!number) return refuse_scope(name, replica::kNoEpoch);
      scope = *number;
      confidential = name;
    }
    std::size_t at = 0;
    for (std::vector<Operation>& group : split_for_changes(definition, write.operations)) {
      if (drafts.size() <= at) drafts.emplace_back();
      add_part(drafts[at], scope,
               {.seen = {.heads = at == 0 ? write.seen.heads : std::vector<ChangeId>(),
                         .left_out = write.seen.left_out},
                .operations = std::move(group)},
               at > 0);
      ++at;
    }
  }
  if (drafts.empty()) return out;
  Result<replica::Appended> appended = replica_.append(space_, act.author, drafts, act.claimed_ms);
  if (appended.has_value()) {
    out.change = appended.value().ids.back();
    return out;
  }
  const std::string& context = appended.error().context;
  if (const std::optional<WriteRefusal> why = find_write_refusal(context))
    return refuse(why->code, why->finding, {}, why->text);
  if (context == replica::kNoEpoch || context == replica::kNoEpochKey)
    return refuse_scope(confidential, context);
  return appended.error();
}

Error RecordBook::refuse(Errc code, std::string_view finding, std::string field, Label text) {
  Error out{code, field.empty() ? text.en : field + ": " + text.en};
  refusal_ = {error(finding, std::move(field), std::move(text))};
  return out;
}

Result<PlannedEdit> RecordBook::plan(const EditContext& context, std::span<const Edit> edits) {
  refusal_.clear();
  PlannedEdit planned = plan_edit(context, edits);
  std::ranges::copy_if(planned.findings, std::back_inserter(refusal_),
                       [](const Finding& finding) { return finding.severity == Severity::kError; });
  if (refusal_.empty()) return planned;
  return fail(Errc::kInvalidArgument, refusal_.front().field + ": " + refusal_.front().text.en);
}

Result<Saved> RecordBook::add(const Act& act, std::string_view registry,
                              std::span<const Edit> edits, EditOptions options) {
  refusal_.clear();
  const Definition* definition = catalog_.find(registry);
  if (definition == nullptr) return fail(Errc::kNotFound, "registry " + std::string(registry));
  const Loaded none{.id = replica_.new_record_id(),
                    .registry = std::string(registry),
                    .definition = definition,
                    .home = home_scope(definition),
                    .views = {}};
  CUNJU_TRYV(require_own_fields(none, edits));
  Findings proposals;
  const std::vector<Edit> whole = with_proposed_days(*definition, edits, act.today, proposals);
  CUNJU_TRY(auto planned, plan_scopes(act, none, whole, options.allow_extra));
  auto& [writes, findings] = planned;
  std::ranges::move(proposals, std::back_inserter(findings));
  std::erase_if(writes, [](const auto& write) { return write.second.operations.empty(); });
  if (writes.empty()) return fail(Errc::kInvalidArgument, "a new record needs a value");
  // That it is there is not confidential where the registry isn't.
  if (!writes.contains(none.home)) writes[none.home].operations.push_back(touch_operation());
  CUNJU_TRYV(require_whole_entry(none, {}, writes, options.closes));
  CUNJU_TRYV(admit_persons(act, none, {}, options.readmission, writes));
  CUNJU_TRY(const Scopes scopes, read_scopes());
  add_findings(
      about_shown(none, scopes,
                  check_record(*definition, values_after(none, writes), {.today = act.today})),
      findings);
  return write(act, registry, none.id, std::move(writes), std::move(findings));
}

Result<Saved> RecordBook::set(const Act& act, std::string_view registry, const RecordId& record,
                              std::span<const Edit> edits, EditOptions options) {
  refusal_.clear();
  CUNJU_TRY(Loaded loaded, load(record, registry));
  const RecordState& state = loaded.state();
  if (loaded.is_deleted() && !options.restores)
    return refuse(Errc::kNotFound, "deleted", {},
                  {"记录已删除；先用 set --restore 恢复",
                   "the record is deleted; bring it back with set --restore"});
  CUNJU_TRYV(require_own_fields(loaded, edits));
  CUNJU_TRY(auto planned, plan_scopes(act, loaded, edits, options.allow_extra));
  auto& [writes, findings] = planned;
  if (options.restores && (loaded.is_deleted() || state.has_delete_conflict())) {
    // Any edit brings it back that was made after the deletion and is in the same scope.
    ScopedWrite& home = writes.try_emplace(loaded.home).first->second;
    home.seen = seen_of(loaded.view());
    if (home.operations.empty()) home.operations.push_back(touch_operation());
  }
  const FieldValues before = make_row_of(loaded).values;
  CUNJU_TRYV(require_whole_entry(loaded, before, writes, options.closes));
  CUNJU_TRYV(admit_persons(act, loaded, before, options.readmission, writes));
  CUNJU_TRYV(find_after(act, loaded, writes, before, findings));
  if (auto home = writes.find(loaded.home); home != writes.end())
    warn_of_unread(state, home->second.operations, findings);
  return write(act, loaded.registry, record, std::move(writes), std::move(findings));
}

Result<void> RecordBook::find_after(const Act& act, const Loaded& loaded, const Writes& writes,
                                    const FieldValues& before, Findings& out) {
  if (loaded.definition == nullptr) return ok();
  CUNJU_TRY(const Scopes scopes, read_scopes());
  add_findings(about_shown(loaded, scopes,
                           check_record(*loaded.definition, values_after(loaded, writes),
                                        {.today = act.today, .before = before})),
               out);
  return ok();
}

Result<CheckedEdit> RecordBook::check(const Act& act, std::string_view registry,
                                      const RecordId& record, std::span<const Edit> edits) {
  refusal_.clear();
  CUNJU_TRY(const Loaded loaded, load(record, registry));
  Result<std::pair<Writes, Findings>> planned = plan_scopes(act, loaded, edits, false);
  if (planned.has_error()) return CheckedEdit{.findings = std::exchange(refusal_, {})};
  auto& [writes, findings] = planned.value();
  CheckedEdit out{.findings = std::move(findings)};
  out.changes =
      std::ranges::any_of(writes, [](const auto& each) { return !each.second.operations.empty(); });
  CUNJU_TRYV(find_after(act, loaded, writes, make_row_of(loaded).values, out.findings));
  return out;
}

Result<Saved> RecordBook::remove(const Act& act, std::string_view registry,
                                 const RecordId& record) {
  refusal_.clear();
  CUNJU_TRY(Loaded loaded, load(record, registry));
  CUNJU_TRYV(require_removable(loaded));
  std::vector<Operation> operations;
  if (!loaded.is_deleted()) operations.push_back(delete_operation());
  return write(act, loaded, record, std::move(operations));
}

Result<Saved> RecordBook::restore(const Act& act, std::string_view registry,
                                  const RecordId& record) {
  CUNJU_TRY(Loaded loaded, load(record, registry));
  const RecordState& state = loaded.state();
  std::vector<Operation> operations;
  if (loaded.is_deleted() || state.has_delete_conflict()) operations.push_back(touch_operation());
  return write(act, loaded, record, std::move(operations));
}

Result<RecordRow> RecordBook::find(std::string_view id, std::string_view registry) {
  std::string prefix = lower_ascii(id);
  bool is_hex = std::ranges::all_of(
      prefix, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  if (!is_hex || prefix.size() < kMinPrefixDigits || prefix.size() > 2 * RecordId::kSize) {
    const std::string typed(id), digits = std::to_string(kMinPrefixDigits);
    return refuse(
        Errc::kInvalidArgument, "bad_id", {},
        {"编号要写全，或写开头至少 " + digits + " 位（0-9 a-f），不能是：" + typed,
         "a record's id or its first " + digits + " or more hexadecimal digits, not " + typed});
  }
  CUNJU_TRY(std::vector<RecordId> records, replica_.find_records(space_, prefix));
  std::vector<RecordRow> rows;
  for (const RecordId& record : records) {
    Result<RecordRow> row = get(record, registry);
    if (row.has_value()) {
      rows.push_back(std::move(row).value());
    } else if (row.error().code != Errc::kNotFound) {
      return row.error();
    }
  }
  if (rows.empty()) return fail(Errc::kNotFound, "record " + prefix);
  if (rows.size() > 1) {
    const std::string count = std::to_string(rows.size());
    return refuse(Errc::kConflict, "several", {},
                  {count + " 条记录的编号都以 " + prefix + " 开头，请多写几位",
                   count + " records have ids that begin with " + prefix});
  }
  return std::move(rows.front());
}

Result<RecordRow> RecordBook::get(const RecordId& record, std::string_view registry) {
  CUNJU_TRY(Loaded loaded, load(record, registry));
  RecordRow out = make_row_of(loaded);
  CUNJU_TRY(const Scopes scopes, read_scopes());
  CUNJU_TRY(auto hidden, replica_.hidden_parts(space_, record));
  // What a key in this home opens, and is not for the device that is open.
  CUNJU_TRY(const std::vector<replica::ScopedView> views, replica_.views(space_, record));
  for (const replica::ScopedView& each : views) {
    if (each.scope == kOpenScope || scopes.names.contains(each.scope)) continue;
    CUNJU_TRY(const auto parts, replica_.history(space_, record, each.scope));
    hidden[each.scope] += parts.size();
  }
  for (const auto& [number, parts] : hidden) {
    auto name = scopes.all_names.find(number);
    out.hidden.push_back(
        {name == scopes.all_names.end() ? std::to_string(number.value) : name->second, parts});
  }
  return out;
}

Result<std::vector<ConflictRow>> RecordBook::conflicts_in(const RecordId& record,
                                                          const Loaded& loaded,
                                                          const std::string& scope_name,
                                                          Scope scope) {
  const RecordState& state = *loaded.state_of(scope_name);
  if (!state.has_conflict()) return std::vector<ConflictRow>();
  CUNJU_TRY(std::vector<replica::HistoryEntry> history, replica_.history(space_, record, scope));
  std::vector<ConflictRow> out = find_conflicts(record, loaded.registry, state, history);
  if (std::ranges::any_of(state.texts(), &TextField::is_merged)) {
    CUNJU_TRY(std::vector<TextChange> changes, replica_.text_changes(space_, record, scope));
    const RecordTexts texts(loaded.registry, changes);
    const TextsAt now = texts.now();
    CUNJU_TRY(const std::string mark, mark_of_now({.registry = loaded.registry,
                                                   .changes = changes,
                                                   .now = loaded.view_of(scope_name)}));
    for (const TextField& text : state.texts()) {
      if (!text.is_merged) continue;
      const MergedVersions versions = find_merged_versions(text.name, texts, now);
      out.push_back(make_text_conflict(record, loaded.registry, text, versions, history));
      out.back().mark = mark;
    }
  }
  for (ConflictRow& row : out) {
    row.scope = scope;
    row.is_deleted = loaded.is_deleted();
    row.is_final = has_final_texts(loaded.definition, state);
    for (const Head& head : loaded.view_of(scope_name).heads) row.version.push_back(head.id);
  }
  return out;
}

Result<std::vector<ConflictRow>> RecordBook::conflicts_of(const RecordId& record,
                                                          const Loaded& loaded) {
  CUNJU_TRY(const Scopes scopes, read_scopes());
  std::vector<ConflictRow> out;
  for (const auto& [name, view] : loaded.views) {
    CUNJU_TRY(
        std::vector<ConflictRow> rows,
        conflicts_in(record, loaded, name, name.empty() ? kOpenScope : scopes.numbers.at(name)));
    // Whether the record is there is for its own scope to say.
    if (name != loaded.home)
      std::erase_if(rows, [](const ConflictRow& row) { return row.field.empty(); });
    std::ranges::move(rows, std::back_inserter(out));
  }
  return out;
}

Result<std::vector<ConflictRow>> RecordBook::conflicts(const RecordId& record) {
  CUNJU_TRY(Loaded loaded, load(record, {}));
  return conflicts_of(record, loaded);
}

Result<std::vector<ConflictRow>> RecordBook::conflicts() {
  std::vector<ConflictRow> out;
  CUNJU_TRY(const Scopes scopes, read_scopes());
  Result<void> failed = ok();
  using Views = std::span<const replica::ScopedView>;
  CUNJU_TRYV(replica_.scan_conflict_scopes(space_, [&](const RecordId& id, Views views) {
    const Loaded loaded = make_loaded(id, scopes, views, {}, catalog_);
    if (loaded.views.empty()) return true;
    Result<std::vector<ConflictRow>> rows = conflicts_of(id, loaded);
    if (rows.has_error()) {
      failed = rows.error();
      return false;
    }
    std::ranges::move(rows.value(), std::back_inserter(out));
    return true;
  }));
  CUNJU_TRYV(failed);
  return out;
}

}  // namespace cunju::registry
