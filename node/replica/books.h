// SPDX-License-Identifier: Apache-2.0
//
// Typed access to the tables inside one transaction (sealing included), and the roster graph of
// each space kept in memory between transactions. Reader works with any transaction; Writer adds
// what only a write transaction can do. Single thread, like the replica.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>

#include "crdt/change/change.h"
#include "crdt/change/part_codec.h"
#include "crdt/erasure/erasures.h"
#include "crdt/graph/record_graph.h"
#include "crdt/roster/roster_graph.h"
#include "crdt/scopes/scope_keys.h"
#include "crdt/types/record_view.h"
#include "net/wire/run.h"
#include "node/keys/value_sealer.h"
#include "node/replica/log_tree.h"
#include "node/replica/tables.h"
#include "node/store/transaction.h"

namespace cunju::replica {

/// Where a sealed value is: what the sealer binds it to.
Bytes place_of(std::string_view table_name, ByteView key);

struct StoredChange {
  Change change;
  bool signature_checked = false;
};

/// What one scope of a record says.
struct ScopedView {
  Scope scope;
  RecordView view;
};

/// A change as this home reads it (crdt/scopes/scope_keys.h), without what is erased
/// (crdt/erasure/erasures.h); one that is the same as it is stored is not copied.
struct ReadableChange {
  std::optional<Change> opened;
  std::vector<Opening> openings;  ///< Empty when `opened` is.

  const Change& of(const Change& stored) const { return opened ? *opened : stored; }
  Opening of_part(std::size_t part) const { return opened ? openings[part] : Opening::kOpen; }
};

/// The registries that anybody effectively claimed for a record: it is listed under each, so that a
/// liar's claim can't make it disappear from the honest one.
std::vector<std::string> registries_of(const RecordView& view);

/// flags u8 | change bytes, as the tables of changes hold it.
Bytes encode_stored(const Change& change, bool signature_checked);
Result<StoredChange> parse_stored(ByteView value);

/// One part's row in its record's graph.
struct StoredNode {
  std::uint16_t part = 0;
  /// In the late tray: admissible, and not in force as the roster stands.
  bool is_late = false;
  /// Void whatever its body says; `node.is_void` is as well where the body is shown and doesn't
  /// decode.
  bool is_void_before = false;
  GraphNode node;  ///< is_void tells nothing that the roster as it stands decides.
  Dot dot;         ///< Of its change; not stored. Only visit_graph() fills it in.

  bool is_in_force() const { return !node.is_void && !is_late; }
  Bytes encode() const;
};

/// Rosters by space number. Holds only what is committed, or belongs to the running transaction;
/// the replica drops it when a transaction fails.
class RosterCache {
 public:
  struct Entry {
    std::unique_ptr<RosterGraph> graph;
    std::uint64_t next_ordinal = 0;  ///< Roster changes below this are in the graph,
    std::uint64_t next_cover = 0;    ///< and what statements below this say of forked logs.
  };
  std::map<std::uint32_t, Entry> entries;
  /// While rows of roster changes are written again one by one: what statements pin may not be in
  /// the graph yet, so it is not told of forks; what is so at pins does not depend on them.
  bool is_rewriting = false;
};

/// The last change of a forked log that others rest on: its path stands.
struct StandingTip {
  std::uint32_t branch_no = 0;
  Seq seq;
  std::uint64_t ordinal = 0;
};

using BranchEntry = std::pair<AuthorKey, BranchRow>;

/// The newest change in the log of a node that may witness.
struct WitnessHead {
  AuthorKey witness;
  ChangeId id;
};

class Reader {
 public:
  Reader(const Tables& tables, keys::ValueSealer& sealer, RosterCache& rosters,
         const store::ReadTransaction& txn)
      : tables_(tables), sealer_(sealer), rosters_(rosters), read_(txn) {}

