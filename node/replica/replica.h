// SPDX-License-Identifier: Apache-2.0
//
// One node's copy of its spaces. append and accept are the only ways in; every view is a pure
// function of the admitted changes and can be rebuilt from them. "Ok" from either means durable.
// Single thread; other processes may use the same store at the same time.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crdt/attachment/reference.h"
#include "crdt/types/record_view.h"
#include "crdt/witness/statement.h"
#include "net/sync/port.h"
#include "node/replica/admission.h"
#include "node/replica/answers.h"
#include "node/replica/draft.h"
#include "node/replica/erasure_report.h"
#include "node/replica/parts_standing.h"
#include "node/replica/witness_times.h"

namespace cunju::replica {

class Replica final : public sync::Port {
 public:
  /// `data`, `sealer` and `random` are borrowed and outlive the replica. Errors: kUnsupported (a
  /// newer program's store), those of the store.
  static Result<std::unique_ptr<Replica>> open(store::Environment& data, keys::ValueSealer& sealer,
                                               crypto::RandomSource& random);

  // --- ways in ---------------------------------------------------------------------------------
  /// Founds a space with these roster operations; its id.
  Result<SpaceId> found(const crypto::SigningKey& author,
                        std::span<const RosterOperation> operations, std::uint64_t claimed_ms);
  /// Signs and admits one change per draft, all or none. Parents are the records' heads; more of
  /// them than a part may name (limits::kMaxParents) are joined before by changes without
  /// operations, which are not among the ids. Errors:
  /// kNotFound (space), kPermission, kUnsupported (roster of a newer program), kInvalidArgument (a
  /// part on the roster, or two on one record), kConflict (the same key wrote since what was seen,
  /// kShownHasFallen), kLimit, the store's.
  /// The author's own view afterwards is what was seen, and what is in force beside it, with what
  /// the operations say (parents.cc).
  Result<Appended> append(const SpaceId& space, const crypto::SigningKey& author,
                          std::span<const ChangeDraft> drafts, std::uint64_t claimed_ms);
  /// `pins`: of an act of the recovery quorum the roster that its signatures are for, ascending;
  /// empty: what the author's next change pins. Errors: those of append(); kConflict as well where
  /// the author has pinned or signed what is not among those pins and their ancestors.
  Result<Appended> append_roster(const SpaceId& space, const crypto::SigningKey& author,
                                 std::span<const RosterOperation> operations,
                                 std::uint64_t claimed_ms, std::span<const ChangeId> pins = {});
  /// States what this node holds and had not stated yet, if its member's roles make it a witness:
  /// its statements, none when there is nothing new or it is nobody's witness. Errors: those of
  /// append().
  Result<Appended> append_statements(const SpaceId& space, const crypto::SigningKey& node,
                                     std::uint64_t claimed_ms);
  /// Makes room for a space that the node with this wire key invited us to.
  Result<void> join(const SpaceId& space, const WireKey& inviter);

  /// The wire key given to join(), as long as no roster that tells of it has arrived.
  Result<std::optional<WireKey>> inviter(const SpaceId& space);

  /// Reads from now on also what is wrapped to this device, and opens what came before. Errors:
  /// those of the store.
  Result<void> add_own_device(const crypto::SigningKey& device);
  std::set<AuthorKey> own_devices() const;
  /// Hands the keys that this node has to devices that have no wrap of them yet and may be handed
  /// them (Roster::may_be_handed), but for
  /// those that they say they can't open; and says which wraps to `author` do not open here.
  /// Nothing when there is neither. `again`: devices that get them whoever has given them what.
  /// Keys of epochs in force, and of others while parts are here that only they open. Errors: those
  /// of append().
  Result<Appended> hand_over_epochs(const SpaceId& space, const crypto::SigningKey& author,
                                    std::uint64_t claimed_ms,
                                    const std::set<AuthorKey>& again = {});

  /// Signs, with the node's key, that this node has destroyed what acts name, and that it holds no
  /// more than its scope allows where somebody has narrowed that, for all of which it has not said
  /// so; nothing where there is none, or `author`, who carries it, may not write receipts. Errors:
  /// those of append(), and of destroying keys.
  Result<Appended> append_receipts(const SpaceId& space, const crypto::SigningKey& author,
                                   const crypto::SigningKey& node, std::uint64_t claimed_ms);

