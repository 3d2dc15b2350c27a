// SPDX-License-Identifier: Apache-2.0
#include "net/wire/channel.h"

#include <catch2/catch.hpp>

#include "tests/net/wire/channel_pair.h"

using namespace cunju;
using wire::Channel;
using wire::ChannelPair;
using wire::Mode;

namespace {

constexpr Mode kModes[] = {Mode::kKnown, Mode::kPairing};

Bytes pattern_bytes(std::size_t count) {
  Bytes out(count);
  for (std::size_t i = 0; i < count; ++i) out[i] = static_cast<std::uint8_t>(i * 31 + (i >> 8));
  return out;
}

// Exchanges a short message each way and one of two fragments.
Result<void> talk(ChannelPair& pair, std::size_t piece) {
  CUNJU_TRYV(pair.pump(piece));
  CUNJU_TRYV(pair.initiator.send(as_bytes("from initiator")));
  CUNJU_TRYV(pair.responder.send(as_bytes("from responder")));
  CUNJU_TRYV(pair.responder.send(pattern_bytes(wire::kMaxFragmentBytes + 1)));
  return pair.pump(piece);
}

void check_talk(ChannelPair& pair) {
  const std::vector<Bytes> at_responder = pair.responder.take_messages();
  REQUIRE(at_responder.size() == 1);
  CHECK(as_text(at_responder[0]) == "from initiator");
  const std::vector<Bytes> at_initiator = pair.initiator.take_messages();
  REQUIRE(at_initiator.size() == 2);
  CHECK(as_text(at_initiator[0]) == "from responder");
  CHECK(at_initiator[1] == pattern_bytes(wire::kMaxFragmentBytes + 1));
}

}  // namespace

TEST_CASE("two nodes that know each other agree on a channel and on who they are") {
  ChannelPair pair(Mode::kKnown);
  REQUIRE(talk(pair, SIZE_MAX).has_value());
  check_talk(pair);
  CHECK(pair.initiator.handshake_hash() == pair.responder.handshake_hash());
  CHECK(pair.initiator.remote_static() == pair.responder_key.wire());
  CHECK(pair.responder.remote_static() == pair.initiator_key.wire());
  CHECK(pair.initiator.mode() == Mode::kKnown);
  CHECK(pair.responder.mode() == Mode::kKnown);
}

TEST_CASE("handshake messages have the documented lengths") {
  for (Mode mode : kModes) {
    ChannelPair pair(mode);
    REQUIRE(pair.pump().has_value());
    // Greeting, choice, and each message with its length, as docs/protocol_channel.md has them.
    const bool known = mode == Mode::kKnown;
    CHECK(pair.passed[0] == 38 + (known ? 2 + 48 : 2 + 96));
    CHECK(pair.passed[1] == (known ? 1 + 2 + 96 : 17 + 2 + 48 + 2 + 64));
  }
}

TEST_CASE("pairing shows each side only the other's one-time key") {
  ChannelPair pair(Mode::kPairing);
  REQUIRE(talk(pair, SIZE_MAX).has_value());
  check_talk(pair);
  CHECK(pair.responder.mode() == Mode::kPairing);
  CHECK(pair.initiator.handshake_hash() == pair.responder.handshake_hash());
  CHECK(pair.initiator.remote_static() ==
        crypto::DhKey::from_secret(pair.gatekeeper.one_time).wire());
  CHECK(pair.responder.remote_static() != pair.initiator_key.wire());
  CHECK(pair.gatekeeper.asked.empty());
}

TEST_CASE("a channel works however the stream is cut") {
  for (Mode mode : kModes) {
    for (std::size_t piece : {1U, 2U, 3U, 7U, 37U, 38U, 39U, 512U, 65537U}) {
      CAPTURE(static_cast<int>(mode), piece);
      ChannelPair pair(mode);
      REQUIRE(talk(pair, piece).has_value());
      check_talk(pair);
    }
  }
}

