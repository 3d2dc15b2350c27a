// SPDX-License-Identifier: Apache-2.0
#include "crdt/types/record_state.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "crdt/base/check.h"
#include "crdt/base/limits.h"
#include "crdt/types/register.h"
#include "crdt/types/set.h"
#include "crdt/types/state.h"

namespace cunju {
namespace {

bool is_kind(const Operation& operation, OperationKind kind) {
  return operation.kind == static_cast<std::uint16_t>(kind);
}

bool is_text(const Value& value) { return std::holds_alternative<std::string>(value); }

bool fits(const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value))
    return text->size() <= limits::kMaxValueBytes;
  if (const auto* bytes = std::get_if<Bytes>(&value))
    return bytes->size() <= limits::kMaxValueBytes;
  return true;
}

/// Where (name, kind) is or would be.
template <class Fields>
auto lower_bound(Fields& fields, std::string_view name, FieldKind kind) {
  return std::ranges::partition_point(fields, [name, kind](const Field& field) {
    const int order = std::string_view(field.name).compare(name);
    return order < 0 || (order == 0 && field.kind < kind);
  });
}

}  // namespace

bool has_effect(const Operation& operation) {
  if (is_kind(operation, OperationKind::kDelete)) return operation.field.empty();
  if (operation.field.empty() || operation.field.size() > limits::kMaxNameBytes) return false;
  if (!fits(operation.value)) return false;
  switch (static_cast<OperationKind>(operation.kind)) {
    case OperationKind::kRegisterSet:
      return true;
    case OperationKind::kSetAdd:
    case OperationKind::kSetRemove:
      return !is_empty(operation.value);
    case OperationKind::kStateMove:
      return is_text(operation.value) &&
             (is_empty(operation.previous) ||
              (is_text(operation.previous) && fits(operation.previous)));
    case OperationKind::kTextEdit:
      return is_text_edit(operation);
    case OperationKind::kTextConfirm:
      return is_empty(operation.value);
    case OperationKind::kFreeze:
    case OperationKind::kThaw:
      return operation.field == kFreezeField && is_empty(operation.value);
    case OperationKind::kTextPassed:  // Says how the others are read.
    case OperationKind::kDelete:
    case OperationKind::kRoster:
    case OperationKind::kWitness:
    case OperationKind::kEpochWrap:
    case OperationKind::kErasureAct:
    case OperationKind::kErasureApproval:
    case OperationKind::kErasureReceipt:
    case OperationKind::kEpochUnopened:
      break;
  }
  return false;
}

void RecordState::apply(const OperationContext& change, std::span<const Operation> operations) {
  // Edits of texts are unpacked once.
  TextWrites writes = read_text_writes(operations);
  const auto has_effect_at = [&](std::size_t i) {
    return is_kind(operations[i], OperationKind::kTextEdit) ? writes.edits_at[i]
                                                            : has_effect(operations[i]);
  };
  const Operation* last = nullptr;
  for (std::size_t i = 0; i < operations.size(); ++i)
    if (has_effect_at(i)) last = &operations[i];
  if (last == nullptr) return;

  const std::uint32_t self = insert_origin(change);
  std::vector<std::uint8_t> seen(origins_.size());
  for (std::size_t i = 0; i < origins_.size(); ++i)
    seen[i] = i == self || change.seen.covers(origins_[i].dot) ? 1 : 0;
  std::vector<std::uint32_t> entry_count(origins_.size());
  for (const Entry& entry : life_.entries) ++entry_count[entry.origin];
  for (const Field& field : fields_)
    for (const Entry& entry : field.entries) ++entry_count[entry.origin];

  const Write write{.origin = self, .seen = seen, .entry_count = entry_count};
  const bool has_share = add_text_load(text_loads_, change.dot.author, writes.load);
  for (std::size_t i = 0; i < operations.size(); ++i) {
    const Operation& operation = operations[i];
    const bool is_act =
        is_kind(operation, OperationKind::kFreeze) || is_kind(operation, OperationKind::kThaw);
    const bool counts = is_act ? is_effective_act(operation, operations) : has_effect_at(i);
    if (counts) apply_one(operation, write);
  }
  apply_texts(change, operations, std::move(writes), has_share);
  apply_register_set(life_.entries, write,
                     is_kind(*last, OperationKind::kDelete) ? kDeleted : kLive);
  std::erase_if(fields_, [](const Field& field) { return field.entries.empty(); });
  drop_unused(entry_count);
}

/// Puts the change in its place among the origins, so that a larger index always wins.
std::uint32_t RecordState::insert_origin(const OperationContext& change) {
  auto at = std::ranges::partition_point(origins_, [&change](const Origin& origin) {
    return std::tie(origin.depth, origin.id) < std::tie(change.depth, change.id);
  });
  CUNJU_CHECK(at == origins_.end() || at->id != change.id, "a change is applied once");
  const auto index = static_cast<std::uint32_t>(at - origins_.begin());
  if (at != origins_.end()) {
    auto shift = [index](Field& field) {
      for (Entry& entry : field.entries)
        if (entry.origin >= index) ++entry.origin;
    };
    shift(life_);
    std::ranges::for_each(fields_, shift);
  }
  origins_.insert(at, {.id = change.id, .dot = change.dot, .depth = change.depth});
  return index;
}