  /// For a record to be written. Random: equal content must not lead to equal ids.
  RecordId new_record_id() { return random_.make<RecordId>(); }

  // --- sync::Port ------------------------------------------------------------------------------
  Result<std::vector<SpaceId>> shared_spaces(const WireKey& peer) override;
  /// Whether there is one.
  Result<bool> knows_peer(const WireKey& peer);
  Result<std::vector<SpaceId>> shared_before(const WireKey& peer, std::uint64_t position) override;
  Result<bool> is_shared_before(const WireKey& peer, const SpaceId& space,
                                std::uint64_t position) override;
  Result<sync::SharedSum> shared_sum(const WireKey& peer) override;
  Result<std::optional<std::vector<sync::RecentLog>>> recent_logs(const WireKey& peer,
                                                                  std::uint64_t since) override;
  Result<sync::SharedHeads> shared_heads(const WireKey& peer) override;
  Result<std::uint64_t> scan_heads(std::span<const SpaceId> spaces,
                                   const sync::HeadVisitor& visit) override;
  Result<std::uint64_t> position() override;
  Result<sync::LogHave> have_before(const SpaceId& space, const AuthorKey& author,
                                    std::uint64_t position) override;
  Result<std::vector<ChangeId>> changes_at(const SpaceId& space, const AuthorKey& author,
                                           Seq seq) override;
  std::vector<AuthorKey> own_authors() override { return own_authors_; }
  /// Nothing of logs with gaps (Reader::has_gap), so that they come again, whole.
  Result<std::vector<sync::AuthorHead>> heads(const SpaceId& space) override;
  Result<std::vector<sync::AuthorHead>> heads_of(const SpaceId& space,
                                                 const AuthorKey& author) override;
  Result<bool> has_change(const SpaceId& space, const ChangeId& id) override;
  Result<std::vector<wire::Sample>> samples(const SpaceId& space, const AuthorKey& author) override;
  /// Remembers claims about the keys of set_own_authors(): while they are ahead of their logs they
  /// keep a key from signing, and told() gives the newest of each peer.
  Result<void> note_claims(const SpaceId& space, const WireKey& peer,
                           std::span<const sync::AuthorHead> claims) override;
  Result<void> note_heads(const SpaceId& space, const WireKey& peer,
                          std::span<const sync::AuthorHead> heads) override;
  Result<void> note_caught_up(const SpaceId& space, const WireKey& peer,
                              std::uint64_t until) override;
  Result<void> note_met(const WireKey& peer, std::uint64_t until) override;
  void note_taken(const SpaceId& space, bool is_all) override {
    if (taken_listener_) taken_listener_(space, is_all);
  }
  Result<sync::Amount> measure_missing(const SpaceId& space, const sync::Have& have) override;
  Result<bool> lacks_urgent(const SpaceId& space, const sync::Have& have) override;
  Result<std::vector<sync::Run>> next_runs(const SpaceId& space, const WireKey& peer,
                                           sync::Have& have, std::size_t max_bytes) override;
  Result<sync::AcceptReport> accept(const SpaceId& space, std::span<const sync::Run> runs) override;

  bool knows_parts() const override { return true; }
  Result<bool> may_ask_parts() override;
  Result<bool> asks_parts(const WireKey& peer, std::span<const SpaceId> spaces) override;
  Result<std::optional<sync::LackedParts>> next_lacked(const SpaceId& space,
                                                       sync::PartsCursor& cursor) override;
  Result<sync::FoundParts> find_parts(const SpaceId& space, const WireKey& peer,
                                      const sync::LackedParts& asked,
                                      std::size_t max_bytes) override;
  Result<sync::PartsReport> take_parts(const SpaceId& space,
                                       std::span<const wire::ChangeParts> parts) override;
  /// Nothing unless the peer's scope is full: others may have to let it go as well.
  Result<std::vector<ChangeId>> next_excess(const SpaceId& space, const WireKey& peer,
                                            sync::PartsCursor& cursor) override;
  /// Nothing unless this node's scope is full.
  Result<std::vector<bool>> find_held(const SpaceId& space, std::span<const ChangeId> ids) override;
  Result<std::uint64_t> let_go(const SpaceId& space, const WireKey& peer,
                               std::span<const ChangeId> held) override;

