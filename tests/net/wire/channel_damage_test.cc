// SPDX-License-Identifier: Apache-2.0
// Whole sessions, damaged at every place: the channel ends in an error or waits for more, and
// nothing that was not sent ever comes out.
#include <catch2/catch.hpp>

#include "tests/net/wire/channel_pair.h"

using namespace cunju;
using wire::ChannelPair;
using wire::Mode;

namespace {

constexpr Mode kModes[] = {Mode::kKnown, Mode::kPairing};

// A short session in both directions; the result of the first side that failed.
template <class Wire>
Result<void> session(ChannelPair& pair, Wire&& wire) {
  CUNJU_TRYV(pair.pump(SIZE_MAX, wire));
  if (!pair.initiator.established() || !pair.responder.established()) return ok();
  CUNJU_TRYV(pair.initiator.send(as_bytes("question")));
  CUNJU_TRYV(pair.responder.send(as_bytes("answer")));
  CUNJU_TRYV(pair.initiator.send(as_bytes("thanks")));
  return pair.pump(SIZE_MAX, wire);
}

bool is_prefix(const std::vector<Bytes>& got, const std::vector<std::string_view>& sent) {
  if (got.size() > sent.size()) return false;
  for (std::size_t i = 0; i < got.size(); ++i)
    if (as_text(got[i]) != sent[i]) return false;
  return true;
}

// True when everything that was sent has arrived.
bool check_nothing_forged(ChannelPair& pair) {
  const std::vector<Bytes> at_responder = pair.responder.take_messages();
  const std::vector<Bytes> at_initiator = pair.initiator.take_messages();
  CHECK(is_prefix(at_responder, {"question", "thanks"}));
  CHECK(is_prefix(at_initiator, {"answer"}));
  return at_responder.size() == 2 && at_initiator.size() == 1;
}

struct Totals {
  std::size_t bytes[2];
};

Totals undamaged(Mode mode) {
  ChannelPair pair(mode);
  REQUIRE(session(pair, [](bool, std::size_t, std::uint8_t byte) { return byte; }).has_value());
  CHECK(check_nothing_forged(pair));
  return {{pair.passed[0], pair.passed[1]}};
}

}  // namespace

TEST_CASE("a flipped bit anywhere in a session is an error or an endless wait") {
  for (Mode mode : kModes) {
    const Totals totals = undamaged(mode);
    for (bool from_initiator : {false, true}) {
      for (std::size_t place = 0; place < totals.bytes[from_initiator ? 1 : 0]; ++place) {
        // All bits of one byte differ from place to place, to keep the test quick.
        const auto mask = static_cast<std::uint8_t>(1U << (place % 8));
        CAPTURE(static_cast<int>(mode), from_initiator, place);
        ChannelPair pair(mode);
        Result<void> outcome =
            session(pair, [&](bool direction, std::size_t offset, std::uint8_t byte) {
              const bool here = direction == from_initiator && offset == place;
              return here ? static_cast<std::uint8_t>(byte ^ mask) : byte;
            });
        const bool complete = check_nothing_forged(pair);
        // Length bytes may make the reader wait; everything else must be noticed.
        CHECK_FALSE((outcome.has_value() && complete));
      }
    }
  }
}

TEST_CASE("a session cut at any byte delivers a prefix of what was sent") {
  for (Mode mode : kModes) {
    ChannelPair recording(mode);
    Bytes to_responder;
    REQUIRE(session(recording, [&](bool from_initiator, std::size_t, std::uint8_t byte) {
              if (from_initiator) to_responder.push_back(byte);
              return byte;
            }).has_value());
    for (std::size_t length = 0; length < to_responder.size(); ++length) {
      CAPTURE(static_cast<int>(mode), length);
      // The same seed makes the same keys, so the recorded bytes fit this responder.
      ChannelPair pair(mode);
      const Bytes greeting = pair.responder.take_output();
      REQUIRE(pair.feed(pair.initiator, greeting).has_value());
      REQUIRE(pair.responder.on_bytes(ByteView(to_responder).first(length)).has_value());
      REQUIRE(pair.responder.take_messages().size() < 2);
    }
  }
}

TEST_CASE("frames that are dropped, repeated or swapped do not open") {
  for (int trick = 0; trick < 3; ++trick) {
    CAPTURE(trick);
    ChannelPair pair(Mode::kKnown);
    REQUIRE(pair.pump().has_value());
    REQUIRE(pair.initiator.send(as_bytes("question")).has_value());
    const Bytes first = pair.initiator.take_output();
    REQUIRE(pair.initiator.send(as_bytes("thanks")).has_value());
    const Bytes second = pair.initiator.take_output();
    if (trick == 0) {
      CHECK(pair.responder.on_bytes(second).error().code == Errc::kBadSignature);
    } else if (trick == 1) {
      REQUIRE(pair.responder.on_bytes(first).has_value());
      CHECK(pair.responder.on_bytes(first).error().code == Errc::kBadSignature);
    } else {
      // A frame reflected to its sender.
      CHECK(pair.initiator.on_bytes(first).error().code == Errc::kBadSignature);
    }
    check_nothing_forged(pair);
  }
}

TEST_CASE("random bytes end both roles in an error or a wait") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    CAPTURE(seed);
    crypto::SeededRandom random(seed);
    Bytes noise(600);
    random.fill(noise);
    ChannelPair pair(Mode::kKnown, seed);
    const bool as_mode = seed % 2 == 0;
    if (as_mode) noise[0] = static_cast<std::uint8_t>(1 + seed / 2 % 2);
    CHECK_FALSE(pair.responder.on_bytes(noise).has_value());
    CHECK(pair.initiator.on_bytes(noise).error().code == Errc::kProtocol);
    CHECK_FALSE(pair.initiator.established());
    CHECK_FALSE(pair.responder.established());
  }
}
