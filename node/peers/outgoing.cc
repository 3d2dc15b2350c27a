// SPDX-License-Identifier: Apache-2.0
#include "node/peers/outgoing.h"

#include <limits>

namespace cunju::peers {
namespace {

/// On disk only: an export with its disclosures.
constexpr std::uint8_t kBookedExport = 3;

/// What is too long for its size is a folder's path; its beginning says enough.
void put_text(Bytes& out, std::string_view text) {
  text = text.substr(0, std::numeric_limits<std::uint16_t>::max());
  put_u16(out, static_cast<std::uint16_t>(text.size()));
  append(out, as_bytes(text));
}

std::string read_text(ByteReader& in) {
  const std::size_t size = in.u16();
  return std::string(as_text(in.take(size)));
}

}  // namespace

Bytes encode_outgoing(const Outgoing& outgoing) {
  Bytes out;
  put_u64(out, outgoing.at_ms);
  const bool is_booked = outgoing.kind == OutgoingKind::kExport && !outgoing.disclosures.empty();
  put_u8(out, is_booked ? kBookedExport : static_cast<std::uint8_t>(outgoing.kind));
  put_text(out, outgoing.to);
  put_u32(out, static_cast<std::uint32_t>(outgoing.registries.size()));
  for (const auto& [space, registries] : outgoing.registries) {
    append(out, space.view());
    put_u32(out, static_cast<std::uint32_t>(registries.size()));
    for (const std::string& registry : registries) put_text(out, registry);
  }
  if (!is_booked) return out;
  put_u32(out, static_cast<std::uint32_t>(outgoing.disclosures.size()));
  for (const auto& [space, record] : outgoing.disclosures) {
    append(out, space.view());
    append(out, record.view());
  }
  return out;
}

Result<Outgoing> decode_outgoing(ByteView bytes) {
  ByteReader in(bytes);
  Outgoing out{.at_ms = in.u64(), .kind = OutgoingKind(in.u8()), .to = read_text(in)};
  for (std::uint32_t spaces = in.u32(); spaces > 0 && in.ok(); --spaces) {
    std::vector<std::string>& registries = out.registries[SpaceId{in.array<SpaceId::kSize>()}];
    for (std::uint32_t count = in.u32(); count > 0 && in.ok(); --count)
      registries.push_back(read_text(in));
  }
  if (out.kind == OutgoingKind(kBookedExport)) {
    out.kind = OutgoingKind::kExport;
    for (std::uint32_t count = in.u32(); count > 0 && in.ok(); --count) {
      const SpaceId space{in.array<SpaceId::kSize>()};
      out.disclosures[space] = RecordId{in.array<RecordId::kSize>()};
    }
  }
  const bool is_known = out.kind == OutgoingKind::kLetter || out.kind == OutgoingKind::kExport;
  if (!in.ok() || !in.at_end() || !is_known)
    return fail(Errc::kCorrupt, "a row about an export or a letter");
  return out;
}

}  // namespace cunju::peers
