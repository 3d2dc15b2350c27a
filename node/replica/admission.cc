// SPDX-License-Identifier: Apache-2.0
#include "node/replica/admission.h"

#include <algorithm>

#include "crdt/base/check.h"
#include "crdt/base/limits.h"

namespace cunju::replica {
namespace {

constexpr std::string_view kPoolBytes = "pool_bytes";

std::uint64_t read_counter(const store::ReadTransaction& txn, store::Table meta,
                           std::string_view name) {
  std::optional<ByteView> value = txn.get(meta, as_bytes(name));
  return value && value->size() == 8 ? get_u64_be(*value) : 0;
}

Bytes flagged(const Change& change, bool signature_checked) {
  constexpr std::size_t kUsualBytes = 1024;
  Bytes out;
  out.reserve(kUsualBytes);
  put_u8(out, signature_checked ? 1 : 0);
  append_change(out, change);
  return out;
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
    ++report_.known;
    return Verdict::kKnown;
  }
  Result<void> alone = check_alone(change);
  if (alone.has_error()) return refuse(alone.error().context);

  std::optional<AuthorRow> author = find_author(*space_no, change.header.author);
  std::uint64_t next_seq = author ? author->next_seq : 0;
  if (change.header.seq.value < next_seq) return keep_fork(change, author->number);
  if (change.header.seq.value > next_seq || (author && change.header.prev != author->head)) {
    // No arrival can mend a prev that is here and is not the head, so it must not fill the pool.
    if (find_id(change.header.prev)) return refuse("prev does not name the predecessor");
    return pool(change, change.header.prev, signature_checked);
  }

  if (!author)
    author = AuthorRow{.number = static_cast<std::uint32_t>(txn_.count(tables_.authors))};
  const std::uint64_t ordinal = next_ordinal();
  std::uint64_t pins_ordinal = change.header.pins.empty() ? author->pins_ordinal : ordinal;
  if (!change.header.is_founding()) {
    CUNJU_TRY(RosterGraph * graph, roster(*space_no, change.space()));
    std::vector<ChangeId> pins = change.header.pins;
    for (const ChangeId& pin : pins) {
      if (graph->is_admissible(pin)) continue;
      if (find_id(pin)) return refuse("pins a change that is not of the roster, or void");
      return pool(change, pin, signature_checked);
    }
    std::vector<ChangeId> before;
    if (next_seq > 0) {
      CUNJU_TRY(const std::vector<ChangeId>* known, known_pins(author->pins_ordinal));
      before = *known;
    }
    if (pins.empty()) pins = before;
    // A founder's second change must name the roster that the first one made.
    if (pins.empty()) return refuse("pins nothing");
    if (!graph->dominates(pins, before)) return refuse("pins go backwards");
    if (!graph->at(pins)->is_author(change.header.author))
      return refuse("the author is not in the roster it pins");
  }
  const Origin origin{{ordinal, *space_no, pins_ordinal}, author->number};
  const LinksOfParts links = decode_links_of(change);
  const bool is_of_roster = find_roster_part(change, links).has_value();
  ReadStatements read;
  if (is_of_roster && !change.header.is_founding() && !change.header.seen.is_zero()) {
    CUNJU_TRY(read,
              statements_up_to(*space_no, change.space(), ChangeId{change.header.seen.value}));
    if (read.is_false) return refuse("names a statement about what is not so");
    if (read.missing) return pool(change, *read.missing, signature_checked);
  }
  RosterReading before;
  if (is_of_roster) {
    CUNJU_TRY(RosterGraph * graph, roster(*space_no, change.space()));
    before = graph->reading();
  }
  CUNJU_TRYV(write_change(change, *author, origin.row, is_of_roster ? &read.counts : nullptr,
                          signature_checked));
  ++report_.admitted;
  arrived_.push_back(change.id);
  if (is_of_roster) {
    CUNJU_TRYV(rejudge(*space_no, change.space(), before));
  }
  CUNJU_TRYV(place_parts(change, origin, links));
  return Verdict::kAdmitted;
}

std::uint64_t Admission::next_ordinal() {
  if (!next_ordinal_) {
    std::optional<store::Entry> last = txn_.last_with_prefix(tables_.changes, {});
    next_ordinal_ = last ? get_u64_be(last->key) + 1 : 0;
  }
  return *next_ordinal_;
}

Result<void> Admission::write_change(const Change& change, AuthorRow author, const IdRow& id_row,
                                     const WitnessedCounts* witnessed, bool signature_checked) {
  const std::uint64_t ordinal = id_row.ordinal;
  Key key;
  key.u64(ordinal);
  Bytes value = flagged(change, signature_checked);
  CUNJU_TRYV(put_sealed(tables_.changes, "changes", key, value));
  CUNJU_TRYV(txn_.put_new(tables_.ids, change.id.view(), id_row.encode()));
  Key log;
  log.u32(author.number).u64(change.header.seq.value);
  author.log_bytes += value.size() - 1;
  CUNJU_TRYV(txn_.put_new(tables_.log, log, LogRow{ordinal, author.log_bytes}.encode()));
  author.next_seq = change.header.seq.value + 1;
  author.head = change.id;
  author.pins_ordinal = id_row.pins_ordinal;
  Key row;
  row.u32(id_row.space_no).bytes(change.header.author.view());
  CUNJU_TRYV(txn_.put(tables_.authors, row, author.encode()));
  next_ordinal_ = ordinal + 1;
  if (witnessed != nullptr) {
    Key roster_key;
    roster_key.u32(id_row.space_no).u64(ordinal);
    CUNJU_TRYV(txn_.put_new(tables_.roster, roster_key, encode_counts(*witnessed)));
  }
  return ok();
}

Result<Verdict> Admission::pool(const Change& change, const ChangeId& missing,
                                bool signature_checked) {
  if (read_.get(tables_.pool_ids, change.id.view())) {
    ++report_.known;
    return Verdict::kPooled;
  }
  Bytes value = flagged(change, signature_checked);
  std::uint64_t bytes = read_counter(txn_, tables_.meta, kPoolBytes) + value.size();
  if (txn_.count(tables_.pool) >= limits::kMaxPoolChanges || bytes > limits::kMaxPoolBytes)
    return refuse("the pool of held changes is full");
  std::optional<store::Entry> last = txn_.last_with_prefix(tables_.pool, {});
  std::uint64_t number = last ? get_u64_be(last->key) + 1 : 0;
  Key key, wait;
  key.u64(number);
  wait.bytes(missing.view()).u64(number);
  CUNJU_TRYV(put_sealed(tables_.pool, "pool", key, value));
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

Result<Verdict> Admission::keep_fork(const Change& change, std::uint32_t author_no) {
  ++report_.forks;
  if (txn_.count(tables_.forks) >= limits::kMaxForkProofs) return Verdict::kForked;
  Key key;
  key.u32(author_no).u64(change.header.seq.value).bytes(change.id.view());
  CUNJU_TRYV(put_sealed(tables_.forks, "forks", key, flagged(change, false)));
  return Verdict::kForked;
}

Result<void> Admission::put_sealed(store::Table table, std::string_view table_name, ByteView key,
                                   ByteView value) {
  Bytes sealed;
  sealed.reserve(value.size() + 64);
  CUNJU_TRYV(sealer_.seal(place_of(table_name, key), value, sealed));
  return txn_.put(table, key, sealed);
}

}  // namespace cunju::replica
