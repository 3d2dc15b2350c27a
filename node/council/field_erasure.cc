// SPDX-License-Identifier: Apache-2.0
#include "node/council/field_erasure.h"

#include <algorithm>
#include <map>

#include "crdt/types/record_state.h"

namespace cunju::council {
namespace {

OperationKind kind_of(const Operation& operation) {
  return static_cast<OperationKind>(operation.kind);
}

/// What keeps an operation beside the field from being written again.
CarryHindrance hindrance_of(const Operation& operation) {
  switch (kind_of(operation)) {
    case OperationKind::kRegisterSet:
    case OperationKind::kSetAdd:
    case OperationKind::kSetRemove:
      return CarryHindrance::kNone;
    case OperationKind::kStateMove:
      return CarryHindrance::kState;
    case OperationKind::kDelete:
    case OperationKind::kFreeze:
    case OperationKind::kThaw:
      return CarryHindrance::kRecord;
    case OperationKind::kTextEdit:
    case OperationKind::kTextConfirm:
    case OperationKind::kTextPassed:
      return CarryHindrance::kText;
    default:
      return CarryHindrance::kUnknown;
  }
}

class Planner {
 public:
  Planner(replica::Replica& replica, const SpaceId& space, std::string_view registry,
          const RecordId& record, std::string_view field)
      : replica_(replica), space_(space), registry_(registry), record_(record), field_(field) {}

  Result<FieldErasure> run() {
    CUNJU_TRY(replica::PartsOfRecord parts, replica_.parts_of(space_, record_));
    out_.unreadable = parts.unreadable;
    for (const ErasureTarget& target : parts.targets)
      indexes_[target.change].push_back(target.part);
    CUNJU_TRY(const auto readable, replica_.readable_scopes(space_));
    CUNJU_TRYV(look_at(kOpenScope));
    for (const auto& [scope, name] : readable) {
      CUNJU_TRYV(look_at(scope));
    }
    std::ranges::sort(out_.targets);
    return std::move(out_);
  }

 private:
  Result<void> look_at(Scope scope) {
    CUNJU_TRY(const std::vector<replica::HistoryEntry> history,
              replica_.history(space_, record_, scope));
    std::set<std::string> others;
    for (const replica::HistoryEntry& entry : history) {
      if (std::ranges::none_of(entry.operations, [&](const Operation& operation) {
            return operation.field == field_;
          }))
        continue;
      CUNJU_TRYV(name_part(entry, scope));
      if (entry.is_late) ++out_.late;
      // What is void or late says nothing that would have to stay.
      if (entry.is_void || entry.is_late) continue;
      for (const Operation& operation : entry.operations) {
        if (operation.field == field_) continue;
        others.insert(operation.field);
        hinder(hindrance_of(operation), operation.field);
      }
    }
    out_.others.insert(others.begin(), others.end());
    return others.empty() ? ok() : carry(scope, history, others);
  }

  /// The part of that change that is about this record in this scope.
  Result<void> name_part(const replica::HistoryEntry& entry, Scope scope) {
    const auto known = indexes_.find(entry.id);
    if (known == indexes_.end()) return ok();
    return replica_.scan_log(space_, entry.author, entry.seq, [&](const Change& change) {
      if (change.id != entry.id) return true;
      for (const std::uint16_t index : known->second)
        if (change.parts[index].scope == scope) out_.targets.push_back({entry.id, index});
      return false;
    });
  }

  Result<void> carry(Scope scope, std::span<const replica::HistoryEntry> history,
                     const std::set<std::string>& others) {
    CUNJU_TRY(const std::optional<RecordView> view, replica_.view(space_, record_, scope));
    const RecordState* state = view ? view->find(registry_) : nullptr;
    if (state == nullptr) return ok();
    replica::PartDraft part{
        .record = record_, .registry = std::string(registry_), .scope = scope, .operations = {}};
    for (const std::string& other : others) {
      if (const Field* stored = state->find(other)) {
        if (stored->kind != FieldKind::kSet && stored->has_conflict())
          hinder(CarryHindrance::kConflict, other);
        carry_field(*stored, part.operations);
      }
      drop_removed(history, state->find(other), other, part.operations);
    }
    if (!part.operations.empty()) out_.carried.push_back(std::move(part));
    return ok();
  }

  static void carry_field(const Field& stored, std::vector<Operation>& out) {
    if (stored.kind == FieldKind::kRegister) {
      out.push_back(make_operation(OperationKind::kRegisterSet, stored.name, stored.winner()));
    } else if (stored.kind == FieldKind::kSet) {
      for (const Entry& entry : stored.entries)
        out.push_back(make_operation(OperationKind::kSetAdd, stored.name, entry.value));
    }
  }

  /// Elements that were taken out by a part which goes would be back.
  static void drop_removed(std::span<const replica::HistoryEntry> history, const Field* stored,
                           const std::string& name, std::vector<Operation>& out) {
    std::vector<Value> dropped;
    for (const replica::HistoryEntry& entry : history) {
      for (const Operation& operation : entry.operations) {
        if (operation.field != name || kind_of(operation) != OperationKind::kSetRemove) continue;
        const bool is_there =
            stored != nullptr && std::ranges::any_of(stored->entries, [&](const Entry& present) {
              return present.value == operation.value;
            });
        if (!is_there && std::ranges::find(dropped, operation.value) == dropped.end())
          dropped.push_back(operation.value);
      }
    }
    for (Value& value : dropped)
      out.push_back(make_operation(OperationKind::kSetRemove, name, std::move(value)));
  }

  void hinder(CarryHindrance why, const std::string& field) {
    if (why == CarryHindrance::kNone || out_.hindrance != CarryHindrance::kNone) return;
    out_.hindrance = why;
    out_.hindered_by = field;
  }

  replica::Replica& replica_;
  const SpaceId& space_;
  std::string_view registry_;
  const RecordId& record_;
  std::string_view field_;
  std::map<ChangeId, std::vector<std::uint16_t>> indexes_;
  FieldErasure out_;
};

}  // namespace

Result<FieldErasure> plan_field_erasure(replica::Replica& replica, const SpaceId& space,
                                        std::string_view registry, const RecordId& record,
                                        std::string_view field) {
  return Planner(replica, space, registry, record, field).run();
}

}  // namespace cunju::council