TEST_CASE("the greeting is a hint to those who know the key and random to others") {
  crypto::SeededRandom random(5);
  const crypto::DhKey key = crypto::DhKey::generate(random);
  const crypto::DhKey other = crypto::DhKey::generate(random);
  const wire::Greeting first = wire::Greeting::make(key.wire(), random);
  const wire::Greeting second = wire::Greeting::make(key.wire(), random);
  CHECK(first.is_from(key.wire()));
  CHECK_FALSE(first.is_from(other.wire()));
  // Two greetings of one node share no more than magic and version.
  CHECK_FALSE(equal(first.bytes().subspan(6, 16), second.bytes().subspan(6, 16)));
  CHECK_FALSE(equal(first.bytes().subspan(22), second.bytes().subspan(22)));
  Bytes newer = to_bytes(first.bytes());
  newer[5] = 2;
  CHECK(wire::Greeting::parse(newer).error().code == Errc::kUnsupported);
}

TEST_CASE("the bytes of greeting and framing are as documented") {
  ChannelPair pair(Mode::kKnown);
  const Bytes greeting = pair.responder.take_output();
  REQUIRE(greeting.size() == 38);
  CHECK(as_text(ByteView(greeting).first(5)) == "cunju");
  CHECK(greeting[5] == 1);
  const auto label = crypto::label("cunju greet 1");
  const Hash hint = crypto::keyed_hash(ByteView(greeting).subspan(6, 16),
                                       {label, pair.responder_key.wire().view()});
  CHECK(equal(ByteView(greeting).subspan(22), hint.view().first(16)));
  REQUIRE(pair.feed(pair.initiator, greeting).has_value());
  const Bytes first = pair.initiator.take_output();
  // mode, length, then e[32] | sealed s[48] | tag[16] of the empty payload
  REQUIRE(first.size() == 1 + 2 + 96);
  CHECK(first[0] == 1);
  CHECK(first[1] == 96);
  CHECK(first[2] == 0);
  REQUIRE(pair.feed(pair.responder, first).has_value());
  const Bytes second = pair.responder.take_output();
  REQUIRE(second.size() == 2 + 48);
  REQUIRE(pair.feed(pair.initiator, second).has_value());
  REQUIRE(pair.initiator.send(as_bytes("hello")).has_value());
  const Bytes frame = pair.initiator.take_output();
  REQUIRE(frame.size() == 2 + 1 + 5 + 16);
  CHECK(frame[0] == 22);
  CHECK(frame[1] == 0);
}

TEST_CASE("an unknown initiator is dropped without a reply") {
  ChannelPair pair(Mode::kKnown);
  pair.gatekeeper.known = pair.responder_key.wire();
  CHECK(pair.pump().error().code == Errc::kPermission);
  CHECK(pair.gatekeeper.asked == std::vector<WireKey>{pair.initiator_key.wire()});
  CHECK(pair.responder.take_output().empty());
  CHECK_FALSE(pair.responder.established());
  CHECK(pair.responder.on_bytes(as_bytes("x")).error().code == Errc::kPermission);
}

TEST_CASE("a caller with the wrong key for the node gets no reply") {
  ChannelPair pair(Mode::kKnown);
  pair.target = crypto::DhKey::generate(pair.random).wire();
  CHECK(pair.pump().error().code == Errc::kBadSignature);
  CHECK(pair.gatekeeper.asked.empty());
  CHECK(pair.responder.take_output().empty());
}

TEST_CASE("a closed invitation gets no reply and a wrong psk no channel") {
  ChannelPair closed(Mode::kPairing);
  Channel late = Channel::initiator(closed.random);
  REQUIRE(late.on_bytes(closed.responder.take_output()).has_value());
  REQUIRE(late.start_pairing(closed.random.make<wire::InvitationId>(), closed.psk).has_value());
  CHECK(closed.responder.on_bytes(late.take_output()).error().code == Errc::kNotFound);
  CHECK(closed.responder.take_output().empty());

  ChannelPair guessing(Mode::kPairing);
  guessing.random.fill(guessing.psk.mutable_view());
  CHECK(guessing.pump().error().code == Errc::kBadSignature);
  CHECK_FALSE(guessing.responder.established());
}

