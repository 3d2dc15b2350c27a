// SPDX-License-Identifier: Apache-2.0
//
// The replica's questions: everything that leaves is read from the views or the logs.
#include <algorithm>

#include "node/replica/replica.h"
#include "node/replica/sealed_late.h"

namespace cunju::replica {
namespace {

/// Whose lines (crdt/roster/roster_law.h) stand in the graphs of a space under another name than
/// the key's own.
Result<std::map<AuthorKey, AuthorKey>> find_lines(const Reader& reader, std::uint32_t space_no) {
  std::map<AuthorKey, AuthorKey> out;
  CUNJU_TRY(auto forked, reader.fork_points(space_no));
  for (const auto& [author, fork_point] : forked) {
    CUNJU_TRY(LogTree tree, reader.log_tree(space_no, author));
    for (const BranchRow& branch : tree.branches()) {
      // A line ends where the branch does, or where another leaves it.
      std::vector<Seq> ends{Seq{branch.next_seq - 1}};
      for (const BranchRow& other : tree.branches()) {
        if (tree.parent_of(other) == &branch && other.from_seq > branch.from_seq)
          ends.push_back(Seq{other.from_seq - 1});
      }
      for (Seq end : ends) {
        CUNJU_TRY(AuthorKey line, reader.line_of(tree, author, branch, end));
        if (line != author) out.emplace(line, author);
      }
    }
  }
  return out;
}

Result<void> add_times(const Reader& reader, std::uint32_t space_no, const SpaceId& space,
                       std::vector<HistoryEntry>& entries) {
  CUNJU_TRY(WitnessTimes times, WitnessTimes::load(reader, space_no, space));
  if (times.is_empty()) return ok();
  CUNJU_TRY(RosterGraph * graph, reader.roster(space_no, space));
  std::map<std::uint64_t, std::map<AuthorKey, Seq>> known_at;  // By the pins' ordinal.
  for (HistoryEntry& entry : entries) {
    const std::optional<IdRow> row = reader.find_id(entry.id);
    if (!row) return fail(Errc::kCorrupt, "admitted change without id row");
    auto [known, is_new] = known_at.try_emplace(row->pins_ordinal);
    if (is_new) {
      CUNJU_TRY(std::vector<ChangeId> pins, reader.pins_at(row->pins_ordinal));
      known->second = graph->known_logs(pins);
    }
    std::map<AuthorKey, Seq> ancestors = known->second;
    Seq& own = ancestors[entry.author];
    own = std::max(own, entry.seq);
    CUNJU_TRY(const LogTree* tree, reader.known_tree(space_no, entry.author));
    CUNJU_TRY(const BranchRow* branch, reader.branch_of(*tree, entry.seq, row->ordinal));
    entry.witnessed = times.of({entry.author, entry.seq, branch->number}, ancestors);
  }
  return ok();
}

}  // namespace

Result<std::vector<SpaceId>> Replica::spaces() {
  std::vector<SpaceId> out;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    return reader.read().scan(tables_.spaces, {}, [&](ByteView key, ByteView) {
      if (std::optional<SpaceId> space = SpaceId::from(key)) out.push_back(*space);
      return true;
    });
  }));
  return out;
}

Result<std::optional<WireKey>> Replica::inviter(const SpaceId& space) {
  std::optional<WireKey> out;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    CUNJU_TRY(const std::optional<WireKey> wire, reader.find_inviter(space));
    if (!wire) return ok();
    CUNJU_TRY(std::uint32_t space_no, require_space(reader, space));
    CUNJU_TRY(const std::set<WireKey> peers, reader.peers(space_no, space));
    if (peers.contains(*wire)) out = wire;
    return ok();
  }));
  return out;
}

