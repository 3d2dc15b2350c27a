// SPDX-License-Identifier: Apache-2.0
//
// What becomes of the space's registries by an act that brings definitions into force, or takes
// them out of it, before anybody signs it: changes of the late tray that are admitted, a removal,
// what brings a record back, what settles one. The catalog as it would be is made as the catalog is
// (catalog.h), so whatever the law holds fast (definition_law.h) is held there as well, and what
// differs is what the act gives up. Pure but for read_definition_records().
#pragma once

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "crdt/types/record_state.h"
#include "node/registry/scope_moves.h"

namespace cunju::registry {

/// All that a catalog is made from.
struct DefinitionRecords {
  std::map<RecordId, RecordState> states;  ///< Of records that are shown, deleted ones too.
  std::vector<DefinitionEdits> edits;      ///< As read_definition_edits() has them.
};
/// Errors: those of the replica.
Result<DefinitionRecords> read_definition_records(replica::Replica& replica, const SpaceId& space);
/// catalog.cc. Catalog::load() gives the one of the records that are here.
Catalog catalog_of(const DefinitionRecords& records);

/// What the edits of one record in one scope say of its fields and whether it is there, if these
/// changes were not late. `edits`: by rising (depth, id), of one registry. Texts are left out.
RecordState state_admitting(std::span<const replica::HistoryEntry> edits,
                            const std::set<ChangeId>& admitted);

/// As if these changes were late no more.
void suppose_admitted(DefinitionRecords& records, const std::set<ChangeId>& admitted);
/// As if these, which are in force, lay in the late tray.
void suppose_late(DefinitionRecords& records, const std::set<ChangeId>& changes);
/// As if somebody who sees all that is in force had written this in a record that is there.
void suppose_written(DefinitionRecords& records, const RecordId& record,
                     std::vector<Operation> operations);

/// What a registry loses by that.
struct DefinitionLoss {
  std::string registry;
  Definition after;  ///< In use then.
  GivenUp given_up;
};
/// By the order of the catalog. Registries that have no definition afterwards are left out: nothing
/// is written in them, and their records are kept by the rules that were there.
std::vector<DefinitionLoss> find_losses(const DefinitionRecords& before,
                                        const DefinitionRecords& after);

/// What these changes say is meant to be given up (definition_law.h), by the registry. It counts
/// from the day on which they are in force, whether or not it makes a difference on that day.
std::map<std::string, std::set<std::string>> meant_by(const DefinitionRecords& records,
                                                      const std::set<ChangeId>& changes);

}  // namespace cunju::registry
