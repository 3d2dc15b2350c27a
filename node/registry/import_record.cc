// SPDX-License-Identifier: Apache-2.0
#include "node/registry/import_record.h"

#include <algorithm>
#include <iterator>

#include "crdt/base/limits.h"
#include "crdt/types/record_state.h"
#include "node/registry/catalog.h"
#include "node/registry/record_book.h"

namespace cunju::registry {
namespace {

constexpr std::string_view kFile = "file";
constexpr std::string_view kDigest = "digest";
constexpr std::string_view kRegistry = "registry";
constexpr std::string_view kAdded = "added";
constexpr std::string_view kUpdated = "updated";
constexpr std::string_view kChanges = "changes";
constexpr std::string_view kRemoved = "removed";
constexpr std::string_view kReset = "reset";

/// A change is what a sync sends, holds and verifies at once; a quarter of the limit of parts.
constexpr std::size_t kPartsInChange = 64;
constexpr std::size_t kBytesInChange = limits::kMaxChangeBytes / 2;
/// What encoding adds to an operation at most, besides its field's name and values.
constexpr std::size_t kOperationOverheadBytes = 96;

Operation set_number(std::string_view field, std::uint64_t number) {
  return make_operation(OperationKind::kRegisterSet, std::string(field),
                        static_cast<std::int64_t>(number));
}

const Value* written(const replica::HistoryEntry& entry, std::string_view field) {
  for (const Operation& operation : entry.operations) {
    if (operation.field == field &&
        operation.kind == static_cast<std::uint16_t>(OperationKind::kRegisterSet)) {
      return &operation.value;
    }
  }
  return nullptr;
}

template <class T>
T read(const replica::HistoryEntry& entry, std::string_view field) {
  const Value* value = written(entry, field);
  const T* typed = value == nullptr ? nullptr : std::get_if<T>(value);
  return typed == nullptr ? T{} : *typed;
}

std::uint64_t read_count(const replica::HistoryEntry& entry, std::string_view field) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, read<std::int64_t>(entry, field)));
}

std::size_t size_of(const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return text->size();
  if (const auto* bytes = std::get_if<Bytes>(&value)) return bytes->size();
  return 0;
}

std::size_t size_of(const replica::PartDraft& part) {
  std::size_t out = 0;
  for (const Operation& operation : part.operations) {
    out += kOperationOverheadBytes + operation.field.size() + size_of(operation.value) +
           size_of(operation.previous);
  }
  return out;
}

}  // namespace

std::vector<Operation> import_operations(const ImportFacts& facts) {
  std::vector<Operation> out = {
      make_operation(OperationKind::kRegisterSet, std::string(kDigest), facts.file_digest),
      make_operation(OperationKind::kRegisterSet, std::string(kRegistry), facts.registry),
      set_number(kAdded, facts.added), set_number(kUpdated, facts.updated),
      set_number(kChanges, facts.changes)};
  if (!facts.readmitted.empty())
    out.push_back(make_operation(OperationKind::kRegisterSet, std::string(kReadmittedField),
                                 facts.readmitted));
  return out;
}

std::vector<Operation> undo_operations(std::uint64_t claimed_ms, std::size_t removed,
                                       std::size_t reset) {
  return {set_number(kImportUndoneField, claimed_ms), set_number(kRemoved, removed),
          set_number(kReset, reset)};
}

Result<UndoCounts> read_undo_counts(replica::Replica& replica, const SpaceId& space,
                                    const RecordId& import) {
  CUNJU_TRY(const std::optional<RecordView> view, replica.view(space, import));
  const RecordState* state = view ? view->find(kImportRegistry) : nullptr;
  // Of undos that were written apart the largest number.
  const auto count = [&](std::string_view name) {
    std::int64_t out = 0;
    const Field* field = state == nullptr ? nullptr : state->find(name);
    if (field == nullptr) return std::size_t{0};
    for (const Entry& entry : field->entries)
      if (const auto* number = std::get_if<std::int64_t>(&entry.value))
        out = std::max(out, *number);
    return static_cast<std::size_t>(out);
  };
  return UndoCounts{.removed = count(kRemoved), .reset = count(kReset)};
}

Result<ImportOrigin> find_import(replica::Replica& replica, const SpaceId& space,
                                 const RecordId& import) {
  Error none{Errc::kNotFound, "import " + import.hex()};
  CUNJU_TRY(std::optional<RecordView> view, replica.view(space, import));
  if (!view || view->find(kImportRegistry) == nullptr) return none;
  CUNJU_TRY(std::vector<replica::HistoryEntry> history, replica.history(space, import));
  const replica::HistoryEntry* first = nullptr;
  for (const replica::HistoryEntry& entry : history) {
    if (entry.is_void || !entry.parents.empty()) continue;
    if (first != nullptr) {
      return fail(Errc::kConflict,
                  "several changes claim to be the first of import " + import.hex());
    }
    first = &entry;
  }
  if (first == nullptr || read_count(*first, kChanges) == 0) return none;
  return ImportOrigin{.facts = {.registry = read<std::string>(*first, kRegistry),
                                .file_digest = read<Bytes>(*first, kDigest),
                                .added = read_count(*first, kAdded),
                                .updated = read_count(*first, kUpdated),
                                .changes = read_count(*first, kChanges),
                                .readmitted = read<std::string>(*first, kReadmittedField)},
                      .file_name = read<std::string>(*first, kFile),
                      .change = first->id,
                      .author = first->author,
                      .first = first->seq,
                      .claimed_ms = first->claimed_ms};
}

Result<void> check_import_permission(replica::Replica& replica, const SpaceId& space,
                                     const AuthorKey& author, std::string_view registry) {
  CUNJU_TRY(std::shared_ptr<const Roster> roster, replica.roster(space));
  for (std::string_view needed : {registry, kImportRegistry}) {
    if (!roster->may(author, needed, kWrite)) {
      return fail(Errc::kPermission, "an import into " + std::string(registry) +
                                         " needs the right to write registry " +
                                         std::string(needed));
    }
  }
  return ok();
}

DraftPacker::DraftPacker(replica::PartDraft first) { add(std::move(first)); }

void DraftPacker::add(std::vector<std::vector<replica::PartDraft>> layers) {
  if (layers_.size() < layers.size()) layers_.resize(layers.size());
  bool is_full = false;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    std::size_t bytes = layers_[i].bytes;
    for (const replica::PartDraft& part : layers[i]) bytes += size_of(part);
    const std::size_t count = layers_[i].draft.parts.size() + layers[i].size();
    is_full = is_full || count > kPartsInChange || bytes > kBytesInChange;
  }
  if (is_full) {
    flush();
    layers_.resize(layers.size());
  }
  for (std::size_t i = 0; i < layers.size(); ++i) {
    for (replica::PartDraft& part : layers[i]) {
      layers_[i].bytes += size_of(part);
      layers_[i].draft.parts.push_back(std::move(part));
    }
  }
}

void DraftPacker::flush() {
  for (Layer& layer : layers_)
    if (!layer.draft.parts.empty()) drafts_.push_back(std::move(layer.draft));
  layers_.clear();
}

std::vector<replica::ChangeDraft>& DraftPacker::drafts() {
  flush();
  return drafts_;
}

}  // namespace cunju::registry
