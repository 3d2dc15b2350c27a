// SPDX-License-Identifier: Apache-2.0
//
// The channel's parsers on foreign bytes: for the fuzzer, and for a plain run over a small corpus.
// The first byte chooses, from 128 on with a pairing:
//   0 a responder and 1 an initiator that gets the bytes as they are, cut into pieces;
//   2 two channels whose handshake is done, where the size is a multiple of 16, as it takes long;
//     the bytes are commands: messages, damage, cuts.
// What an authenticated peer can do: frames_input.h.
#pragma once

#include <algorithm>
#include <deque>
#include <vector>

#include "crdt/base/check.h"
#include "tests/net/wire/channel_pair.h"

namespace cunju::testing {

/// Feeds in pieces whose sizes come from the input, so cuts are found as well.
inline void feed_pieces(wire::ChannelPair& pair, wire::Channel& to, ByteView bytes) {
  while (!bytes.empty()) {
    const std::size_t count = std::min<std::size_t>(bytes.size(), 1 + bytes[0] % 61);
    Result<void> outcome = pair.feed(to, bytes.first(count));
    if (!outcome) {
      CUNJU_CHECK(to.on_bytes(bytes).error() == outcome.error(), "a dead channel stays dead");
      return;
    }
    CUNJU_CHECK(to.buffered_bytes() <= limits::kMaxHandshakeBytes, "bounded before the handshake");
    CUNJU_CHECK(!to.established(), "nobody guesses a key");
    bytes = bytes.subspan(count);
  }
}

/// Everything that comes out was sent, in order.
inline std::size_t check_delivery(wire::Channel& to, std::deque<Bytes>& sent) {
  std::size_t delivered = 0;
  for (const Bytes& message : to.take_messages()) {
    CUNJU_CHECK(!sent.empty() && sent.front() == message, "only what was sent comes out");
    sent.pop_front();
    ++delivered;
  }
  return delivered;
}

/// How many messages came out.
inline std::size_t run_session(wire::Mode mode, ByteView commands) {
  wire::ChannelPair pair(mode);
  CUNJU_CHECK(pair.pump().has_value(), "an undisturbed handshake succeeds");
  std::deque<Bytes> sent;
  std::size_t delivered = 0;
  ByteReader reader(commands);
  while (reader.ok() && !reader.at_end()) {
    const std::uint8_t command = reader.u8();
    const std::uint16_t argument = reader.u16();
    if (command % 4 != 0) {
      const ByteView message =
          reader.take(std::min<std::size_t>(argument % 300, reader.remaining()));
      if (message.empty()) continue;
      CUNJU_CHECK(pair.initiator.send(message).has_value(), "it fits");
      sent.push_back(to_bytes(message));
      continue;
    }
    Bytes output = pair.initiator.take_output();
    const bool damaged = command % 8 == 4 && !output.empty();
    if (damaged) output[argument % output.size()] ^= static_cast<std::uint8_t>(1 + command / 8);
    const Result<void> outcome = pair.feed(pair.responder, output);
    delivered += check_delivery(pair.responder, sent);
    CUNJU_CHECK(damaged || outcome.has_value(), "undamaged frames open");
    if (damaged) return delivered;
    CUNJU_CHECK(sent.empty(), "undamaged frames all arrive");
  }
  return delivered;
}

/// How many messages came out of a channel whose handshake was done.
inline std::size_t feed_channel(ByteView input) {
  if (input.empty()) return 0;
  const ByteView bytes = input.subspan(1);
  const wire::Mode mode = input[0] < 128 ? wire::Mode::kKnown : wire::Mode::kPairing;
  // Making keys and shaking hands takes a hundred times as long as everything else.
  static wire::ChannelPair known(wire::Mode::kKnown), pairing(wire::Mode::kPairing);
  wire::ChannelPair& keys = mode == wire::Mode::kKnown ? known : pairing;
  crypto::SeededRandom random(1);
  switch (input[0] % 3) {
    case 0: {
      keys.gatekeeper.asked.clear();
      wire::Channel responder =
          wire::Channel::responder(keys.responder_key, keys.gatekeeper, random);
      feed_pieces(keys, responder, bytes);
      break;
    }
    case 1: {
      wire::Channel initiator = wire::Channel::initiator(random);
      feed_pieces(keys, initiator, bytes);
      break;
    }
    default:
      if (input.size() % 16 == 0) return run_session(mode, bytes);
  }
  return 0;
}

/// What each side of a handshake says to the other, whole and too much of it, and channels that
/// carry messages, damaged and not.
inline std::vector<Bytes> channel_corpus() {
  std::vector<Bytes> out;
  for (const wire::Mode mode : {wire::Mode::kKnown, wire::Mode::kPairing}) {
    const bool is_known = mode == wire::Mode::kKnown;
    Bytes to_responder{static_cast<std::uint8_t>(is_known ? 0 : 129)};
    Bytes to_initiator{static_cast<std::uint8_t>(is_known ? 1 : 130)};
    wire::ChannelPair pair(mode);
    CUNJU_CHECK(pair.pump(SIZE_MAX,
                          [&](bool from_initiator, std::size_t, std::uint8_t byte) {
                            put_u8(from_initiator ? to_responder : to_initiator, byte);
                            return byte;
                          }),
                "an undisturbed handshake succeeds");
    out.push_back(to_responder);
    out.push_back(to_initiator);
    to_responder.resize(to_responder.size() + 2 * limits::kMaxHandshakeBytes, 0xFF);
    out.push_back(std::move(to_responder));
    // Two messages, sent; a third one, damaged.
    Bytes commands{static_cast<std::uint8_t>(is_known ? 2 : 128)};
    append(commands, Bytes{1, 5, 0, 'h', 'e', 'l', 'l', 'o', 2, 3, 0, 'y', 'o', 'u', 0, 0, 0});
    append(commands, Bytes{3, 2, 0, 'n', 'o', 4, 7, 0});
    commands.resize(32);
    out.push_back(std::move(commands));
  }
  return out;
}

}  // namespace cunju::testing
