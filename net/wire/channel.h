// SPDX-License-Identifier: Apache-2.0
//
// A secure message channel over a byte stream, sans-IO, for both roles: bytes in, bytes and
// messages out. Not a session: what the messages mean is net/sync's. One thread at a time.
//   responder: greeting                                               (greeting.h)
//   initiator: mode u8 (1 known, 2 pairing) | for pairing: invitation id[16]
//   then in turn, initiator first: length u16 | Noise handshake message without payload
//   then both: frames                                                 (frames.h)
// Prologue: greeting | mode | invitation id. docs/protocol_channel.md has the reasons.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "crdt/base/bytes.h"
#include "crdt/base/ids.h"
#include "crdt/base/result.h"
#include "crdt/crypto/crypto.h"
#include "net/noise/handshake.h"
#include "net/wire/frames.h"
#include "net/wire/greeting.h"

namespace cunju::wire {

using InvitationId = FixedBytes<struct InvitationTag, 16>;

/// kKnown: IK between nodes that have each other's key. kPairing: XXpsk3 on one-time keys.
enum class Mode : std::uint8_t { kKnown = 1, kPairing = 2 };

/// What an open invitation holds: both are made for it and used for nothing else.
struct PairingSecret {
  crypto::Secret<32> psk;
  crypto::DhKey key;
};

/// Whom a responder lets in. Asked before a reply is sent: a stranger gets none.
class Gatekeeper {
 public:
  virtual ~Gatekeeper() = default;
  virtual bool is_known(const WireKey& initiator) = 0;
  /// Empty when no such invitation is open.
  virtual std::optional<PairingSecret> find_pairing(const InvitationId& id) = 0;
};

class Channel {
 public:
  /// `random` (and `own_key` and `gatekeeper`) outlive the channel.
  static Channel initiator(crypto::RandomSource& random);
  static Channel responder(const crypto::DhKey& own_key, Gatekeeper& gatekeeper,
                           crypto::RandomSource& random);
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  /// For an initiator whose peer has greeted: it must call one of the start functions now.
  bool awaits_start() const { return !error_ && state_ == State::kStart; }
  /// The responder's greeting: its own, or as received; absent before it has arrived.
  const std::optional<Greeting>& greeting() const { return greeting_; }
  /// Both only when awaits_start(). Errors: kProtocol for a low-order key.
  Result<void> start_known(const crypto::DhKey& own_key, const WireKey& remote);
  /// Uses a fresh one-time key as this side's static key.
  Result<void> start_pairing(const InvitationId& id, const crypto::Secret<32>& psk);

  /// Feeds bytes from the peer, cut anywhere. Look at awaits_start(), established(),
  /// take_messages() and take_output() afterwards. After an error the channel is dead and only
  /// returns that error; messages that came before it are authentic and can still be taken. Errors:
  /// kProtocol, kMalformed, kUnsupported, kLimit, kBadSignature; as responder also kPermission
  /// (initiator not known) and kNotFound (no such invitation).
  Result<void> on_bytes(ByteView bytes);
  /// Queues a message of 1 to limits::kMaxMessageBytes bytes. Only when established(). Errors: as
  /// FrameWriter::write; kInvalidArgument and kLimit leave the channel as it was.
  Result<void> send(ByteView message);

  Bytes take_output();
  std::size_t output_bytes() const { return output_.size(); }
  std::vector<Bytes> take_messages();

  noise::Role role() const { return role_; }
  bool established() const { return writer_.has_value(); }
  const std::optional<Error>& error() const { return error_; }
  /// The initiator's choice; absent before it is made.
  std::optional<Mode> mode() const { return mode_; }
  /// The invitation that a pairing uses; absent otherwise.
  const std::optional<InvitationId>& invitation() const { return invitation_; }
  /// The three below only when established(). In pairing remote_static is the peer's one-time key.
  const WireKey& remote_static() const { return remote_static_; }
  const noise::HandshakeHash& handshake_hash() const { return hash_; }
  /// Bytes of partial input held back, at most one unit of the grammar (for tests of bounds).
  std::size_t buffered_bytes() const { return unit_.size(); }

 private:
  enum class State : std::uint8_t {
    kGreeting,
    kStart,
    kMode,
    kInvitation,
    kHandshakeLength,
    kHandshakeMessage,
    kFrameLength,
    kFrame,
  };

  Channel(noise::Role role, const crypto::DhKey* own_key, Gatekeeper* gatekeeper,
          crypto::RandomSource& random);
  void expect(State state, std::size_t wanted_bytes);
  Result<void> keep(Result<void> outcome);
  Result<void> consume(ByteView bytes);
  Result<void> on_unit(ByteView unit);
  Result<void> on_mode(std::uint8_t mode);
  Result<void> on_invitation(const InvitationId& id);
  Result<void> on_handshake_length(std::size_t length);
  Result<void> on_handshake_message(ByteView message);
  Result<void> on_frame_length(std::size_t length);
  Result<void> on_frame(ByteView frame);
  void begin(Mode mode, const InvitationId& id, noise::HandshakeKeys keys);
  Result<void> write_handshake_message();
  void establish();

  noise::Role role_;
  const crypto::DhKey* own_key_;
  Gatekeeper* gatekeeper_;
  crypto::RandomSource& random_;
  std::optional<Greeting> greeting_;
  std::optional<Mode> mode_;
  std::optional<InvitationId> invitation_;
  std::optional<noise::Handshake> handshake_;
  std::optional<FrameWriter> writer_;
  std::optional<FrameReader> reader_;
  WireKey remote_static_;
  noise::HandshakeHash hash_{};

  State state_ = State::kGreeting;
  std::size_t wanted_bytes_ = 0;
  Bytes unit_;
  Bytes output_;
  std::vector<Bytes> messages_;
  std::optional<Error> error_;
};

}  // namespace cunju::wire
