// SPDX-License-Identifier: Apache-2.0
#include "net/wire/run_codec.h"

#include <utility>

#include "crdt/base/limits.h"
#include "crdt/crypto/crypto.h"
#include "net/wire/rebuilding.h"
#include "net/wire/varint.h"

namespace cunju::wire {
namespace {

enum RunKind : std::uint8_t { kFounding = 0, kFirst = 1, kLater = 2 };
constexpr std::uint8_t kHasPins = 1;
constexpr std::uint8_t kHasSeen = 2;

// --- encoding ------------------------------------------------------------------------------------

void put_sized(Bytes& out, ByteView bytes) {
  put_varint(out, bytes.size());
  append(out, bytes);
}

void put_part(Bytes& out, const Part& part) {
  put_varint(out, std::uint64_t{part.scope.value} << 2 | static_cast<std::uint8_t>(part.presence));
  switch (part.presence) {
    case Presence::kPresent:
      put_sized(out, part.links);
      put_sized(out, part.body);
      return;
    case Presence::kErased:
      put_sized(out, part.links);
      append(out, part.body_hash.view());
      return;
    case Presence::kWithheld:
    case Presence::kRedacted:
      append(out, part.part_hash.view());
      return;
  }
}

void put_change(Bytes& out, const Change& change, std::uint64_t claimed_before) {
  const ChangeHeader& header = change.header;
  std::uint8_t flags = 0;
  if (!header.pins.empty()) flags |= kHasPins;
  if (!header.seen.is_zero()) flags |= kHasSeen;
  put_u8(out, flags);
  if (!header.pins.empty()) put_varint(out, header.pins.size());
  for (const ChangeId& pin : header.pins) append(out, pin.view());
  if (!header.seen.is_zero()) append(out, header.seen.view());
  put_varint(out, zigzag(header.claimed_ms - claimed_before));
  put_varint(out, change.parts.size());
  for (const Part& part : change.parts) put_part(out, part);
  append(out, change.signature.view());
}

Result<void> put_run(Bytes& out, const SpaceId& space, const Run& run, BatchUse& use) {
  if (run.changes.empty()) return fail(Errc::kInvalidArgument, "a run without changes");
  const ChangeHeader& first = run.changes.front().header;
  if (run.changes.front().space() != space)
    return fail(Errc::kInvalidArgument, "a run of another space");
  RunKind kind = first.is_founding() ? kFounding : first.seq.value == 0 ? kFirst : kLater;
  put_u8(out, kind);
  append(out, first.author.view());
  if (kind == kLater) {
    put_varint(out, first.seq.value);
    append(out, first.prev.view());
  }
  put_varint(out, run.changes.size());
  const Change* before = nullptr;
  for (const Change& change : run.changes) {
    if (before != nullptr && check_successor(*before, change).has_error())
      return fail(Errc::kInvalidArgument, "a run whose changes do not follow each other");
    CUNJU_TRYV(use.add_change());
    CUNJU_TRYV(use.add_bytes(encoded_size(change)));
    put_change(out, change, before == nullptr ? 0 : before->header.claimed_ms);
    before = &change;
  }
  return ok();
}

// --- decoding ------------------------------------------------------------------------------------

Result<Bytes> read_sized(ByteReader& in, std::size_t limit, const char* limit_name) {
  CUNJU_TRY(std::uint64_t size, read_varint(in));
  if (size > limit) return fail(Errc::kLimit, limit_name);
  return to_bytes(in.take(static_cast<std::size_t>(size)));
}

Result<Part> read_part(ByteReader& in) {
  CUNJU_TRY(std::uint64_t tag, read_varint(in));
  if (tag >> 2 > UINT16_MAX) return fail(Errc::kMalformed, "scope out of range");
  Part part;
  part.scope = {static_cast<std::uint16_t>(tag >> 2)};
  part.presence = static_cast<Presence>(tag & 3);
  if (part.presence == Presence::kWithheld || part.presence == Presence::kRedacted) {
    part.part_hash = {in.array<32>()};
    return part;
  }
  CUNJU_TRY(part.links, read_sized(in, limits::kMaxLinksBytes, "kMaxLinksBytes"));
  if (part.presence == Presence::kErased) {
    part.body_hash = {in.array<32>()};
    part.part_hash = part_hash(part.scope, crypto::hash({part.links}), part.body_hash);
    return part;
  }
  CUNJU_TRY(part.body, read_sized(in, limits::kMaxBodyBytes, "kMaxBodyBytes"));
  return make_part(part.scope, std::move(part.links), std::move(part.body));
}

/// Fills everything but space, author, seq and prev, which the run knows.
Result<void> read_change(ByteReader& in, Change& change, std::uint64_t claimed_before,
                         BatchUse& use) {
  ChangeHeader& header = change.header;
  std::uint8_t flags = in.u8();
  if ((flags & ~(kHasPins | kHasSeen)) != 0) return fail(Errc::kMalformed, "unknown flag");
  if ((flags & kHasPins) != 0) {
    CUNJU_TRY(std::uint64_t count, read_varint(in));
    if (count == 0) return fail(Errc::kMalformed, "pins announced and absent");
    if (count > limits::kMaxPins) return fail(Errc::kLimit, "kMaxPins");
    for (std::uint64_t i = 0; i < count; ++i) header.pins.push_back({in.array<32>()});
  }
  if ((flags & kHasSeen) != 0) {
    header.seen = {in.array<32>()};
    if (header.seen.is_zero()) return fail(Errc::kMalformed, "seen announced and absent");
  }
  CUNJU_TRY(std::uint64_t difference, read_varint(in));
  header.claimed_ms = claimed_before + unzigzag(difference);
  CUNJU_TRY(std::uint64_t part_count, read_varint(in));
  if (part_count > limits::kMaxParts) return fail(Errc::kLimit, "kMaxParts");
  for (std::uint64_t i = 0; i < part_count; ++i) {
    CUNJU_TRYV(use.add_part());
    CUNJU_TRY(Part part, read_part(in));
    change.parts.push_back(std::move(part));
  }
  change.signature = {in.array<64>()};
  if (!in.ok()) return fail(Errc::kMalformed, "a run is cut short");
  return ok();
}

Result<Run> read_run(ByteReader& in, const SpaceId& space, BatchUse& use) {
  std::uint8_t kind = in.u8();
  if (kind > kLater) return fail(Errc::kMalformed, "unknown kind of run");
  ChangeHeader next;
  if (kind != kFounding) next.space = space;
  next.author = {in.array<32>()};
  if (kind == kLater) {
    CUNJU_TRY(next.seq.value, read_varint(in));
    if (next.seq.value == 0) return fail(Errc::kMalformed, "a later run at seq 0");
    next.prev = {in.array<32>()};
  }
  CUNJU_TRY(std::uint64_t count, read_varint(in));
  if (count == 0) return fail(Errc::kMalformed, "a run without changes");
  if (count > UINT64_MAX - next.seq.value)
    return fail(Errc::kMalformed, "sequence numbers out of range");
  Run run;
  std::uint64_t claimed_before = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    CUNJU_TRYV(use.add_change());
    Change read{.header = next, .signature = {}, .parts = {}, .id = {}};
    CUNJU_TRYV(read_change(in, read, claimed_before, use));
    CUNJU_TRYV(complete_change(read, space, use));
    claimed_before = read.header.claimed_ms;
    next.space = space;
    next.seq = next.seq.next();
    next.prev = read.id;
    run.changes.push_back(std::move(read));
  }
  return run;
}

}  // namespace

Result<Bytes> encode_runs(const SpaceId& space, std::span<const Run> runs) {
  Bytes out;
  BatchUse use;
  put_varint(out, runs.size());
  for (const Run& run : runs) {
    CUNJU_TRYV(put_run(out, space, run, use));
  }
  return out;
}

Result<std::vector<Run>> decode_runs(const SpaceId& space, ByteView bytes) {
  ByteReader in(bytes);
  BatchUse use;
  CUNJU_TRY(std::uint64_t count, read_varint(in));
  if (count > limits::kMaxBatchChanges) return fail(Errc::kLimit, "kMaxBatchChanges");
  std::vector<Run> runs;
  for (std::uint64_t i = 0; i < count; ++i) {
    CUNJU_TRY(Run run, read_run(in, space, use));
    runs.push_back(std::move(run));
  }
  if (!in.at_end()) return fail(Errc::kMalformed, "bytes after the last run");
  return runs;
}

}  // namespace cunju::wire
