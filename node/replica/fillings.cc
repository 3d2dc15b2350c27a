// SPDX-License-Identifier: Apache-2.0
#include "node/replica/fillings.h"

#include "crdt/base/bytes.h"

namespace cunju::replica {
namespace {

constexpr std::string_view kPrefix = "filled ";
constexpr std::size_t kValueBytes = 8;

}  // namespace

Result<void> count_filling(store::WriteTransaction& txn, store::Table meta, const SpaceId& space) {
  Bytes key = to_bytes(as_bytes(kPrefix));
  append(key, space.view());
  const std::optional<ByteView> before = txn.get(meta, key);
  if (before && before->size() != kValueBytes) return fail(Errc::kCorrupt, "a count of fillings");
  Bytes now;
  put_u64_be(now, before ? get_u64_be(*before) + 1 : 1);
  return txn.put(meta, key, now);
}

Result<Fillings> read_fillings(const store::ReadTransaction& txn, store::Table meta) {
  Fillings out;
  bool is_sound = true;
  CUNJU_TRYV(txn.scan_prefix(meta, as_bytes(kPrefix), [&](ByteView key, ByteView value) {
    const std::optional<SpaceId> space = SpaceId::from(key.subspan(kPrefix.size()));
    is_sound = space && value.size() == kValueBytes;
    if (is_sound) out.emplace(*space, get_u64_be(value));
    return is_sound;
  }));
  if (!is_sound) return fail(Errc::kCorrupt, "a count of fillings");
  return out;
}

}  // namespace cunju::replica