void RecordState::apply_one(const Operation& operation, const Write& write) {
  switch (static_cast<OperationKind>(operation.kind)) {
    case OperationKind::kRegisterSet:
      return apply_register_set(field(operation.field, FieldKind::kRegister).entries, write,
                                operation.value);
    case OperationKind::kSetAdd:
      return apply_set_add(field(operation.field, FieldKind::kSet).entries, write, operation.value);
    case OperationKind::kSetRemove:
      return apply_set_remove(field(operation.field, FieldKind::kSet).entries, write,
                              operation.value);
    case OperationKind::kStateMove:
      return apply_state_move(field(operation.field, FieldKind::kState).entries, write,
                              operation.previous, operation.value);
    case OperationKind::kFreeze:
    case OperationKind::kThaw:
      return apply_register_set(
          field(operation.field, FieldKind::kFreeze).entries, write,
          Value{std::int64_t{is_kind(operation, OperationKind::kFreeze) ? 1 : 0}});
    case OperationKind::kTextEdit:
    case OperationKind::kTextConfirm:
    case OperationKind::kTextPassed:
      return;  // apply_texts() takes those of a text together.
    case OperationKind::kDelete:
    case OperationKind::kRoster:
    case OperationKind::kWitness:
    case OperationKind::kEpochWrap:
    case OperationKind::kErasureAct:
    case OperationKind::kErasureApproval:
    case OperationKind::kErasureReceipt:
    case OperationKind::kEpochUnopened:
      return;  // A deletion is part of the record's life; the roster is folded elsewhere.
  }
}

void RecordState::apply_texts(const OperationContext& change, std::span<const Operation> operations,
                              TextWrites writes, bool has_share) {
  const bool was_ever_frozen = find(kFreezeField, FieldKind::kFreeze) != nullptr;
  for (const Operation& operation : operations) {
    if (!is_effective_act(operation, operations)) continue;
    for (TextField& text : texts_) text.is_stale = true;
  }
  for (auto& [name, write] : writes.by_name) {
    if (!has_share) write = {.edits = {}, .confirms = write.confirms};
    if (!write.edits_text && !write.confirms) continue;
    auto at = std::ranges::lower_bound(texts_, name, {}, &TextField::name);
    const bool is_there = at != texts_.end() && at->name == name;
    // Confirmations have no share: they can't make texts.
    if (!is_there && !write.edits_text) continue;
    if (!is_there) at = texts_.insert(at, {.name = name, .text = {}, .heads = {}, .late = {}});
    const bool sees_all = std::ranges::all_of(
        at->heads, [&change](const Dot& head) { return change.seen.covers(head); });
    if (was_ever_frozen || at->is_stale || !sees_all) {
      at->is_stale = true;
    } else {
      apply_text_write(*at, write, change.dot);
    }
  }
}

std::uint64_t RecordState::text_load_of(const AuthorKey& author) const {
  auto at = std::ranges::lower_bound(text_loads_, author, {}, &TextLoad::author);
  return at != text_loads_.end() && at->author == author ? at->load : 0;
}

bool RecordState::has_stale_text() const {
  return std::ranges::any_of(texts_, &TextField::is_stale);
}

void RecordState::settle_texts(std::string_view registry, std::span<const TextChange> changes) {
  derive_texts(texts_, registry, changes);
}

void RecordState::replace_texts(DerivedTexts derived) {
  texts_ = std::move(derived.texts);
  text_loads_ = std::move(derived.loads);
}

Field& RecordState::field(std::string_view name, FieldKind kind) {
  auto at = lower_bound(fields_, name, kind);
  if (at == fields_.end() || at->name != name || at->kind != kind)
    at = fields_.insert(at, {.name = std::string(name), .kind = kind, .entries = {}});
  return *at;
}

void RecordState::drop_unused(const std::vector<std::uint32_t>& entry_count) {
  if (std::ranges::find(entry_count, 0U) == entry_count.end()) return;
  std::vector<std::uint32_t> index(origins_.size());
  std::uint32_t kept = 0;
  for (std::size_t i = 0; i < origins_.size(); ++i) {
    index[i] = kept;
    if (entry_count[i] != 0) origins_[kept++] = origins_[i];
  }
  origins_.resize(kept);
  auto renumber = [&index](Field& field) {
    for (Entry& entry : field.entries) entry.origin = index[entry.origin];
  };
  renumber(life_);
  std::ranges::for_each(fields_, renumber);
}

const Field* RecordState::find(std::string_view name, FieldKind kind) const {
  auto at = lower_bound(fields_, name, kind);
  return at != fields_.end() && at->name == name && at->kind == kind ? &*at : nullptr;
}

const Field* RecordState::find(std::string_view name) const {
  auto at = lower_bound(fields_, name, FieldKind::kLife);
  return at != fields_.end() && at->name == name ? &*at : nullptr;
}

const TextField* RecordState::find_text(std::string_view name) const {
  auto at = std::ranges::lower_bound(texts_, name, {}, &TextField::name);
  return at != texts_.end() && at->name == name ? &*at : nullptr;
}

bool RecordState::is_frozen() const {
  const Field* freeze = find(kFreezeField, FieldKind::kFreeze);
  return freeze != nullptr && std::ranges::any_of(freeze->entries, [](const Entry& entry) {
           return entry.value == Value{std::int64_t{1}};
         });
}

bool RecordState::is_deleted() const {
  return !is_empty() && life_.winner() == kDeleted && !has_delete_conflict();
}

bool RecordState::has_conflict() const {
  // A freeze beside a thaw shows as the conflict of the states that they came with.
  return has_delete_conflict() || std::ranges::any_of(texts_, &TextField::is_merged) ||
         std::ranges::any_of(fields_, [](const Field& field) {
           return field.kind != FieldKind::kFreeze && field.has_conflict();
         });
}

std::vector<Origin> RecordState::deletions() const {
  std::vector<Origin> out;
  for (const Entry& entry : life_.entries)
    if (entry.value == kDeleted) out.push_back(origin(entry));
  return out;
}

}  // namespace cunju
