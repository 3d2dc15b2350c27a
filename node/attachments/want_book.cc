// SPDX-License-Identifier: Apache-2.0
#include "node/attachments/want_book.h"

#include <algorithm>

namespace cunju::attachments {
namespace {

constexpr std::string_view kTable = "wants";
constexpr std::size_t kKeyBytes = 16;
constexpr char kWants = 'w', kRefers = 'r', kFilled = 'f', kLook = 'l';

Bytes look_key() { return Bytes{static_cast<std::uint8_t>(kLook)}; }

Bytes encode(const Look& look) {
  Bytes out;
  put_u64(out, look.position);
  append(out, look.asks);
  append(out, look.reader.view());
  return out;
}

Result<Look> decode(ByteView plain) {
  ByteReader in(plain);
  Look out;
  out.position = in.u64();
  out.asks = in.array<std::tuple_size_v<Asks>>();
  out.reader = Hash{in.array<Hash::kSize>()};
  if (!in.ok() || !in.at_end()) return fail(Errc::kCorrupt, "the last look at attachments");
  return out;
}

}  // namespace

std::vector<std::string> WantBook::table_names() {
  return {std::string(kTable), std::string(ChargeBook::kTable)};
}

Result<std::unique_ptr<WantBook>> WantBook::open(store::Environment& data,
                                                 const crypto::Secret<32>& storage,
                                                 crypto::RandomSource& random) {
  CUNJU_TRY(store::Table table, data.table(kTable));
  CUNJU_TRY(store::Table meta, data.table(replica::kFillingsTable));
  CUNJU_TRY(store::Table charges, data.table(ChargeBook::kTable));
  return std::unique_ptr<WantBook>(new WantBook(data, table, meta, charges, storage, random));
}

Bytes WantBook::key_of(char kind, const SpaceId& space) const {
  const Hash hash =
      crypto::keyed_hash(storage_.view(), {crypto::label("cunju want 1"), space.view()});
  Bytes out{static_cast<std::uint8_t>(kind)};
  append(out, hash.view().first(kKeyBytes));
  return out;
}

Result<std::optional<Look>> WantBook::read_look(const store::ReadTransaction& txn) const {
  const Bytes key = look_key();
  const std::optional<ByteView> sealed = txn.get(table_, key);
  if (!sealed) return std::optional<Look>();
  const std::optional<Bytes> plain = crypto::open(storage_, key, *sealed);
  if (!plain) return fail(Errc::kTampered, "the last look at attachments");
  CUNJU_TRY(const Look out, decode(*plain));
  return std::optional(out);
}

Result<std::optional<Look>> WantBook::last_look() {
  std::optional<Look> out;
  CUNJU_TRYV(data_.read([&](store::ReadTransaction& txn) -> Result<void> {
    CUNJU_TRY(out, read_look(txn));
    return ok();
  }));
  return out;
}

Result<void> WantBook::scan(const store::ReadTransaction& txn, char kind, std::size_t bytes,
                            const std::function<void(ByteView plain)>& visit) const {
  bool is_sound = true;
  const Bytes prefix{static_cast<std::uint8_t>(kind)};
  CUNJU_TRYV(txn.scan_prefix(table_, prefix, [&](ByteView key, ByteView sealed) {
    const std::optional<Bytes> plain = crypto::open(storage_, key, sealed);
    is_sound = plain && plain->size() == bytes;
    if (is_sound) visit(*plain);
    return is_sound;
  }));
  if (!is_sound) return fail(Errc::kTampered, "a row of the book of wanted attachments");
  return ok();
}

Result<std::vector<SpaceId>> WantBook::read(std::string_view kinds) {
  std::vector<SpaceId> out;
  CUNJU_TRYV(data_.read([&](store::ReadTransaction& txn) -> Result<void> {
    for (const char kind : kinds) {
      CUNJU_TRYV(scan(txn, kind, SpaceId::kSize,
                      [&](ByteView plain) { out.push_back(*SpaceId::from(plain)); }));
    }
    return ok();
  }));
  return out;
}

Result<std::vector<SpaceId>> WantBook::wanting() { return read({&kWants, 1}); }
Result<std::vector<SpaceId>> WantBook::referring() {
  constexpr char kBoth[] = {kWants, kRefers};
  return read({kBoth, 2});
}

Result<replica::Fillings> WantBook::fillings() {
  replica::Fillings out;
  CUNJU_TRYV(data_.read([&](store::ReadTransaction& txn) -> Result<void> {
    CUNJU_TRY(out, replica::read_fillings(txn, meta_));
    return ok();
  }));
  return out;
}

Result<replica::Fillings> WantBook::read_looked(const store::ReadTransaction& txn) const {
  replica::Fillings out;
  constexpr std::size_t kCountBytes = 8;
  CUNJU_TRYV(scan(txn, kFilled, SpaceId::kSize + kCountBytes, [&](ByteView plain) {
    out.emplace(*SpaceId::from(plain.first(SpaceId::kSize)), get_u64_be(plain.last(kCountBytes)));
  }));
  return out;
}

Result<replica::Fillings> WantBook::looked_fillings() {
  replica::Fillings out;
  CUNJU_TRYV(data_.read([&](store::ReadTransaction& txn) -> Result<void> {
    CUNJU_TRY(out, read_looked(txn));
    return ok();
  }));
  return out;
}

Result<void> WantBook::put(store::WriteTransaction& txn, char kind, const SpaceId& space,
                           ByteView plain) {
  const Bytes key = key_of(kind, space);
  return txn.put(table_, key, crypto::seal(storage_, key, plain, random_));
}

Result<void> WantBook::put_looked(store::WriteTransaction& txn, const replica::Fillings& looked) {
  for (const auto& [space, count] : looked) {
    Bytes plain = to_bytes(space.view());
    put_u64_be(plain, count);
    CUNJU_TRYV(put(txn, kFilled, space, plain));
  }
  return ok();
}

bool WantBook::is_as_found(const store::ReadTransaction& txn, const SpaceId& space,
                           const SpaceFinding& found) const {
  return txn.get(table_, key_of(kWants, space)).has_value() == found.wants &&
         txn.get(table_, key_of(kRefers, space)).has_value() == (found.refers && !found.wants);
}

Result<bool> WantBook::says(const std::map<SpaceId, SpaceFinding>& found,
                            const replica::Fillings& looked) {
  bool out = true;
  CUNJU_TRYV(data_.read([&](store::ReadTransaction& txn) -> Result<void> {
    for (const auto& [space, finding] : found) out = out && is_as_found(txn, space, finding);
    if (looked.empty()) return ok();
    CUNJU_TRY(const replica::Fillings there, read_looked(txn));
    for (const auto& each : looked) {
      const auto known = there.find(each.first);
      out = out && known != there.end() && known->second == each.second;
    }
    return ok();
  }));
  return out;
}

bool WantBook::is_sound(const store::ReadTransaction& txn) const {
  bool out = true;
  const Result<void> scanned = txn.scan(table_, {}, [&](ByteView key, ByteView sealed) {
    out = crypto::open(storage_, key, sealed).has_value();
    return out;
  });
  return out && scanned.has_value();
}

Result<Look> WantBook::note(const std::optional<Look>& before, const Look& now,
                            const std::map<SpaceId, SpaceFinding>& found,
                            const replica::Fillings& looked) {
  Look out = now;
  CUNJU_TRYV(data_.write([&](store::WriteTransaction& txn) -> Result<void> {
    out = now;
    // What does not open goes: every space was looked at again for it.
    if (!before && !is_sound(txn)) {
      CUNJU_TRYV(txn.clear(table_));
    }
    CUNJU_TRY(const std::optional<Look> there, read_look(txn));
    if (there && there != before) {
      out.position = std::min(now.position, there->position);
      if (there->asks != now.asks) out.asks = {};
      if (there->reader != now.reader) out.reader = {};
    }
    for (const auto& [space, finding] : found) {
      if (is_as_found(txn, space, finding)) continue;
      for (const char kind : {kWants, kRefers}) {
        CUNJU_TRYV(txn.erase(table_, key_of(kind, space)));
      }
      if (!finding.refers && !finding.wants) continue;
      CUNJU_TRYV(put(txn, finding.wants ? kWants : kRefers, space, space.view()));
    }
    CUNJU_TRYV(put_looked(txn, looked));
    const Bytes key = look_key();
    return txn.put(table_, key, crypto::seal(storage_, key, encode(out), random_));
  }));
  return out;
}

}  // namespace cunju::attachments
