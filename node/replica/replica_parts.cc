// SPDX-License-Identifier: Apache-2.0
//
// The replica's parts as a sync session asks about them (net/sync/port.h): what is lacking here,
// what a peer may have of what it lacks, and what has to go because this node may not hold it any
// more. It goes only when a node whose scope is full has said that it holds it: nobody else's copy
// can be counted on, and an act that turns out void must not have destroyed the last one.
#include <algorithm>

#include "crdt/base/check.h"
#include "node/replica/lacking.h"
#include "node/replica/replica.h"

namespace cunju::replica {
namespace {

/// Another one when the roster has changed, where that may have changed what this node may have:
/// what was looked through may then be lacking, or too much, though nothing of it is new.
Result<std::uint8_t> scope_mark(const Reader& reader, std::uint32_t space_no,
                                const SpaceId& space) {
  if (!is_narrowed(reader, space_no)) return std::uint8_t{0};
  CUNJU_TRY(const RosterGraph* graph, reader.roster(space_no, space));
  return static_cast<std::uint8_t>(1 + graph->size() % 255);
}

Result<void> begin_look(const Reader& reader, std::uint32_t space_no, const SpaceId& space,
                        std::uint64_t position, sync::PartsCursor& cursor) {
  CUNJU_TRY(const std::uint8_t mark, scope_mark(reader, space_no, space));
  if (mark != cursor.allowed) cursor.from = 0;
  cursor.allowed = mark;
  cursor.until = position;
  return ok();
}

Key ordinal_key(std::uint64_t ordinal) {
  Key out;
  out.u64(ordinal);
  return out;
}

/// The parts of one side of the open scope, as they can be brought.
wire::ChangeParts brought_of(const Change& change, bool is_open) {
  wire::ChangeParts out{.id = change.id, .parts = {}};
  for (std::size_t i = 0; i < change.parts.size(); ++i) {
    const Part& part = change.parts[i];
    const bool is_erased = part.presence == Presence::kErased;
    if ((part.scope == kOpenScope) != is_open ||
        (!is_erased && part.presence != Presence::kPresent))
      continue;
    out.parts.push_back({.index = static_cast<std::uint16_t>(i),
                         .is_erased = is_erased,
                         .links = part.links,
                         .body = part.body,
                         .body_hash = part.body_hash});
  }
  return out;
}

std::size_t size_of(const wire::ChangeParts& change) {
  std::size_t out = ChangeId::kSize;
  for (const wire::BroughtPart& part : change.parts)
    out += part.links.size() + part.body.size() + Hash::kSize;
  return out;
}

}  // namespace

Result<Replication> Replica::own_scope(const Reader& reader, std::uint32_t space_no,
                                       const SpaceId& space) const {
  // Nearly all spaces, and thousands are asked about at once.
  if (!own_node_ || !is_narrowed(reader, space_no)) return Replication::kFull;
  CUNJU_TRY(const std::optional<Replication> known, scope_of(reader, space_no, space, *own_node_));
  return known.value_or(Replication::kFull);
}

/// What a peer may have; none: nothing of this space.
Result<std::optional<Replication>> Replica::peer_scope(const Reader& reader, std::uint32_t space_no,
                                                       const SpaceId& space, const WireKey& peer) {
  CUNJU_TRY(std::optional<Replication> out, scope_of(reader, space_no, space, peer));
  if (out) return out;
  CUNJU_TRY(RosterGraph * graph, reader.roster(space_no, space));
  CUNJU_TRY(const std::set<WireKey> peers, reader.peers(space_no, space));
  if (peers.contains(peer) || graph->size() == 0) out = Replication::kFull;
  return out;
}

/// As a shell until it has the act that made it a witness: before, it would take what comes without
/// open parts for tampered.
Result<Replication> Replica::scope_as_known(const Reader& reader, std::uint32_t space_no,
                                            const SpaceId& space, const WireKey& peer,
                                            Replication now, std::span<const Missing> missing) {
  if (now != Replication::kWitness) return now;
  CUNJU_TRY(RosterGraph * graph, reader.roster(space_no, space));
  const AddNode* entry = graph->now()->find_wire(peer);
  const std::optional<ChangeId> act =
      entry == nullptr ? std::nullopt : graph->replication_act(entry->node);
  const std::optional<IdRow> row = act ? reader.find_id(*act) : std::nullopt;
  if (!row) return now;
  CUNJU_TRY(const StoredChange stored, reader.require_change(row->ordinal));
  const ChangeHeader& header = stored.change.header;
  const bool lacks_it = std::ranges::any_of(missing, [&](const Missing& each) {
    return each.author == header.author && each.from <= header.seq.value &&
           header.seq.value < each.branch.next_seq;
  });
  return lacks_it ? Replication::kShell : now;
}

Result<bool> Replica::may_ask_parts() {
  bool out = false;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    out = reader.read().count(tables_.lacked) + reader.read().count(tables_.narrowed) > 0;
    return ok();
  }));
  return out;
}

