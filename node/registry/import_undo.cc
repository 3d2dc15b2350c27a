// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include "crdt/change/part_codec.h"
#include "node/registry/catalog.h"
#include "node/registry/import.h"
#include "node/registry/import_record.h"
#include "node/registry/record_edit.h"
#include "node/registry/record_row.h"
#include "node/registry/text_operations.h"
#include "node/registry/text_reading.h"

namespace cunju::registry {
namespace {

bool is_kind(const Operation& operation, OperationKind kind) {
  return operation.kind == static_cast<std::uint16_t>(kind);
}

const Label kWrittenSince{"导入更新的字段后来又有人修改，这些字段未恢复",
                          "fields that the import updated were written since; those are kept"};
const Label kTextIsFinal{"已经定稿，导入写进的文字未恢复",
                         "its texts are final; what the import wrote in them is kept"};

/// One record that the import wrote, and the changes that did, in their order: several where it has
/// erasable fields.
struct Touched {
  RecordId record;
  std::vector<ChangeId> changes;
  bool is_created = false;
  bool has_confidential = false;  ///< One of them has parts in a confidential scope.
};

struct Extent {
  std::vector<Touched> records;  ///< In the order of their first changes.
  std::set<ChangeId> changes;    ///< All of the import's.
};

const Label kConfidentialKept{"导入写进的保密字段未恢复，请逐条核对",
                              "what the import wrote in confidential fields is kept; look at each"};

Result<Extent> find_extent(replica::Replica& replica, const SpaceId& space,
                           const ImportOrigin& origin) {
  Extent out;
  std::map<RecordId, std::size_t> places;
  std::uint64_t count = 0;
  CUNJU_TRYV(replica.scan_log(space, origin.author, origin.first, [&](const Change& change) {
    out.changes.insert(change.id);
    for (const Part& part : change.parts) {
      // Other scopes and parts that are not here are not the import's.
      if (part.scope != kOpenScope || part.links.empty()) continue;
      Result<Links> links = decode_links(part.links);
      if (links.has_error() || links.value().registry != origin.facts.registry) continue;
      const RecordId& record = links.value().record;
      auto [place, is_new] = places.try_emplace(record, out.records.size());
      if (is_new) out.records.push_back({.record = record, .changes = {}});
      Touched& touched = out.records[place->second];
      touched.changes.push_back(change.id);
      touched.is_created = touched.is_created || links.value().parents.empty();
      touched.has_confidential = touched.has_confidential || has_confidential_parts(change);
    }
    return ++count < origin.facts.changes;
  }));
  if (count < origin.facts.changes)
    return fail(Errc::kMissing, "not all changes of the import have arrived");
  return out;
}

std::set<ChangeId> ancestors_of(const ChangeId& change,
                                const std::vector<replica::HistoryEntry>& history) {
  std::set<ChangeId> out = {change};
  // Children have a greater depth than their parents, so they come first here.
  for (auto at = history.rbegin(); at != history.rend(); ++at) {
    const replica::HistoryEntry& entry = *at;
    if (out.contains(entry.id)) out.insert(entry.parents.begin(), entry.parents.end());
  }
  out.erase(change);
  return out;
}

bool is_set_operation(const Operation& operation) {
  return is_kind(operation, OperationKind::kSetAdd) ||
         is_kind(operation, OperationKind::kSetRemove);
}

/// A freeze or thaw.
bool is_act(const Operation& operation) {
  return is_kind(operation, OperationKind::kFreeze) || is_kind(operation, OperationKind::kThaw);
}

// True when the two decide about the same thing: a field, or one element of a set.
bool concerns_same(const Operation& a, const Operation& b) {
  if (a.field != b.field) return false;
  if (is_set_operation(a)) return is_set_operation(b) && a.value == b.value;
  return a.kind == b.kind;
}

bool writes_same(const replica::HistoryEntry& entry, const Operation& operation) {
  return !entry.is_void && std::ranges::any_of(entry.operations, [&](const Operation& other) {
    return has_effect(other) && concerns_same(operation, other);
  });
}

// What was shown before: the last write among the ancestors has the greatest (depth, id), and no
// other ancestor can have seen it.
Value value_before(const Operation& operation, const std::set<ChangeId>& ancestors,
                   const std::vector<replica::HistoryEntry>& history) {
  Value out = NoValue{};
  for (const replica::HistoryEntry& entry : history) {
    if (!ancestors.contains(entry.id) || entry.is_void) continue;
    for (const Operation& other : entry.operations) {
      if (has_effect(other) && concerns_same(operation, other)) out = other.value;
    }
  }
  return out;
}

/// The operation that takes `operation` back; empty when nothing can.
std::optional<Operation> inverse(const Operation& operation, Value before) {
  if (is_kind(operation, OperationKind::kSetAdd))
    return make_operation(OperationKind::kSetRemove, operation.field, operation.value);
  if (is_kind(operation, OperationKind::kSetRemove))
    return make_operation(OperationKind::kSetAdd, operation.field, operation.value);
  if (is_kind(operation, OperationKind::kRegisterSet))
    return make_operation(OperationKind::kRegisterSet, operation.field, std::move(before));
  // A state can't be left for none.
  if (!is_kind(operation, OperationKind::kStateMove) || is_empty(before)) return std::nullopt;
  return make_operation(OperationKind::kStateMove, operation.field, std::move(before),
                        operation.value);
}

class Undoer {
 public:
  /// `definition`: of the import's registry; null when it is not here.
  Undoer(replica::Replica& replica, const SpaceId& space, const ImportOrigin& origin,
         const std::set<ChangeId>& changes, const Definition* definition, DraftPacker& packer)
      : replica_(replica),
        space_(space),
        origin_(origin),
        changes_(changes),
        definition_(definition),
        packer_(packer) {}

