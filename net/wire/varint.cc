// SPDX-License-Identifier: Apache-2.0
#include "net/wire/varint.h"

namespace cunju::wire {

void put_varint(Bytes& out, std::uint64_t value) {
  while (value >= 0x80) {
    put_u8(out, static_cast<std::uint8_t>(value | 0x80));
    value >>= 7;
  }
  put_u8(out, static_cast<std::uint8_t>(value));
}

Result<std::uint64_t> read_varint(ByteReader& in) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    std::uint8_t byte = in.u8();
    if (!in.ok()) return fail(Errc::kMalformed, "an integer is cut short");
    if (shift == 63 && byte > 1) return fail(Errc::kMalformed, "an integer has over 64 bits");
    value |= std::uint64_t{byte & 0x7Fu} << shift;
    if ((byte & 0x80) != 0) continue;
    if (byte == 0 && shift > 0) return fail(Errc::kMalformed, "an integer is longer than needed");
    return value;
  }
  return fail(Errc::kMalformed, "an integer has over 64 bits");
}

}  // namespace cunju::wire
