// SPDX-License-Identifier: Apache-2.0
//
// Two channels facing each other, with keys from a seed, for tests. The same seed and the same
// calls give the same bytes. Single threaded.
#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include "crdt/base/limits.h"
#include "net/wire/channel.h"

namespace cunju::wire {

class TestGatekeeper final : public Gatekeeper {
 public:
  bool is_known(const WireKey& initiator) override {
    asked.push_back(initiator);
    return known == initiator;
  }
  std::optional<PairingSecret> find_pairing(const InvitationId& id) override {
    if (id != invitation) return std::nullopt;
    return PairingSecret{.psk = psk.clone(), .key = crypto::DhKey::from_secret(one_time)};
  }

  WireKey known;
  InvitationId invitation;
  crypto::Secret<32> psk, one_time;
  std::vector<WireKey> asked;
};

struct ChannelPair {
  explicit ChannelPair(Mode chosen, std::uint64_t seed = 1)
      : random(seed),
        initiator_key(crypto::DhKey::generate(random)),
        responder_key(crypto::DhKey::generate(random)),
        gatekeeper(make_gatekeeper()),
        target(responder_key.wire()),
        psk(gatekeeper.psk.clone()),
        initiator(Channel::initiator(random)),
        responder(Channel::responder(responder_key, gatekeeper, random)),
        mode(chosen) {}

  TestGatekeeper make_gatekeeper() {
    TestGatekeeper out;
    out.known = initiator_key.wire();
    out.invitation = random.make<InvitationId>();
    random.fill(out.psk.mutable_view());
    random.fill(out.one_time.mutable_view());
    return out;
  }

  /// Gives `bytes` to one side; as initiator it starts when it is asked to.
  Result<void> feed(Channel& to, ByteView bytes) {
    CUNJU_TRYV(to.on_bytes(bytes));
    if (!to.awaits_start()) return ok();
    if (mode == Mode::kKnown) return to.start_known(initiator_key, target);
    return to.start_pairing(gatekeeper.invitation, psk);
  }

  /// Passes output to and fro in pieces of at most `piece` bytes until nothing moves any more.
  /// Every byte passes through `wire` (direction, offset in that direction, byte).
  template <class Wire>
  Result<void> pump(std::size_t piece, Wire&& wire) {
    for (;;) {
      bool moved = false;
      for (bool from_initiator : {false, true}) {
        Channel& from = from_initiator ? initiator : responder;
        Channel& to = from_initiator ? responder : initiator;
        Bytes bytes = from.take_output();
        for (std::uint8_t& byte : bytes)
          byte = wire(from_initiator, passed[from_initiator ? 1 : 0]++, byte);
        for (ByteView rest(bytes); !rest.empty();) {
          const std::size_t count = std::min(piece, rest.size());
          CUNJU_TRYV(feed(to, rest.first(count)));
          largest_buffer = std::max(largest_buffer, to.buffered_bytes());
          rest = rest.subspan(count);
          moved = true;
        }
      }
      if (!moved) return ok();
    }
  }
  Result<void> pump(std::size_t piece = SIZE_MAX) {
    return pump(piece, [](bool, std::size_t, std::uint8_t byte) { return byte; });
  }

  crypto::SeededRandom random;
  crypto::DhKey initiator_key, responder_key;
  TestGatekeeper gatekeeper;
  WireKey target;          ///< Whom the initiator believes to call.
  crypto::Secret<32> psk;  ///< What the initiator uses in pairing.
  Channel initiator, responder;
  Mode mode;
  std::size_t passed[2] = {0, 0};
  std::size_t largest_buffer = 0;
};

}  // namespace cunju::wire
