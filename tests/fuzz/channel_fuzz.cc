// SPDX-License-Identifier: Apache-2.0
// The channel's parsers on foreign bytes. The first byte chooses, from 128 on with a pairing:
//   0 a responder and 1 an initiator that gets the bytes as they are, cut into pieces;
//   2 two channels whose handshake is done, where the size is a multiple of 16, as it takes long;
//     the bytes are commands: messages, damage, cuts.
// What an authenticated peer can do: frames_fuzz.cc.
#include <algorithm>
#include <cstdlib>
#include <deque>

#include "crdt/base/check.h"
#include "tests/net/wire/channel_pair.h"

using namespace cunju;
using wire::Channel;
using wire::ChannelPair;
using wire::Mode;

namespace {

// Feeds in pieces whose sizes come from the input, so cuts are found as well.
void feed_pieces(ChannelPair& pair, Channel& to, ByteView bytes) {
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

// Everything that comes out was sent, in order.
void check_delivery(Channel& to, std::deque<Bytes>& sent) {
  for (const Bytes& message : to.take_messages()) {
    CUNJU_CHECK(!sent.empty() && sent.front() == message, "only what was sent comes out");
    sent.pop_front();
  }
}

void run_session(Mode mode, ByteView commands) {
  ChannelPair pair(mode);
  CUNJU_CHECK(pair.pump().has_value(), "an undisturbed handshake succeeds");
  std::deque<Bytes> sent;
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
    check_delivery(pair.responder, sent);
    CUNJU_CHECK(damaged || outcome.has_value(), "undamaged frames open");
    if (damaged) return;
    CUNJU_CHECK(sent.empty(), "undamaged frames all arrive");
  }
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  crypto::initialize();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView bytes = ByteView(data, size).subspan(1);
  const Mode mode = data[0] < 128 ? Mode::kKnown : Mode::kPairing;
  // Making keys and shaking hands takes a hundred times as long as everything else.
  static ChannelPair known(Mode::kKnown), pairing(Mode::kPairing);
  ChannelPair& keys = mode == Mode::kKnown ? known : pairing;
  crypto::SeededRandom random(1);
  switch (data[0] % 3) {
    case 0: {
      keys.gatekeeper.asked.clear();
      Channel responder = Channel::responder(keys.responder_key, keys.gatekeeper, random);
      feed_pieces(keys, responder, bytes);
      break;
    }
    case 1: {
      Channel initiator = Channel::initiator(random);
      feed_pieces(keys, initiator, bytes);
      break;
    }
    default:
      if (size % 16 == 0) run_session(mode, bytes);
  }
  return 0;
}
