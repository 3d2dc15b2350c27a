// SPDX-License-Identifier: Apache-2.0
#include "node/replica/replica.h"

#include <algorithm>
#include <map>
#include <set>

#include "crdt/base/check.h"
#include "crdt/base/limits.h"
#include "crdt/change/links_salt.h"

namespace cunju::replica {
namespace {

constexpr std::string_view kStoreVersionName = "store_version";
constexpr std::string_view kViewVersionName = "view_version";

Result<std::uint64_t> read_version(const store::ReadTransaction& txn, const Tables& tables,
                                   std::string_view name) {
  std::optional<ByteView> value = txn.get(tables.meta, as_bytes(name));
  if (!value) return 0;
  if (value->size() != 8) return fail(Errc::kCorrupt, "meta entry " + std::string(name));
  return get_u64_be(*value);
}

}  // namespace

Result<std::unique_ptr<Replica>> Replica::open(store::Environment& data, keys::ValueSealer& sealer,
                                               crypto::RandomSource& random) {
  CUNJU_TRY(Tables tables, Tables::of(data));
  std::unique_ptr<Replica> replica(new Replica(data, tables, sealer, random));
  CUNJU_TRYV(replica->prepare());
  return replica;
}

Result<void> Replica::prepare() {
  std::uint64_t store_version = 0, view_version = 0;
  CUNJU_TRYV(data_.read([&](store::ReadTransaction& txn) -> Result<void> {
    CUNJU_TRY(store_version, read_version(txn, tables_, kStoreVersionName));
    CUNJU_TRY(view_version, read_version(txn, tables_, kViewVersionName));
    return ok();
  }));
  if (store_version > kStoreVersion)
    return fail(Errc::kUnsupported, "the store was written by a newer program");
  if (store_version != 0 && store_version < kStoreVersion)
    return fail(Errc::kUnsupported, "the store was written by a trial version of this program");
  if (store_version == 0) {
    CUNJU_TRYV(data_.write([&](store::WriteTransaction& txn) -> Result<void> {
      CUNJU_TRYV(txn.put(tables_.meta, as_bytes(kStoreVersionName), encode_u64(kStoreVersion)));
      return txn.put(tables_.meta, as_bytes(kViewVersionName), encode_u64(kViewVersion));
    }));
    return ok();
  }
  CUNJU_TRYV(destroy_doomed_keys());
  if (view_version != kViewVersion) return rebuild_views();
  return ok();
}

Result<void> Replica::rebuild_views() {
  return write([&](Admission& admission, store::WriteTransaction& txn) -> Result<void> {
    for (store::Table table :
         {tables_.graph, tables_.views, tables_.records, tables_.conflicts, tables_.waiting,
          tables_.held, tables_.witnessed, tables_.seen, tables_.records, tables_.conflicts,
          tables_.late, tables_.scoped, tables_.wraps, tables_.unopened, tables_.erasures,
          tables_.gaps, tables_.lacked, tables_.narrowed, tables_.counted}) {
      CUNJU_TRYV(txn.clear(table));
    }
    CUNJU_TRYV(admission.rebuild_head_sums());
    CUNJU_TRYV(admission.rewrite_roster());
    std::optional<store::Entry> last = txn.last_with_prefix(tables_.changes, {});
    std::uint64_t end = last ? get_u64_be(last->key) + 1 : 0;
    for (std::uint64_t ordinal = 0; ordinal < end; ++ordinal) {
      CUNJU_TRYV(admission.replace_parts(ordinal));
    }
    CUNJU_TRYV(admission.unsettle_erasures());
    CUNJU_TRYV(admission.rebuild_sharing());
    return txn.put(tables_.meta, as_bytes(kViewVersionName), encode_u64(kViewVersion));
  });
}

Result<void> Replica::write(
    const std::function<Result<void>(Admission&, store::WriteTransaction&)>& body) {
  bool admitted = false, has_doomed = false;
  Result<void> result = data_.write([&](store::WriteTransaction& txn) -> Result<void> {
    // A transaction that is tried again must not find in memory what the first try had admitted.
    if (admitted) rosters_.entries.clear();
    Admission admission(tables_, sealer_, rosters_, own_devices_, own_node_ ? &*own_node_ : nullptr,
                        txn);
    Result<void> done = body(admission, txn);
    admitted = admission.report().admitted > 0;
    if (done.has_error()) return done;
    CUNJU_TRYV(admission.finish());
    has_doomed = admission.has_doomed();
    return ok();
  });
  // What was said is durable; what can't be destroyed now stays doomed, and it is tried again.
  if (result.has_value() && has_doomed) {
    (void)destroy_doomed_keys();
    (void)destroy_doomed_attachments();
  }
  if (result.has_error() && admitted) rosters_.entries.clear();
  if (result.has_value() && admitted && listener_) listener_();
  return result;
}

Result<void> Replica::read(const std::function<Result<void>(Reader&)>& body) {
  return data_.read([&](store::ReadTransaction& txn) -> Result<void> {
    Reader reader(tables_, sealer_, rosters_, txn);
    return body(reader);
  });
}

Result<std::uint32_t> Replica::require_space(const Reader& reader, const SpaceId& space) const {
  std::optional<std::uint32_t> number = reader.find_space(space);
  if (!number) return fail(Errc::kNotFound, "space " + space.hex());
  return *number;
}

Result<Part> Replica::build_part(const PartDraft& draft, std::vector<ChangeId> parents) {
  const auto body_salt = random_.make<Salt>();
  // Of a confidential part nothing is derived on the way, since it travels sealed.
  Links links{.salt = draft.scope == kOpenScope ? links_salt(body_salt) : random_.make<Salt>(),
              .record = draft.record,
              .registry = draft.registry,
              .parents = std::move(parents)};
  CUNJU_TRY(Bytes packed_links, encode_links(links));
  CUNJU_TRY(Bytes packed_body, encode_body({.salt = body_salt, .operations = draft.operations}));
  return make_part(draft.scope, std::move(packed_links), std::move(packed_body));
}

Result<Part> Replica::build_roster_part(std::span<const RosterOperation> operations,
                                        std::vector<ChangeId> parents) {
  PartDraft draft{.record = kRosterRecord,
                  .registry = std::string(kRosterRegistry),
                  .scope = kOpenScope,
                  .operations = {}};
  for (const RosterOperation& operation : operations)
    draft.operations.push_back(
        make_operation(OperationKind::kRoster, "", encode_roster_operation(operation)));
  return build_part(draft, std::move(parents));
}

Result<SpaceId> Replica::found(const crypto::SigningKey& author,
                               std::span<const RosterOperation> operations,
                               std::uint64_t claimed_ms) {
  CUNJU_TRY(Part part, build_roster_part(operations, {}));
  Change change =
      sign_change(author, {.author = author.author(), .claimed_ms = claimed_ms}, {part});
  CUNJU_TRYV(write([&](Admission& admission, store::WriteTransaction&) -> Result<void> {
    CUNJU_TRYV(admission.add_space(change.space()));
    return admit_own(admission, change);
  }));
  return change.space();
}

Result<void> Replica::join(const SpaceId& space, const WireKey& inviter) {
  return write([&](Admission& admission, store::WriteTransaction&) -> Result<void> {
    CUNJU_TRYV(admission.add_space(space));
    return admission.note_inviter(space, inviter);
  });
}

Result<Replica::NextChange> Replica::next_change(Admission& admission, std::uint32_t space_no,
                                                 const SpaceId& space,
                                                 const crypto::SigningKey& author,
                                                 std::uint64_t claimed_ms, bool is_of_quorum,
                                                 std::span<const ChangeId> pins) {
  CUNJU_TRY(RosterGraph * graph, admission.roster(space_no, space));
  if (graph->size() == 0)
    return fail(Errc::kMissing, "the space's founding change has not arrived");
  std::vector<ChangeId> before;
  ChangeHeader header{.space = space, .author = author.author(), .claimed_ms = claimed_ms};
  CUNJU_TRY(LogTree tree, admission.log_tree(space_no, author.author()));
  if (tree.is_forked())
    return fail(Errc::kFork, "this key has signed two changes with number " +
                                 std::to_string(tree.fork_point()->value));
  if (!tree.empty()) {
    const BranchRow& row = tree.first();
    header.seq = {row.next_seq};
    header.prev = row.head;
    CUNJU_TRY(before, admission.pins_at(row.pins_ordinal));
  }
  CUNJU_TRY(auto claims, admission.claims(space_no, author.author()));
  if (!claims.empty())
    // Signing now would make a second change with a number that peers have seen: a fork.
    return fail(Errc::kMissing, "changes of this key up to number " +
                                    std::to_string(claims.front().second.seq.value) +
                                    ", which a peer has; here it ends before " +
                                    std::to_string(header.seq.value));
  NextChange next{.header = std::move(header), .pins = {pins.begin(), pins.end()}};
  if (pins.empty()) {
    next.pins = graph->pick_pins(author.author(), before, limits::kMaxPins);
  } else if (!graph->can_pin(author.author(), before, pins)) {
    return fail(Errc::kConflict, "the roster that this key has pinned");
  }
  if (next.pins.size() > limits::kMaxPins) return fail(Errc::kLimit, "kMaxPins");
  next.roster = graph->at(next.pins);
  if (!next.roster->is_understood && !is_of_quorum)
    return fail(Errc::kUnsupported, "the roster has operations of a newer program");
  if (!next.roster->is_author(author.author()))
    return fail(Errc::kPermission, "this key is not in the roster");
  CUNJU_TRY(next.header.seen, newest_statement(admission, space_no, *next.roster));
  if (next.pins != before) next.header.pins = next.pins;
  return next;
}

Result<Change> Replica::build(Admission& admission, std::uint32_t space_no, const SpaceId& space,
                              const crypto::SigningKey& author, const ChangeDraft& draft,
                              std::uint64_t claimed_ms, std::map<RecordKey, KnownOfTexts>& texts) {
  if (draft.parts.size() > limits::kMaxParts) return fail(Errc::kLimit, "kMaxParts");
  CUNJU_TRY(Grounds grounds,
            find_grounds(admission, space_no, space, author, draft.parts, claimed_ms));
  NextChange& next = grounds.next;
  std::vector<Part> parts;
  std::set<std::pair<RecordId, Scope>> concerned;
  for (std::size_t i = 0; i < draft.parts.size(); ++i) {
    const PartDraft& part = draft.parts[i];
    if (part.registry == kRosterRegistry || part.record == kRosterRecord)
      return fail(Errc::kInvalidArgument, "the roster has operations of its own");
    // The second part would be void on every node: "saved" would be a lie.
    if (!concerned.insert({part.record, part.scope}).second)
      return fail(Errc::kInvalidArgument, "two parts on record " + part.record.hex());
    // A wrap is taken also out of a part that is void: what opens is the key (scopes.cc).
    if (part.registry != kScopesRegistry &&
        !next.roster->may(author.author(), part.registry, kWrite))
      return fail(Errc::kPermission, part.registry);
    Basis& basis = grounds.bases[i];
    const RecordKey record{space_no, part.record, part.scope};
    KnownOfTexts& known = texts[record];
    CUNJU_TRY(PartDraft whole, pass_over(admission, record, author.author(), part, basis, known));
    CUNJU_TRYV(check_text_edits(admission, record, author.author(), whole, basis, known));
    CUNJU_TRY(Part built,
              build_part(admission, space_no, next, parts.size(), whole, std::move(basis.parents)));
    parts.push_back(std::move(built));
  }
  Change change = sign_change(author, std::move(next.header), std::move(parts));
  if (encode_change(change).size() > limits::kMaxChangeBytes)
    return fail(Errc::kLimit, "kMaxChangeBytes");
  return change;
}

Result<void> Replica::admit_own(Admission& admission, const Change& change) {
  CUNJU_TRY(Verdict verdict, admission.take(change, true));
  if (verdict != Verdict::kAdmitted)
    return fail(Errc::kCorrupt, "own change was not admitted: " + admission.refusal());
  return ok();
}

Result<Appended> Replica::append(const SpaceId& space, const crypto::SigningKey& author,
                                 std::span<const ChangeDraft> drafts, std::uint64_t claimed_ms) {
  Appended out;
  CUNJU_TRYV(write([&](Admission& admission, store::WriteTransaction&) -> Result<void> {
    out = {};
    CUNJU_TRY(std::uint32_t space_no, require_space(admission, space));
    // All before the first draft: the changes of one append stay neighbours in their author's log.
    std::map<const PartDraft*, std::vector<ChangeId>> joined;
    for (const ChangeDraft& draft : drafts) {
      for (const PartDraft& part : draft.parts) {
        if (part.follows) continue;
        CUNJU_TRY(std::vector<ChangeId> seen,
                  join_heads(admission, space_no, space, author, part, claimed_ms));
        if (seen != part.seen) joined.emplace(&part, std::move(seen));
      }
    }
    std::map<std::pair<RecordId, Scope>, std::vector<ChangeId>> left_out;
    std::map<RecordKey, KnownOfTexts> texts;
    for (const ChangeDraft& given : drafts) {
      ChangeDraft draft = given;
      for (std::size_t i = 0; i < draft.parts.size(); ++i) {
        PartDraft& part = draft.parts[i];
        if (part.follows && !out.ids.empty()) {
          part.seen = {out.ids.back()};
          part.left_out = left_out[{part.record, part.scope}];
        } else if (part.seen.empty()) {
          CUNJU_TRY(const RecordView* view, admission.view({space_no, part.record, part.scope}));
          if (view != nullptr) part.left_out = view->left_out_ids();
        }
        if (!part.left_out.empty()) left_out[{part.record, part.scope}] = part.left_out;
        if (auto at = joined.find(&given.parts[i]); at != joined.end()) part.seen = at->second;
      }
      CUNJU_TRY(Change change, build(admission, space_no, space, author, draft, claimed_ms, texts));
      if (out.ids.empty()) out.first = change.header.seq;
      CUNJU_TRYV(admit_own(admission, change));
      out.ids.push_back(change.id);
    }
    return ok();
  }));
  return out;
}

namespace {

/// Whether it claims the recovery quorum's authority; the roster graph finds out whether it has it.
bool is_of_quorum(std::span<const RosterOperation> operations) {
  return std::ranges::any_of(operations, [](const RosterOperation& operation) {
    return std::holds_alternative<Epoch>(operation);
  });
}

}  // namespace

Result<Appended> Replica::append_roster(const SpaceId& space, const crypto::SigningKey& author,
                                        std::span<const RosterOperation> operations,
                                        std::uint64_t claimed_ms, std::span<const ChangeId> pins) {
  Appended out;
  CUNJU_TRYV(write([&](Admission& admission, store::WriteTransaction&) -> Result<void> {
    CUNJU_TRY(std::uint32_t space_no, require_space(admission, space));
    const bool needs_no_right = is_of_quorum(operations);
    CUNJU_TRY(NextChange next,
              next_change(admission, space_no, space, author, claimed_ms, needs_no_right, pins));
    if (!next.roster->may(author.author(), kRosterRegistry, kWrite) && !needs_no_right)
      return fail(Errc::kPermission, std::string(kRosterRegistry));
    CUNJU_TRY(next.header.seen,
              statement_for_act(admission, space_no, space, next.pins, operations));
    // In a roster change the parents equal the pins, so it names them even if they did not change.
    next.header.pins = next.pins;
    CUNJU_TRY(Part part, build_roster_part(operations, next.pins));
    Change change = sign_change(author, std::move(next.header), {std::move(part)});
    CUNJU_TRY(const Reader::ReadStatements read, admission.read_told(space_no, change, next.pins));
    if (read.missing)
      return fail(Errc::kMissing, "change " + read.missing->hex() + ", which a cut names as last");
    CUNJU_TRYV(admit_own(admission, change));
    CUNJU_TRY(RosterGraph * graph, admission.roster(space_no, space));
    // It would be in everybody's log and say nothing: "saved" would be a lie.
    if (!graph->is_admissible(change.id))
      return fail(Errc::kPermission, "the signatures of the recovery quorum");
    if (!pins.empty() && !graph->is_in_force(change.id))
      return fail(Errc::kConflict, "another recovery quorum that was named since");
    if (graph->count_operations(change.id) < operations.size()) {
      Result<void> failed = ok();
      const bool needs_quorum =
          graph->needs_quorum(make_roster_change(change, next.pins, std::nullopt, read.told),
                              admission.paths(space_no, failed));
      CUNJU_TRYV(failed);
      if (needs_quorum)
        return fail(Errc::kPermission,
                    "the recovery quorum, because a cut drops what a witness has acknowledged");
      return fail(Errc::kInvalidArgument, "an act on the roster that would have no effect");
    }
    out = {.ids = {change.id}, .first = change.header.seq};
    return ok();
  }));
  return out;
}

}  // namespace cunju::replica
