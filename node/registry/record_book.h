// SPDX-License-Identifier: Apache-2.0
//
// The records of one space for people: add, change, delete, bring back, find, list, settle. Every
// act is one signed change, or none when nothing would change. Warnings never stop an act; errors
// stop it before anything is written, and refusal() then says why in words for people.
// A record is always read as the registry it is asked for (RecordView::find): a liar's claim on
// another registry neither shows nor hides anything. Fields of a confidential scope are written
// into a part of their own in the same change; a record is shown joined from its parts, as far as
// the keys are here and the device that is open may read the scope by the roster. Borrows replica
// and catalog; single thread.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "node/registry/catalog.h"
#include "node/registry/field_scope.h"
#include "node/registry/finding.h"
#include "node/registry/readmission.h"
#include "node/registry/record_conflicts.h"
#include "node/registry/record_edit.h"
#include "node/registry/record_list.h"
#include "node/registry/record_row.h"
#include "node/replica/replica.h"

namespace cunju::registry {

/// Who acts, and when by their own clock.
struct Act {
  const crypto::SigningKey& author;
  std::uint64_t claimed_ms = 0;
  Date today;
};

struct EditOptions {
  bool allow_extra = false;  ///< Fields that the definition does not know are kept as text.
  bool restores = false;     ///< A deleted record comes back with the edit, in the same change.
  bool closes = false;       ///< It is the command of FieldDefinition::closed_by that writes.
  /// Erased persons whom the act may bring in. Those whom it does are noted in the record.
  Readmission readmission = {};
};

/// Code of the refusal to take out what proves what was done.
inline constexpr std::string_view kLedgerEntry = "ledger_entry";

/// Code of the refusal to end by hand what a command ends.
inline constexpr std::string_view kClosedBy = "closed_by";

/// Code of the refusal to write kReadmittedField by hand.
inline constexpr std::string_view kReadmissionNote = "readmission_note";

/// Code of the refusal to write by hand in a registry that the program keeps.
inline constexpr std::string_view kProgramRegistry = "program_registry";

/// Code of the warning that somebody froze a text which is merged and which nobody has read.
inline constexpr std::string_view kUnreadMerge = "unread_merge";

/// Code of the refusal to write on something that was shown and has no effect any more.
inline constexpr std::string_view kFallenSince = "fallen_since";

struct Saved {
  RecordId record;
  std::optional<ChangeId> change;  ///< Empty: the record said so already; nothing was signed.
  Findings findings;               ///< Warnings only.
};

/// What an edit would find and do.
struct CheckedEdit {
  Findings findings;  ///< With an error in them nothing would be written.
  bool changes = false;
};

struct TextName {
  RecordId record;
  std::string registry;
  std::string field;
};

/// A text as somebody opened it to write in it.
struct TextDraft {
  TextName name;
  Seen seen;
  std::string before;
  /// It is shown from where it was before its registry's scope; saving begins it in that, whole.
  bool begins = false;
};

/// One of the scopes in which a record has a text, as far as they can be read here.
struct PlacedText {
  std::string name;  ///< Of the scope; empty: open.
  Scope scope = kOpenScope;
  RecordView view;
  bool is_home = false;  ///< The registry's own scope, where texts are written.
};

/// Code of the warning that a text was begun in its registry's scope.
inline constexpr std::string_view kTextBegun = "text_begun";

/// An edit in no text of its record, because it came when the texts were final.
struct LateText {
  TextName name;
  LateEdit edit;
  std::uint64_t claimed_ms = 0;
};

struct RecordPage {
  std::vector<RecordRow> rows;
  std::size_t total = 0;  ///< Matching records, without offset and limit.
};

/// A place in ConflictRow::candidates, counted from 1; or a new text for the field.
using Choice = std::variant<std::size_t, std::string>;

class RecordBook {
 public:
  RecordBook(replica::Replica& replica, const Catalog& catalog, const SpaceId& space)
      : replica_(replica), catalog_(catalog), space_(space) {}