  Result<void> take_back(const Touched& touched) {
    CUNJU_TRY(std::optional<RecordView> view, replica_.view(space_, touched.record));
    const RecordState* state = view ? view->find(origin_.facts.registry) : nullptr;
    if (state == nullptr) return ok();  // The change is void: the record never was.
    if (state->is_deleted()) {
      ++outcome_.already_gone;
      return ok();
    }
    if (touched.is_created) return take_back_created(touched);
    return take_back_update(touched, *view, *state);
  }

  UndoOutcome take() { return std::move(outcome_); }

 private:
  void keep(const Touched& touched, Label reason) {
    outcome_.kept.push_back({.record = touched.record, .reason = std::move(reason)});
  }

  void write(const Touched& touched, std::vector<Operation> operations, Seen seen = {}) {
    packer_.add(replica::PartDraft{.record = touched.record,
                                   .registry = origin_.facts.registry,
                                   .scope = kOpenScope,
                                   .operations = std::move(operations),
                                   .seen = std::move(seen.heads),
                                   .left_out = std::move(seen.left_out)});
  }

  Result<void> take_back_created(const Touched& touched) {
    if (definition_ != nullptr && definition_->is_ledger) {
      keep(touched, {"办理的凭据不删除，予以保留", "it proves what was done; kept"});
      return ok();
    }
    CUNJU_TRY(const std::vector<replica::ScopedView> views, replica_.views(space_, touched.record));
    // Every edit leaves a trace among the origins, if only that it found the record there.
    bool is_untouched = true;
    for (const replica::ScopedView& each : views) {
      const RecordState* state = each.view.find(origin_.facts.registry);
      if (state == nullptr) continue;
      for (const cunju::Origin& origin : state->origins())
        is_untouched = is_untouched && changes_.contains(origin.id);
    }
    if (!is_untouched) {
      keep(touched, {"导入后有人修改过，予以保留", "edited since the import; kept"});
      return ok();
    }
    ++outcome_.removed;
    write(touched, {delete_operation()});
    return ok();
  }

