// SPDX-License-Identifier: Apache-2.0
//
// Carries out an import plan, and takes it back. All rows of one import are one append: durable
// together or not at all. Rows are matched with the records that are there by the plan's key, or
// as a whole, so the same file a second time signs nothing. Beside the rows an import record
// (registry `import`) says what came from where; the import is that record's first change and the
// author's next ones, as many as it says, so no record has to carry a mark.
//   created by an import = records without an earlier change that these changes write to
// An undo is signed changes like any other act: nothing is forgotten. Single thread.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "node/registry/catalog.h"
#include "node/registry/erased_persons.h"
#include "node/registry/import_plan.h"
#include "node/replica/replica.h"

namespace cunju::registry {

struct ImportRun {
  Hash file_digest;
  bool update = false;  ///< Write rows over the records whose key they have.
  std::uint64_t claimed_ms = 0;
  /// Which erased persons' rows it may bring back, and on what ground (erased_persons.h): kept in
  /// the import's record. Empty: none.
  std::string readmitted = {};
  /// Rows made ready so far; the append that follows is one step.
  std::function<void(std::size_t rows)> progress = {};
};

/// A row whose key is there with other values. An empty cell is no value: it never differs.
struct DifferentRow {
  std::size_t number = 0;  ///< As a spreadsheet counts.
  RecordId record;         ///< The first of them, if several have the key.
  std::vector<std::string> fields;
  Label reason;  ///< Why an update leaves it alone; empty when it would not.
};

struct ImportOutcome {
  std::optional<RecordId> import;  ///< Empty: nothing was to be written, nothing was signed.
  std::size_t added = 0;
  std::size_t equal = 0;
  std::size_t updated = 0;
  std::vector<DifferentRow> different;  ///< Left alone.
};

/// Errors: kInvalidArgument (the plan is not usable); kNotFound (registry); kPermission before
/// anything is written (the author needs to write the registry and `import`); those of append.
Result<ImportOutcome> run_import(replica::Replica& replica, const Catalog& catalog,
                                 const SpaceId& space, const crypto::SigningKey& author,
                                 const ImportPlan& plan, const ImportRun& run);

/// What run_import() would do; signs nothing, needs no permission.
Result<ImportOutcome> preview_import(replica::Replica& replica, const Catalog& catalog,
                                     const SpaceId& space, const ImportPlan& plan, bool update);

/// Refuses the plan's rows that an update would write over a record and that bring an erased person
/// into it together with what is there: a telephone number beside her name, for instance. `erased`
/// in force, but of erasures that are readmitted. Errors: those of preview_import().
Result<void> refuse_erased_updates(replica::Replica& replica, const Catalog& catalog,
                                   const SpaceId& space, ImportPlan& plan,
                                   const std::vector<ErasedPerson>& erased,
                                   const std::set<RecordId>& readmitted, Date today);

/// Code of the finding of a row that is over and does not say how.
inline constexpr std::string_view kEndedRow = "closed_by";

/// Refuses the plan's rows that would enter a new record at its end without the outcome or the
/// reasons that the command asks for which alone may end one (FieldDefinition::closed_by). A table
/// of what was ended elsewhere says them; a row that is there already stays. Errors: those of
/// preview_import().
Result<void> refuse_ended_rows(replica::Replica& replica, const Catalog& catalog,
                               const SpaceId& space, ImportPlan& plan);

struct ImportEntry {
  RecordId id;
  std::string registry;
  std::string file_name;  ///< Of imports of older programs; else empty.
  Bytes file_digest;
  std::size_t added = 0;
  std::size_t updated = 0;
  AuthorKey author;
  std::uint64_t claimed_ms = 0;
  bool is_undone = false;  ///< An undo was signed; it may have kept records.
};

/// By claimed time, then id.
Result<std::vector<ImportEntry>> list_imports(replica::Replica& replica, const SpaceId& space);

struct KeptRecord {
  RecordId record;
  Label reason;
};

struct UndoOutcome {
  std::size_t removed = 0;       ///< Created by the import, deleted now.
  std::size_t reset = 0;         ///< Updated by the import, fields set back now.
  std::size_t already_gone = 0;  ///< Deleted by somebody before.
  std::vector<KeptRecord> kept;  ///< Edited since, at least in part, or not to be read in part.
  /// Confidential parts of the import that can't be read or written here, of whatever records: they
  /// are left as they are.
  std::uint64_t unread = 0;
};

/// Deletes the records the import created that nobody edited since, and sets back fields it
/// updated that nobody wrote since, the confidential ones that the author may read among them. A
/// second undo finds nothing to do and signs nothing, unless its author reads more. Errors:
/// kNotFound (no such import), kMissing (not all of the import has arrived), kPermission.
Result<UndoOutcome> undo_import(replica::Replica& replica, const SpaceId& space,
                                const crypto::SigningKey& author, const RecordId& import,
                                std::uint64_t claimed_ms);

}  // namespace cunju::registry