Result<bool> Replica::asks_parts(const WireKey& peer, std::span<const SpaceId> spaces) {
  CUNJU_TRY(const bool may_ask, may_ask_parts());
  bool out = false;
  if (!may_ask) return out;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    for (const SpaceId& space : spaces) {
      CUNJU_TRY(const std::uint32_t space_no, require_space(reader, space));
      const bool lacks = lacks_any(reader, space_no, Replication::kFull);
      if (!lacks && !is_narrowed(reader, space_no)) continue;
      CUNJU_TRY(const Replication own, own_scope(reader, space_no, space));
      out = lacks && lacks_any(reader, space_no, own);
      if (!out && own != Replication::kFull) {
        CUNJU_TRY(const auto theirs, scope_of(reader, space_no, space, peer));
        CUNJU_TRY(const auto excess, excess_ordinals(reader, space_no, own));
        out = theirs == Replication::kFull && !excess.empty();
      }
      if (out) return ok();
    }
    return ok();
  }));
  return out;
}

Result<std::optional<sync::LackedParts>> Replica::next_lacked(const SpaceId& space,
                                                              sync::PartsCursor& cursor) {
  std::optional<sync::LackedParts> out;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    CUNJU_TRY(const std::uint32_t space_no, require_space(reader, space));
    CUNJU_TRY(const Replication own, own_scope(reader, space_no, space));
    if (cursor.after.empty()) {
      CUNJU_TRYV(begin_look(reader, space_no, space, position_of(reader), cursor));
    }
    Key prefix;
    prefix.u32(space_no);
    const ByteView first = cursor.after.empty() ? prefix.view() : ByteView(cursor.after);
    Bytes last;
    CUNJU_TRYV(reader.read().scan(tables_.lacked, first, [&](ByteView key, ByteView) {
      if (!equal(key.first(std::min<std::size_t>(4, key.size())), prefix)) return false;
      const std::optional<LackedRow> row = LackedRow::decode(key);
      if (!row || equal(key, cursor.after)) return true;
      if (!row->is_open && own != Replication::kFull) return false;
      if (own == Replication::kWitness) return false;
      if (row->ordinal < cursor.from) return true;
      if (!out) {
        out = sync::LackedParts{.span = {.author = row->author, .first = row->seq, .bits = {}},
                                .is_open = row->is_open};
      }
      if (row->is_open != out->is_open || row->author != out->span.author ||
          row->seq.value - out->span.first.value >= limits::kMaxSpanSeqs)
        return false;
      out->span.add(row->seq.value);
      last = to_bytes(key);
      return true;
    }));
    cursor.after = std::move(last);
    if (!out) cursor.from = cursor.until;
    return ok();
  }));
  return out;
}

Result<sync::FoundParts> Replica::find_parts(const SpaceId& space, const WireKey& peer,
                                             const sync::LackedParts& asked,
                                             std::size_t max_bytes) {
  sync::FoundParts out{.next = asked.span.end(), .changes = {}};
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    CUNJU_TRY(const std::uint32_t space_no, require_space(reader, space));
    CUNJU_TRY(const std::optional<Replication> allowed, peer_scope(reader, space_no, space, peer));
    if (!allowed) return ok();
    CUNJU_TRY(const LogTree tree, reader.log_tree(space_no, asked.span.author));
    std::size_t bytes = 0;
    for (std::uint64_t seq = asked.span.first.value; seq < asked.span.end(); ++seq) {
      if (!asked.span.has(seq)) continue;
      if (bytes >= max_bytes || out.changes.size() >= limits::kMaxPartsChanges / 2) {
        out.next = seq;
        return ok();
      }
      for (const BranchRow& branch : tree.branches()) {
        const std::optional<LogRow> log = reader.find_log(branch.number, Seq{seq});
        if (!log || out.changes.size() >= limits::kMaxPartsChanges) continue;
        CUNJU_TRY(const StoredChange stored, reader.require_change(log->ordinal));
        // What is erased for good goes to nobody, whether or not its body is still here.
        Change change = reader.reduced(space_no, stored.change, Fate::kConfirmed);
        withhold(change, *allowed);
        wire::ChangeParts brought = brought_of(change, asked.is_open);
        if (brought.parts.empty()) continue;
        bytes += size_of(brought);
        out.changes.push_back(std::move(brought));
      }
    }
    return ok();
  }));
  return out;
}