  std::optional<std::uint32_t> find_space(const SpaceId& space) const;
  /// The branch of an author's log that came first; an honest log has no other.
  std::optional<BranchRow> find_first_branch(std::uint32_t space_no, const AuthorKey& author) const;
  /// The branches of all logs in the space, ascending by author.
  Result<std::vector<BranchEntry>> branches(std::uint32_t space_no) const;
  /// An author's log; empty when there is none.
  Result<LogTree> log_tree(std::uint32_t space_no, const AuthorKey& author) const;
  /// The same as it was when this transaction first asked: its branches are all there, their ends
  /// may have moved.
  Result<const LogTree*> known_tree(std::uint32_t space_no, const AuthorKey& author) const;
  /// Authors whose logs are forked, with their fork points.
  Result<std::map<AuthorKey, Seq>> fork_points(std::uint32_t space_no) const;
  std::optional<IdRow> find_id(const ChangeId& id) const;
  /// A change that this very branch holds.
  std::optional<LogRow> find_log(std::uint32_t branch_no, Seq seq) const;
  /// The change at `seq` on the path of a branch.
  std::optional<LogRow> find_on_path(const LogTree& tree, const BranchRow& branch, Seq seq) const;
  /// Whether a branch of the author's log has that change at that place.
  Result<bool> holds(std::uint32_t space_no, const AuthorKey& author, Seq seq,
                     std::uint64_t ordinal) const;
  /// The branch that holds an admitted change. Errors: kCorrupt.
  Result<const BranchRow*> branch_of(const LogTree& tree, Seq seq, std::uint64_t ordinal) const;
  /// The dot of an admitted change in record graphs, by its line. Errors: kCorrupt.
  Result<Dot> dot_of(std::uint32_t space_no, const ChangeHeader& header,
                     std::uint64_t ordinal) const;
  /// The line of a change that this branch holds. Errors: kCorrupt.
  Result<AuthorKey> line_of(const LogTree& tree, const AuthorKey& author, const BranchRow& branch,
                            Seq seq) const;
  /// None: the log is not forked, or nothing of it stands from its fork point on. Errors: kCorrupt.
  Result<std::optional<StandingTip>> standing_tip(std::uint32_t space_no, const AuthorKey& author,
                                                  const RosterGraph& graph) const;
  /// The lines on a change's path, its own first. Errors: kCorrupt.
  Result<std::vector<AuthorKey>> lines_to(const LogTree& tree, const AuthorKey& author,
                                          const BranchRow& branch, Seq seq) const;
  Result<StoredChange> require_change(std::uint64_t ordinal) const;
  /// The same with its parts opened, for whoever looks into them.
  Result<StoredChange> require_readable(std::uint32_t space_no, std::uint64_t ordinal) const;
  Result<ReadableChange> readable(std::uint32_t space_no, const Change& change) const;
  /// What the acts make of a part, as of the last time they were settled.
  Fate fate_of(std::uint32_t space_no, const ErasureTarget& target) const;
  /// What members say about erasing in this space.
  Result<std::vector<ErasureStatement>> erasure_statements(std::uint32_t space_no,
                                                           const SpaceId& space) const;
  /// The change without the bodies of parts whose fate is this or worse.
  Change reduced(std::uint32_t space_no, const Change& change, Fate least) const;
  /// Whether the author's log has parts that came as erased without a confirmed act.
  bool has_gap(std::uint32_t space_no, const AuthorKey& author) const;
  /// The epoch keys that this home has of the space; valid until the transaction ends.
  Result<ScopeKeys*> scope_keys(std::uint32_t space_no) const;
  /// Ordinals of the changes that wrap to one of the devices a key which is not here.
  Result<std::set<std::uint64_t>> untaken_wraps(std::uint32_t space_no,
                                                std::span<const crypto::SigningKey> devices) const;
  Result<std::optional<StoredNode>> find_node(const RecordKey& record, std::uint64_t ordinal) const;
  Result<std::optional<RecordView>> find_view(const RecordKey& record) const;
  /// All views of a record that are here, by scope.
  Result<std::vector<ScopedView>> find_views(std::uint32_t space_no, const RecordId& record) const;
  /// Visits the bytes of all views of these records, by record and scope, each with the place of
  /// its record among them; valid during the visit. Quick where the ids ascend.
  using ViewVisitor = std::function<Result<void>(std::size_t record, Scope scope, ByteView view)>;
  Result<void> visit_views(std::uint32_t space_no, std::span<const RecordId> records,
                           const ViewVisitor& visit) const;
  /// Visits the changes of a record and scope in the order of admission, opened.
  using GraphVisitor = std::function<void(StoredNode& node, Change& change, const Part& part)>;
  Result<void> visit_graph(const RecordKey& record, const GraphVisitor& visit) const;
  /// The same changes for who wants to know what was written, not where it stands.
  using PartVisitor = std::function<void(const Change& change, const Part& part)>;
  Result<void> visit_parts(const RecordKey& record, const PartVisitor& visit) const;
  /// All changes of a record and scope with what they do to its texts; left-out ones too, for the
  /// positions of those who saw them and for whoever wants to read them.
  Result<std::vector<TextChange>> text_changes(const RecordKey& record) const;
  /// Whether all that an author's own changes of the record add to the ancestors of something that
  /// is written on `parents` is left out, as the roster stands.
  Result<bool> brings_nothing_in_force(const RecordKey& record, const AuthorKey& author,
                                       std::span<const ChangeId> parents) const;
  /// Claims of peers about an author's log that are not answered by what is here.
  Result<std::vector<std::pair<WireKey, wire::AuthorHead>>> claims(std::uint32_t space_no,
                                                                   const AuthorKey& author) const;
  /// What each peer last said, or took, of an author's log.
  Result<std::vector<std::pair<WireKey, wire::AuthorHead>>> told(std::uint32_t space_no,
                                                                 const AuthorKey& author) const;
  /// The roster graph of a space as of this transaction.
  Result<RosterGraph*> roster(std::uint32_t space_no, const SpaceId& space) const;
  /// The nodes with which to exchange the space: those in the roster, and who invited this node as
  /// long as no roster that tells of it has arrived. From then on the roster alone decides, or
  /// whoever invited others could never be removed. sharing.h has this ready-made.
  Result<std::set<WireKey>> peers(std::uint32_t space_no, const SpaceId& space) const;
  /// The wire key of the node that invited this one into the space. A row that this home did not
  /// seal is none: whoever has the disk could have put it there to be exchanged with.
  Result<std::optional<WireKey>> find_inviter(const SpaceId& space) const;
  /// The pins in force at a change, from the ordinal of the change that states them.
  Result<std::vector<ChangeId>> pins_at(std::uint64_t pins_ordinal) const;
  /// Of the nodes that may witness in this roster, the one first whose newest change got here last.
  Result<std::vector<WitnessHead>> witness_heads(std::uint32_t space_no,
                                                 const Roster& roster) const;
  /// What a header's `seen` stands for: the change it names, if that is here and of the space, and
  /// the statements of its author up to there by a node that was a witness where it pinned.
  struct ReadStatements {
    WitnessedLogs told;
    std::optional<ChangeId> missing;  ///< The statement, or a change that one speaks of.
    bool is_false = false;            ///< One speaks of a change that is somewhere else.
  };
  Result<ReadStatements> statements_up_to(std::uint32_t space_no, const SpaceId& space,
                                          const ChangeId& seen) const;
  /// Whether `later` stands in that log under its number, and `earlier`, which does, is it or
  /// before it on its path.
  Result<bool> is_on_path(std::uint32_t space_no, const AuthorKey& log, const NamedChange& earlier,
                          const NamedChange& later) const;
  /// The same for the roster graph, as long as this and `failed` live. What goes wrong is kept
  /// there for the caller to look at: the answer is false then.
  IsOnPath paths(std::uint32_t space_no, Result<void>& failed) const;
  /// Opens a sealed value; the view is valid until the next call.
  Result<ByteView> open(std::string_view table_name, ByteView key, ByteView sealed) const;

