// SPDX-License-Identifier: Apache-2.0
#include "node/replica/tables.h"

#include <algorithm>

namespace cunju::replica {

std::vector<std::string> Tables::names() {
  return {"meta",        "spaces",   "joining",   "logs",       "log",
          "ids",         "changes",  "roster",    "graph",      "views",
          "record_keys", "records",  "conflicts", "waiting",    "held",
          "pool",        "pool_ids", "pool_wait", "forks",      "late",
          "claims",      "told",     "witnessed", "seen",       "covers",
          "scoped",      "wraps",    "unopened",  "epoch_keys", "head_sums",
          "erasures",    "fates",    "gaps",      "doomed",     "doomed_attachments",
          "lacked",      "narrowed", "shared",    "sharers",    "peer_sums",
          "recent",      "met",      "counted"};
}

Result<Tables> Tables::of(const store::Environment& data) {
  std::vector<store::Table> found;
  for (const std::string& name : names()) {
    CUNJU_TRY(store::Table table, data.table(name));
    found.push_back(table);
  }
  return Tables{found[0],  found[1],  found[2],  found[3],  found[4],  found[5],  found[6],
                found[7],  found[8],  found[9],  found[10], found[11], found[12], found[13],
                found[14], found[15], found[16], found[17], found[18], found[19], found[20],
                found[21], found[22], found[23], found[24], found[25], found[26], found[27],
                found[28], found[29], found[30], found[31], found[32], found[33], found[34],
                found[35], found[36], found[37], found[38], found[39], found[40], found[41],
                found[42]};
}

Key& Key::u16(std::uint16_t value) {
  bytes_.push_back(static_cast<std::uint8_t>(value >> 8));
  bytes_.push_back(static_cast<std::uint8_t>(value));
  return *this;
}
Key& Key::u32(std::uint32_t value) {
  put_u32_be(bytes_, value);
  return *this;
}
Key& Key::u64(std::uint64_t value) {
  put_u64_be(bytes_, value);
  return *this;
}
Key& Key::bytes(ByteView value) {
  append(bytes_, value);
  return *this;
}

Key RecordKey::key() const {
  Key out;
  out.u32(space_no).bytes(record.view()).u16(scope.value);
  return out;
}

Bytes BranchRow::encode() const {
  Bytes out;
  out.reserve(140);
  put_u32_be(out, number);
  put_u64_be(out, from_seq);
  put_u64_be(out, next_seq);
  append(out, head.view());
  put_u64_be(out, pins_ordinal);
  put_u64_be(out, log_bytes);
  put_u64_be(out, roster_after);
  append(out, first.view());
  append(out, parent.view());
  return out;
}

std::optional<BranchRow> BranchRow::decode(ByteView bytes) {
  if (bytes.size() != 140) return std::nullopt;
  return BranchRow{.number = get_u32_be(bytes),
                   .from_seq = get_u64_be(bytes.subspan(4)),
                   .next_seq = get_u64_be(bytes.subspan(12)),
                   .head = *ChangeId::from(bytes.subspan(20, 32)),
                   .pins_ordinal = get_u64_be(bytes.subspan(52)),
                   .log_bytes = get_u64_be(bytes.subspan(60)),
                   .roster_after = get_u64_be(bytes.subspan(68)),
                   .first = *ChangeId::from(bytes.subspan(76, 32)),
                   .parent = *ChangeId::from(bytes.subspan(108, 32))};
}

Bytes LogRow::encode() const {
  Bytes out;
  out.reserve(16);
  put_u64_be(out, ordinal);
  put_u64_be(out, log_bytes);
  return out;
}

std::optional<LogRow> LogRow::decode(ByteView bytes) {
  if (bytes.size() != 16) return std::nullopt;
  return LogRow{.ordinal = get_u64_be(bytes), .log_bytes = get_u64_be(bytes.subspan(8))};
}

Bytes IdRow::encode() const {
  Bytes out;
  out.reserve(20);
  put_u64_be(out, ordinal);
  put_u32_be(out, space_no);
  put_u64_be(out, pins_ordinal);
  return out;
}

std::optional<IdRow> IdRow::decode(ByteView bytes) {
  if (bytes.size() != 20) return std::nullopt;
  return IdRow{.ordinal = get_u64_be(bytes),
               .space_no = get_u32_be(bytes.subspan(8)),
               .pins_ordinal = get_u64_be(bytes.subspan(12))};
}

Bytes RosterRow::encode() const {
  Bytes out;
  put_u64_be(out, own_after);
  if (witnessed.tips.empty()) return out;
  append(out, witnessed.witness.view());
  put_u64_be(out, witnessed.seq.value);
  append(out, witnessed.id.view());
  for (const auto& [log, tip] : witnessed.tips) {
    append(out, log.view());
    put_u64_be(out, tip.seq.value);
    append(out, tip.id.view());
  }
  return out;
}

std::optional<std::uint64_t> RosterRow::decode_own_after(ByteView bytes) {
  if (bytes.size() < 8) return std::nullopt;
  return get_u64_be(bytes);
}

std::optional<RosterRow> RosterRow::decode(ByteView bytes) {
  // The statement, and each log of which it told, are a key, a number and an id.
  constexpr std::size_t kEntry = AuthorKey::kSize + 8 + ChangeId::kSize;
  const std::optional<std::uint64_t> own_after = decode_own_after(bytes);
  if (!own_after || bytes.size() % kEntry != 8 || bytes.size() == 8 + kEntry) return std::nullopt;
  RosterRow out{.own_after = *own_after, .witnessed = {}};
  auto take = [&](AuthorKey& key, NamedChange& change) {
    key = *AuthorKey::from(bytes.first(AuthorKey::kSize));
    change = {Seq{get_u64_be(bytes.subspan(AuthorKey::kSize))},
              *ChangeId::from(bytes.subspan(AuthorKey::kSize + 8, ChangeId::kSize))};
    bytes = bytes.subspan(kEntry);
  };
  bytes = bytes.subspan(8);
  if (bytes.empty()) return out;
  NamedChange statement;
  take(out.witnessed.witness, statement);
  out.witnessed.seq = statement.seq;
  out.witnessed.id = statement.id;
  while (!bytes.empty()) {
    AuthorKey log;
    NamedChange tip;
    take(log, tip);
    out.witnessed.tips.emplace(log, tip);
  }
  return out;
}

Bytes ScopedRow::encode() const {
  Bytes out;
  put_u8(out, static_cast<std::uint8_t>(state));
  append(out, hint);
  return out;
}

std::optional<ScopedRow> ScopedRow::decode(ByteView bytes) {
  ScopedRow out;
  if (bytes.size() != 1 + out.hint.size() || bytes[0] > 3) return std::nullopt;
  out.state = static_cast<State>(bytes[0]);
  std::ranges::copy(bytes.subspan(1), out.hint.begin());
  return out;
}

Bytes encode_u64(std::uint64_t value) {
  Bytes out;
  put_u64_be(out, value);
  return out;
}

Bytes marker() { return {1}; }

Key registry_prefix(std::uint32_t space_no, const Hash& registry_hash) {
  Key out;
  out.u32(space_no).bytes(registry_hash.view().first(kRegistryPrefixBytes - 4));
  return out;
}

}  // namespace cunju::replica
