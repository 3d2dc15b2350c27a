// SPDX-License-Identifier: Apache-2.0
#include "node/registry/definition_outlook.h"

#include <algorithm>
#include <utility>

namespace cunju::registry {
namespace {

/// A place of its own for each change: two branches of a forked log share an author and a number.
Dot dot_of(const ChangeId& change) {
  Dot out;
  static_assert(sizeof out.author.value == sizeof change.value);
  std::ranges::copy(change.value, out.author.value.begin());
  return out;
}

bool is_about_texts(const Operation& operation) {
  return operation.kind >= static_cast<std::uint16_t>(OperationKind::kTextEdit);
}

/// What kept records longer than the definition does, whether or not one is in use.
const Retention* find_cut(const Definition* before, std::span<const DefinitionVersion> versions,
                          const Definition& after) {
  if (before != nullptr) return find_cut_rule(*before, after);
  for (const DefinitionVersion& version : versions) {
    if (version.definition.id != after.id ||
        version.given_up.contains(std::string(kMeantRetention)))
      continue;
    if (find_cut_rule(version.definition, after) != nullptr) return &version.definition.retention;
  }
  return nullptr;
}

std::vector<DefinitionVersion> versions_for(std::span<const DefinitionVersion> all,
                                            const std::string& registry) {
  std::vector<DefinitionVersion> out;
  std::ranges::copy_if(all, std::back_inserter(out),
                       [&](const auto& each) { return each.definition.id == registry; });
  return out;
}

/// What moves by the act: not what was so before it, and not what nobody may read or write
/// afterwards, because several scopes are named.
std::vector<ScopeMove> moves_by_act(const Definition* before,
                                    std::span<const DefinitionVersion> versions,
                                    const Definition& after) {
  std::vector<ScopeMove> out = find_scope_moves_from(before, versions, after);
  std::vector<ScopeMove> standing;
  if (before != nullptr) standing = find_scope_moves_from(before, versions, *before);
  std::erase_if(out, [&](const ScopeMove& move) {
    return !contested_scopes(move.to).empty() ||
           std::ranges::any_of(standing, [&](const ScopeMove& each) {
             return each.field == move.field && each.from == move.from && each.to == move.to;
           });
  });
  return out;
}

/// Fields that some version kept with their record, and that go by themselves now.
std::vector<Label> fields_let_go(const Definition& now, std::span<const DefinitionVersion> before,
                                 std::span<const DefinitionVersion> after) {
  std::vector<Label> out;
  for (const FieldDefinition& field : now.fields)
    if (lawful_erasable(now, after, field.id) && !lawful_erasable(now, before, field.id))
      out.push_back(field.label);
  return out;
}

DefinitionEdits* find_edits(DefinitionRecords& records, const RecordId& record) {
  const auto found = std::ranges::find(records.edits, record, &DefinitionEdits::record);
  return found == records.edits.end() ? nullptr : &*found;
}

/// As if these changes were late, or were not.
void suppose(DefinitionRecords& records, const std::set<ChangeId>& changes, bool is_late) {
  for (DefinitionEdits& record : records.edits) {
    bool is_concerned = false, is_there = false;
    for (replica::HistoryEntry& edit : record.edits) {
      if (changes.contains(edit.id) && edit.is_late != is_late) {
        edit.is_late = is_late;
        is_concerned = true;
      }
      is_there = is_there || !edit.is_late;
    }
    if (!is_concerned) continue;
    records.states.erase(record.record);
    // A record of which all is late is none.
    if (is_there) records.states[record.record] = state_admitting(record.edits, {});
  }
}

}  // namespace

RecordState state_admitting(std::span<const replica::HistoryEntry> edits,
                            const std::set<ChangeId>& admitted) {
  RecordState out;
  std::map<ChangeId, VersionVector> seen_at;
  for (const replica::HistoryEntry& edit : edits) {
    VersionVector seen;
    for (const ChangeId& parent : edit.parents)
      if (const auto found = seen_at.find(parent); found != seen_at.end())
        seen.merge(found->second);
    const Dot dot = dot_of(edit.id);
    if (!edit.is_void && (!edit.is_late || admitted.contains(edit.id))) {
      std::vector<Operation> operations = edit.operations;
      std::erase_if(operations, is_about_texts);
      out.apply({.id = edit.id, .dot = dot, .seen = seen, .depth = edit.depth}, operations);
    }
    seen.raise(dot);
    seen_at.emplace(edit.id, std::move(seen));
  }
  return out;
}

void suppose_admitted(DefinitionRecords& records, const std::set<ChangeId>& admitted) {
  suppose(records, admitted, false);
}

void suppose_late(DefinitionRecords& records, const std::set<ChangeId>& changes) {
  suppose(records, changes, true);
}

void suppose_written(DefinitionRecords& records, const RecordId& record,
                     std::vector<Operation> operations) {
  DefinitionEdits* edits = find_edits(records, record);
  if (edits == nullptr) return;
  replica::HistoryEntry written;
  written.operations = std::move(operations);
  for (const replica::HistoryEntry& edit : edits->edits) {
    written.depth = std::max(written.depth, edit.depth + 1);
    if (!edit.is_late) written.parents.push_back(edit.id);
  }
  edits->edits.push_back(std::move(written));
  records.states[record] = state_admitting(edits->edits, {});
}

std::vector<DefinitionLoss> find_losses(const DefinitionRecords& before,
                                        const DefinitionRecords& after) {
  const Catalog was = catalog_of(before), is = catalog_of(after);
  const std::vector<DefinitionVersion> versions = versions_of(before.edits);
  const std::vector<DefinitionVersion> versions_then = versions_of(after.edits);
  std::vector<DefinitionLoss> out;
  for (const Catalog::Item& item : is.all()) {
    const Definition& now = item.definition;
    const Definition* then = was.find(now.id);
    GivenUp lost;
    const std::vector<DefinitionVersion> own = versions_for(versions, now.id);
    // The fields of a built-in one are the program's, and so is whether it is proof.
    if (item.is_custom) {
      lost.moves = moves_by_act(then, own, now);
      lost.ledger = then != nullptr && then->is_ledger && !now.is_ledger;
      lost.erasable = fields_let_go(now, own, versions_for(versions_then, now.id));
    }
    if (const Retention* cut = find_cut(then, own, now); cut != nullptr) lost.kept = *cut;
    if (!lost.empty())
      out.push_back({.registry = now.id, .after = now, .given_up = std::move(lost)});
  }
  return out;
}

std::map<std::string, std::set<std::string>> meant_by(const DefinitionRecords& records,
                                                      const std::set<ChangeId>& changes) {
  std::map<std::string, std::set<std::string>> out;
  for (const DefinitionEdits& record : records.edits) {
    std::string registry;
    for (const replica::HistoryEntry& edit : record.edits) {
      if (edit.is_void) continue;
      for (const Operation& operation : edit.operations) {
        const auto* text = std::get_if<std::string>(&operation.value);
        if (text == nullptr) continue;
        if (operation.field == kDefinitionIdField) registry = *text;
        if (operation.field == kMeantField && changes.contains(edit.id))
          out[registry].insert(text->substr(0, text->rfind(' ')));
      }
    }
  }
  return out;
}

}  // namespace cunju::registry