  // --- acts. Errors of all: kPermission and others of Replica::append, and kConflict when what was
  // shown fell meanwhile and can't be built on (kFallenSince), or would bring in a person who was
  // erased (kErasedPerson of erased_persons.h). ------------------------------------------------
  /// Fills in the days that the definition proposes. kNotFound (registry), kInvalidArgument (edits:
  /// see refusal()).
  Result<Saved> add(const Act& act, std::string_view registry, std::span<const Edit> edits,
                    EditOptions options = {});
  /// kNotFound (no such record in the registry, or a deleted one that is not restored),
  /// kInvalidArgument (edits).
  Result<Saved> set(const Act& act, std::string_view registry, const RecordId& record,
                    std::span<const Edit> edits, EditOptions options = {});
  /// What set() would find in the edits, without writing anything: of what a person asks of the
  /// record, and not of who may write. kNotFound (the record).
  Result<CheckedEdit> check(const Act& act, std::string_view registry, const RecordId& record,
                            std::span<const Edit> edits);
  /// Makes the field refer to an attachment (crdt/attachment/reference.h). A field that the
  /// definition has any number of is given by its id, and takes the next free number, or by its
  /// whole name. kNotFound (the record), kInvalidArgument (no field for attachments).
  Result<Saved> attach(const Act& act, std::string_view registry, const RecordId& record,
                       std::string_view field, const Bytes& reference);
  /// Deletes; also settles a delete conflict that way. kNotFound, kInvalidArgument (a ledger's).
  Result<Saved> remove(const Act& act, std::string_view registry, const RecordId& record);
  /// Brings a deleted record back with all its values; also settles a delete conflict. kNotFound.
  Result<Saved> restore(const Act& act, std::string_view registry, const RecordId& record);
  /// Ends the conflict of a field (empty: of the deletion). kNotFound when there is none,
  /// kInvalidArgument for a choice that does not exist, a text that does not fit, and for a merged
  /// text: confirm_text() ends that. `readmission`: as of EditOptions, for a new text.
  Result<Saved> settle(const Act& act, std::string_view registry, const RecordId& record,
                       std::string_view field, const Choice& choice,
                       const Readmission& readmission = {});

  /// Opens a text of the record, which need not be there yet; as somebody saw it, or as it is now
  /// (without heads). kNotFound (the record, the version), kConflict (its texts are final; it is to
  /// begin in its scope, and was edited since the version).
  Result<TextDraft> open_text(const RecordId& record, std::string_view registry,
                              std::string_view field, const Seen& version = {});
  /// Saves what the text says now, as an edit of what it said when it was opened: what others wrote
  /// meanwhile is merged. kConflict (final meanwhile), kInvalidArgument (longer than
  /// kMaxTextBytes, not UTF-8). One that begins in its scope is kConflict as soon as somebody has
  /// edited it meanwhile; what several begin apart is merged and waits for a reader.
  Result<Saved> save_text(const Act& act, const TextDraft& draft, std::string_view after);
  /// "I have read what was merged, as `version` was shown": what arrived since stays unread. With
  /// `take` the text becomes what it said at that version (read_version() of text_version.h gives
  /// both). kNotFound (nothing is merged, no such version), kConflict (this very key wrote since
  /// `version`; with `take`: the texts are final).
  Result<Saved> confirm_text(const Act& act, const TextName& text, const Seen& version,
                             const Seen& take = {});

  // --- questions -------------------------------------------------------------------------------
  /// By id or the first 4 or more of its hexadecimal digits; deleted ones too. kInvalidArgument,
  /// kNotFound, kConflict (several; the context says how many). Empty registry: the record's own.
  Result<RecordRow> find(std::string_view id, std::string_view registry = {});
  Result<RecordRow> get(const RecordId& record, std::string_view registry = {});
  /// kNotFound: no such registry, or a field that neither definition nor any record has.
  Result<RecordPage> list(std::string_view registry, ListQuery query);
  /// Of the whole space, by registry, record and field.
  Result<std::vector<ConflictRow>> conflicts();
  Result<std::vector<ConflictRow>> conflicts(const RecordId& record);
  /// By rising (depth, id); operations of a change in several scopes that can be read are one
  /// entry.
  Result<std::vector<replica::HistoryEntry>> history(const RecordId& record,
                                                     std::string_view registry = {});
  /// The scope of a registry's texts; open where nobody has opened an epoch of its scope.
  Result<Scope> home_scope_of(std::string_view registry);
  /// Where the record has the text, that which is shown first; where it has it nowhere, the one in
  /// which it would be written, as far as anything of the record is there. Never empty. kNotFound.
  Result<std::vector<PlacedText>> text_places(const RecordId& record, std::string_view registry,
                                              std::string_view field);

  /// The edits that came too late for a final text, of the whole space, by registry, record, field
  /// and age. Reads the records of all registries that have texts.
  Result<std::vector<LateText>> late_texts();
  /// How many there are, without their words.
  Result<std::uint64_t> count_late_texts();

  /// Why the last act was refused for what it was asked to write; errors only.
  const Findings& refusal() const { return refusal_; }

 private:
  /// A record as one registry has it, in each scope that is shown here.
  struct Loaded {
    RecordId id = {};
    std::string registry;
    const Definition* definition = nullptr;
    std::string home;                         ///< Name of the registry's own scope; empty: open.
    std::map<std::string, RecordView> views;  ///< By name of the scope; empty: open.

    /// Of the home scope; those of nothing when there is no part in it.
    const RecordView& view() const { return view_of(home); }
    const RecordState& state() const { return *state_of(home); }
    const RecordView& view_of(const std::string& scope) const;
    /// Never null.
    const RecordState* state_of(const std::string& scope) const;
    /// What an edit of the scope is made from.
    RecordStates states(const std::string& scope) const;
    /// As join_rows() says it.
    bool is_deleted() const;
    bool is_known(const std::string& scope) const { return views.contains(scope); }
  };
  /// Operations, by name of the scope, and what they were made from.
  struct ScopedWrite {
    Seen seen;
    std::vector<Operation> operations;
  };
  using Writes = std::map<std::string, ScopedWrite>;
  /// The scopes that the open device may read, by name and by number.
  struct Scopes {
    std::map<std::string, Scope> numbers;
    std::map<Scope, std::string> names;
    std::map<Scope, std::string> all_names;  ///< Those that it may not read as well.
  };

