// SPDX-License-Identifier: Apache-2.0
//
// The one way in, inside one write transaction: admits changes to the logs, holds what lacks a
// predecessor, pin or parent, places parts in their record graphs and applies them to the views.
// Laws (docs/architecture.md):
//   a change is admitted by its header, prev and pins alone; what is refused is refused everywhere
//   a part waits for its parents and for its author's earlier parts on the record; it is void when
//   a parent has no part on the record, its pins don't dominate a parent's pins, its author may
//   not write the registry, or its links or body don't decode
//   a roster change is held until the statement that it names, the node's statements before it and
//   everything that these speak of are here, and what a cut of it names as last beyond what is
//   acknowledged of a log: they are its ancestors
// All verdicts depend on the change and its ancestors only, so arrival order can't matter.
//   an admissible part is late, and without effect, as long as the law of the whole roster says so
//   (crdt/roster/roster_law.h): each roster change that is admitted looks again at what it touches
//   a second change after the same predecessor forks its author's log: both branches are kept, and
//   as this names all later changes of the author anew (books.h, line), the views of the whole
//   space are computed again; it happens to liars and restored backups, and seldom
// finish() must be called once at the end; without it nothing of the views is written.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>

#include "crdt/witness/statement.h"
#include "net/sync/heads_sum.h"
#include "net/sync/port.h"
#include "node/replica/books.h"
#include "node/replica/sharing.h"

namespace cunju::replica {

enum class Verdict { kAdmitted, kKnown, kPooled, kRefused };

class Admission : public Reader {
 public:
  /// `own_devices`: open what is wrapped to them; `own_node`: its scope says what this node may
  /// have, null: everything. Both are borrowed.
  Admission(const Tables& tables, keys::ValueSealer& sealer, RosterCache& rosters,
            std::span<const crypto::SigningKey> own_devices, const NodeKey* own_node,
            store::WriteTransaction& txn)
      : Reader(tables, sealer, rosters, txn),
        own_devices_(own_devices),
        own_node_(own_node),
        txn_(txn) {}

  /// Makes room for a space; its number. Idempotent.
  Result<std::uint32_t> add_space(const SpaceId& space);

  /// Remembers who invited this node into a space.
  Result<void> note_inviter(const SpaceId& space, const WireKey& inviter);

  /// Takes one authentic change of a known space, and everything that waited for it.
  /// `signature_checked`: its own signature was verified, not only one that covers it.
  Result<Verdict> take(const Change& change, bool signature_checked);

  /// What a roster change with those pins is told, and what it waits for besides them: statements,
  /// what these speak of, and what its cuts name.
  Result<ReadStatements> read_told(std::uint32_t space_no, const Change& change,
                                   std::vector<ChangeId> pins) const;

  /// Writes again what is known of each roster change besides itself.
  Result<void> rewrite_roster();

  /// The view as this transaction left it so far; null when the record has none.
  Result<const RecordView*> view(const RecordKey& record);

  /// Places every part of an admitted change again, or those of one scope: for rebuilding views
  /// from the logs.
  Result<void> replace_parts(std::uint64_t ordinal, std::optional<Scope> only = std::nullopt);

  /// Takes parts of a change that is here, as far as they are lacking and a node of that scope may
  /// have them. Errors: kTampered (they are not of that change, or it is not here).
  Result<sync::PartsReport> fill(std::uint32_t space_no, Replication own,
                                 const wire::ChangeParts& brought);
  /// Takes out of these changes what a node of that scope may not hold; so many parts. Their keys
  /// are doomed.
  Result<std::uint64_t> let_go(std::uint32_t space_no, Replication own,
                               std::span<const ChangeId> held);

  /// Takes what was wrapped to the own devices in changes that are here, for a device that was not
  /// open when they came.
  Result<void> take_old_wraps(std::uint32_t space_no);

  /// Computes the sums of all spaces' heads from the logs.
  Result<void> rebuild_head_sums();
  /// Then, from these and the rosters as they are when it ends, who shares what.
  Result<void> rebuild_sharing();

  /// Writes the views that changed, the sums of heads, and who shares what.
  Result<void> finish();

  /// Looks again at what the acts of all spaces make of parts.
  Result<void> unsettle_erasures();
  /// Whether there are keys or attachments to be destroyed once this transaction is durable.
  bool has_doomed() const {
    return read_.count(tables_.doomed) + read_.count(tables_.doomed_attachments) > 0;
  }

  /// Why the last refused change was refused, for the log.
  const std::string& refusal() const { return refusal_; }
  const sync::AcceptReport& report() const { return report_; }