  // --- questions -------------------------------------------------------------------------------
  /// Id of the author's change at seq, when it is here; of a forked log that of the branch which
  /// came first.
  Result<std::optional<ChangeId>> find_change(const SpaceId& space, const AuthorKey& author,
                                              Seq seq);
  Result<std::vector<SpaceId>> spaces();
  /// Those that were written to from that position on; none: of more logs than are looked at.
  Result<std::optional<std::set<SpaceId>>> spaces_since(std::uint64_t position);
  /// The roster at the newest heads, with the lines of forked logs; kNotFound when the founding
  /// change is not here yet.
  Result<std::shared_ptr<const Roster>> roster(const SpaceId& space);
  /// What the next roster change pins when nobody is made to choose; ascending.
  Result<std::vector<ChangeId>> roster_heads(const SpaceId& space);
  /// What the rosters say now, and a sum of what the logs end in: what shared_spaces() and
  /// shared_sum() read ready-made.
  Result<std::vector<SpaceId>> recompute_shared(const WireKey& peer);
  Result<Hash> recompute_shared_digest(const WireKey& peer);
  /// Of the space's heads as its logs have them: what shared_heads() reads ready-made.
  Result<Hash> recompute_digest(const SpaceId& space);
  /// Equal on two nodes exactly when they admitted the same changes of the space.
  Result<Hash> state_hash(const SpaceId& space);
  /// Over the record views of the space, or of one scope of it: for tests and `doctor`. Nodes with
  /// different keys agree scope by scope.
  Result<Hash> view_hash(const SpaceId& space, std::optional<Scope> scope = std::nullopt);
  Result<std::optional<RecordView>> view(const SpaceId& space, const RecordId& record,
                                         Scope scope = kOpenScope);
  /// Visits the records of a registry by ascending id until the visitor returns false.
  using RecordVisitor = std::function<bool(const RecordId&, const RecordView&)>;
  Result<void> scan(const SpaceId& space, std::string_view registry, const RecordVisitor& visit);
  /// Visits the records that have a conflict in a scope that can be read here; with an open part.
  Result<void> scan_conflicts(const SpaceId& space, const RecordVisitor& visit);
  /// The scopes that somebody opened an epoch of, and those of parts that are here. `with_times`:
  /// EpochStatus::in_whose_time also where by the roster as it is nobody reads from now on only.
  Result<std::vector<ScopeStatus>> scopes(const SpaceId& space, bool with_times = false);
  /// The scopes that the own devices may read, as the roster stands, with their names. What is
  /// shown to people follows this: a key that came to this home for one clerk's device opens parts
  /// for the program, and is not meant for the others.
  Result<std::map<Scope, std::string>> readable_scopes(const SpaceId& space);
  /// All views of a record that can be read here, the open one first.
  Result<std::vector<ScopedView>> views(const SpaceId& space, const RecordId& record);
  /// Parts of confidential scopes, in changes that have an open part on the record, that can't be
  /// read here. There may be more that concern the record: what can't be read doesn't say.
  Result<std::map<Scope, std::uint64_t>> hidden_parts(const SpaceId& space, const RecordId& record);
  /// As scan(), with all views that can be read here of each record; at least one names the
  /// registry.
  using ScopedVisitor = std::function<bool(const RecordId&, std::span<const ScopedView>)>;
  Result<void> scan_scopes(const SpaceId& space, std::string_view registry,
                           const ScopedVisitor& visit);
  Result<void> scan_conflict_scopes(const SpaceId& space, const ScopedVisitor& visit);
  /// As scan_scopes(), reading no more of each record than these fields. The visitor may take the
  /// values away.
  using GlanceVisitor = std::function<bool(const RecordId&, std::span<ScopedGlance>)>;
  Result<void> scan_glances(const SpaceId& space, std::string_view registry,
                            const GlancedFields& fields, const GlanceVisitor& visit);
  /// Registries with records, and how many each has (deleted ones too).
  Result<std::map<std::string, std::uint64_t>> registries(const SpaceId& space);
  /// Records whose id starts with this many whole bytes and a possible half byte, in hex.
  Result<std::vector<RecordId>> find_records(const SpaceId& space, std::string_view hex_prefix);
  /// By rising (depth, id).
  Result<std::vector<HistoryEntry>> history(const SpaceId& space, const RecordId& record,
                                            Scope scope = kOpenScope);
  /// The same without `witnessed`, which costs reading all statements of the space.
  Result<std::vector<HistoryEntry>> edits(const SpaceId& space, const RecordId& record,
                                          Scope scope = kOpenScope);
  /// What the changes in these graphs wrote, in their order and in that of admission here: what
  /// history() has of operations, without who wrote them and when. `place`: of the graph in
  /// `places`.
  using OperationsVisitor =
      std::function<void(std::size_t place, std::span<const Operation> operations)>;
  Result<void> visit_operations(const SpaceId& space, std::span<const RecordScope> places,
                                const OperationsVisitor& visit);
  /// All changes of a record that are in its graph, with what they do to its texts.
  Result<std::vector<TextChange>> text_changes(const SpaceId& space, const RecordId& record,
                                               Scope scope = kOpenScope);
  /// An author's changes in order, from `first` on, until the visitor returns false. Of a forked
  /// log the branch that came first, then the changes that each other one holds. Parts whose fate
  /// is `without` or more come without their bodies; that is at least kConfirmed's.
  Result<void> scan_log(const SpaceId& space, const AuthorKey& author, Seq first,
                        const std::function<bool(const Change&)>& visit,
                        Fate without = Fate::kConfirmed);
  Result<ReplicaCounts> counts();
  /// Of all logs, also those with gaps.
  Result<std::vector<sync::AuthorHead>> all_heads(const SpaceId& space);
  /// What an erasure of the record would name. Looks at every change of the home.
  Result<PartsOfRecord> parts_of(const SpaceId& space, const RecordId& record);
  /// The same of several at once; each has an entry.
  Result<std::map<RecordId, PartsOfRecord>> parts_of(const SpaceId& space,
                                                     const std::set<RecordId>& records);
  Result<ErasureReport> erasures(const SpaceId& space);
  /// What of this node's parts is not as its scope in the space says.
  Result<PartsStanding> parts_standing(const SpaceId& space);
  /// The scopes of the space's nodes, and which of them have signed that they hold no more.
  Result<std::map<NodeKey, NodeScope>> node_scopes(const SpaceId& space);
  /// What peers said of an author's log that is not here. Not empty for a key of this node: the
  /// node was restored from an old copy, or a peer lies; append() refuses to sign with that key.
  Result<std::vector<Claim>> claims(const SpaceId& space, const AuthorKey& author);
  /// What each peer last said of an author's log, or took of it in a session.
  Result<std::vector<ToldHead>> told(const SpaceId& space, const AuthorKey& author);
  /// What each witness has acknowledged of an author's log.
  Result<std::vector<Acknowledged>> acknowledged(const SpaceId& space, const AuthorKey& author);
  /// Where an author's log ends here, or after its first `end` changes. Of a forked log the branch
  /// with this head; without one, where what stands of it ends. Errors: kNotFound.
  Result<Cut> cut_of(const SpaceId& space, const AuthorKey& author,
                     std::optional<std::uint64_t> end,
                     const std::optional<ChangeId>& branch = std::nullopt);
  /// Whether `later` is here in that log under its number, and `earlier`, which is, stands on its
  /// path.
  Result<bool> is_on_path(const SpaceId& space, const AuthorKey& log, const NamedChange& earlier,
                          const NamedChange& later);
  /// Whether an officer's act, if that key, or a key without any change, signed it now, would be
  /// without effect because a cut of it drops what a witness has acknowledged to it: then it takes
  /// the recovery quorum.
  Result<bool> needs_quorum(const SpaceId& space, const AuthorKey& author,
                            std::span<const RosterOperation> operations);
  /// The witness statement that an act would name if that key, or a key without any change, signed
  /// it now; zero: none.
  Result<Hash> statement_for(const SpaceId& space, const AuthorKey& author,
                             std::span<const RosterOperation> operations);
  /// What has become of the roster that a draft pins.
  Result<PinnedRoster> pinned_roster(const SpaceId& space, std::span<const ChangeId> pins);
  /// Whether that key can sign a roster change with exactly these pins, as far as is known here.
  /// Errors: kMissing (one of them is not a change of the roster that is here).
  Result<Carrying> carrying(const SpaceId& space, const AuthorKey& author,
                            std::span<const ChangeId> pins);
  /// Branches of an author's log, those that leave it first before others; one if it is not forked.
  Result<std::vector<Branch>> branches(const SpaceId& space, const AuthorKey& author);
  /// Keys that have signed two changes after the same one.
  Result<std::map<AuthorKey, Seq>> forks(const SpaceId& space);
  /// The late tray of a space, by order of admission here; with what is sealed and may be late
  /// (sealed_late.h).
  Result<std::vector<LatePart>> late_parts(const SpaceId& space);