  Result<Scopes> read_scopes();
  Result<Loaded> load(const RecordId& record, std::string_view registry);
  static Loaded make_loaded(const RecordId& record, const Scopes& scopes,
                            std::span<const replica::ScopedView> views, std::string_view registry,
                            const Catalog& catalog);
  RecordRow make_row_of(const Loaded& loaded) const;
  /// What the record says after the writes, in all scopes that are shown.
  FieldValues values_after(const Loaded& loaded, const Writes& writes) const;
  /// What is found in the record as it would be after the writes.
  Result<void> find_after(const Act& act, const Loaded& loaded, const Writes& writes,
                          const FieldValues& before, Findings& out);
  /// Leaves out what is found about fields that can't be read here.
  static Findings about_shown(const Loaded& loaded, const Scopes& scopes, Findings findings);
  /// `seen`: what the operations were made from; empty for a new record. A text too
  /// long for one change is saved by several in one transaction.
  Result<Saved> write(const Act& act, std::string_view registry, const RecordId& record, Seen seen,
                      std::vector<Operation> operations, Findings findings = {});
  Result<Saved> write(const Act& act, const Loaded& loaded, const RecordId& record,
                      std::vector<Operation> operations, Findings findings = {});
  Result<Saved> write(const Act& act, std::string_view registry, const RecordId& record,
                      Writes writes, Findings findings);
  Error refuse_scope(std::string_view scope, std::string_view context);
  Result<PlannedEdit> plan(const EditContext& context, std::span<const Edit> edits);
  /// Plans the edits of each scope on its own.
  Result<std::pair<Writes, Findings>> plan_scopes(const Act& act, const Loaded& loaded,
                                                  std::span<const Edit> edits, bool allow_extra);
  static void add_operations(const Loaded& loaded, const std::string& scope,
                             std::vector<Operation> operations, Writes& out);
  /// It is allowed to make final what nobody has read; it is not to happen unnoticed.
  static void warn_of_unread(const RecordState& state, std::span<const Operation> operations,
                             Findings& out);
  /// kConflict when the writes would bring in an erased person who is not readmitted; who is, is
  /// noted.
  Result<void> admit_persons(const Act& act, const Loaded& loaded, const FieldValues& before,
                             const Readmission& readmission, Writes& writes);
  /// kInvalidArgument in a registry whose records are proof.
  Result<void> require_removable(const Loaded& loaded);
  /// kInvalidArgument where a record that is proof would lose what it is known by, or what its end
  /// rests on; or be ended by hand, where a command has to ask for more.
  Result<void> require_whole_entry(const Loaded& loaded, const FieldValues& before,
                                   const Writes& writes, bool closes);
  /// kInvalidArgument for what the book alone writes.
  Result<void> require_own_fields(const Loaded& loaded, std::span<const Edit> edits);
  Result<Saved> settle_field(const Act& act, const Loaded& loaded, const ConflictRow& row,
                             const Choice& choice, const Readmission& readmission);
  /// Visits the records that keep texts, as each registry has them, in each scope that is shown.
  using TextVisitor = std::function<Result<void>(const RecordId&, std::string_view registry, Scope,
                                                 const RecordState&)>;
  Result<void> visit_texts(const TextVisitor& visit);
  Result<void> require_open_text(const Loaded& loaded, const TextName& text);
  /// Empty: nothing of the record can be read here.
  Result<std::vector<PlacedText>> places_of(const Loaded& loaded, std::string_view field);
  Result<TextDraft> open_elsewhere(TextDraft draft, const PlacedText& place, const Seen& version);
  Result<Saved> begin_text(const Act& act, const Loaded& loaded, const TextDraft& draft,
                           std::string_view after);
  /// Whether the last act was refused for a conflict that no merging can end.
  bool has_fallen() const { return !refusal_.empty() && refusal_.front().code == kFallenSince; }
  /// Notes why an act is refused, for refusal().
  Error refuse(Errc code, std::string_view finding, std::string field, Label text);
  // record_listing.cc
  Result<void> collect(std::string_view registry, const ListQuery& query,
                       const std::vector<SortKey>& sort, bool is_whole, FirstRows& out);
  Result<std::vector<ConflictRow>> conflicts_of(const RecordId& record, const Loaded& loaded);
  Result<std::vector<ConflictRow>> conflicts_in(const RecordId& record, const Loaded& loaded,
                                                const std::string& scope_name, Scope scope);

  replica::Replica& replica_;
  const Catalog& catalog_;
  SpaceId space_;
  Findings refusal_;
};

}  // namespace cunju::registry