TEST_CASE("a first message replayed to the same node opens nothing") {
  ChannelPair pair(Mode::kKnown);
  REQUIRE(pair.feed(pair.initiator, pair.responder.take_output()).has_value());
  const Bytes first = pair.initiator.take_output();
  REQUIRE(pair.responder.on_bytes(first).has_value());
  REQUIRE(pair.responder.established());
  Channel again = Channel::responder(pair.responder_key, pair.gatekeeper, pair.random);
  CHECK(again.on_bytes(first).error().code == Errc::kBadSignature);
}

TEST_CASE("a responder that speaks out of turn is dropped") {
  ChannelPair pair(Mode::kKnown);
  Bytes greeting = pair.responder.take_output();
  greeting.push_back(0);
  CHECK(pair.initiator.on_bytes(greeting).error().code == Errc::kProtocol);
  CHECK_FALSE(pair.initiator.awaits_start());
}

TEST_CASE("input held back before authentication is a few hundred bytes, then one frame") {
  for (Mode mode : kModes) {
    ChannelPair pair(mode);
    REQUIRE(pair.pump(1).has_value());
    CHECK(pair.largest_buffer < limits::kMaxHandshakeBytes);
    REQUIRE(pair.initiator.send(Bytes(limits::kMaxMessageBytes)).has_value());
    REQUIRE(pair.pump(1000).has_value());
    CHECK(pair.largest_buffer <= limits::kMaxNoiseMessageBytes);
    CHECK(pair.responder.take_messages().at(0).size() == limits::kMaxMessageBytes);
  }
  // A length over the limit is refused when it is read, before anything is kept for it.
  ChannelPair liar(Mode::kKnown);
  CHECK(liar.responder.on_bytes(Bytes{1, 1, 2}).error().code == Errc::kLimit);
  ChannelPair empty(Mode::kKnown);
  CHECK(empty.responder.on_bytes(Bytes{1, 0, 0}).error().code == Errc::kMalformed);
  ChannelPair mode(Mode::kKnown);
  CHECK(mode.responder.on_bytes(Bytes{3}).error().code == Errc::kProtocol);
}

TEST_CASE("a message that cannot be sent leaves the channel as it was") {
  ChannelPair pair(Mode::kKnown);
  REQUIRE(pair.pump().has_value());
  CHECK(pair.initiator.send(Bytes(limits::kMaxMessageBytes + 1)).error().code == Errc::kLimit);
  CHECK(pair.initiator.send({}).error().code == Errc::kInvalidArgument);
  CHECK(pair.initiator.output_bytes() == 0);
  REQUIRE(talk(pair, SIZE_MAX).has_value());
  check_talk(pair);
}

TEST_CASE("every byte of a session with given randomness is the same as in version 1") {
  // Hashes of all bytes, both directions, of a session from seed 1. Added to, never edited.
  const std::pair<Mode, std::string_view> golden[] = {
      {Mode::kKnown, "66e6d2fbc59164afd6678004674b6d07ca509dfa27b6d3ee96b4cf2fad2495b1"},
      {Mode::kPairing, "41fec087481b10cb44ea75a9f10cc20abf2b1a60238de19df478c3c65ee2e098"},
  };
  for (const auto& [mode, expected] : golden) {
    CAPTURE(static_cast<int>(mode));
    ChannelPair pair(mode);
    crypto::Hasher hasher;
    auto record = [&](bool, std::size_t, std::uint8_t byte) {
      hasher.add({&byte, 1});
      return byte;
    };
    REQUIRE(pair.pump(SIZE_MAX, record).has_value());
    REQUIRE(pair.initiator.send(as_bytes("hello")).has_value());
    REQUIRE(pair.responder.send(pattern_bytes(wire::kMaxFragmentBytes + 1)).has_value());
    REQUIRE(pair.pump(SIZE_MAX, record).has_value());
    CHECK(hasher.finish().hex() == expected);
  }
}
