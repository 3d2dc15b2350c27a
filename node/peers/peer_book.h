// SPDX-License-Identifier: Apache-2.0
//
// Where a node has met its peers, and why not: addresses are hints, keys are identity. In the
// `keys` environment, sealed under the storage key, because it says who knows whom.
//   key   := BLAKE2b-256(key: storage key, "cunju peer 1" | wire key)[0..16)
//   value := sealed: wire key[32] | met_ms u64 | way u8 | count u8 | hint* | flags u8
//   hint  := size u8 | address | tried_ms u64 | met_ms u64 | end u8
//   flags := bit 0: exchanging with it costs money. Rows of older programs end before
// The row of the zero key has addresses at which nobody was met yet. Times are this machine's claim
// and are shown only. Not thread safe beyond what its environment is.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "crdt/crypto/crypto.h"
#include "net/transport/link.h"
#include "node/store/environment.h"

namespace cunju::peers {

/// Addresses that are remembered of one peer, and of nobody; the one met, or of nobody tried,
/// longest ago goes first.
inline constexpr std::size_t kMaxHints = 8;
/// A try that ends as the one before it is noted again after this time only: a node that serves
/// calls for days who is not there.
inline constexpr std::chrono::milliseconds kSameFailurePause = std::chrono::minutes(10);
/// Bytes of an address; "[fe80::...%name]:65535" is shorter.
inline constexpr std::size_t kMaxAddressBytes = 80;

/// Numbers of the store: never reused.
enum class MeetWay : std::uint8_t { kNever = 0, kNetwork = 1, kStick = 2 };

struct AddressHint {
  std::string address;
  std::uint64_t tried_ms = 0;  ///< 0: never.
  std::uint64_t met_ms = 0;    ///< The peer of this row was met there; 0: never.
  transport::LinkEnd end = transport::LinkEnd::kOpen;  ///< How the last try ended; kOpen: met.
};

struct PeerHints {
  WireKey wire;  ///< Zero: of nobody.
  std::uint64_t met_ms = 0;
  MeetWay way = MeetWay::kNever;
  std::vector<AddressHint> addresses;  ///< Last met first; of nobody: last tried first.
  bool is_metered = false;             ///< Somebody said that exchanging with it costs money.
};

class PeerBook {
 public:
  static std::vector<std::string> table_names();
  /// All three are borrowed.
  static Result<std::unique_ptr<PeerBook>> open(store::Environment& keys,
                                                const crypto::Secret<32>& storage,
                                                crypto::RandomSource& random);

  /// The peer was met; `address`: where it was called, empty when it called or by a stick.
  Result<void> note_met(const WireKey& wire, MeetWay way, const std::string& address,
                        std::uint64_t now_ms);
  /// A call to this address met nobody: noted with every peer that was met there, else of nobody.
  /// `expected`: who alone was to be met there; what answered instead says nothing of others.
  Result<void> note_failed(const std::string& address, transport::LinkEnd end, std::uint64_t now_ms,
                           const std::optional<WireKey>& expected = std::nullopt);
  /// Exchanging with this peer costs money, or does not, from the next session on.
  Result<void> set_metered(const WireKey& wire, bool is_metered);
  /// Empty hints when the peer was never met.
  Result<PeerHints> find(const WireKey& wire);
  Result<std::vector<PeerHints>> all();

 private:
  PeerBook(store::Environment& keys, store::Table table, const crypto::Secret<32>& storage,
           crypto::RandomSource& random)
      : keys_(keys), table_(table), storage_(storage), random_(random) {}
  Bytes key_of(const WireKey& wire) const;
  Result<PeerHints> open_row(ByteView key, ByteView sealed) const;
  Result<PeerHints> get(const store::ReadTransaction& txn, const WireKey& wire) const;
  Result<std::vector<PeerHints>> get_all(const store::ReadTransaction& txn) const;
  Result<void> put(store::WriteTransaction& txn, const PeerHints& hints);

  store::Environment& keys_;
  store::Table table_;
  const crypto::Secret<32>& storage_;
  crypto::RandomSource& random_;
};

}  // namespace cunju::peers