 private:
  struct Slot {
    RecordView view;
    bool exists = false;
    bool is_dirty = false;
    std::vector<std::string> indexed;  ///< Registries under which the record stands in the index.
    bool indexed_conflict = false;
  };
  struct Place {
    std::uint64_t ordinal;
    std::uint16_t part;
  };
  /// Where an admitted change stands: looked up once for all its parts.
  struct Origin {
    IdRow row;
    std::uint32_t branch_no = 0;
  };
  /// Where a change goes on: a branch that is there, or a new one; or why it can't.
  struct Joint {
    BranchRow branch;
    std::optional<std::uint64_t> pins_ordinal;  ///< In force at its predecessor; none: it is first.
    bool is_new_branch = false;
    bool is_second = false;  ///< The first that has a sibling at its place.
    std::optional<ChangeId> missing;
    std::string refusal;
  };
  struct Parents {
    std::vector<GraphNode> nodes;
    std::optional<ChangeId> missing;  ///< The part waits for this change.
    bool is_void = false;
  };

  Result<Verdict> admit(const Change& change, bool signature_checked);
  Result<Verdict> pool(std::uint32_t space_no, const Change& change, const ChangeId& missing,
                       bool signature_checked);
  Result<Joint> find_joint(std::uint32_t space_no, const Change& change);
  Result<Joint> find_side_joint(std::uint32_t space_no, const Change& change);
  Result<std::uint64_t> find_roster_after(std::uint32_t space_no, const IdRow& row);
  Result<void> note_fork(std::uint32_t space_no, const Change& change);
  Verdict refuse(std::string reason);
  Result<std::vector<StoredChange>> take_pooled(const ChangeId& arrived);
  /// `witnessed`: what a roster change was told; null: it has no part on the roster.
  Result<void> write_change(const Change& change, BranchRow branch, const IdRow& id_row,
                            const WitnessedLogs* witnessed, bool signature_checked);
  Result<Origin> find_origin(const Change& change) const;
  std::uint64_t next_ordinal();

  Result<void> place_parts(const Change& change, const Origin& origin,
                           std::optional<Scope> only = std::nullopt);
  Result<void> place(const Change& change, const Origin& origin, std::uint16_t part,
                     const Links& links);
  Result<void> place_waiting();
  Result<Parents> find_parents(const Change& change, const Origin& origin, const RecordKey& record,
                               const Links& links, const Slot& slot);
  Result<std::optional<GraphNode>> find_own_previous(const Change& change, const Origin& origin,
                                                     const RecordKey& record,
                                                     const VersionVector& clock);
  enum class Kinship { kParent, kMissing, kForeign };
  Result<Kinship> find_parent(const ChangeId& parent, const IdRow& row, const RecordKey& record,
                              Parents& out);
  Result<std::optional<ChangeId>> find_own_held(const RecordKey& record, const Change& change,
                                                const Origin& origin);
  Result<void> hold(const RecordKey& record, std::uint32_t branch_no, const Change& change,
                    Place at, const ChangeId& missing);
  Result<void> apply(const Change& change, const IdRow& row, std::uint16_t number,
                     const Links& links, const RecordKey& record, std::vector<GraphNode> parents,
                     bool is_void);
  /// pins_at, remembered; valid until the transaction ends.
  Result<const std::vector<ChangeId>*> known_pins(std::uint64_t pins_ordinal);
  Result<void> write_node(const RecordKey& record, std::uint64_t ordinal, const StoredNode& node);
  /// Whether the roster as it stands leaves an admissible part without effect.
  Result<bool> is_late_part(const Change& change, const IdRow& row, std::string_view registry);

  // heads.cc: sums of heads
  /// Before a log gets its first change of this transaction.
  Result<void> note_head_before(std::uint32_t space_no, const Change& change);
  Result<void> write_head_sums();
  Result<sync::HeadsSum> stored_heads_sum(std::uint32_t space_no) const;
  Result<void> put_heads_sum(std::uint32_t space_no, const sync::HeadsSum& sum);

  // sharing.cc: who shares what
  /// A space whose heads or sharers may be other ones, with the sums of its heads.
  struct Resummed {
    SpaceId space;
    sync::HeadsSum before, after;
  };
  Result<void> write_sharing();
  Result<void> write_sharing(std::uint32_t space_no, const Resummed& sums);
  Result<void> share(const PeerMark& mark, const WireKey& peer, const SpaceId& space);
  Result<void> unshare(const PeerMark& mark, const SpaceId& space);
  Result<PeerSumRow> peer_sum(const PeerMark& peer) const;
  /// Of the changes that a log has; none: it has none.
  Result<std::optional<std::uint64_t>> newest_ordinal(const LogTree& tree) const;
  Result<void> put_recent(std::uint32_t space_no, const AuthorKey& author,
                          std::optional<std::uint64_t> before, std::optional<std::uint64_t> now);

