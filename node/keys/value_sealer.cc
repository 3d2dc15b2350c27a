// SPDX-License-Identifier: Apache-2.0
#include "node/keys/value_sealer.h"

namespace cunju::keys {

Result<void> OpenSealer::seal(ByteView, ByteView value, Bytes& out) {
  out.reserve(out.size() + 1 + value.size());
  put_u8(out, static_cast<std::uint8_t>(ValueFormat::kOpen));
  append(out, value);
  return ok();
}

Result<ByteView> OpenSealer::open(ByteView, ByteView sealed, Bytes&) {
  if (sealed.empty()) return fail(Errc::kMalformed, "a stored value without a format byte");
  if (sealed[0] != static_cast<std::uint8_t>(ValueFormat::kOpen))
    return fail(Errc::kUnsupported, "stored value format " + std::to_string(sealed[0]));
  return sealed.subspan(1);
}

}  // namespace cunju::keys