  const Tables& tables() const { return tables_; }
  const store::ReadTransaction& read() const { return read_; }

 private:
  using Told = std::vector<std::pair<WireKey, wire::AuthorHead>>;
  using NodeVisitor =
      std::function<Result<void>(std::uint64_t ordinal, StoredNode& node, Change& change)>;
  Result<void> visit_nodes(const RecordKey& record, const NodeVisitor& visit) const;
  Result<void> tell_of_forks(std::uint32_t space_no, RosterCache::Entry& entry) const;
  Result<Told> heads_by_peer(store::Table table, std::uint32_t space_no,
                             const AuthorKey& author) const;

 protected:
  const Tables& tables_;
  keys::ValueSealer& sealer_;
  RosterCache& rosters_;
  const store::ReadTransaction& read_;
  mutable Bytes place_, scratch_;
  mutable std::map<std::pair<std::uint32_t, AuthorKey>, LogTree> trees_;
  mutable std::map<std::uint32_t, ScopeKeys> scope_keys_;
};

/// What a roster change says, as RosterGraph takes it. `pins`: the pins in force; `own_previous`:
/// its author's roster change before it.
RosterChange make_roster_change(const Change& change, std::vector<ChangeId> pins,
                                std::optional<ChangeId> own_previous, WitnessedLogs witnessed);
/// The links of each part; empty where they are withheld or don't decode.
using LinksOfParts = std::vector<std::optional<Links>>;
LinksOfParts decode_links_of(const Change& change);
/// Index of the change's part on the roster record, if it has one.
std::optional<std::size_t> find_roster_part(const Change& change, const LinksOfParts& links);
std::optional<std::size_t> find_roster_part(const Change& change);

}  // namespace cunju::replica