  Result<void> take_back_update(const Touched& touched, const RecordView& view,
                                const RecordState& state) {
    CUNJU_TRY(std::vector<replica::HistoryEntry> history, replica_.history(space_, touched.record));
    std::vector<Operation> back;
    std::map<std::string, const replica::HistoryEntry*> texts;
    bool kept = false;
    for (const ChangeId& change : touched.changes) {
      auto own = std::ranges::find(history, change, &replica::HistoryEntry::id);
      if (own == history.end() || own->is_void) continue;
      take_back_change(*own, history, back, texts, kept);
    }
    if (kept) keep(touched, kWrittenSince);
    if (touched.has_confidential) keep(touched, kConfidentialKept);
    follow_state(definition_, state, back);
    if (!texts.empty() && has_final_texts(definition_, state)) {
      // Also when the state moves back with this very change: it had seen the freeze.
      keep(touched, kTextIsFinal);
    } else {
      for (const auto& [text, own] : texts) {
        CUNJU_TRYV(take_back_text(touched, *own, text, state, back));
      }
    }
    if (back.empty()) return ok();
    ++outcome_.reset;
    // Positions in a text count where it was read.
    write(touched, std::move(back), seen_of(view));
    return ok();
  }

  /// What takes one change's fields back; `texts`: those that it edited.
  static void take_back_change(const replica::HistoryEntry& own,
                               const std::vector<replica::HistoryEntry>& history,
                               std::vector<Operation>& back,
                               std::map<std::string, const replica::HistoryEntry*>& texts,
                               bool& kept) {
    const std::set<ChangeId> ancestors = ancestors_of(own.id, history);
    for (const Operation& operation : own.operations) {
      // A freeze or thaw goes with the state move that it came with: follow_state().
      if (!has_effect(operation) || is_act(operation)) continue;
      bool is_written_since = std::ranges::any_of(history, [&](const replica::HistoryEntry& entry) {
        return entry.id != own.id && !ancestors.contains(entry.id) && writes_same(entry, operation);
      });
      if (!is_written_since && is_kind(operation, OperationKind::kTextEdit)) {
        texts.emplace(operation.field, &own);
        continue;
      }
      std::optional<Operation> reset;
      if (!is_written_since)
        reset = inverse(operation, value_before(operation, ancestors, history));
      if (reset) {
        back.push_back(std::move(*reset));
      } else {
        kept = true;
      }
    }
  }

  /// Makes the text what it said where the import found it.
  Result<void> take_back_text(const Touched& touched, const replica::HistoryEntry& own,
                              const std::string& field, const RecordState& state,
                              std::vector<Operation>& out) {
    CUNJU_TRY(std::vector<TextChange> changes, replica_.text_changes(space_, touched.record));
    CUNJU_TRY(std::string before,
              text_at_version(field, origin_.facts.registry, changes, own.parents));
    const TextField* text = state.find_text(field);
    if (text != nullptr)
      std::ranges::move(plan_text(field, text->text, before), std::back_inserter(out));
    return ok();
  }

  replica::Replica& replica_;
  const SpaceId& space_;
  const ImportOrigin& origin_;
  const std::set<ChangeId>& changes_;
  const Definition* definition_;
  DraftPacker& packer_;
  UndoOutcome outcome_;
};

}  // namespace

Result<UndoOutcome> undo_import(replica::Replica& replica, const SpaceId& space,
                                const crypto::SigningKey& author, const RecordId& import,
                                std::uint64_t claimed_ms) {
  CUNJU_TRY(ImportOrigin origin, find_import(replica, space, import));
  CUNJU_TRYV(check_import_permission(replica, space, author.author(), origin.facts.registry));
  CUNJU_TRY(const Extent extent, find_extent(replica, space, origin));
  DraftPacker packer({.record = import,
                      .registry = std::string(kImportRegistry),
                      .scope = kOpenScope,
                      .operations = {}});
  CUNJU_TRY(Catalog catalog, Catalog::load(replica, space));
  Undoer undoer(replica, space, origin, extent.changes, catalog.find(origin.facts.registry),
                packer);
  for (const Touched& one : extent.records) {
    CUNJU_TRYV(undoer.take_back(one));
  }
  UndoOutcome out = undoer.take();
  if (out.removed + out.reset == 0) return out;
  packer.drafts().front().parts.front().operations =
      undo_operations(claimed_ms, out.removed, out.reset);
  CUNJU_TRYV(replica.append(space, author, packer.drafts(), claimed_ms));
  return out;
}

}  // namespace cunju::registry
