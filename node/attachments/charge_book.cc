// SPDX-License-Identifier: Apache-2.0
#include "node/attachments/charge_book.h"

#include <optional>

namespace cunju::attachments {
namespace {

constexpr std::size_t kKeyPartBytes = 16;

Bytes encode(const Charge& charge) {
  Bytes out;
  append(out, charge.author.view());
  append(out, charge.blob.address.view());
  put_u64(out, charge.blob.bytes);
  return out;
}

std::optional<Charge> decode(ByteView plain) {
  ByteReader in(plain);
  Charge out;
  out.author = AuthorKey{in.array<AuthorKey::kSize>()};
  out.blob.address = attachment::Address{in.array<attachment::Address::kSize>()};
  out.blob.bytes = in.u64();
  if (!in.ok() || !in.at_end()) return std::nullopt;
  return out;
}

}  // namespace

Bytes ChargeBook::part_of_key(ByteView of) const {
  const Hash hash = crypto::keyed_hash(storage_.view(), {crypto::label("cunju charge 1"), of});
  return to_bytes(hash.view().first(kKeyPartBytes));
}

Result<std::vector<Charge>> ChargeBook::of(const SpaceId& space) const {
  std::vector<Charge> out;
  const Bytes prefix = part_of_key(space.view());
  CUNJU_TRYV(data_.read([&](store::ReadTransaction& txn) -> Result<void> {
    out.clear();
    return txn.scan_prefix(table_, prefix, [&](ByteView key, ByteView sealed) {
      const std::optional<Bytes> plain = crypto::open(storage_, key, sealed);
      const std::optional<Charge> charge = plain ? decode(*plain) : std::nullopt;
      if (charge) out.push_back(*charge);
      return true;
    });
  }));
  return out;
}

Bytes ChargeBook::key_of(const SpaceId& space, const attachment::Address& address) const {
  Bytes out = part_of_key(space.view());
  append(out, part_of_key(address.view()));
  return out;
}

Result<std::set<attachment::Address>> ChargeBook::known(
    std::span<const SpaceId> spaces, const std::set<attachment::Address>& addresses) const {
  std::set<attachment::Address> out;
  CUNJU_TRYV(data_.read([&](store::ReadTransaction& txn) -> Result<void> {
    for (const SpaceId& space : spaces)
      for (const attachment::Address& address : addresses)
        if (txn.get(table_, key_of(space, address))) out.insert(address);
    return ok();
  }));
  return out;
}

Result<void> ChargeBook::note(const SpaceId& space, const Charge& charge) {
  const Bytes key = key_of(space, charge.blob.address);
  return data_.write([&](store::WriteTransaction& txn) -> Result<void> {
    if (const std::optional<ByteView> sealed = txn.get(table_, key)) {
      const std::optional<Bytes> plain = crypto::open(storage_, key, *sealed);
      const std::optional<Charge> before = plain ? decode(*plain) : std::nullopt;
      // One of two references lies about the size. Whoever says more is charged with it: a small
      // lie makes nothing cheaper, and a large one is its author's own account.
      if (!before || before->blob.bytes >= charge.blob.bytes) return ok();
    }
    return txn.put(table_, key, crypto::seal(storage_, key, encode(charge), random_));
  });
}

}  // namespace cunju::attachments
