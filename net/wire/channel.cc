// SPDX-License-Identifier: Apache-2.0
#include "net/wire/channel.h"

#include <algorithm>
#include <utility>

#include "crdt/base/check.h"
#include "crdt/base/limits.h"

namespace cunju::wire {
namespace {

constexpr std::size_t kLengthBytes = 2;

const noise::Pattern& pattern_of(Mode mode) {
  return mode == Mode::kKnown ? noise::kIk : noise::kXxPsk3;
}

}  // namespace

Channel::Channel(noise::Role role, const crypto::DhKey* own_key, Gatekeeper* gatekeeper,
                 crypto::RandomSource& random)
    : role_(role), own_key_(own_key), gatekeeper_(gatekeeper), random_(random) {
  if (role_ == noise::Role::kInitiator) {
    expect(State::kGreeting, Greeting::kBytes);
    return;
  }
  greeting_ = Greeting::make(own_key_->wire(), random_);
  append(output_, greeting_->bytes());
  expect(State::kMode, 1);
}

Channel Channel::initiator(crypto::RandomSource& random) {
  return {noise::Role::kInitiator, nullptr, nullptr, random};
}

Channel Channel::responder(const crypto::DhKey& own_key, Gatekeeper& gatekeeper,
                           crypto::RandomSource& random) {
  return {noise::Role::kResponder, &own_key, &gatekeeper, random};
}

void Channel::expect(State state, std::size_t wanted_bytes) {
  state_ = state;
  wanted_bytes_ = wanted_bytes;
}

// Every outcome passes through here, so the first error is the last word.
Result<void> Channel::keep(Result<void> outcome) {
  if (!outcome) error_ = outcome.error();
  return outcome;
}

Result<void> Channel::on_bytes(ByteView bytes) {
  if (error_) return *error_;
  return keep(consume(bytes));
}

Result<void> Channel::consume(ByteView bytes) {
  while (!bytes.empty()) {
    if (state_ == State::kStart)
      return fail(Errc::kProtocol, "the responder spoke before the handshake");
    const std::size_t count = std::min(wanted_bytes_ - unit_.size(), bytes.size());
    append(unit_, bytes.first(count));
    bytes = bytes.subspan(count);
    if (unit_.size() < wanted_bytes_) break;
    const Bytes unit = std::exchange(unit_, {});
    CUNJU_TRYV(on_unit(unit));
  }
  return ok();
}

Result<void> Channel::on_unit(ByteView unit) {
  ByteReader reader(unit);
  switch (state_) {
    case State::kGreeting: {
      CUNJU_TRY(greeting_, Greeting::parse(unit));
      expect(State::kStart, 0);
      return ok();
    }
    case State::kStart:
      break;
    case State::kMode:
      return on_mode(reader.u8());
    case State::kInvitation:
      return on_invitation(InvitationId{reader.array<InvitationId::kSize>()});
    case State::kHandshakeLength:
      return on_handshake_length(reader.u16());
    case State::kHandshakeMessage:
      return on_handshake_message(unit);
    case State::kFrameLength:
      return on_frame_length(reader.u16());
    case State::kFrame:
      return on_frame(unit);
  }
  CUNJU_CHECK(false, "no unit is read while the initiator decides");
  return ok();
}

Result<void> Channel::on_mode(std::uint8_t mode) {
  if (mode == static_cast<std::uint8_t>(Mode::kKnown)) {
    begin(Mode::kKnown, {},
          {.local_static = own_key_->clone(), .remote_static = std::nullopt, .psk = std::nullopt});
    return ok();
  }
  if (mode != static_cast<std::uint8_t>(Mode::kPairing))
    return fail(Errc::kProtocol, "unknown handshake mode");
  expect(State::kInvitation, InvitationId::kSize);
  return ok();
}

Result<void> Channel::on_invitation(const InvitationId& id) {
  std::optional<PairingSecret> secret = gatekeeper_->find_pairing(id);
  if (!secret) return fail(Errc::kNotFound, "no such invitation is open");
  begin(Mode::kPairing, id,
        {.local_static = std::move(secret->key),
         .remote_static = std::nullopt,
         .psk = std::move(secret->psk)});
  return ok();
}

Result<void> Channel::start_known(const crypto::DhKey& own_key, const WireKey& remote) {
  CUNJU_CHECK(awaits_start(), "an initiator starts once, after the greeting");
  begin(Mode::kKnown, {},
        {.local_static = own_key.clone(), .remote_static = remote, .psk = std::nullopt});
  return keep(write_handshake_message());
}

Result<void> Channel::start_pairing(const InvitationId& id, const crypto::Secret<32>& psk) {
  CUNJU_CHECK(awaits_start(), "an initiator starts once, after the greeting");
  begin(Mode::kPairing, id,
        {.local_static = crypto::DhKey::generate(random_),
         .remote_static = std::nullopt,
         .psk = psk.clone()});
  return keep(write_handshake_message());
}

void Channel::begin(Mode mode, const InvitationId& id, noise::HandshakeKeys keys) {
  if (mode == Mode::kPairing) invitation_ = id;
  mode_ = mode;
  Bytes choice;
  put_u8(choice, static_cast<std::uint8_t>(mode));
  if (mode == Mode::kPairing) append(choice, id.view());
  if (role_ == noise::Role::kInitiator) append(output_, choice);
  // The prologue covers the greeting too: its fresh salt makes a replayed first message useless.
  Bytes prologue = to_bytes(greeting_->bytes());
  append(prologue, choice);
  handshake_.emplace(pattern_of(mode), role_, prologue, std::move(keys));
  expect(State::kHandshakeLength, kLengthBytes);
}

Result<void> Channel::on_handshake_length(std::size_t length) {
  if (length > limits::kMaxHandshakeBytes)
    return fail(Errc::kLimit, "handshake message over kMaxHandshakeBytes");
  if (length == 0) return fail(Errc::kMalformed, "empty handshake message");
  expect(State::kHandshakeMessage, length);
  return ok();
}

Result<void> Channel::on_handshake_message(ByteView message) {
  CUNJU_TRY(Bytes payload, handshake_->read_message(message));
  if (!payload.empty()) return fail(Errc::kProtocol, "handshake messages carry no payload");
  const bool asks_to_enter = mode_ == Mode::kKnown && role_ == noise::Role::kResponder;
  if (asks_to_enter && !gatekeeper_->is_known(*handshake_->remote_static()))
    return fail(Errc::kPermission, "the initiator's key is not known here");
  expect(State::kHandshakeLength, kLengthBytes);
  if (handshake_->is_my_turn()) {
    CUNJU_TRYV(write_handshake_message());
  }
  if (handshake_->finished()) establish();
  return ok();
}

Result<void> Channel::write_handshake_message() {
  CUNJU_TRY(Bytes message, handshake_->write_message({}, random_));
  put_u16(output_, static_cast<std::uint16_t>(message.size()));
  append(output_, message);
  return ok();
}

void Channel::establish() {
  noise::Session session = handshake_->finish();
  handshake_.reset();
  writer_.emplace(std::move(session.send));
  reader_.emplace(std::move(session.receive));
  remote_static_ = session.remote_static;
  hash_ = session.hash;
  expect(State::kFrameLength, kLengthBytes);
}

Result<void> Channel::on_frame_length(std::size_t length) {
  if (length < kMinFrameBytes) return fail(Errc::kMalformed, "frame shorter than a fragment");
  expect(State::kFrame, length);
  return ok();
}

Result<void> Channel::on_frame(ByteView frame) {
  CUNJU_TRY(std::optional<Bytes> message, reader_->read(frame));
  if (message) messages_.push_back(std::move(*message));
  expect(State::kFrameLength, kLengthBytes);
  return ok();
}

Result<void> Channel::send(ByteView message) {
  if (error_) return *error_;
  CUNJU_CHECK(established(), "messages are sent after the handshake");
  return writer_->write(message, output_);
}

Bytes Channel::take_output() { return std::exchange(output_, {}); }

std::vector<Bytes> Channel::take_messages() { return std::exchange(messages_, {}); }

}  // namespace cunju::wire
