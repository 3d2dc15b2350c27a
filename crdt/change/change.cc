// SPDX-License-Identifier: Apache-2.0
#include "crdt/change/change.h"

#include <algorithm>
#include <utility>

#include "crdt/base/check.h"
#include "crdt/base/limits.h"

namespace cunju {
namespace {

constexpr std::string_view kSignLabel = "cunju change 1";
constexpr std::string_view kIdLabel = "cunju id 1";
constexpr std::string_view kPartLabel = "cunju part 1";
constexpr std::string_view kPartsLabel = "cunju parts 1";

std::array<std::uint8_t, 2> scope_bytes(Scope scope) {
  return {static_cast<std::uint8_t>(scope.value), static_cast<std::uint8_t>(scope.value >> 8)};
}

Result<ChangeHeader> read_header(ByteReader& in) {
  std::uint8_t suite = in.u8();
  if (in.ok() && suite != kSuiteEd25519Blake2b)
    return fail(Errc::kUnsupported, "signature suite " + std::to_string(suite));
  ChangeHeader header;
  header.space = {in.array<32>()};
  header.author = {in.array<32>()};
  header.seq = {in.u64()};
  header.prev = {in.array<32>()};
  std::size_t pin_count = in.u8();
  if (pin_count > limits::kMaxPins) return fail(Errc::kLimit, "kMaxPins");
  for (std::size_t i = 0; i < pin_count; ++i) header.pins.push_back({in.array<32>()});
  header.seen = {in.array<32>()};
  header.claimed_ms = in.u64();
  header.part_count = in.u16();
  header.parts_hash = {in.array<32>()};
  if (!in.ok()) return fail(Errc::kMalformed, "change header is cut short");
  for (std::size_t i = 1; i < pin_count; ++i) {
    if (!(header.pins[i - 1] < header.pins[i]))
      return fail(Errc::kMalformed, "pins are not ascending");
  }
  if (header.part_count > limits::kMaxParts) return fail(Errc::kLimit, "kMaxParts");
  return header;
}

Result<Bytes> read_sized(ByteReader& in, std::size_t limit, const char* limit_name) {
  std::size_t size = in.u32();
  if (in.ok() && size > limit) return fail(Errc::kLimit, limit_name);
  return to_bytes(in.take(size));
}

Result<Part> read_part(ByteReader& in) {
  Part part;
  part.scope = {in.u16()};
  std::uint8_t presence = in.u8();
  if (presence > 3) return fail(Errc::kMalformed, "unknown presence of a part");
  part.presence = static_cast<Presence>(presence);
  if (part.presence == Presence::kWithheld || part.presence == Presence::kRedacted) {
    part.part_hash = {in.array<32>()};
  } else {
    CUNJU_TRY(part.links, read_sized(in, limits::kMaxLinksBytes, "kMaxLinksBytes"));
    Hash body_hash;
    if (part.presence == Presence::kErased) {
      part.body_hash = {in.array<32>()};
      body_hash = part.body_hash;
    } else {
      CUNJU_TRY(part.body, read_sized(in, limits::kMaxBodyBytes, "kMaxBodyBytes"));
      body_hash = crypto::hash({part.body});
    }
    part.part_hash = part_hash(part.scope, crypto::hash({part.links}), body_hash);
  }
  if (!in.ok()) return fail(Errc::kMalformed, "part is cut short");
  return part;
}

void append_sized(Bytes& out, ByteView bytes) {
  put_u32(out, static_cast<std::uint32_t>(bytes.size()));
  append(out, bytes);
}

void append_part(Bytes& out, const Part& part) {
  put_u16(out, part.scope.value);
  put_u8(out, static_cast<std::uint8_t>(part.presence));
  switch (part.presence) {
    case Presence::kPresent:
      append_sized(out, part.links);
      append_sized(out, part.body);
      return;
    case Presence::kErased:
      append_sized(out, part.links);
      append(out, part.body_hash.view());
      return;
    case Presence::kWithheld:
    case Presence::kRedacted:
      append(out, part.part_hash.view());
      return;
  }
}

}  // namespace

Hash part_hash(Scope scope, const Hash& links_hash, const Hash& body_hash) {
  return crypto::Hasher(kPartLabel)
      .add(scope_bytes(scope))
      .add(links_hash.view())
      .add(body_hash.view())
      .finish();
}

Part make_part(Scope scope, Bytes links, Bytes body) {
  Part part{.scope = scope,
            .presence = Presence::kPresent,
            .links = std::move(links),
            .body = std::move(body),
            .body_hash = {},
            .part_hash = {}};
  part.part_hash = part_hash(scope, crypto::hash({part.links}), crypto::hash({part.body}));
  return part;
}

Hash parts_hash(const std::vector<Part>& parts) {
  crypto::Hasher hasher(kPartsLabel);
  for (const Part& part : parts) hasher.add(scope_bytes(part.scope)).add(part.part_hash.view());
  return hasher.finish();
}

Bytes encode_header(const ChangeHeader& header) {
  Bytes out;
  out.reserve(180 + 32 * header.pins.size());
  put_u8(out, kSuiteEd25519Blake2b);
  append(out, header.space.view());
  append(out, header.author.view());
  put_u64(out, header.seq.value);
  append(out, header.prev.view());
  put_u8(out, static_cast<std::uint8_t>(header.pins.size()));
  for (const ChangeId& pin : header.pins) append(out, pin.view());
  append(out, header.seen.view());
  put_u64(out, header.claimed_ms);
  put_u16(out, header.part_count);
  append(out, header.parts_hash.view());
  return out;
}

ChangeId change_id(ByteView header_bytes, const Signature& signature) {
  return {crypto::Hasher(kIdLabel).add(header_bytes).add(signature.view()).finish().value};
}

Change sign_change(const crypto::SigningKey& author, ChangeHeader header, std::vector<Part> parts) {
  CUNJU_CHECK(parts.size() <= limits::kMaxParts, "a local change respects kMaxParts");
  CUNJU_CHECK(header.pins.size() <= limits::kMaxPins, "a local change respects kMaxPins");
  CUNJU_CHECK(header.author == author.author(), "an author signs its own log");
  header.part_count = static_cast<std::uint16_t>(parts.size());
  header.parts_hash = parts_hash(parts);
  Change change{.header = std::move(header), .signature = {}, .parts = std::move(parts), .id = {}};
  Bytes bytes = encode_header(change.header);
  change.signature = author.sign(kSignLabel, {bytes});
  change.id = change_id(bytes, change.signature);
  return change;
}

void append_change(Bytes& out, const Change& change) {
  append(out, encode_header(change.header));
  append(out, change.signature.view());
  for (const Part& part : change.parts) append_part(out, part);
}

Bytes encode_change(const Change& change) {
  Bytes out;
  append_change(out, change);
  return out;
}

std::size_t encoded_size(const Change& change) {
  // The fixed layout of the header comment: everything but pins and parts, then those.
  constexpr std::size_t kFixedBytes = 1 + 32 + 32 + 8 + 32 + 1 + 32 + 8 + 2 + 32 + Signature::kSize;
  std::size_t size = kFixedBytes + change.header.pins.size() * ChangeId::kSize;
  for (const Part& part : change.parts) {
    size += 2 + 1;
    if (part.presence == Presence::kPresent) {
      size += 4 + part.links.size() + 4 + part.body.size();
    } else {
      size += Hash::kSize;
      if (part.presence == Presence::kErased) size += 4 + part.links.size();
    }
  }
  return size;
}

Result<SignedHeader> parse_signed_header(ByteView bytes) {
  ByteReader in(bytes);
  SignedHeader out;
  CUNJU_TRY(out.header, read_header(in));
  std::size_t header_size = in.offset();
  out.signature = {in.array<64>()};
  if (!in.ok()) return fail(Errc::kMalformed, "change is cut short");
  out.id = change_id(bytes.first(header_size), out.signature);
  out.size = in.offset();
  return out;
}

Result<Change> parse_change(ByteView bytes) {
  if (bytes.size() > limits::kMaxChangeBytes) return fail(Errc::kLimit, "kMaxChangeBytes");
  CUNJU_TRY(SignedHeader front, parse_signed_header(bytes));
  Change change{
      .header = std::move(front.header), .signature = front.signature, .parts = {}, .id = front.id};
  ByteReader in(bytes.subspan(front.size));
  for (std::size_t i = 0; i < change.header.part_count; ++i) {
    CUNJU_TRY(Part part, read_part(in));
    change.parts.push_back(std::move(part));
  }
  if (!in.at_end()) return fail(Errc::kMalformed, "bytes after the last part");
  if (parts_hash(change.parts) != change.header.parts_hash)
    return fail(Errc::kTampered, "parts do not match the signed header");
  return change;
}

bool has_valid_signature(const Change& change) {
  return crypto::verify(change.header.author.view(), kSignLabel, {encode_header(change.header)},
                        change.signature);
}

Result<void> check_successor(const Change& before, const Change& after) {
  if (after.header.author != before.header.author)
    return fail(Errc::kMalformed, "the author changes inside a log");
  if (after.header.is_founding() || after.header.space != before.space())
    return fail(Errc::kMalformed, "the space changes inside a log");
  if (before.header.seq.value == UINT64_MAX || after.header.seq != before.header.seq.next())
    return fail(Errc::kMalformed, "sequence numbers are not consecutive");
  if (after.header.prev != before.id)
    return fail(Errc::kMalformed, "prev does not name the predecessor");
  return ok();
}

Result<void> check_alone(const Change& change) {
  const ChangeHeader& header = change.header;
  if ((header.seq.value == 0) != header.prev.is_zero())
    return fail(Errc::kMalformed, "prev is zero exactly in a first change");
  if (header.is_founding() && (header.seq.value != 0 || !header.pins.empty()))
    return fail(Errc::kMalformed, "a founding change is a first change without pins");
  if (!header.is_founding() && header.seq.value == 0 && header.pins.empty())
    return fail(Errc::kMalformed, "an author's first change pins the roster");
  return ok();
}

}  // namespace cunju
