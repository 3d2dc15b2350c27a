// SPDX-License-Identifier: Apache-2.0
//
// The sixth part of Admission and of Reader: erasing (crdt/erasure/erasures.h). What the acts make
// of parts is computed anew whenever something about erasing gets its place or loses its effect,
// and only what differs is looked at. Destroying takes bodies out of stored changes and seals what
// remains of their records under new keys, in the same transaction; the old keys are doomed, and
// destroyed once it is durable (Replica::destroy_doomed_keys).
#include <algorithm>
#include <utility>

#include "crdt/base/check.h"
#include "node/replica/admission.h"
#include "node/replica/part_attachments.h"

namespace cunju::replica {
namespace {

Key fate_key(std::uint32_t space_no, const ErasureTarget& target) {
  Key out;
  out.u32(space_no).bytes(target.change.view()).u16(target.part);
  return out;
}

Key gap_key(std::uint32_t space_no, const AuthorKey& author, std::uint64_t ordinal,
            std::uint16_t part) {
  Key out;
  out.u32(space_no).bytes(author.view()).u64(ordinal).u16(part);
  return out;
}

Key u64_key(std::uint64_t number) {
  Key out;
  out.u64(number);
  return out;
}

using Fates = std::map<ErasureTarget, Fate>;

Result<Fates> read_fates(const Reader& reader, std::uint32_t space_no) {
  Fates out;
  bool is_sound = true;
  Key prefix;
  prefix.u32(space_no);
  CUNJU_TRYV(
      reader.read().scan_prefix(reader.tables().fates, prefix, [&](ByteView key, ByteView value) {
        const ByteView target = key.subspan(4);
        is_sound = target.size() == ChangeId::kSize + 2 && value.size() == 1 && value[0] <= 3;
        if (!is_sound) return false;
        const ByteView part = target.last(2);
        out.emplace(ErasureTarget{*ChangeId::from(target.first(ChangeId::kSize)),
                                  static_cast<std::uint16_t>(part[0] << 8 | part[1])},
                    static_cast<Fate>(value[0]));
        return true;
      }));
  if (!is_sound) return fail(Errc::kCorrupt, "a row about an erasure");
  return out;
}

Result<SpaceId> find_space_id(const Reader& reader, std::uint32_t space_no) {
  std::optional<SpaceId> out;
  CUNJU_TRYV(reader.read().scan(reader.tables().spaces, {}, [&](ByteView key, ByteView value) {
    if (value.size() == 4 && get_u32_be(value) == space_no) out = SpaceId::from(key);
    return !out;
  }));
  if (!out) return fail(Errc::kCorrupt, "a space without a row");
  return *out;
}

}  // namespace

Fate Reader::fate_of(std::uint32_t space_no, const ErasureTarget& target) const {
  const std::optional<ByteView> row = read_.get(tables_.fates, fate_key(space_no, target));
  return row && row->size() == 1 && (*row)[0] <= 3 ? static_cast<Fate>((*row)[0]) : Fate::kNone;
}

Change Reader::reduced(std::uint32_t space_no, const Change& change, Fate least) const {
  Change out = change;
  if (read_.count(tables_.fates) == 0) return out;
  for (std::size_t i = 0; i < out.parts.size(); ++i) {
    Part& part = out.parts[i];
    if (part.presence != Presence::kPresent || !may_be_erased(part)) continue;
    if (fate_of(space_no, {out.id, static_cast<std::uint16_t>(i)}) >= least)
      part = erased_form(part);
  }
  return out;
}

bool Reader::has_gap(std::uint32_t space_no, const AuthorKey& author) const {
  if (read_.count(tables_.gaps) == 0) return false;
  Key prefix;
  prefix.u32(space_no).bytes(author.view());
  return read_.last_with_prefix(tables_.gaps, prefix).has_value();
}

Result<std::vector<ErasureStatement>> Reader::erasure_statements(std::uint32_t space_no,
                                                                 const SpaceId& space) const {
  std::vector<std::uint64_t> ordinals;
  Key prefix;
  prefix.u32(space_no);
  CUNJU_TRYV(read_.scan_prefix(tables_.erasures, prefix, [&](ByteView key, ByteView) {
    ordinals.push_back(get_u64_be(key.subspan(4)));
    return true;
  }));
  std::vector<ErasureStatement> out;
  if (ordinals.empty()) return out;
  CUNJU_TRY(RosterGraph * graph, roster(space_no, space));
  for (const std::uint64_t ordinal : ordinals) {
    CUNJU_TRY(const StoredChange stored, require_change(ordinal));
    const Change& change = stored.change;
    const std::optional<IdRow> row = find_id(change.id);
    if (!row) return fail(Errc::kCorrupt, "admitted change without id row");
    const LinksOfParts links = decode_links_of(change);
    for (std::size_t i = 0; i < links.size(); ++i) {
      const Part& part = change.parts[i];
      if (!links[i] || links[i]->registry != kErasuresRegistry || part.scope != kOpenScope ||
          part.presence != Presence::kPresent)
        continue;
      CUNJU_TRY(const std::optional<StoredNode> node,
                find_node({space_no, links[i]->record, kOpenScope}, ordinal));
      if (!node || node->part != i || node->node.is_void) continue;
      Result<Body> body = decode_body(part.body);
      if (body.has_error()) continue;
      CUNJU_TRY(const std::vector<ChangeId> pins, pins_at(row->pins_ordinal));
      // A founding change is before everybody who could approve.
      const ErasureVoice voice =
          pins.empty() ? ErasureVoice() : erasure_voice(*graph->at(pins), change.header.author);
      out.push_back({.id = change.id,
                     .author = change.header.author,
                     .voice = voice,
                     .is_late = node->is_late,
                     .act = read_erasure_act(body.value().operations),
                     .approval = read_erasure_approval(body.value().operations)});
    }
  }
  return out;
}

Result<void> Admission::index_erasure(const IdRow& row) {
  Key key;
  key.u32(row.space_no).u64(row.ordinal);
  return txn_.put(tables_.erasures, key, marker());
}

Result<void> Admission::unsettle_erasures() {
  return read_.scan(tables_.spaces, {}, [&](ByteView, ByteView value) {
    if (value.size() == 4) unsettled_.insert(get_u32_be(value));
    return true;
  });
}

Result<bool> Admission::has_later_own(const Reader& reader, const RecordKey& record,
                                      const Change& change) {
  bool out = false;
  CUNJU_TRYV(reader.visit_graph(record, [&](StoredNode&, Change& other, const Part&) {
    out = out ||
          (other.header.author == change.header.author && other.header.seq > change.header.seq);
  }));
  return out;
}

Result<void> Admission::settle_erasures() {
  // Placing what waited may say something about erasing again.
  while (!unsettled_.empty() || !rebuilt_.empty()) {
    for (const std::uint32_t space_no : std::exchange(rebuilt_, {})) {
      CUNJU_TRYV(rebuild_space(space_no));
    }
    if (unsettled_.empty()) continue;
    const std::uint32_t space_no = *unsettled_.begin();
    unsettled_.erase(unsettled_.begin());
    CUNJU_TRYV(settle_erasures(space_no));
  }
  return ok();
}

Result<void> Admission::settle_erasures(std::uint32_t space_no) {
  CUNJU_TRY(const SpaceId space, find_space_id(*this, space_no));
  CUNJU_TRY(const Fates before, read_fates(*this, space_no));
  CUNJU_TRY(std::vector<ErasureStatement> statements, erasure_statements(space_no, space));
  if (before.empty() && statements.empty()) return ok();
  const Erasures erasures(std::move(statements));
  Fates changed;
  for (const auto& [target, fate] : erasures.fates()) changed[target] = fate;
  for (const auto& [target, fate] : before) {
    // What was destroyed here does not come back when an approval becomes late afterwards.
    if (fate == Fate::kDestroyed) changed[target] = fate;
    Fate& now = changed[target];
    if (now == fate) changed.erase(target);
  }
  std::vector<ErasureTarget> to_destroy;
  for (const auto& [target, fate] : changed) {
    const Bytes value = {static_cast<std::uint8_t>(fate)};
    CUNJU_TRYV(txn_.put(tables_.fates, fate_key(space_no, target), value));
    if (fate == Fate::kDestroyed) to_destroy.push_back(target);
  }
  for (const auto& [target, fate] : changed) {
    CUNJU_TRYV(settle_part(space_no, target));
  }
  while (!arrived_.empty()) {
    CUNJU_TRYV(place_waiting());
  }
  return destroy(space_no, to_destroy);
}

Result<void> Admission::settle_part(std::uint32_t space_no, const ErasureTarget& target) {
  const std::optional<IdRow> row = find_id(target.change);
  if (!row || row->space_no != space_no) return ok();
  CUNJU_TRY(const StoredChange stored, require_change(row->ordinal));
  if (target.part >= stored.change.parts.size()) return ok();
  CUNJU_TRY(const ReadableChange read, readable(space_no, stored.change));
  const Change& shown = read.of(stored.change);
  const Result<Links> links = decode_links(shown.parts[target.part].links);
  if (links.has_error() || !may_be_erased(shown.parts[target.part])) return ok();
  const RecordKey record{space_no, links.value().record, shown.parts[target.part].scope};
  CUNJU_TRY(std::optional<StoredNode> node, find_node(record, row->ordinal));
  if (node && node->part == target.part)
    return show_anew(shown, space_no, row->ordinal, target.part, record, std::move(*node));
  CUNJU_TRY(const Origin origin, find_origin(stored.change));
  if (!read_.get(tables_.gaps,
                 gap_key(space_no, stored.change.header.author, row->ordinal, target.part)))
    return ok();
  return place_gap(stored.change, origin, target.part);
}

Result<void> Admission::show_anew(const Change& read, std::uint32_t space_no, std::uint64_t ordinal,
                                  std::uint16_t part, const RecordKey& record, StoredNode node) {
  CUNJU_CHECK(record.space_no == space_no, "a record is of the space of its parts");
  const Part& shown = read.parts[part];
  node.node.is_void = node.is_void_before ||
                      (shown.presence == Presence::kPresent && decode_body(shown.body).has_error());
  CUNJU_TRYV(write_node(record, ordinal, node));
  rejudged_.insert(record);
  return ok();
}

Result<void> Admission::place_gap(const Change& stored, const Origin& origin, std::uint16_t part) {
  const IdRow& row = origin.row;
  CUNJU_TRYV(
      txn_.erase(tables_.gaps, gap_key(row.space_no, stored.header.author, row.ordinal, part)));
  CUNJU_TRY(const ReadableChange read, readable(row.space_no, stored));
  const Change& shown = read.of(stored);
  const Result<Links> links = decode_links(shown.parts[part].links);
  if (links.has_error()) return ok();
  const RecordKey record{row.space_no, links.value().record, shown.parts[part].scope};
  CUNJU_TRY(const std::optional<StoredNode> node, find_node(record, row.ordinal));
  CUNJU_TRY(const bool is_ancestor, has_later_own(*this, record, stored));
  // Or a liar's second word about the record had taken the place that is this one's.
  if (node || is_ancestor) {
    rebuilt_.insert(row.space_no);
    return ok();
  }
  return place(shown, origin, part, links.value());
}

Result<void> Admission::note_gap(const Change& stored, const Origin& origin, std::uint16_t part) {
  if (stored.parts[part].presence != Presence::kErased) return ok();
  const IdRow& row = origin.row;
  if (fate_of(row.space_no, {stored.id, part}) >= Fate::kConfirmed) return ok();
  return txn_.put(tables_.gaps, gap_key(row.space_no, stored.header.author, row.ordinal, part),
                  marker());
}

Result<void> Admission::fill_gaps(std::uint32_t space_no, const Change& change) {
  if (!has_gap(space_no, change.header.author)) return ok();
  const std::optional<IdRow> row = find_id(change.id);
  if (!row || row->space_no != space_no) return ok();
  CUNJU_TRY(StoredChange stored, require_change(row->ordinal));
  CUNJU_TRY(const Origin origin, find_origin(change));
  for (std::size_t i = 0; i < change.parts.size(); ++i) {
    const auto part = static_cast<std::uint16_t>(i);
    const Key gap = gap_key(space_no, change.header.author, row->ordinal, part);
    if (change.parts[i].presence != Presence::kPresent || !read_.get(tables_.gaps, gap)) continue;
    // Both have the header's hash over all parts, so it is the part that belongs here.
    stored.change.parts[i] = change.parts[i];
    CUNJU_TRY(const keys::KeyNumber sealed_under, key_of(space_no, stored.change));
    CUNJU_TRYV(put_sealed(tables_.changes, "changes", u64_key(row->ordinal), sealed_under,
                          encode_stored(stored.change, stored.signature_checked)));
    CUNJU_TRYV(place_gap(stored.change, origin, part));
  }
  return ok();
}

Result<void> Admission::destroy(std::uint32_t space_no, std::span<const ErasureTarget> targets) {
  if (targets.empty()) return ok();
  CUNJU_TRYV(doom_attachments(space_no, targets));
  CUNJU_TRY(const std::set<keys::KeyNumber> doomed, find_doomed(space_no, targets));
  return reseal_without(doomed);
}

Result<void> Admission::reseal_without(const std::set<keys::KeyNumber>& doomed) {
  if (doomed.empty()) return ok();
  CUNJU_TRY(const FreshKeys fresh, doom(doomed));
  CUNJU_TRYV(reseal_rows(tables_.changes, "changes", fresh));
  CUNJU_TRYV(reseal_rows(tables_.pool, "pool", fresh));
  CUNJU_TRYV(reseal_rows(tables_.graph, "graph", fresh));
  return reseal_rows(tables_.views, "views", fresh);
}

/// Under which the targets' bodies lie, or what was computed from them.
Result<std::set<keys::KeyNumber>> Admission::find_doomed(std::uint32_t space_no,
                                                         std::span<const ErasureTarget> targets) {
  std::set<keys::KeyNumber> out;
  auto add = [&](const std::optional<ByteView>& sealed) {
    const std::optional<keys::KeyNumber> key = sealed ? keys::sealed_under(*sealed) : std::nullopt;
    if (key && *key != keys::kStoreKey) out.insert(*key);
  };
  for (const ErasureTarget& target : targets) {
    if (std::optional<ByteView> held = read_.get(tables_.pool_ids, target.change.view()))
      add(read_.get(tables_.pool, *held));
    const std::optional<IdRow> row = find_id(target.change);
    if (!row || row->space_no != space_no) continue;
    CUNJU_TRY(const StoredChange stored, require_readable(space_no, row->ordinal));
    if (target.part >= stored.change.parts.size() ||
        !may_be_erased(stored.change.parts[target.part]))
      continue;
    add(read_.get(tables_.changes, u64_key(row->ordinal)));
    const Result<Links> links = decode_links(stored.change.parts[target.part].links);
    if (links.has_error()) continue;
    Key record;
    record.u32(space_no).bytes(links.value().record.view());
    const std::optional<ByteView> number = read_.get(tables_.record_keys, record);
    if (number && number->size() == 4) out.insert(keys::KeyNumber{get_u32_be(*number)});
  }
  return out;
}

Result<void> Admission::doom_attachments(std::uint32_t space_no,
                                         std::span<const ErasureTarget> targets) {
  CUNJU_TRY(const ScopeKeys* keys, scope_keys(space_no));
  std::set<attachment::Address> found;
  for (const ErasureTarget& target : targets) {
    const std::optional<IdRow> row = find_id(target.change);
    if (!row || row->space_no != space_no) continue;
    CUNJU_TRY(StoredChange stored, require_change(row->ordinal));
    if (target.part >= stored.change.parts.size()) continue;
    open_parts(*keys, stored.change);
    const Part& part = stored.change.parts[target.part];
    if (may_be_erased(part)) add_attachments_of(part, found);
  }
  for (const attachment::Address& address : found) {
    CUNJU_TRYV(txn_.put(tables_.doomed_attachments, address.view(), marker()));
  }
  return ok();
}

Result<Admission::FreshKeys> Admission::doom(const std::set<keys::KeyNumber>& keys) {
  FreshKeys out;
  for (const keys::KeyNumber& key : keys) {
    CUNJU_TRY(const keys::KeyNumber fresh, next_key());
    out.emplace(key, fresh);
    Key row;
    row.u32(key.value);
    CUNJU_TRYV(txn_.put(tables_.doomed, row, marker()));
  }
  std::vector<std::pair<Bytes, keys::KeyNumber>> rows;
  CUNJU_TRYV(read_.scan(tables_.record_keys, {}, [&](ByteView key, ByteView value) {
    auto found = value.size() == 4 ? out.find(keys::KeyNumber{get_u32_be(value)}) : out.end();
    if (found != out.end()) rows.emplace_back(to_bytes(key), found->second);
    return true;
  }));
  for (const auto& [key, fresh] : rows) {
    Bytes number;
    put_u32_be(number, fresh.value);
    CUNJU_TRYV(txn_.put(tables_.record_keys, key, number));
  }
  keys_.clear();
  return out;
}

Result<void> Admission::reseal_rows(store::Table table, std::string_view table_name,
                                    const FreshKeys& fresh) {
  std::vector<std::pair<Bytes, keys::KeyNumber>> rows;
  CUNJU_TRYV(read_.scan(table, {}, [&](ByteView key, ByteView sealed) {
    const std::optional<keys::KeyNumber> number = keys::sealed_under(sealed);
    if (auto found = number ? fresh.find(*number) : fresh.end(); found != fresh.end())
      rows.emplace_back(to_bytes(key), found->second);
    return true;
  }));
  const bool holds_changes = table == tables_.changes || table == tables_.pool;
  for (const auto& [key, number] : rows) {
    const std::optional<ByteView> sealed = read_.get(table, key);
    if (!sealed) return fail(Errc::kCorrupt, "a row that is being sealed anew");
    CUNJU_TRY(const ByteView opened, open(table_name, key, *sealed));
    Bytes value = to_bytes(opened);
    if (holds_changes) {
      CUNJU_TRY(const StoredChange stored, parse_stored(value));
      const std::optional<std::uint32_t> space_no = find_space(stored.change.space());
      if (!space_no) return fail(Errc::kCorrupt, "a change of no space");
      value = encode_stored(reduced(*space_no, stored.change, Fate::kDestroyed),
                            stored.signature_checked);
    }
    CUNJU_TRYV(put_sealed(table, table_name, key, number, value));
  }
  return ok();
}

}  // namespace cunju::replica