Result<std::shared_ptr<const Roster>> Replica::roster(const SpaceId& space) {
  std::shared_ptr<const Roster> out;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    CUNJU_TRY(std::uint32_t space_no, require_space(reader, space));
    CUNJU_TRY(RosterGraph * graph, reader.roster(space_no, space));
    if (graph->size() == 0) return fail(Errc::kNotFound, "founding change of " + space.hex());
    out = graph->now();
    CUNJU_TRY(auto lines, find_lines(reader, space_no));
    if (lines.empty()) return ok();
    auto with_lines = std::make_shared<Roster>(*out);
    with_lines->lines = std::move(lines);
    out = std::move(with_lines);
    return ok();
  }));
  return out;
}

Result<std::vector<ChangeId>> Replica::roster_heads(const SpaceId& space) {
  std::vector<ChangeId> out;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    CUNJU_TRY(std::uint32_t space_no, require_space(reader, space));
    CUNJU_TRY(RosterGraph * graph, reader.roster(space_no, space));
    out = graph->pick_pins(AuthorKey{}, {}, limits::kMaxPins);
    return ok();
  }));
  return out;
}

Result<Hash> Replica::state_hash(const SpaceId& space) {
  std::vector<sync::AuthorHead> all;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    CUNJU_TRY(std::uint32_t space_no, require_space(reader, space));
    CUNJU_TRY(std::vector<BranchEntry> branches, reader.branches(space_no));
    for (const auto& [author, row] : branches)
      all.push_back({author, Seq{row.next_seq - 1}, row.head});
    return ok();
  }));
  std::ranges::sort(all);
  crypto::Hasher hasher("cunju state 1");
  hasher.add(space.view());
  for (const sync::AuthorHead& head : all) {
    Bytes seq;
    put_u64(seq, head.seq.value);
    hasher.add(head.author.view()).add(seq).add(head.id.view());
  }
  return hasher.finish();
}

Result<Hash> Replica::view_hash(const SpaceId& space, std::optional<Scope> scope) {
  crypto::Hasher hasher("cunju views 1");
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    CUNJU_TRY(std::uint32_t space_no, require_space(reader, space));
    Key prefix;
    prefix.u32(space_no);
    Result<void> opened = ok();
    CUNJU_TRYV(reader.read().scan_prefix(tables_.views, prefix, [&](ByteView key, ByteView sealed) {
      const ByteView of = key.last(2);
      if (scope && scope->value != (of[0] << 8 | of[1])) return true;
      Result<ByteView> value = reader.open("views", key, sealed);
      if (value.has_error()) {
        opened = value.error();
        return false;
      }
      hasher.add(key.subspan(4)).add(value.value());
      return true;
    }));
    return opened;
  }));
  return hasher.finish();
}

Result<std::optional<RecordView>> Replica::view(const SpaceId& space, const RecordId& record,
                                                Scope scope) {
  std::optional<RecordView> out;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    CUNJU_TRY(std::uint32_t space_no, require_space(reader, space));
    CUNJU_TRY(out, reader.find_view({space_no, record, scope}));
    return ok();
  }));
  return out;
}

Result<std::vector<RecordId>> Replica::find_records(const SpaceId& space,
                                                    std::string_view hex_prefix) {
  std::vector<RecordId> out;
  std::optional<Bytes> whole = parse_hex(hex_prefix.substr(0, hex_prefix.size() / 2 * 2));
  if (!whole || whole->size() > RecordId::kSize) return out;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    CUNJU_TRY(std::uint32_t space_no, require_space(reader, space));
    Key prefix;
    prefix.u32(space_no).bytes(*whole);
    return reader.read().scan_prefix(tables_.views, prefix, [&](ByteView key, ByteView) {
      std::optional<RecordId> record = RecordId::from(key.subspan(4, RecordId::kSize));
      if (record && record->hex().starts_with(hex_prefix) && (out.empty() || out.back() != *record))
        out.push_back(*record);
      return true;
    });
  }));
  return out;
}

Result<std::vector<TextChange>> Replica::text_changes(const SpaceId& space, const RecordId& record,
                                                      Scope scope) {
  std::vector<TextChange> out;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    CUNJU_TRY(std::uint32_t space_no, require_space(reader, space));
    CUNJU_TRY(out, reader.text_changes({space_no, record, scope}));
    return ok();
  }));
  return out;
}