  // scopes.cc: confidential parts and their keys
  Result<void> take_wraps(std::uint32_t space_no, std::uint64_t ordinal, const Change& change);
  Result<void> take_keys(std::uint32_t space_no, const SpaceId& space, const AuthorKey& sender,
                         std::span<const HandedEpoch> handed);
  Result<void> note_confidential(const Origin& origin, const Part& stored, std::uint16_t part,
                                 Opening opening);
  Result<bool> has_sealed(std::uint32_t space_no, const ScopeKeys::Id& id);
  Result<void> rebuild_scope(std::uint32_t space_no, Scope scope);
  Result<void> drop_scope(std::uint32_t space_no, Scope scope,
                          const std::set<std::pair<std::uint64_t, std::uint16_t>>& places);

  // filling.cc: parts that come after their change, and parts that go
  Result<sync::PartsReport> fill_lacked(std::uint32_t space_no, Replication own,
                                        const wire::ChangeParts& brought);
  /// Takes what is lacking here from a change that came again.
  Result<void> fill_known(std::uint32_t space_no, const Change& change);
  Result<Replication> own_scope(std::uint32_t space_no, const SpaceId& space) const;
  /// Remembers that the part is withheld here.
  Result<void> note_lacked(const Change& stored, const IdRow& row, std::uint16_t part);
  Result<void> note_narrowed(std::uint32_t space_no, const Part& roster_part);
  Result<void> rewrite_change(const StoredChange& stored, const IdRow& row);
  Result<void> place_filled(const Change& stored, std::span<const std::uint16_t> filled);
  Result<void> place_late_comer(const Change& read, const Origin& origin, std::uint16_t part,
                                const Links& links);

  // erasing.cc: acts, what they hide, and what is destroyed
  /// A row for each change that speaks of erasing.
  Result<void> index_erasure(const IdRow& row);
  /// What the acts of each space that has heard of any make of parts; then destroys.
  Result<void> settle_erasures();
  Result<void> settle_erasures(std::uint32_t space_no);
  Result<void> settle_part(std::uint32_t space_no, const ErasureTarget& target);
  /// Gives a part its place whose links, or whose right to have none of its body, came only now.
  Result<void> place_gap(const Change& stored, const Origin& origin, std::uint16_t part);
  /// As settle_part, of a part that has its place.
  Result<void> show_anew(const Change& read, std::uint32_t space_no, std::uint64_t ordinal,
                         std::uint16_t part, const RecordKey& record, StoredNode node);
  /// What is to be destroyed and lies in the store.
  Result<void> destroy(std::uint32_t space_no, std::span<const ErasureTarget> targets);
  Result<std::set<keys::KeyNumber>> find_doomed(std::uint32_t space_no,
                                                std::span<const ErasureTarget> targets);
  /// Everything that lies under these keys under new ones, as it stands now; the keys are doomed.
  Result<void> reseal_without(const std::set<keys::KeyNumber>& doomed);
  /// Remembers the attachments to which the targets' bodies refer, as far as they can be read here.
  Result<void> doom_attachments(std::uint32_t space_no, std::span<const ErasureTarget> targets);
  /// New keys in the place of these, for everything that lies under them: without what is
  /// destroyed.
  using FreshKeys = std::map<keys::KeyNumber, keys::KeyNumber>;
  Result<FreshKeys> doom(const std::set<keys::KeyNumber>& keys);
  Result<void> reseal_rows(store::Table table, std::string_view table_name, const FreshKeys& fresh);
  /// Remembers, or forgets, that the part came as erased without a confirmed act.
  Result<void> note_gap(const Change& stored, const Origin& origin, std::uint16_t part);
  /// Takes bodies that are missing here from a change that is.
  Result<void> fill_gaps(std::uint32_t space_no, const Change& change);
  /// Whether something that the author wrote later is in the record's graph already: it has what
  /// comes now among its ancestors, whether it names it or not.
  static Result<bool> has_later_own(const Reader& reader, const RecordKey& record,
                                    const Change& change);
  static bool speaks_of_erasing(const Links& links, const Part& part) {
    return part.scope == kOpenScope &&
           (links.registry == kErasuresRegistry || links.registry == kReceiptsRegistry);
  }

