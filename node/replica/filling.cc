// SPDX-License-Identifier: Apache-2.0
//
// The seventh part of Admission: parts that come after their change, and parts that go because this
// node may not hold them any more. What is filled in gets the place that it would have had if it
// had come with its change; where that can't be done on top of what is there, its scope is placed
// anew. What goes stands as withheld afterwards, and what it was sealed under is destroyed as in an
// erasure.
#include <algorithm>
#include <utility>

#include "node/replica/admission.h"
#include "node/replica/fillings.h"
#include "node/replica/lacking.h"

namespace cunju::replica {
namespace {

LackedRow lacked_row(const Change& change, const IdRow& row, std::uint16_t part) {
  return {.space_no = row.space_no,
          .is_open = change.parts[part].scope == kOpenScope,
          .author = change.header.author,
          .seq = change.header.seq,
          .ordinal = row.ordinal,
          .part = part};
}

Key ordinal_key(std::uint64_t ordinal) {
  Key out;
  out.u64(ordinal);
  return out;
}

/// The part of that change which somebody has brought, or none: it is another one.
std::optional<Part> read_brought(const Part& here, const wire::BroughtPart& brought) {
  Part out = here;
  if (brought.is_erased) {
    out.presence = Presence::kErased;
    out.links = brought.links;
    out.body_hash = brought.body_hash;
    out.part_hash = part_hash(here.scope, crypto::hash({out.links}), out.body_hash);
    if (!may_be_erased(out)) return std::nullopt;
  } else {
    out = make_part(here.scope, brought.links, brought.body);
  }
  if (out.part_hash != here.part_hash) return std::nullopt;
  return out;
}

}  // namespace

Result<void> Admission::note_lacked(const Change& stored, const IdRow& row, std::uint16_t part) {
  if (stored.parts[part].presence != Presence::kWithheld) return ok();
  return txn_.put(tables_.lacked, lacked_row(stored, row, part).key(), marker());
}

Result<void> Admission::note_narrowed(std::uint32_t space_no, const Part& roster_part) {
  const Result<Body> body = decode_body(roster_part.body);
  if (body.has_error()) return ok();
  for (const Operation& said : body.value().operations) {
    const auto* bytes = std::get_if<Bytes>(&said.value);
    if (bytes == nullptr) continue;
    const Result<RosterOperation> operation = decode_roster_operation(*bytes);
    if (operation.has_error()) continue;
    const auto* node = std::get_if<AddNode>(&operation.value());
    const bool narrows = std::holds_alternative<SetReplication>(operation.value()) ||
                         (node != nullptr && node->replication != Replication::kFull);
    if (!narrows) continue;
    Key key;
    key.u32(space_no);
    return txn_.put(tables_.narrowed, key, marker());
  }
  return ok();
}

Result<sync::PartsReport> Admission::fill(std::uint32_t space_no, Replication own,
                                          const wire::ChangeParts& brought) {
  CUNJU_TRY(const sync::PartsReport out, fill_lacked(space_no, own, brought));
  while (!arrived_.empty()) {
    CUNJU_TRYV(place_waiting());
  }
  return out;
}

Result<sync::PartsReport> Admission::fill_lacked(std::uint32_t space_no, Replication own,
                                                 const wire::ChangeParts& brought) {
  sync::PartsReport out;
  const std::optional<IdRow> row = find_id(brought.id);
  if (!row || row->space_no != space_no)
    return fail(Errc::kTampered, "parts of a change that is not here");
  CUNJU_TRY(StoredChange stored, require_change(row->ordinal));
  std::vector<std::uint16_t> filled;
  for (const wire::BroughtPart& each : brought.parts) {
    if (each.index >= stored.change.parts.size())
      return fail(Errc::kTampered, "a part that change " + brought.id.hex() + " does not have");
    Part& here = stored.change.parts[each.index];
    std::optional<Part> part = read_brought(here, each);
    if (!part)
      return fail(Errc::kTampered, "a part of change " + brought.id.hex() + " is another one");
    if (here.presence != Presence::kWithheld || !may_have(own, here)) continue;
    const bool is_destroyed = part->presence == Presence::kPresent && may_be_erased(*part) &&
                              fate_of(space_no, {brought.id, each.index}) >= Fate::kDestroyed;
    here = is_destroyed ? erased_form(*part) : *std::move(part);
    CUNJU_TRYV(txn_.erase(tables_.lacked, lacked_row(stored.change, *row, each.index).key()));
    filled.push_back(each.index);
    ++out.parts;
    out.bytes += each.links.size() + each.body.size();
  }
  if (filled.empty()) return out;
  CUNJU_TRYV(rewrite_change(stored, *row));
  CUNJU_TRYV(place_filled(stored.change, filled));
  CUNJU_TRYV(count_filling(txn_, tables_.meta, stored.change.space()));
  return out;
}

Result<void> Admission::fill_known(std::uint32_t space_no, const Change& change) {
  if (!lacks_any(*this, space_no, Replication::kFull)) return ok();
  const std::optional<IdRow> row = find_id(change.id);
  if (!row || row->space_no != space_no) return ok();
  wire::ChangeParts brought{.id = change.id, .parts = {}};
  for (std::size_t i = 0; i < change.parts.size(); ++i) {
    const Part& part = change.parts[i];
    const auto index = static_cast<std::uint16_t>(i);
    const bool is_erased = part.presence == Presence::kErased;
    if ((!is_erased && part.presence != Presence::kPresent) ||
        !read_.get(tables_.lacked, lacked_row(change, *row, index).key()))
      continue;
    brought.parts.push_back({.index = index,
                             .is_erased = is_erased,
                             .links = part.links,
                             .body = part.body,
                             .body_hash = part.body_hash});
  }
  if (brought.parts.empty()) return ok();
  CUNJU_TRY(const Replication own, own_scope(space_no, change.space()));
  CUNJU_TRYV(fill_lacked(space_no, own, brought));
  return ok();
}

Result<Replication> Admission::own_scope(std::uint32_t space_no, const SpaceId& space) const {
  if (own_node_ == nullptr) return Replication::kFull;
  CUNJU_TRY(const std::optional<Replication> known, scope_of(*this, space_no, space, *own_node_));
  return known.value_or(Replication::kFull);
}

/// Under the key that it is under already: an erasure reaches it by that one, whatever else is
/// under it.
Result<void> Admission::rewrite_change(const StoredChange& stored, const IdRow& row) {
  const Key key = ordinal_key(row.ordinal);
  const std::optional<ByteView> before = read_.get(tables_.changes, key);
  std::optional<keys::KeyNumber> number = before ? keys::sealed_under(*before) : std::nullopt;
  if (!number || *number == keys::kStoreKey) {
    CUNJU_TRY(number, key_of(row.space_no, stored.change));
  }
  return put_sealed(tables_.changes, "changes", key, *number,
                    encode_stored(stored.change, stored.signature_checked));
}

Result<void> Admission::place_filled(const Change& stored, std::span<const std::uint16_t> filled) {
  CUNJU_TRY(const Origin origin, find_origin(stored));
  const std::uint32_t space_no = origin.row.space_no;
  CUNJU_TRY(const ReadableChange readable_change, readable(space_no, stored));
  const Change& read = readable_change.of(stored);
  const LinksOfParts links = decode_links_of(read);
  CUNJU_TRYV(take_wraps(space_no, origin.row.ordinal, stored));
  // Whoever waited for this change because it might say something can be told now.
  arrived_.push_back(stored.id);
  for (const std::uint16_t i : filled) {
    const Part& part = read.parts[i];
    if (part.scope != kOpenScope) {
      CUNJU_TRYV(note_confidential(origin, stored.parts[i], i, readable_change.of_part(i)));
    }
    CUNJU_TRYV(note_gap(stored, origin, i));
    if (part.presence == Presence::kWithheld || !links[i]) continue;
    if (speaks_of_erasing(*links[i], part)) {
      CUNJU_TRYV(index_erasure(origin.row));
    }
    CUNJU_TRYV(place_late_comer(read, origin, i, *links[i]));
  }
  return ok();
}

/// What was placed without it may have it among its ancestors, named or not.
Result<void> Admission::place_late_comer(const Change& read, const Origin& origin,
                                         std::uint16_t part, const Links& links) {
  const RecordKey record{origin.row.space_no, links.record, read.parts[part].scope};
  if (rebuilt_.contains(record.space_no) || reopened_.contains({record.space_no, record.scope}))
    return ok();
  CUNJU_TRY(const std::optional<StoredNode> node, find_node(record, origin.row.ordinal));
  CUNJU_TRY(const bool is_ancestor, has_later_own(*this, record, read));
  if (!node && !is_ancestor) return place(read, origin, part, links);
  if (record.scope == kOpenScope) {
    rebuilt_.insert(record.space_no);
  } else {
    reopened_.emplace(record.space_no, record.scope);
  }
  return ok();
}

Result<std::uint64_t> Admission::let_go(std::uint32_t space_no, Replication own,
                                        std::span<const ChangeId> held) {
  std::vector<ErasureTarget> targets;
  std::vector<std::pair<IdRow, StoredChange>> changes;
  std::set<Scope> scopes;
  for (const ChangeId& id : held) {
    const std::optional<IdRow> row = find_id(id);
    if (!row || row->space_no != space_no) continue;
    CUNJU_TRY(StoredChange stored, require_change(row->ordinal));
    bool is_less = false;
    for (std::size_t i = 0; i < stored.change.parts.size(); ++i) {
      Part& part = stored.change.parts[i];
      if (!must_go(own, part)) continue;
      targets.push_back({id, static_cast<std::uint16_t>(i)});
      scopes.insert(part.scope);
      part = wire::withheld_form(part);
      is_less = true;
    }
    if (is_less) changes.emplace_back(*row, std::move(stored));
  }
  if (targets.empty()) return std::uint64_t{0};
  // As long as the bodies are there to say what else is about them. The bytes of their attachments
  // stay: who holds the change has not said that it holds those, and one that has no key of the
  // scope can't even tell which they are. What opens them goes here, and comes back with the parts.
  CUNJU_TRY(const std::set<keys::KeyNumber> doomed, find_doomed(space_no, targets));
  for (const auto& [row, stored] : changes) {
    CUNJU_TRYV(rewrite_change(stored, row));
    for (std::size_t i = 0; i < stored.change.parts.size(); ++i) {
      CUNJU_TRYV(note_lacked(stored.change, row, static_cast<std::uint16_t>(i)));
    }
  }
  // Before anything is sealed anew, or what was computed from them would be as well.
  for (const Scope& scope : scopes) {
    if (scope == kOpenScope) {
      CUNJU_TRYV(rebuild_space(space_no));
    } else {
      CUNJU_TRYV(rebuild_scope(space_no, scope));
    }
  }
  CUNJU_TRYV(reseal_without(doomed));
  return std::uint64_t{targets.size()};
}

}  // namespace cunju::replica
