// SPDX-License-Identifier: Apache-2.0
//
// What holds for a registry of the space's own whatever order its definitions, their versions,
// removals and restorations came in: a field that any of them has kept confidential stays in that
// scope, its records are kept as long as any has said, and a field of them goes alone only where
// all say so, until somebody who was told what that gives up says that it is meant. That is said in
// the record of a definition, beside its text:
//   set "meant" := what SP change          what := "scope:" field | "scope" | "retention"
// "scope" is of everything that the definition does not name, and "scope:x" of the field x;
// "retention" is all by which records are kept, of a late version also that they are proof. It
// gives up what the change and all before it in its record say of that, and nothing that is written
// beside them or later. What was said once stays said, and a version counts whether or not its
// record was taken away, or is late: whoever wrote by it yesterday writes in the open tomorrow by
// nobody's act but a chair's that says so. A late one adds to what the others say and gives up
// nothing. An amendment of a built-in one counts until it is replaced or taken away, or given up;
// that it became late ends nothing. A function of the changes that are here and of which are late.
// Pure but for reading. Which versions count for what: docs/definitions.md.
#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crdt/base/ids.h"
#include "node/registry/definition.h"
#include "node/replica/replica.h"

namespace cunju::registry {

inline constexpr std::string_view kMeantField = "meant";
/// What can be given up, beside the scope of a field.
inline constexpr std::string_view kMeantHome = "scope";
inline constexpr std::string_view kMeantRetention = "retention";
std::string meant_of_field(std::string_view field);

/// The edits of one record of kDefinitionRegistry, by rising (depth, id).
struct DefinitionEdits {
  RecordId record;
  std::vector<replica::HistoryEntry> edits;
};

/// One text that a record of kDefinitionRegistry held, that was ever in force or is late, and is a
/// definition of the id that its record is for, or amends the retention of a built-in one.
struct DefinitionVersion {
  RecordId record;
  Definition definition;           ///< Of an amendment: what is built in, as amended.
  std::set<std::string> given_up;  ///< What of it counts no longer.
  bool is_late = false;
  bool is_amendment = false;
  /// Something that is in force and follows it replaced it, or took its record away.
  bool is_replaced = false;

  /// Of how long records are kept, and whether a field goes alone. What an own definition said in
  /// force that its registry is proof is never given up, whatever this says.
  bool keeps() const;
  /// Whether the registry is proof by it: for good once that was in force.
  bool makes_ledger() const;
};

/// By record, also of those of which all is late. Errors: those of the replica.
Result<std::vector<DefinitionEdits>> read_definition_edits(replica::Replica& replica,
                                                           const SpaceId& space);
/// By record, oldest first.
std::vector<DefinitionVersion> versions_of(std::span<const DefinitionEdits> records);
/// Those of one registry. Errors: those of the replica.
Result<std::vector<DefinitionVersion>> read_versions(replica::Replica& replica,
                                                     const SpaceId& space,
                                                     std::string_view registry);
/// The operations that give up so much of every version that is there of the registry.
std::vector<Operation> meant_operations(std::span<const DefinitionEdits> records,
                                        std::string_view registry,
                                        const std::set<std::string>& what);

/// The scope in which both have it: of what is confidential and open the confidential one, and of
/// two that differ one that nobody may read (contested_scopes()).
std::string joined_scope(const std::string& a, const std::string& b);
/// The scopes that a name made by joined_scope() stands for; of any other none.
std::vector<std::string> contested_scopes(std::string_view name);
Label contested_text(std::string_view name);
/// Begins the context where something can't be written for that; the name follows.
inline constexpr std::string_view kContested = "several scopes are named: ";

/// The scope of a field by the versions that count; `definition`: the one in use, or null. Empty:
/// open. An empty field: of whatever they do not name.
std::string lawful_scope(const Definition* definition, std::span<const DefinitionVersion> versions,
                         std::string_view field);

/// A field that is in another scope than the definition alone has it, or that it does not have.
struct HeldField {
  Label label;  ///< Empty: everything that the definition does not name.
  std::string scope;
};
/// The definition as it holds. `versions`: all of its id. Fields that it does not have and others
/// keep confidential come after its own, and none of them is required.
std::vector<HeldField> hold_to_scopes(Definition& definition,
                                      std::span<const DefinitionVersion> versions);

/// Says of them why, and how it is changed.
Label held_text(std::span<const HeldField> held);

/// Whether records of a registry may go sooner by `after`; one without a rule keeps nothing, unless
/// it is a ledger.
bool keeps_less(const Retention& before, bool was_ledger, const Retention& after, bool is_ledger);
/// The same of whole definitions, with what was laid down apart; the first rule that is cut short.
const Retention* find_cut_rule(const Definition& before, const Definition& after);
/// Whether anything in the registry has to be kept by it.
bool keeps_anything(const Definition& definition);
/// Whether the field goes by itself, whatever keeps its record (FieldDefinition::is_erasable): the
/// definition in use says so, and so does each version that has the field and keeps records.
bool lawful_erasable(const Definition& definition, std::span<const DefinitionVersion> versions,
                     std::string_view field);
/// What of it a version before keeps with its record; null: none does.
const DefinitionVersion* find_keeper(std::span<const DefinitionVersion> versions,
                                     std::string_view field);
/// Counts what versions kept longer, and says in the rule's words what was given up. Whether any
/// counts beside the definition's own.
bool hold_to_retention(Definition& definition, std::span<const DefinitionVersion> versions);
/// Notes in the rule's words that records were kept longer before.
void note_cut(Retention& now, const Retention& before);

}  // namespace cunju::registry
