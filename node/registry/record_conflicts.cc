// SPDX-License-Identifier: Apache-2.0
#include "node/registry/record_conflicts.h"

#include <algorithm>
#include <iterator>
#include <set>

#include "node/registry/text_version.h"

namespace cunju::registry {
namespace {

using History = std::span<const replica::HistoryEntry>;

const Operation* last_effect(const replica::HistoryEntry& entry) {
  const Operation* out = nullptr;
  for (const Operation& operation : entry.operations) {
    if (has_effect(operation)) out = &operation;
  }
  return entry.is_void ? nullptr : out;
}

Candidate candidate_of(const replica::HistoryEntry& entry) {
  Candidate out;
  out.change = entry.id;
  out.author = entry.author;
  out.claimed_ms = entry.claimed_ms;
  return out;
}

// The edits and deletions that no later one has seen: edits first, newest first.
std::vector<Candidate> life_candidates(History history) {
  std::vector<Candidate> edits, deletions;
  std::set<ChangeId> seen;
  // Children have a greater depth than their parents, so they come first here.
  for (auto at = history.rbegin(); at != history.rend(); ++at) {
    const replica::HistoryEntry& entry = *at;
    const Operation* effect = last_effect(entry);
    bool is_seen = seen.contains(entry.id);
    if (is_seen || effect != nullptr) seen.insert(entry.parents.begin(), entry.parents.end());
    if (is_seen || effect == nullptr) continue;
    Candidate candidate = candidate_of(entry);
    candidate.is_deletion = effect->kind == static_cast<std::uint16_t>(OperationKind::kDelete);
    (candidate.is_deletion ? deletions : edits).push_back(std::move(candidate));
  }
  std::ranges::move(deletions, std::back_inserter(edits));
  return edits;
}

std::vector<Candidate> field_candidates(const Field& field, const RecordState& state,
                                        History history) {
  std::vector<Candidate> out;
  for (const Entry& entry : field.entries) {
    const Origin& origin = state.origin(entry);
    auto found = std::ranges::find(history, origin.id, &replica::HistoryEntry::id);
    Candidate candidate;
    if (found != history.end()) candidate = candidate_of(*found);
    candidate.change = origin.id;
    candidate.author = origin.dot.author;
    candidate.value = entry.value;
    candidate.previous = entry.previous;
    out.push_back(std::move(candidate));
  }
  return out;
}

}  // namespace

std::vector<ConflictRow> find_conflicts(const RecordId& record, std::string_view registry,
                                        const RecordState& state, History history) {
  std::vector<ConflictRow> out;
  ConflictRow row{.record = record,
                  .registry = std::string(registry),
                  .field = {},
                  .kind = cunju::FieldKind::kLife,
                  .candidates = {},
                  .version = {}};
  if (state.has_delete_conflict()) {
    row.candidates = life_candidates(history);
    out.push_back(row);
  }
  for (const Field& field : state.fields()) {
    if (field.kind == cunju::FieldKind::kFreeze || !field.has_conflict()) continue;
    row.field = field.name;
    row.kind = field.kind;
    row.candidates = field_candidates(field, state, history);
    out.push_back(row);
  }
  return out;
}

ConflictRow make_text_conflict(const RecordId& record, std::string_view registry,
                               const TextField& text, const MergedVersions& versions,
                               History history) {
  ConflictRow out{.record = record,
                  .registry = std::string(registry),
                  .field = text.name,
                  .kind = cunju::FieldKind::kText,
                  .candidates = {},
                  .version = {},
                  .more = versions.more};
  Candidate merged;
  merged.value = text.text;
  out.candidates.push_back(std::move(merged));
  for (const TextVersion& version : versions.versions) {
    auto found = std::ranges::find(history, version.change, &replica::HistoryEntry::id);
    Candidate candidate;
    if (found != history.end()) candidate = candidate_of(*found);
    candidate.value = version.text;
    candidate.mark = left_out_mark(version.left_out);
    out.candidates.push_back(std::move(candidate));
  }
  return out;
}

}  // namespace cunju::registry