Result<sync::PartsReport> Replica::take_parts(const SpaceId& space,
                                              std::span<const wire::ChangeParts> parts) {
  sync::PartsReport out;
  CUNJU_TRYV(write([&](Admission& admission, store::WriteTransaction&) -> Result<void> {
    out = {};
    CUNJU_TRY(const std::uint32_t space_no, require_space(admission, space));
    CUNJU_TRY(const Replication own, own_scope(admission, space_no, space));
    for (const wire::ChangeParts& each : parts) {
      CUNJU_TRY(const sync::PartsReport taken, admission.fill(space_no, own, each));
      out.parts += taken.parts;
      out.bytes += taken.bytes;
    }
    return ok();
  }));
  return out;
}

Result<std::vector<ChangeId>> Replica::next_excess(const SpaceId& space, const WireKey& peer,
                                                   sync::PartsCursor& cursor) {
  std::vector<ChangeId> out;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    CUNJU_TRY(const std::uint32_t space_no, require_space(reader, space));
    CUNJU_TRY(const Replication own, own_scope(reader, space_no, space));
    if (own == Replication::kFull) return ok();
    CUNJU_TRY(const auto theirs, scope_of(reader, space_no, space, peer));
    if (theirs != Replication::kFull || peer.is_zero()) return ok();
    if (cursor.after.empty()) {
      CUNJU_TRYV(begin_look(reader, space_no, space, position_of(reader), cursor));
    }
    const std::uint64_t first =
        cursor.after.empty() ? cursor.from : std::max(cursor.from, get_u64_be(cursor.after) + 1);
    CUNJU_TRY(const std::set<std::uint64_t> excess, excess_ordinals(reader, space_no, own));
    cursor.after.clear();
    for (auto at = excess.lower_bound(first);
         at != excess.end() && out.size() < limits::kMaxAskedHeld; ++at) {
      CUNJU_TRY(const StoredChange stored, reader.require_change(*at));
      out.push_back(stored.change.id);
      cursor.after = to_bytes(ordinal_key(*at).view());
    }
    if (out.empty()) cursor.from = cursor.until;
    return ok();
  }));
  return out;
}

Result<std::vector<bool>> Replica::find_held(const SpaceId& space, std::span<const ChangeId> ids) {
  std::vector<bool> out(ids.size());
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    CUNJU_TRY(const std::uint32_t space_no, require_space(reader, space));
    CUNJU_TRY(const Replication own, own_scope(reader, space_no, space));
    // Who may have to let it go as well is nobody to count on.
    if (own != Replication::kFull) return ok();
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const std::optional<IdRow> row = reader.find_id(ids[i]);
      if (!row || row->space_no != space_no) continue;
      CUNJU_TRY(const StoredChange stored, reader.require_change(row->ordinal));
      bool is_whole = true;
      for (std::size_t part = 0; part < stored.change.parts.size(); ++part) {
        const Presence presence = stored.change.parts[part].presence;
        const ErasureTarget target{ids[i], static_cast<std::uint16_t>(part)};
        is_whole = is_whole && (presence == Presence::kPresent ||
                                (presence == Presence::kErased &&
                                 reader.fate_of(space_no, target) >= Fate::kConfirmed));
      }
      out[i] = is_whole;
    }
    return ok();
  }));
  return out;
}

Result<std::uint64_t> Replica::let_go(const SpaceId& space, const WireKey& peer,
                                      std::span<const ChangeId> held) {
  std::uint64_t out = 0;
  CUNJU_TRYV(write([&](Admission& admission, store::WriteTransaction&) -> Result<void> {
    out = 0;
    CUNJU_TRY(const std::uint32_t space_no, require_space(admission, space));
    CUNJU_TRY(const Replication own, own_scope(admission, space_no, space));
    CUNJU_TRY(const auto theirs, scope_of(admission, space_no, space, peer));
    // As the roster stands now, which may be another one than when the peer was asked.
    if (own == Replication::kFull || theirs != Replication::kFull || peer.is_zero()) return ok();
    CUNJU_TRY(out, admission.let_go(space_no, own, held));
    return ok();
  }));
  return out;
}

