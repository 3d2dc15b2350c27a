// SPDX-License-Identifier: Apache-2.0
#include "node/replica/admission.h"

#include <algorithm>
#include <limits>

#include "crdt/base/check.h"
#include "crdt/base/limits.h"

namespace cunju::replica {
namespace {

constexpr std::string_view kPoolBytes = "pool_bytes";
constexpr std::string_view kNextKey = "next_key";

std::uint64_t read_counter(const store::ReadTransaction& txn, store::Table meta,
                           std::string_view name) {
  std::optional<ByteView> value = txn.get(meta, as_bytes(name));
  return value && value->size() == 8 ? get_u64_be(*value) : 0;
}

}  // namespace

Result<std::uint32_t> Admission::add_space(const SpaceId& space) {
  if (std::optional<std::uint32_t> number = find_space(space)) return *number;
  auto number = static_cast<std::uint32_t>(txn_.count(tables_.spaces));
  Bytes value;
  put_u32_be(value, number);
  CUNJU_TRYV(txn_.put(tables_.spaces, space.view(), value));
  return number;
}

Result<void> Admission::note_inviter(const SpaceId& space, const WireKey& inviter) {
  CUNJU_TRYV(put_sealed(tables_.joining, "joining", space.view(), keys::kStoreKey, inviter.view()));
  const std::optional<std::uint32_t> space_no = find_space(space);
  if (!space_no) return fail(Errc::kNotFound, "space " + space.hex());
  CUNJU_TRY(const sync::HeadsSum sum, stored_heads_sum(*space_no));
  resummed_[*space_no] = {.space = space, .before = sum, .after = sum};
  return ok();
}

Result<Verdict> Admission::take(const Change& change, bool signature_checked) {
  CUNJU_TRY(Verdict verdict, admit(change, signature_checked));
  // Iterative on purpose: a chain of held changes may be as long as the pool allows.
  while (!arrived_.empty()) {
    ChangeId arrived = arrived_.front();
    CUNJU_TRYV(place_waiting());
    CUNJU_TRY(std::vector<StoredChange> pooled, take_pooled(arrived));
    for (const StoredChange& waiting : pooled) {
      CUNJU_TRYV(admit(waiting.change, waiting.signature_checked));
    }
  }
  return verdict;
}

Verdict Admission::refuse(std::string reason) {
  refusal_ = std::move(reason);
  ++report_.refused;
  return Verdict::kRefused;
}

Result<Verdict> Admission::admit(const Change& change, bool signature_checked) {
  std::optional<std::uint32_t> space_no = find_space(change.space());
  if (!space_no) return refuse("unknown space");
  if (find_id(change.id)) {
    CUNJU_TRYV(fill_gaps(*space_no, change));
    CUNJU_TRYV(fill_known(*space_no, change));
    ++report_.known;
    return Verdict::kKnown;
  }
  Result<void> alone = check_alone(change);
  if (alone.has_error()) return refuse(alone.error().context);

  CUNJU_TRY(Joint joint, find_joint(*space_no, change));
  if (!joint.refusal.empty()) return refuse(std::move(joint.refusal));
  if (joint.missing) return pool(*space_no, change, *joint.missing, signature_checked);

  const std::uint64_t ordinal = next_ordinal();
  std::uint64_t pins_ordinal =
      change.header.pins.empty() ? joint.pins_ordinal.value_or(0) : ordinal;
  if (change.header.is_founding()) pins_ordinal = ordinal;
  std::vector<ChangeId> pins = change.header.pins;
  if (!change.header.is_founding()) {
    CUNJU_TRY(RosterGraph * graph, roster(*space_no, change.space()));
    for (const ChangeId& pin : pins) {
      if (graph->is_admissible(pin)) continue;
      if (find_id(pin)) return refuse("pins a change that is not of the roster, or void");
      return pool(*space_no, change, pin, signature_checked);
    }
    std::vector<ChangeId> before;
    if (joint.pins_ordinal) {
      CUNJU_TRY(const std::vector<ChangeId>* known, known_pins(*joint.pins_ordinal));
      before = *known;
    }
    if (pins.empty()) pins = before;
    // A founder's second change must name the roster that the first one made.
    if (pins.empty()) return refuse("pins nothing");
    if (!graph->dominates(pins, before)) return refuse("pins go backwards");
    if (!graph->at(pins)->is_author(change.header.author))
      return refuse("the author is not in the roster it pins");
  }
  const Origin origin{{ordinal, *space_no, pins_ordinal}, joint.branch.number};
  const LinksOfParts links = decode_links_of(change);
  const bool is_of_roster = find_roster_part(change, links).has_value();
  ReadStatements read;
  if (is_of_roster && !change.header.is_founding()) {
    CUNJU_TRY(read, read_told(*space_no, change, std::move(pins)));
    if (read.is_false) return refuse("names a change that is not where it says");
    if (read.missing) return pool(*space_no, change, *read.missing, signature_checked);
  }
  RosterReading before;
  if (is_of_roster) {
    CUNJU_TRY(RosterGraph * graph, roster(*space_no, change.space()));
    before = graph->reading();
  }
  CUNJU_TRYV(write_change(change, joint.branch, origin.row, is_of_roster ? &read.told : nullptr,
                          signature_checked));
  ++report_.admitted;
  arrived_.push_back(change.id);
  if (joint.is_new_branch) {
    ++report_.forks;
    trees_.erase({*space_no, change.header.author});
  }
  if (joint.is_second) {
    CUNJU_TRYV(note_fork(*space_no, change));
  }
  // All of the space is looked at again at the end.
  if (rebuilt_.contains(*space_no)) return Verdict::kAdmitted;
  if (is_of_roster) {
    CUNJU_TRYV(rejudge(*space_no, change.space(), before));
  }
  CUNJU_TRYV(place_parts(change, origin));
  CUNJU_TRY(RosterGraph * graph, roster(*space_no, change.space()));
  const std::optional<Seq> fork_point = graph->fork_point(change.header.author);
  if (fork_point && std::ranges::count(graph->covers(change.header.author), change.id) > 0) {
    // Others rest on it, so what it rests on stands from here on.
    CUNJU_TRYV(rejudge_fork(*space_no, change.header.author, *fork_point));
  }
  return Verdict::kAdmitted;
}

Result<Reader::ReadStatements> Admission::read_told(std::uint32_t space_no, const Change& change,
                                                    std::vector<ChangeId> pins) const {
  ReadStatements out;
  if (!change.header.seen.is_zero()) {
    CUNJU_TRY(out, statements_up_to(space_no, change.space(), ChangeId{change.header.seen.value}));
    if (out.is_false || out.missing) return out;
  }
  CUNJU_TRY(RosterGraph * graph, roster(space_no, change.space()));
  const RosterChange said = make_roster_change(change, std::move(pins), std::nullopt, out.told);
  for (const ChangeId& named : graph->awaited(said)) {
    const std::optional<IdRow> row = find_id(named);
    if (!row) out.missing = named;
    // What is in another space never comes to be in this one, so it must not fill the pool.
    if (row && row->space_no != space_no) out.is_false = true;
  }
  return out;
}

Result<Admission::Joint> Admission::find_joint(std::uint32_t space_no, const Change& change) {
  const ChangeHeader& header = change.header;
  std::optional<BranchRow> first = find_first_branch(space_no, header.author);
  if (first && first->next_seq == header.seq.value && first->head == header.prev) {
    const std::uint64_t pins_ordinal = first->pins_ordinal;
    return Joint{.branch = *first, .pins_ordinal = pins_ordinal, .missing = {}, .refusal = {}};
  }
  if (!first && header.seq.value == 0) {
    Joint out;
    out.branch.number = static_cast<std::uint32_t>(txn_.count(tables_.logs));
    return out;
  }
  if (first) return find_side_joint(space_no, change);
  Joint out;
  // No arrival can mend a prev that is here and is another's, so it must not fill the pool.
  if (find_id(header.prev)) {
    out.refusal = "prev does not name the predecessor";
  } else {
    out.missing = header.prev;
  }
  return out;
}

/// Of a change that does not simply go on where the branch that came first ends.
Result<Admission::Joint> Admission::find_side_joint(std::uint32_t space_no, const Change& change) {
  const ChangeHeader& header = change.header;
  CUNJU_TRY(LogTree tree, log_tree(space_no, header.author));
  Joint out;
  const BranchRow* parent = &tree.first();
  std::uint64_t roster_after = 0;
  if (header.seq.value > 0) {
    std::optional<IdRow> before = find_id(header.prev);
    if (!before) {
      out.missing = header.prev;
      return out;
    }
    CUNJU_TRY(StoredChange predecessor, require_change(before->ordinal));
    if (check_successor(predecessor.change, change).has_error()) {
      out.refusal = "prev does not name the predecessor";
      return out;
    }
    out.pins_ordinal = before->pins_ordinal;
    CUNJU_TRY(parent, branch_of(tree, predecessor.change.header.seq, before->ordinal));
    if (parent->head == header.prev) {
      out.branch = *parent;
      return out;
    }
    CUNJU_TRY(roster_after, find_roster_after(space_no, *before));
  }
  // However many there are: who refused some would for ever have other ones than his neighbour, who
  // may have built on them.
  out.is_new_branch = true;
  out.is_second = tree.count_siblings(*parent, header.seq.value) == 1;
  out.branch = {.number = static_cast<std::uint32_t>(txn_.count(tables_.logs)),
                .from_seq = header.seq.value,
                .next_seq = header.seq.value,
                .head = header.prev,
                .roster_after = roster_after,
                .first = change.id,
                .parent = parent->first};
  return out;
}

/// The last roster change on the path of an admitted change, by its ordinal, and 1; 0: none.
Result<std::uint64_t> Admission::find_roster_after(std::uint32_t space_no, const IdRow& row) {
  // A roster change states its pins, so only changes that do have to be looked at.
  for (IdRow at = row;;) {
    Key key;
    key.u32(space_no).u64(at.pins_ordinal);
    if (read_.get(tables_.roster, key)) return at.pins_ordinal + 1;
    CUNJU_TRY(StoredChange stating, require_change(at.pins_ordinal));
    if (stating.change.header.seq.value == 0) return 0;
    std::optional<IdRow> before = find_id(stating.change.header.prev);
    if (!before) return fail(Errc::kCorrupt, "a log has a gap");
    at = *before;
  }
}

/// The change is the second one at its place.
Result<void> Admission::note_fork(std::uint32_t space_no, const Change& change) {
  const AuthorKey& author = change.header.author;
  // What follows on the branch that was there belongs to another line now.
  rebuilt_.insert(space_no);
  Key key;
  key.u32(space_no).bytes(author.view());
  std::optional<ByteView> known = read_.get(tables_.forks, key);
  const std::uint64_t at =
      std::min(known ? get_u64_be(*known) : change.header.seq.value, change.header.seq.value);
  CUNJU_TRYV(index_covers_of(space_no, change.space(), author));
  return txn_.put(tables_.forks, key, encode_u64(at));
}

std::uint64_t Admission::next_ordinal() {
  if (!next_ordinal_) {
    std::optional<store::Entry> last = txn_.last_with_prefix(tables_.changes, {});
    next_ordinal_ = last ? get_u64_be(last->key) + 1 : 0;
  }
  return *next_ordinal_;
}

Result<void> Admission::write_change(const Change& change, BranchRow branch, const IdRow& id_row,
                                     const WitnessedLogs* witnessed, bool signature_checked) {
  const std::uint64_t ordinal = id_row.ordinal;
  CUNJU_TRYV(note_head_before(id_row.space_no, change));
  Key key;
  key.u64(ordinal);
  Bytes value =
      encode_stored(reduced(id_row.space_no, change, Fate::kDestroyed), signature_checked);
  CUNJU_TRY(keys::KeyNumber sealed_under, key_of(id_row.space_no, change));
  CUNJU_TRYV(put_sealed(tables_.changes, "changes", key, sealed_under, value));
  CUNJU_TRYV(txn_.put_new(tables_.ids, change.id.view(), id_row.encode()));
  Key log;
  log.u32(branch.number).u64(change.header.seq.value);
  branch.log_bytes += value.size() - 1;
  CUNJU_TRYV(txn_.put_new(tables_.log, log, LogRow{ordinal, branch.log_bytes}.encode()));
  if (witnessed != nullptr) {
    Key roster_key;
    roster_key.u32(id_row.space_no).u64(ordinal);
    CUNJU_TRYV(txn_.put_new(tables_.roster, roster_key,
                            RosterRow{branch.roster_after, *witnessed}.encode()));
    branch.roster_after = ordinal + 1;
  }
  // A log that was asked for before it had a change.
  if (branch.next_seq == branch.from_seq) trees_.erase({id_row.space_no, change.header.author});
  branch.next_seq = change.header.seq.value + 1;
  branch.head = change.id;
  branch.pins_ordinal = id_row.pins_ordinal;
  Key row;
  row.u32(id_row.space_no).bytes(change.header.author.view());
  if (!branch.first.is_zero()) row.bytes(branch.first.view());
  CUNJU_TRYV(txn_.put(tables_.logs, row, branch.encode()));
  next_ordinal_ = ordinal + 1;
  return ok();
}

Result<Verdict> Admission::pool(std::uint32_t space_no, const Change& change,
                                const ChangeId& missing, bool signature_checked) {
  if (read_.get(tables_.pool_ids, change.id.view())) {
    ++report_.known;
    return Verdict::kPooled;
  }
  Bytes value = encode_stored(reduced(space_no, change, Fate::kDestroyed), signature_checked);
  std::uint64_t bytes = read_counter(txn_, tables_.meta, kPoolBytes) + value.size();
  if (txn_.count(tables_.pool) >= limits::kMaxPoolChanges || bytes > limits::kMaxPoolBytes)
    return refuse("the pool of held changes is full");
  std::optional<store::Entry> last = txn_.last_with_prefix(tables_.pool, {});
  std::uint64_t number = last ? get_u64_be(last->key) + 1 : 0;
  Key key, wait;
  key.u64(number);
  wait.bytes(missing.view()).u64(number);
  CUNJU_TRY(keys::KeyNumber sealed_under, key_of(space_no, change));
  CUNJU_TRYV(put_sealed(tables_.pool, "pool", key, sealed_under, value));
  CUNJU_TRYV(txn_.put_new(tables_.pool_ids, change.id.view(), encode_u64(number)));
  CUNJU_TRYV(txn_.put_new(tables_.pool_wait, wait, marker()));
  CUNJU_TRYV(txn_.put(tables_.meta, as_bytes(kPoolBytes), encode_u64(bytes)));
  held_now_.insert(change.id);
  report_.held = held_now_.size();
  return Verdict::kPooled;
}

Result<std::vector<StoredChange>> Admission::take_pooled(const ChangeId& arrived) {
  std::vector<std::uint64_t> numbers;
  CUNJU_TRYV(read_.scan_prefix(tables_.pool_wait, arrived.view(), [&](ByteView key, ByteView) {
    numbers.push_back(get_u64_be(key.subspan(32)));
    return true;
  }));
  std::vector<StoredChange> out;
  std::uint64_t freed = 0;
  for (std::uint64_t number : numbers) {
    Key key, wait;
    key.u64(number);
    wait.bytes(arrived.view()).u64(number);
    std::optional<ByteView> sealed = read_.get(tables_.pool, key);
    if (!sealed) return fail(Errc::kCorrupt, "pool entry is missing");
    CUNJU_TRY(ByteView value, open("pool", key, *sealed));
    CUNJU_TRY(StoredChange stored, parse_stored(value));
    freed += value.size();
    CUNJU_TRYV(txn_.erase(tables_.pool, key));
    CUNJU_TRYV(txn_.erase(tables_.pool_ids, stored.change.id.view()));
    CUNJU_TRYV(txn_.erase(tables_.pool_wait, wait));
    // It may have been held since an earlier batch.
    held_now_.erase(stored.change.id);
    report_.held = held_now_.size();
    out.push_back(std::move(stored));
  }
  if (freed > 0) {
    std::uint64_t before = read_counter(txn_, tables_.meta, kPoolBytes);
    CUNJU_TRYV(txn_.put(tables_.meta, as_bytes(kPoolBytes),
                        encode_u64(before > freed ? before - freed : 0)));
  }
  return out;
}

Result<const std::vector<ChangeId>*> Admission::known_pins(std::uint64_t pins_ordinal) {
  auto found = pins_.find(pins_ordinal);
  if (found == pins_.end()) {
    CUNJU_TRY(std::vector<ChangeId> pins, pins_at(pins_ordinal));
    found = pins_.emplace(pins_ordinal, std::move(pins)).first;
  }
  return &found->second;
}

Result<keys::KeyNumber> Admission::next_key() {
  // 0 is the store's own.
  const std::uint64_t number =
      std::max<std::uint64_t>(read_counter(txn_, tables_.meta, kNextKey), 1);
  if (number > std::numeric_limits<std::uint32_t>::max())
    return fail(Errc::kLimit, "keys of stored values");
  const keys::KeyNumber out{static_cast<std::uint32_t>(number)};
  CUNJU_TRYV(sealer_.reserve(out));
  CUNJU_TRYV(txn_.put(tables_.meta, as_bytes(kNextKey), encode_u64(number + 1)));
  return out;
}

Result<keys::KeyNumber> Admission::key_of(std::uint32_t space_no, const RecordId& record) {
  auto found = keys_.find({space_no, record});
  if (found != keys_.end()) return found->second;
  Key row;
  row.u32(space_no).bytes(record.view());
  keys::KeyNumber out;
  if (std::optional<ByteView> known = read_.get(tables_.record_keys, row)) {
    if (known->size() != 4) return fail(Errc::kCorrupt, "the number of a record's key");
    out.value = get_u32_be(*known);
  } else {
    CUNJU_TRY(out, next_key());
    Bytes number;
    put_u32_be(number, out.value);
    CUNJU_TRYV(txn_.put(tables_.record_keys, row, number));
  }
  keys_.emplace(std::pair(space_no, record), out);
  return out;
}

Result<keys::KeyNumber> Admission::key_of(std::uint32_t space_no, const Change& change) {
  std::optional<RecordId> record;
  CUNJU_TRY(const ReadableChange read, readable(space_no, change));
  for (const std::optional<Links>& links : decode_links_of(read.of(change))) {
    if (!links || (record && *record != links->record)) return next_key();
    record = links->record;
  }
  return record ? key_of(space_no, *record) : next_key();
}

Result<void> Admission::put_sealed(store::Table table, std::string_view table_name, ByteView key,
                                   keys::KeyNumber sealed_under, ByteView value) {
  Bytes sealed;
  CUNJU_TRYV(sealer_.seal(sealed_under, place_of(table_name, key), value, sealed));
  return txn_.put(table, key, sealed);
}

}  // namespace cunju::replica
