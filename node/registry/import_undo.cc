// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include "crdt/change/part_codec.h"
#include "node/registry/import.h"
#include "node/registry/import_record.h"
#include "node/registry/record_edit.h"

namespace cunju::registry {
namespace {

bool is_kind(const Operation& operation, OperationKind kind) {
  return operation.kind == static_cast<std::uint16_t>(kind);
}

/// One record that the import wrote, and the change that did.
struct Touched {
  RecordId record;
  ChangeId change;
  bool is_created = false;
};

Result<std::vector<Touched>> find_touched(replica::Replica& replica, const SpaceId& space,
                                          const ImportOrigin& origin) {
  std::vector<Touched> out;
  std::uint64_t count = 0;
  CUNJU_TRYV(replica.scan_log(space, origin.author, origin.first, [&](const Change& change) {
    for (const Part& part : change.parts) {
      // Other scopes and parts that are not here are not the import's.
      if (part.scope != kOpenScope || part.links.empty()) continue;
      Result<Links> links = decode_links(part.links);
      if (links.has_error() || links.value().registry != origin.facts.registry) continue;
      out.push_back({.record = links.value().record,
                     .change = change.id,
                     .is_created = links.value().parents.empty()});
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
  Undoer(replica::Replica& replica, const SpaceId& space, const ImportOrigin& origin,
         DraftPacker& packer)
      : replica_(replica), space_(space), origin_(origin), packer_(packer) {}

  Result<void> take_back(const Touched& touched) {
    CUNJU_TRY(std::optional<RecordView> view, replica_.view(space_, touched.record));
    const RecordState* state = view ? view->find(origin_.facts.registry) : nullptr;
    if (state == nullptr) return ok();  // The change is void: the record never was.
    if (state->is_deleted()) {
      ++outcome_.already_gone;
      return ok();
    }
    if (touched.is_created) {
      take_back_created(touched, *state);
      return ok();
    }
    return take_back_update(touched);
  }

  UndoOutcome take() { return std::move(outcome_); }

 private:
  void keep(const Touched& touched, Label reason) {
    outcome_.kept.push_back({.record = touched.record, .reason = std::move(reason)});
  }

  void write(const Touched& touched, std::vector<Operation> operations) {
    packer_.add({.record = touched.record,
                 .registry = origin_.facts.registry,
                 .scope = kOpenScope,
                 .operations = std::move(operations)});
  }

  void take_back_created(const Touched& touched, const RecordState& state) {
    // Every edit leaves a trace among the origins, if only that it found the record there.
    bool is_untouched = std::ranges::all_of(
        state.origins(), [&](const Origin& origin) { return origin.id == touched.change; });
    if (!is_untouched)
      return keep(touched, {"导入后有人修改过，予以保留", "edited since the import; kept"});
    ++outcome_.removed;
    write(touched, {delete_operation()});
  }

  Result<void> take_back_update(const Touched& touched) {
    CUNJU_TRY(std::vector<replica::HistoryEntry> history, replica_.history(space_, touched.record));
    auto own = std::ranges::find(history, touched.change, &replica::HistoryEntry::id);
    if (own == history.end() || own->is_void) return ok();
    std::set<ChangeId> ancestors = ancestors_of(touched.change, history);
    std::vector<Operation> back;
    bool kept = false;
    for (const Operation& operation : own->operations) {
      if (!has_effect(operation) || is_act(operation)) continue;
      bool is_written_since = std::ranges::any_of(history, [&](const replica::HistoryEntry& entry) {
        return entry.id != own->id && !ancestors.contains(entry.id) &&
               writes_same(entry, operation);
      });
      std::optional<Operation> reset;
      if (!is_written_since)
        reset = inverse(operation, value_before(operation, ancestors, history));
      if (reset) {
        back.push_back(std::move(*reset));
      } else {
        kept = true;
      }
    }
    if (kept) {
      keep(touched, {"导入更新的字段后来又有人修改，这些字段未恢复",
                     "fields that the import updated were written since; those are kept"});
    }
    if (back.empty()) return ok();
    // A freeze or thaw goes with the state move that it came with, or stays with it.
    const bool moves_back = std::ranges::any_of(back, [](const Operation& operation) {
      return is_kind(operation, OperationKind::kStateMove);
    });
    for (const Operation& operation : own->operations) {
      if (!moves_back || !is_act(operation)) continue;
      const bool froze = is_kind(operation, OperationKind::kFreeze);
      back.push_back(make_operation(froze ? OperationKind::kThaw : OperationKind::kFreeze,
                                    operation.field, NoValue{}));
    }
    ++outcome_.reset;
    write(touched, std::move(back));
    return ok();
  }

  replica::Replica& replica_;
  const SpaceId& space_;
  const ImportOrigin& origin_;
  DraftPacker& packer_;
  UndoOutcome outcome_;
};

}  // namespace

Result<UndoOutcome> undo_import(replica::Replica& replica, const SpaceId& space,
                                const crypto::SigningKey& author, const RecordId& import,
                                std::uint64_t claimed_ms) {
  CUNJU_TRY(ImportOrigin origin, find_import(replica, space, import));
  CUNJU_TRYV(check_import_permission(replica, space, author.author(), origin.facts.registry));
  CUNJU_TRY(std::vector<Touched> touched, find_touched(replica, space, origin));
  DraftPacker packer({.record = import,
                      .registry = std::string(kImportRegistry),
                      .scope = kOpenScope,
                      .operations = {}});
  Undoer undoer(replica, space, origin, packer);
  for (const Touched& one : touched) {
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
