// SPDX-License-Identifier: Apache-2.0
#include "net/wire/parts_codec.h"

#include <utility>

#include "crdt/base/limits.h"
#include "net/wire/varint.h"

namespace cunju::wire {
namespace {

void put_sized(Bytes& out, ByteView bytes) {
  put_varint(out, bytes.size());
  append(out, bytes);
}

Result<Bytes> read_sized(ByteReader& in, std::size_t limit, const char* limit_name) {
  CUNJU_TRY(const std::uint64_t size, read_varint(in));
  if (size > limit) return fail(Errc::kLimit, limit_name);
  return to_bytes(in.take(static_cast<std::size_t>(size)));
}

Result<BroughtPart> read_part(ByteReader& in) {
  CUNJU_TRY(const std::uint64_t tag, read_varint(in));
  if (tag >> 1 >= limits::kMaxParts) return fail(Errc::kLimit, "kMaxParts");
  BroughtPart out{.index = static_cast<std::uint16_t>(tag >> 1),
                  .is_erased = (tag & 1) != 0,
                  .links = {},
                  .body = {},
                  .body_hash = {}};
  CUNJU_TRY(out.links, read_sized(in, limits::kMaxLinksBytes, "kMaxLinksBytes"));
  if (out.is_erased) {
    out.body_hash = {in.array<32>()};
    return out;
  }
  CUNJU_TRY(out.body, read_sized(in, limits::kMaxBodyBytes, "kMaxBodyBytes"));
  return out;
}

}  // namespace

Bytes encode_parts(std::span<const ChangeParts> changes) {
  Bytes out;
  put_varint(out, changes.size());
  for (const ChangeParts& change : changes) {
    append(out, change.id.view());
    put_varint(out, change.parts.size());
    for (const BroughtPart& part : change.parts) {
      put_varint(out, std::uint64_t{part.index} << 1 | (part.is_erased ? 1 : 0));
      put_sized(out, part.links);
      if (part.is_erased) {
        append(out, part.body_hash.view());
      } else {
        put_sized(out, part.body);
      }
    }
  }
  return out;
}

Result<std::vector<ChangeParts>> decode_parts(ByteView bytes) {
  ByteReader in(bytes);
  CUNJU_TRY(const std::uint64_t count, read_varint(in));
  if (count > limits::kMaxPartsChanges) return fail(Errc::kLimit, "kMaxPartsChanges");
  std::vector<ChangeParts> out;
  for (std::uint64_t i = 0; i < count; ++i) {
    ChangeParts change{.id = {in.array<ChangeId::kSize>()}, .parts = {}};
    CUNJU_TRY(const std::uint64_t parts, read_varint(in));
    if (parts == 0) return fail(Errc::kMalformed, "a change without parts");
    if (parts > limits::kMaxParts) return fail(Errc::kLimit, "kMaxParts");
    for (std::uint64_t at = 0; at < parts; ++at) {
      CUNJU_TRY(BroughtPart part, read_part(in));
      if (!in.ok()) return fail(Errc::kMalformed, "parts are cut short");
      if (!change.parts.empty() && change.parts.back().index >= part.index)
        return fail(Errc::kMalformed, "parts are not ascending");
      change.parts.push_back(std::move(part));
    }
    out.push_back(std::move(change));
  }
  if (!in.at_end()) return fail(Errc::kMalformed, "bytes after the last part");
  return out;
}

bool cut_below(LogSpan& span, std::uint64_t next) {
  LogSpan left{.author = span.author, .first = {}, .bits = {}};
  for (std::uint64_t seq = std::max(next, span.first.value); seq < span.end(); ++seq) {
    if (!span.has(seq)) continue;
    if (left.bits.empty()) left.first = Seq{seq};
    left.add(seq);
  }
  span = std::move(left);
  return !span.bits.empty();
}

}  // namespace cunju::wire
