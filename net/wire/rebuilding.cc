// SPDX-License-Identifier: Apache-2.0
#include "net/wire/rebuilding.h"

#include <utility>

namespace cunju::wire {

Result<void> BatchUse::add_change() {
  if (++changes_ > limits::kMaxBatchChanges) return fail(Errc::kLimit, "kMaxBatchChanges");
  return ok();
}

Result<void> BatchUse::add_part() {
  if (++parts_ > kMaxBatchParts) return fail(Errc::kLimit, "kMaxBatchParts");
  return ok();
}

Result<void> BatchUse::add_bytes(std::size_t size) {
  stored_bytes_ += size;
  if (stored_bytes_ > limits::kMaxBatchBytes) return fail(Errc::kLimit, "kMaxBatchBytes");
  return ok();
}

Result<void> complete_change(Change& change, const SpaceId& space, BatchUse& use) {
  change.header.part_count = static_cast<std::uint16_t>(change.parts.size());
  change.header.parts_hash = parts_hash(change.parts);
  const std::size_t size = encoded_size(change);
  if (size > limits::kMaxChangeBytes) return fail(Errc::kLimit, "kMaxChangeBytes");
  CUNJU_TRYV(use.add_bytes(size));
  // The parts were hashed when they were read: only the header is left to be parsed.
  Bytes front = encode_header(change.header);
  append(front, change.signature.view());
  CUNJU_TRY(SignedHeader parsed, parse_signed_header(front));
  change.header = std::move(parsed.header);
  change.id = parsed.id;
  if (change.space() != space) return fail(Errc::kMalformed, "a founding change of another space");
  return ok();
}

}  // namespace cunju::wire
