// SPDX-License-Identifier: Apache-2.0
#include "crdt/types/text/text_writes.h"

#include <algorithm>
#include <set>
#include <utility>

#include "crdt/base/limits.h"
#include "crdt/types/record_state.h"
#include "crdt/types/text/text_edits_codec.h"

namespace cunju {
namespace {

bool is_kind(const Operation& operation, OperationKind kind) {
  return operation.kind == static_cast<std::uint16_t>(kind);
}

/// Adds `more` behind `edits`; false when there is no room for all of it.
bool append_edits(TextEdits& edits, const TextEdits& more) {
  std::size_t at = 0;
  for (const TextRun& run : more.runs()) {
    const bool has_room = run.inserts()
                              ? edits.insert(run.position, more.text().substr(at, run.bytes))
                              : edits.erase(run.position, run.length);
    if (!has_room) return false;
    at += run.bytes;
  }
  return true;
}

/// The bytes of an operation that is to edit a text; null for any other.
const Bytes* edit_of(const Operation& operation) {
  return is_kind(operation, OperationKind::kTextEdit) ? std::get_if<Bytes>(&operation.value)
                                                      : nullptr;
}

std::uint64_t unpacked_bytes(std::span<const Operation> operations) {
  std::uint64_t out = 0;
  for (const Operation& operation : operations)
    if (const Bytes* bytes = edit_of(operation)) out += unpacked_text_bytes(*bytes);
  return out;
}

}  // namespace

bool is_text_edit(const Operation& operation) {
  const Bytes* bytes = edit_of(operation);
  if (bytes == nullptr) return false;
  Result<TextEdits> edits = decode_text_edits(*bytes);
  return edits.has_value() && !edits.value().empty();
}

bool is_of_texts(const Operation& operation) {
  switch (static_cast<OperationKind>(operation.kind)) {
    case OperationKind::kTextEdit:
    case OperationKind::kTextConfirm:
    case OperationKind::kFreeze:
    case OperationKind::kThaw:
    case OperationKind::kStateMove:
    case OperationKind::kTextPassed:
      return true;
    default:
      return false;
  }
}

bool is_effective_act(const Operation& operation, std::span<const Operation> operations) {
  if (operation.field != kFreezeField || !is_empty(operation.value)) return false;
  if (is_kind(operation, OperationKind::kFreeze)) return true;
  return is_kind(operation, OperationKind::kThaw) &&
         std::ranges::any_of(operations, [](const Operation& other) {
           return is_kind(other, OperationKind::kStateMove) && has_effect(other);
         });
}

std::uint64_t text_load(std::span<const Operation> operations) {
  return read_text_writes(operations).load;
}

TextWrites read_text_writes(std::span<const Operation> operations) {
  TextWrites out;
  std::set<std::string_view> full;
  out.passed = read_text_passed(operations);
  out.edits_at.resize(operations.size());
  out.is_too_large = unpacked_bytes(operations) > limits::kMaxTextChangeBytes;
  for (std::size_t i = 0; i < operations.size(); ++i) {
    const Operation& operation = operations[i];
    // What has no effect on a state (has_effect()) has none here.
    if (operation.field.empty() || operation.field.size() > limits::kMaxNameBytes) continue;
    if (is_kind(operation, OperationKind::kTextConfirm) && is_empty(operation.value))
      out.by_name[operation.field].confirms = true;
    const Bytes* bytes = edit_of(operation);
    if (bytes == nullptr || out.is_too_large) continue;
    Result<TextEdits> edits = decode_text_edits(*bytes);
    if (edits.has_error() || edits.value().empty()) continue;
    out.edits_at[i] = true;
    for (const TextRun& run : edits.value().runs())
      (run.inserts() ? out.inserted : out.erased) += run.length;
    out.runs += edits.value().runs().size();
    out.load += edits.value().text().size() + limits::kTextRunLoad * edits.value().runs().size();
    out.is_too_large = out.runs > limits::kMaxTextRuns;
    if (full.contains(operation.field)) continue;
    TextWrite& write = out.by_name[operation.field];
    if (!std::exchange(write.edits_text, true)) out.load += limits::kEditedTextLoad;
    if (!append_edits(write.edits, edits.value())) full.insert(operation.field);
  }
  if (out.is_too_large) {
    // As if none could be read: what has no effect on a state leaves no load in it either.
    out.edits_at.assign(operations.size(), false);
    out.load = out.runs = out.inserted = out.erased = 0;
  }
  for (auto& [name, write] : out.by_name)
    if (out.is_too_large || full.contains(name))
      write = {.edits = {}, .edits_text = false, .confirms = write.confirms};
  std::erase_if(out.by_name, [](const auto& named) {
    return !named.second.edits_text && !named.second.confirms;
  });
  return out;
}

TextWrite read_text_write(std::string_view name, std::span<const Operation> operations) {
  TextWrites writes = read_text_writes(operations);
  auto at = writes.by_name.find(name);
  return at == writes.by_name.end() ? TextWrite() : std::move(at->second);
}

TextAct read_text_act(std::span<const Operation> operations) {
  TextAct out = TextAct::kNothing;
  for (const Operation& operation : operations) {
    if (!is_effective_act(operation, operations)) continue;
    out = is_kind(operation, OperationKind::kFreeze) ? TextAct::kFreeze : TextAct::kThaw;
  }
  return out;
}

}  // namespace cunju
