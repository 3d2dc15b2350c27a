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

}  // namespace

bool is_text_edit(const Operation& operation) {
  const auto* bytes = std::get_if<Bytes>(&operation.value);
  if (!is_kind(operation, OperationKind::kTextEdit) || bytes == nullptr) return false;
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
  for (const Operation& operation : operations) {
    // What has no effect on a state (has_effect()) has none here.
    if (operation.field.empty() || operation.field.size() > limits::kMaxNameBytes) continue;
    if (is_kind(operation, OperationKind::kTextConfirm) && is_empty(operation.value))
      out.by_name[operation.field].confirms = true;
    const auto* bytes = std::get_if<Bytes>(&operation.value);
    if (!is_kind(operation, OperationKind::kTextEdit) || bytes == nullptr) continue;
    Result<TextEdits> edits = decode_text_edits(*bytes);
    if (edits.has_error() || edits.value().empty()) continue;
    for (const TextRun& run : edits.value().runs())
      (run.inserts() ? out.inserted : out.erased) += run.length;
    out.runs += edits.value().runs().size();
    out.load += edits.value().text().size() + limits::kTextRunLoad * edits.value().runs().size();
    if (full.contains(operation.field)) continue;
    TextWrite& write = out.by_name[operation.field];
    if (!std::exchange(write.edits_text, true)) out.load += limits::kEditedTextLoad;
    if (!append_edits(write.edits, edits.value())) full.insert(operation.field);
  }
  for (std::string_view name : full) {
    const auto at = out.by_name.find(name);
    at->second.edits = TextEdits();
    at->second.edits_text = false;
    if (!at->second.confirms) out.by_name.erase(at);
  }
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
