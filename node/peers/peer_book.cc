// SPDX-License-Identifier: Apache-2.0
#include "node/peers/peer_book.h"

#include <algorithm>

namespace cunju::peers {
namespace {

constexpr std::string_view kTable = "peers";
constexpr std::size_t kKeyBytes = 16;
constexpr std::uint8_t kMeteredFlag = 1;

Bytes encode(const PeerHints& hints) {
  Bytes out = to_bytes(hints.wire.view());
  put_u64(out, hints.met_ms);
  put_u8(out, static_cast<std::uint8_t>(hints.way));
  put_u8(out, static_cast<std::uint8_t>(hints.addresses.size()));
  for (const AddressHint& hint : hints.addresses) {
    put_u8(out, static_cast<std::uint8_t>(hint.address.size()));
    append(out, as_bytes(hint.address));
    put_u64(out, hint.tried_ms);
    put_u64(out, hint.met_ms);
    put_u8(out, static_cast<std::uint8_t>(hint.end));
  }
  put_u8(out, hints.is_metered ? kMeteredFlag : 0);
  return out;
}

Result<PeerHints> decode(ByteView plain) {
  ByteReader in(plain);
  PeerHints out;
  out.wire = WireKey{in.array<32>()};
  out.met_ms = in.u64();
  const std::uint8_t way = in.u8();
  out.way = way <= static_cast<std::uint8_t>(MeetWay::kStick) ? static_cast<MeetWay>(way)
                                                              : MeetWay::kNever;
  for (std::size_t count = in.u8(); count > 0 && in.ok(); --count) {
    AddressHint hint;
    hint.address = std::string(as_text(in.take(in.u8())));
    hint.tried_ms = in.u64();
    hint.met_ms = in.u64();
    const std::uint8_t end = in.u8();
    hint.end = end <= static_cast<std::uint8_t>(transport::LinkEnd::kWords)
                   ? static_cast<transport::LinkEnd>(end)
                   : transport::LinkEnd::kOther;
    out.addresses.push_back(std::move(hint));
  }
  if (in.ok() && !in.at_end()) out.is_metered = (in.u8() & kMeteredFlag) != 0;
  if (!in.ok() || !in.at_end()) return fail(Errc::kCorrupt, "a row of the book of peers");
  return out;
}

bool is_noted(const AddressHint& known, transport::LinkEnd end, std::uint64_t now_ms) {
  const auto pause = static_cast<std::uint64_t>(kSameFailurePause.count());
  return known.end == end && now_ms - known.tried_ms < pause;
}

/// Puts what was just met, or tried of nobody, in front.
void put_first(PeerHints& hints, AddressHint hint) {
  std::erase_if(hints.addresses,
                [&](const AddressHint& known) { return known.address == hint.address; });
  hints.addresses.insert(hints.addresses.begin(), std::move(hint));
  if (hints.addresses.size() > kMaxHints) hints.addresses.resize(kMaxHints);
}

AddressHint* find_address(PeerHints& hints, const std::string& address) {
  const auto found = std::ranges::find(hints.addresses, address, &AddressHint::address);
  return found == hints.addresses.end() ? nullptr : &*found;
}

}  // namespace

std::vector<std::string> PeerBook::table_names() { return {std::string(kTable)}; }

Result<std::unique_ptr<PeerBook>> PeerBook::open(store::Environment& keys,
                                                 const crypto::Secret<32>& storage,
                                                 crypto::RandomSource& random) {
  CUNJU_TRY(store::Table table, keys.table(kTable));
  return std::unique_ptr<PeerBook>(new PeerBook(keys, table, storage, random));
}

Bytes PeerBook::key_of(const WireKey& wire) const {
  const Hash hash =
      crypto::keyed_hash(storage_.view(), {crypto::label("cunju peer 1"), wire.view()});
  return to_bytes(hash.view().first(kKeyBytes));
}

Result<PeerHints> PeerBook::open_row(ByteView key, ByteView sealed) const {
  const std::optional<Bytes> plain = crypto::open(storage_, key, sealed);
  if (!plain) return fail(Errc::kTampered, "a row of the book of peers");
  return decode(*plain);
}

Result<PeerHints> PeerBook::get(const store::ReadTransaction& txn, const WireKey& wire) const {
  const Bytes key = key_of(wire);
  const std::optional<ByteView> sealed = txn.get(table_, key);
  if (sealed) return open_row(key, *sealed);
  PeerHints out;
  out.wire = wire;
  return out;
}

Result<std::vector<PeerHints>> PeerBook::get_all(const store::ReadTransaction& txn) const {
  std::vector<PeerHints> out;
  std::optional<Error> error;
  CUNJU_TRYV(txn.scan_prefix(table_, {}, [&](ByteView key, ByteView sealed) {
    Result<PeerHints> row = open_row(key, sealed);
    if (row.has_error()) {
      error = row.error();
      return false;
    }
    out.push_back(std::move(row).value());
    return true;
  }));
  if (error) return *error;
  return out;
}

Result<void> PeerBook::put(store::WriteTransaction& txn, const PeerHints& hints) {
  const Bytes key = key_of(hints.wire);
  return txn.put(table_, key, crypto::seal(storage_, key, encode(hints), random_));
}

Result<void> PeerBook::note_met(const WireKey& wire, MeetWay way, const std::string& address,
                                std::uint64_t now_ms) {
  return keys_.write([&](store::WriteTransaction& txn) -> Result<void> {
    CUNJU_TRY(PeerHints hints, get(txn, wire));
    hints.met_ms = now_ms;
    hints.way = way;
    if (!address.empty() && address.size() <= kMaxAddressBytes) {
      put_first(hints, {.address = address, .tried_ms = now_ms, .met_ms = now_ms});
      // Nobody's no longer.
      CUNJU_TRY(PeerHints strangers, get(txn, WireKey{}));
      if (find_address(strangers, address) != nullptr) {
        std::erase_if(strangers.addresses,
                      [&](const AddressHint& hint) { return hint.address == address; });
        CUNJU_TRYV(put(txn, strangers));
      }
    }
    return put(txn, hints);
  });
}

Result<void> PeerBook::note_failed(const std::string& address, transport::LinkEnd end,
                                   std::uint64_t now_ms, const std::optional<WireKey>& expected) {
  if (address.empty() || address.size() > kMaxAddressBytes)
    return fail(Errc::kInvalidArgument, "an address");
  return keys_.write([&](store::WriteTransaction& txn) -> Result<void> {
    CUNJU_TRY(std::vector<PeerHints> rows, get_all(txn));
    bool is_somebodys = false;
    for (PeerHints& hints : rows) {
      AddressHint* known = find_address(hints, address);
      if (known == nullptr || hints.wire == WireKey{}) continue;
      is_somebodys = true;
      if (expected && hints.wire != *expected) continue;
      if (is_noted(*known, end, now_ms)) continue;
      known->tried_ms = now_ms;
      known->end = end;
      CUNJU_TRYV(put(txn, hints));
    }
    if (is_somebodys) return ok();
    CUNJU_TRY(PeerHints strangers, get(txn, WireKey{}));
    const AddressHint* before = find_address(strangers, address);
    if (before != nullptr && is_noted(*before, end, now_ms)) return ok();
    put_first(strangers, {.address = address, .tried_ms = now_ms, .met_ms = 0, .end = end});
    return put(txn, strangers);
  });
}

Result<void> PeerBook::set_metered(const WireKey& wire, bool is_metered) {
  return keys_.write([&](store::WriteTransaction& txn) -> Result<void> {
    CUNJU_TRY(PeerHints hints, get(txn, wire));
    hints.is_metered = is_metered;
    return put(txn, hints);
  });
}

Result<PeerHints> PeerBook::find(const WireKey& wire) {
  PeerHints out;
  CUNJU_TRYV(keys_.read([&](store::ReadTransaction& txn) -> Result<void> {
    CUNJU_TRY(out, get(txn, wire));
    return ok();
  }));
  return out;
}

Result<std::vector<PeerHints>> PeerBook::all() {
  std::vector<PeerHints> out;
  CUNJU_TRYV(keys_.read([&](store::ReadTransaction& txn) -> Result<void> {
    CUNJU_TRY(out, get_all(txn));
    return ok();
  }));
  return out;
}

}  // namespace cunju::peers