  // witnessing.cc: which statements the change names or makes
  Result<void> index_statements(const Change& change, const Origin& origin);
  Result<void> index_covers(const Change& change, const IdRow& row,
                            std::span<const WitnessedHead> stated);
  Result<void> tell_of_covers();
  Result<bool> put_cover(std::uint32_t space_no, std::uint64_t ordinal, const WitnessedHead& head);
  Result<void> index_covers_of(std::uint32_t space_no, const SpaceId& space,
                               const AuthorKey& author);

  struct KnownRosterChange {
    std::uint32_t space_no = 0;
    std::uint64_t ordinal = 0, own_after = 0;
  };
  Result<void> rewrite_roster_row(const KnownRosterChange& row);

  // rejudging.cc: what a roster change does to parts that have their place already
  Result<void> rejudge(std::uint32_t space_no, const SpaceId& space, const RosterReading& before);
  Result<void> rejudge_branch(std::uint32_t space_no, const BranchRow& branch,
                              const RosterGraph& graph, const RosterReading& before);
  /// Looks again at what an author wrote from its fork point on.
  Result<void> rejudge_fork(std::uint32_t space_no, const AuthorKey& author, Seq fork_point);
  /// Whether a change is on the branch of its author's forked log that stands.
  Result<bool> stands(const Change& change, const IdRow& row, const RosterGraph& graph);
  Result<void> rebuild_space(std::uint32_t space_no);
  Result<void> rejudge_change(std::uint64_t ordinal);
  Result<void> rebuild_view(const RecordKey& record);
  Result<bool> may_write(const Change& change, const IdRow& row, std::string_view registry);
  Result<bool> pins_dominate(const Change& change, const IdRow& newer, const IdRow& older);
  Result<Slot*> slot(const RecordKey& record);
  Result<void> write_slot(const RecordKey& record, Slot& slot);
  Result<bool> has_other_row(ByteView index_key);
  Result<void> add_to_count(ByteView index_key, bool is_one_more);
  /// A row of `records`, and what is counted of it. No error when it is there already, or not.
  Result<void> index_record(ByteView index_key);
  Result<void> unindex_record(ByteView index_key);
  Result<void> put_sealed(store::Table table, std::string_view table_name, ByteView key,
                          keys::KeyNumber sealed_under, ByteView value);
  /// The key of a record, a new one at first.
  Result<keys::KeyNumber> key_of(std::uint32_t space_no, const RecordId& record);
  /// What a stored change is sealed under: the key of its record, or one of its own if it speaks
  /// of several or of one that is not readable here.
  Result<keys::KeyNumber> key_of(std::uint32_t space_no, const Change& change);
  Result<keys::KeyNumber> next_key();

  std::span<const crypto::SigningKey> own_devices_;
  const NodeKey* own_node_;
  store::WriteTransaction& txn_;
  std::map<RecordKey, Slot> slots_;
  std::map<std::pair<std::uint32_t, RecordId>, keys::KeyNumber> keys_;  ///< This transaction's.
  /// What logs ended in before this transaction, of those that it has written to.
  struct EndsBefore {
    SpaceId space;
    std::set<ChangeId> heads;
    std::optional<std::uint64_t> newest;
  };
  std::map<std::pair<std::uint32_t, AuthorKey>, EndsBefore> ends_before_;
  std::map<std::uint32_t, Resummed> resummed_;
  std::set<RecordKey> rejudged_;     ///< Records whose views are computed anew at the end.
  std::set<std::uint32_t> rebuilt_;  ///< Spaces whose views all are: a log was forked.
  /// Scopes of which a key has come that opens parts which were here before it.
  std::set<std::pair<std::uint32_t, Scope>> reopened_;
  using Covers = std::vector<std::pair<std::uint64_t, WitnessedHead>>;
  std::map<std::pair<std::uint32_t, SpaceId>, Covers> covers_;  ///< Stated of forked logs.
  std::set<std::uint32_t> unsettled_;  ///< Spaces that have heard something about erasing.
  std::deque<ChangeId> arrived_;  ///< Placed or admitted; what waits for them is looked at again.
  std::map<std::uint64_t, std::vector<ChangeId>> pins_;  ///< By pins ordinal, this transaction.
  std::optional<std::uint64_t> next_ordinal_;            ///< Once it was looked up.
  std::set<ChangeId> held_now_;  ///< Put into the pool by this transaction, and still there.
  std::string refusal_;
  sync::AcceptReport report_;
};

}  // namespace cunju::replica