Result<std::vector<HistoryEntry>> Replica::edits(const SpaceId& space, const RecordId& record,
                                                 Scope scope) {
  std::vector<HistoryEntry> out;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    CUNJU_TRY(std::uint32_t space_no, require_space(reader, space));
    return reader.visit_graph({space_no, record, scope},
                              [&out](StoredNode& node, Change& change, const Part& part) {
                                HistoryEntry entry{.id = change.id,
                                                   .author = change.header.author,
                                                   .seq = change.header.seq,
                                                   .depth = node.node.depth,
                                                   .claimed_ms = change.header.claimed_ms,
                                                   .is_void = node.node.is_void,
                                                   .is_late = node.is_late,
                                                   .parents = {},
                                                   .operations = {},
                                                   .witnessed = {}};
                                Result<Links> links = decode_links(part.links);
                                if (links.has_value())
                                  entry.parents = std::move(links.value().parents);
                                Result<Body> body = decode_body(part.body);
                                if (part.presence == Presence::kPresent && body.has_value())
                                  entry.operations = std::move(body.value().operations);
                                out.push_back(std::move(entry));
                              });
  }));
  std::ranges::sort(out, [](const HistoryEntry& a, const HistoryEntry& b) {
    return std::tie(a.depth, a.id) < std::tie(b.depth, b.id);
  });
  return out;
}

Result<std::vector<HistoryEntry>> Replica::history(const SpaceId& space, const RecordId& record,
                                                   Scope scope) {
  CUNJU_TRY(std::vector<HistoryEntry> out, edits(space, record, scope));
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    CUNJU_TRY(std::uint32_t space_no, require_space(reader, space));
    return add_times(reader, space_no, space, out);
  }));
  return out;
}

Result<ReplicaCounts> Replica::counts() {
  ReplicaCounts out;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    out = {.changes = reader.read().count(tables_.changes),
           .pooled = reader.read().count(tables_.pool),
           .waiting_parts = reader.read().count(tables_.waiting),
           .forks = reader.read().count(tables_.forks),
           .late_parts = reader.read().count(tables_.late)};
    return ok();
  }));
  return out;
}

Result<std::vector<LatePart>> Replica::late_parts(const SpaceId& space) {
  std::vector<LatePart> out;
  CUNJU_TRY(const auto readable, readable_scopes(space));
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    CUNJU_TRY(std::uint32_t space_no, require_space(reader, space));
    CUNJU_TRY(auto places, find_sealed_late(reader, space_no, space));
    Key prefix;
    prefix.u32(space_no);
    CUNJU_TRYV(reader.read().scan_prefix(tables_.late, prefix, [&](ByteView key, ByteView) {
      places.emplace(get_u64_be(key.subspan(4)),
                     static_cast<std::uint16_t>(key[12] << 8 | key[13]));
      return true;
    }));
    for (const auto& [ordinal, number] : places) {
      CUNJU_TRY(StoredChange stored, reader.require_readable(space_no, ordinal));
      const Change& change = stored.change;
      if (number >= change.parts.size()) return fail(Errc::kCorrupt, "a late part is not there");
      const Part& part = change.parts[number];
      const bool is_shown = part.scope == kOpenScope || readable.contains(part.scope);
      LatePart late{.change = change.id,
                    .author = change.header.author,
                    .seq = change.header.seq,
                    .claimed_ms = change.header.claimed_ms,
                    .record = {},
                    .scope = part.scope,
                    .registry = {},
                    .operations = {}};
      // Of which record it is, is sealed as what it says of it.
      if (Result<Links> links = decode_links(part.links); is_shown && links.has_value()) {
        late.record = links.value().record;
        late.registry = std::move(links.value().registry);
      }
      if (is_shown && part.presence == Presence::kPresent) {
        Result<Body> body = decode_body(part.body);
        if (body.has_value()) late.operations = std::move(body.value().operations);
      }
      out.push_back(std::move(late));
    }
    return ok();
  }));
  return out;
}

}  // namespace cunju::replica