  /// Drops all views and computes them again from the logs.
  Result<void> rebuild_views();
  /// Which node this is: what it may have, each space's roster says. Everything as long as it is
  /// not told.
  void set_own_node(const NodeKey& node) { own_node_ = node; }
  /// The keys that sign at this node: what peers know of their logs is remembered.
  void set_own_authors(std::vector<AuthorKey> authors) { own_authors_ = std::move(authors); }
  /// Called when a session has taken a batch, before its sender hears that it is safe: what is
  /// stated now reaches the sender in the same session.
  void set_taken_listener(std::function<void(const SpaceId&, bool is_all)> listener) {
    taken_listener_ = std::move(listener);
  }
  /// Called after each commit of this process that admitted something.
  void set_commit_listener(std::function<void()> listener) { listener_ = std::move(listener); }
  /// Destroys the bytes of an attachment that erased parts referred to and no part that can be read
  /// here refers to any more: called after commits, and at once with those that an earlier process
  /// left. Until it succeeds no receipt is signed.
  using AttachmentDestroyer = std::function<Result<void>(const attachment::Address&)>;
  Result<void> set_attachment_destroyer(AttachmentDestroyer destroyer);
  /// Takes those away to which a part of any space refers that is here with its body, whether or
  /// not it has effect. How many parts were passed whose key is not here: any may refer to what is
  /// left. It ends when nothing is left.
  Result<std::uint64_t> spare_referred(std::set<attachment::Address>& addresses);

