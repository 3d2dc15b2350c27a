// SPDX-License-Identifier: Apache-2.0
#include "node/replica/lacking.h"

#include <algorithm>
#include <memory>

#include "crdt/witness/statement.h"
#include "net/wire/parts.h"

namespace cunju::replica {
namespace {

constexpr std::size_t kLackedKeyBytes = 4 + 1 + AuthorKey::kSize + 8 + 8 + 2;

std::uint64_t u64_at(ByteView key, std::size_t offset) { return get_u64_be(key.subspan(offset)); }

Key space_prefix(std::uint32_t space_no) {
  Key out;
  out.u32(space_no);
  return out;
}

}  // namespace

Key LackedRow::key() const {
  const Bytes kind = {static_cast<std::uint8_t>(is_open ? 0 : 1)};
  Key out;
  out.u32(space_no).bytes(kind).bytes(author.view()).u64(seq.value).u64(ordinal).u16(part);
  return out;
}

std::optional<LackedRow> LackedRow::decode(ByteView key) {
  if (key.size() != kLackedKeyBytes || key[4] > 1) return std::nullopt;
  constexpr std::size_t kSeqAt = 5 + AuthorKey::kSize;
  return LackedRow{.space_no = get_u32_be(key),
                   .is_open = key[4] == 0,
                   .author = *AuthorKey::from(key.subspan(5, AuthorKey::kSize)),
                   .seq = Seq{u64_at(key, kSeqAt)},
                   .ordinal = u64_at(key, kSeqAt + 8),
                   .part = static_cast<std::uint16_t>(key[kSeqAt + 16] << 8 | key[kSeqAt + 17])};
}

bool may_have(Replication replication, const Part& part) {
  if (replication == Replication::kFull) return true;
  return replication == Replication::kShell && part.scope == kOpenScope;
}

void withhold(Change& change, Replication replication) {
  if (replication == Replication::kFull || read_statement(change)) return;
  const std::optional<std::size_t> roster_part = find_roster_part(change);
  for (std::size_t i = 0; i < change.parts.size(); ++i) {
    Part& part = change.parts[i];
    if (i == roster_part || may_have(replication, part)) continue;
    if (part.presence != Presence::kRedacted) part = wire::withheld_form(part);
  }
}

bool lacks_open_part(const Change& change) {
  return std::ranges::any_of(change.parts, [](const Part& part) {
    return part.scope == kOpenScope && part.presence == Presence::kWithheld;
  });
}

Result<std::optional<Replication>> scope_of(const Reader& reader, std::uint32_t space_no,
                                            const SpaceId& space, const WireKey& node) {
  if (node.is_zero()) return std::optional(Replication::kFull);
  CUNJU_TRY(RosterGraph * graph, reader.roster(space_no, space));
  if (graph->size() == 0) return std::optional<Replication>();
  const AddNode* entry = graph->now()->find_wire(node);
  return entry == nullptr ? std::optional<Replication>() : std::optional(entry->replication);
}

Result<std::optional<Replication>> scope_of(const Reader& reader, std::uint32_t space_no,
                                            const SpaceId& space, const NodeKey& node) {
  CUNJU_TRY(RosterGraph * graph, reader.roster(space_no, space));
  if (graph->size() == 0) return std::optional<Replication>();
  const std::shared_ptr<const Roster> roster = graph->now();
  const auto entry = roster->nodes.find(node);
  return entry == roster->nodes.end() ? std::optional<Replication>()
                                      : std::optional(entry->second.replication);
}

bool is_narrowed(const Reader& reader, std::uint32_t space_no) {
  return reader.read().get(reader.tables().narrowed, space_prefix(space_no)).has_value();
}

bool lacks_any(const Reader& reader, std::uint32_t space_no, Replication replication) {
  if (replication == Replication::kWitness) return false;
  Key prefix = space_prefix(space_no);
  if (replication == Replication::kShell) prefix.bytes(Bytes{0});
  return reader.read().last_with_prefix(reader.tables().lacked, prefix).has_value();
}

bool must_go(Replication replication, const Part& part) {
  if (part.presence != Presence::kPresent || may_have(replication, part)) return false;
  return part.scope != kOpenScope || may_be_erased(part);
}

namespace {

/// Changes with open parts of records: those that are placed, and those that wait.
Result<void> add_placed(const Reader& reader, ByteView prefix, std::set<std::uint64_t>& out) {
  constexpr std::size_t kRecordBytes = 4 + RecordId::kSize + 2;
  const Tables& tables = reader.tables();
  CUNJU_TRYV(reader.read().scan_prefix(tables.graph, prefix, [&](ByteView key, ByteView) {
    if (key.size() == kRecordBytes + 8) out.insert(u64_at(key, kRecordBytes));
    return true;
  }));
  return reader.read().scan_prefix(tables.held, prefix, [&](ByteView, ByteView value) {
    if (value.size() == 8) out.insert(get_u64_be(value));
    return true;
  });
}

}  // namespace

Result<std::set<std::uint64_t>> excess_ordinals(const Reader& reader, std::uint32_t space_no,
                                                Replication replication) {
  std::set<std::uint64_t> out;
  if (replication == Replication::kFull) return out;
  const Key prefix = space_prefix(space_no);
  const Tables& tables = reader.tables();
  std::set<std::uint64_t> maybe;
  CUNJU_TRYV(reader.read().scan_prefix(tables.scoped, prefix, [&](ByteView key, ByteView value) {
    const std::optional<ScopedRow> row = ScopedRow::decode(value);
    if (row && row->state != ScopedRow::State::kAbsent && key.size() == 16)
      maybe.insert(u64_at(key, 6));
    return true;
  }));
  if (replication == Replication::kWitness) {
    CUNJU_TRYV(add_placed(reader, prefix, maybe));
  }
  // What nodes need to agree, and what is erased already, is told by must_go().
  for (const std::uint64_t ordinal : maybe) {
    CUNJU_TRY(const StoredChange stored, reader.require_change(ordinal));
    if (std::ranges::any_of(stored.change.parts,
                            [&](const Part& part) { return must_go(replication, part); }))
      out.insert(ordinal);
  }
  return out;
}

}  // namespace cunju::replica