Result<PartsStanding> Replica::parts_standing(const SpaceId& space) {
  PartsStanding out;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    CUNJU_TRY(const std::uint32_t space_no, require_space(reader, space));
    if (own_node_) {
      CUNJU_TRY(out.scope, scope_of(reader, space_no, space, *own_node_));
    }
    CUNJU_TRY(const Replication own, own_scope(reader, space_no, space));
    std::set<std::uint64_t> lacking, withheld;
    Key prefix;
    prefix.u32(space_no);
    CUNJU_TRYV(reader.read().scan_prefix(tables_.lacked, prefix, [&](ByteView key, ByteView) {
      const std::optional<LackedRow> row = LackedRow::decode(key);
      if (!row) return true;
      const bool may = own == Replication::kFull || (own == Replication::kShell && row->is_open);
      (may ? lacking : withheld).insert(row->ordinal);
      return true;
    }));
    CUNJU_TRY(const std::set<std::uint64_t> excess, excess_ordinals(reader, space_no, own));
    out.lacking = lacking.size();
    out.withheld = withheld.size();
    out.excess = excess.size();
    return ok();
  }));
  return out;
}

Result<std::map<NodeKey, NodeScope>> Replica::node_scopes(const SpaceId& space) {
  std::map<NodeKey, NodeScope> out;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    CUNJU_TRY(const std::uint32_t space_no, require_space(reader, space));
    CUNJU_TRY(RosterGraph * graph, reader.roster(space_no, space));
    if (graph->size() == 0) return ok();
    for (const auto& [key, entry] : graph->now()->nodes)
      out[key] = {.replication = entry.replication, .act = graph->replication_act(key)};
    CUNJU_TRY(const std::vector<HeardScope> heard, heard_scopes(reader, space_no, space));
    for (const HeardScope& each : heard) {
      const auto node = out.find(each.receipt.node);
      if (node == out.end() || node->second.is_confirmed || node->second.act != each.receipt.act ||
          node->second.replication != each.receipt.replication)
        continue;
      node->second.is_confirmed = true;
      node->second.confirmed_ms = each.claimed_ms;
    }
    return ok();
  }));
  return out;
}

Result<std::vector<Replica::HeardScope>> Replica::heard_scopes(const Reader& reader,
                                                               std::uint32_t space_no,
                                                               const SpaceId& space) {
  std::vector<HeardScope> out;
  CUNJU_TRYV(visit_receipts(reader, space_no, [&](const Change& change, const Body& body) {
    const std::optional<ScopeReceipt> receipt = read_scope_receipt(body.operations);
    if (receipt && verify_scope_receipt(*receipt, space))
      out.push_back({.receipt = *receipt, .claimed_ms = change.header.claimed_ms});
  }));
  return out;
}

Result<std::optional<ScopeReceipt>> Replica::due_scope_receipt(
    const Reader& reader, std::uint32_t space_no, const SpaceId& space,
    const crypto::SigningKey& node) const {
  std::optional<ScopeReceipt> out;
  if (!is_narrowed(reader, space_no)) return out;
  CUNJU_TRY(const std::optional<Replication> own, scope_of(reader, space_no, space, node.node()));
  CUNJU_TRY(RosterGraph * graph, reader.roster(space_no, space));
  const std::optional<ChangeId> act = graph->replication_act(node.node());
  if (!own || own == Replication::kFull || !act) return out;
  CUNJU_TRY(const std::set<std::uint64_t> excess, excess_ordinals(reader, space_no, *own));
  if (!excess.empty()) return out;
  CUNJU_TRY(const std::vector<HeardScope> heard, heard_scopes(reader, space_no, space));
  const bool is_said = std::ranges::any_of(heard, [&](const HeardScope& each) {
    return each.receipt.node == node.node() && each.receipt.act == *act &&
           each.receipt.replication == *own;
  });
  if (!is_said) out = sign_scope_receipt(node, space, *own, *act);
  return out;
}

}  // namespace cunju::replica