 private:
  Replica(store::Environment& data, Tables tables, keys::ValueSealer& sealer,
          crypto::RandomSource& random)
      : data_(data), tables_(tables), sealer_(sealer), random_(random) {}

  Result<void> prepare();
  Result<void> destroy_doomed_keys();
  Result<void> destroy_doomed_attachments();
  static Result<std::vector<ErasureEntry>> list_acts(const Reader& reader, std::uint32_t space_no,
                                                     const SpaceId& space);
  static Result<void> count_bodies(const Reader& reader, std::uint32_t space_no,
                                   ErasureEntry& entry);
  static Result<std::map<ChangeId, std::vector<HeardReceipt>>> heard_receipts(
      const Reader& reader, std::uint32_t space_no, const SpaceId& space);
  /// Visits the parts in which receipts stand, in the order of admission.
  static Result<void> visit_receipts(
      const Reader& reader, std::uint32_t space_no,
      const std::function<void(const Change& change, const Body& body)>& visit);
  Result<void> write(const std::function<Result<void>(Admission&, store::WriteTransaction&)>& body);
  Result<void> read(const std::function<Result<void>(Reader&)>& body);
  Result<std::uint32_t> require_space(const Reader& reader, const SpaceId& space) const;
  /// What entitled devices lack, as far as this home can help, and what does not open here.
  Result<std::vector<Operation>> find_unwrapped(const Reader& reader, std::uint32_t space_no,
                                                const SpaceId& space, const AuthorKey& sender,
                                                const std::set<AuthorKey>& again);
  /// The header of an author's next change, and what it pins: the roster as this node knows it.
  struct NextChange {
    ChangeHeader header;
    std::vector<ChangeId> pins;
    std::shared_ptr<const Roster> roster;
  };
  /// What a part is written on.
  struct Basis {
    std::vector<ChangeId> shown;    ///< Heads of what the author had in mind.
    std::vector<ChangeId> parents;  ///< What stands for them in the links; the same but rarely.
  };
  struct Grounds {
    NextChange next;
    std::vector<Basis> bases;  ///< Of each part.
  };
  /// Of the texts of a record, found for one part of an append and the same for those that follow.
  struct KnownOfTexts {
    std::optional<TextPassed> passed;
    std::optional<TextOutlook> outlook;
    /// What the parts before this one are charged for what they pass over, which the record's state
    /// has not heard of yet.
    std::uint64_t passed_load = 0;
  };
  Result<Change> build(Admission& admission, std::uint32_t space_no, const SpaceId& space,
                       const crypto::SigningKey& author, const ChangeDraft& draft,
                       std::uint64_t claimed_ms, std::map<RecordKey, KnownOfTexts>& texts);
  Result<Grounds> find_grounds(Admission& admission, std::uint32_t space_no, const SpaceId& space,
                               const crypto::SigningKey& author, std::span<const PartDraft> parts,
                               std::uint64_t claimed_ms);
  Result<std::vector<ChangeId>> join_heads(Admission& admission, std::uint32_t space_no,
                                           const SpaceId& space, const crypto::SigningKey& author,
                                           const PartDraft& part, std::uint64_t claimed_ms);
  static Result<std::vector<ChangeId>> parents_of(Admission& admission, std::uint32_t space_no,
                                                  const AuthorKey& author, const PartDraft& draft);
  static Result<void> check_permission(Admission& admission, std::uint32_t space_no,
                                       const SpaceId& space, const AuthorKey& author,
                                       const PartDraft& part);
  static Result<TextPassed> find_passed(Admission& admission, const RecordKey& record,
                                        const AuthorKey& author, const PartDraft& draft,
                                        const Basis& basis);
  /// The draft with what its operations on texts pass over, if anything.
  static Result<PartDraft> pass_over(Admission& admission, const RecordKey& record,
                                     const AuthorKey& author, const PartDraft& draft,
                                     const Basis& basis, KnownOfTexts& known);
  static Result<void> check_text_edits(Admission& admission, const RecordKey& record,
                                       const AuthorKey& author, const PartDraft& draft,
                                       const Basis& basis, KnownOfTexts& known);
  Result<Part> build_part(const PartDraft& draft, std::vector<ChangeId> parents);
  /// A part in its place in an author's next change, sealed if its scope is confidential. `index`:
  /// its place among the parts.
  Result<Part> build_part(Admission& admission, std::uint32_t space_no, const NextChange& next,
                          std::size_t index, const PartDraft& draft, std::vector<ChangeId> parents);
  Result<Part> build_roster_part(std::span<const RosterOperation> operations,
                                 std::vector<ChangeId> parents);
  /// Where the roster is not understood, only what may void that is signed: `is_of_quorum`.
  Result<NextChange> next_change(Admission& admission, std::uint32_t space_no, const SpaceId& space,
                                 const crypto::SigningKey& author, std::uint64_t claimed_ms,
                                 bool is_of_quorum = false, std::span<const ChangeId> pins = {});
  /// What an author's next change names: of the newest statements of all witnesses the one that got
  /// here last. Zero: none. A choice of the author that decides nothing.
  static Result<Hash> newest_statement(const Reader& reader, std::uint32_t space_no,
                                       const Roster& roster);
  /// The same for a roster change with these pins, which is held wherever something is missing of
  /// what it names. It names one statement only, so it is the one that binds its cuts most: of a
  /// log on whose branch witnesses differ that of the witness whom the law hears first, of others
  /// what reaches farthest; then that of a node which it takes away; then what got here last.
  static Result<Hash> statement_for_act(const Reader& reader, std::uint32_t space_no,
                                        const SpaceId& space, std::span<const ChangeId> pins,
                                        std::span<const RosterOperation> operations);
  /// The pins and the statement of an act that was not signed.
  struct PlannedAct {
    RosterChange change;
    Hash seen;
  };
  static Result<PlannedAct> plan_act(const Reader& reader, std::uint32_t space_no,
                                     const SpaceId& space, const AuthorKey& author,
                                     std::span<const RosterOperation> operations);
  static Result<std::vector<WitnessedHead>> find_unwitnessed(const Reader& reader,
                                                             std::uint32_t space_no,
                                                             const SpaceId& space,
                                                             const AuthorKey& node);
  Result<void> admit_own(Admission& admission, const Change& change);
  /// A branch of which a peer lacks everything from a seq on.
  struct Missing {
    AuthorKey author;
    BranchRow branch;
    std::uint64_t from = 0;
    bool is_forked = false;  ///< Its log is.
  };
  Result<std::vector<Missing>> find_missing(const Reader& reader, std::uint32_t space_no,
                                            const sync::Have& have);
  static std::uint64_t bytes_of(const Reader& reader, const Missing& missing);
  static Result<std::vector<std::uint64_t>> find_urgent(const Reader& reader,
                                                        std::uint32_t space_no,
                                                        std::span<const Missing> missing);
  Result<Replication> own_scope(const Reader& reader, std::uint32_t space_no,
                                const SpaceId& space) const;
  /// A node's word about its scope, and the claimed time of the change that brought it here.
  struct HeardScope {
    ScopeReceipt receipt;
    std::uint64_t claimed_ms = 0;
  };
  static Result<std::vector<HeardScope>> heard_scopes(const Reader& reader, std::uint32_t space_no,
                                                      const SpaceId& space);
  /// What this node is to sign about holding no more; none: it is not asked to, or has
  /// signed, or can't yet.
  Result<std::optional<ScopeReceipt>> due_scope_receipt(const Reader& reader,
                                                        std::uint32_t space_no,
                                                        const SpaceId& space,
                                                        const crypto::SigningKey& node) const;
  Result<std::optional<Replication>> peer_scope(const Reader& reader, std::uint32_t space_no,
                                                const SpaceId& space, const WireKey& peer);
  Result<Replication> scope_as_known(const Reader& reader, std::uint32_t space_no,
                                     const SpaceId& space, const WireKey& peer, Replication now,
                                     std::span<const Missing> missing);
  Result<std::vector<AuthorKey>> not_told(const SpaceId& space, const WireKey& peer);
  Result<std::set<SpaceId>> find_untold(const Sharing& sharing, const std::optional<MetRow>& last);
  static std::uint64_t position_of(const Reader& reader);
  /// The seq after the last change that the branch had before that position.
  static std::uint64_t end_before(const Reader& reader, const BranchRow& branch,
                                  std::uint64_t position);
  static Result<sync::LogHave> log_before(const Reader& reader, std::uint32_t space_no,
                                          const AuthorKey& author, std::uint64_t position);
  static Result<std::vector<std::uint64_t>> first_missing(const Reader& reader,
                                                          std::uint32_t space_no,
                                                          const AuthorKey& author,
                                                          const LogTree& tree,
                                                          const sync::LogHave& have);
  Result<std::uint64_t> provable_end(const Reader& reader, const BranchRow& branch,
                                     std::uint64_t from);
  Result<void> complete_run(const Reader& reader, const BranchRow& branch, sync::Run& run);
  Result<Key> registry_rows(const SpaceId& space, std::string_view registry);
  /// What `decode` makes of the views of each record in the index. Its visitor may change it.
  template <class Read>
  Result<void> visit_index(const SpaceId& space, store::Table index, const Key& prefix,
                           const std::function<Result<Read>(Scope, ByteView)>& decode,
                           const std::function<bool(const RecordId&, std::span<Read>)>& visit);

  store::Environment& data_;
  Tables tables_;
  keys::ValueSealer& sealer_;
  crypto::RandomSource& random_;
  RosterCache rosters_;
  std::vector<crypto::SigningKey> own_devices_;
  std::function<void()> listener_;
  std::function<void(const SpaceId&, bool)> taken_listener_;
  AttachmentDestroyer attachment_destroyer_;
  std::vector<AuthorKey> own_authors_;
  std::optional<NodeKey> own_node_;
};

}  // namespace cunju::replica
