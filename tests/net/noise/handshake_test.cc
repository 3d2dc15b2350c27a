// SPDX-License-Identifier: Apache-2.0
#include "net/noise/handshake.h"

#include <catch2/catch.hpp>
#include <limits>
#include <vector>

#include "crdt/base/limits.h"

using namespace cunju;
using noise::Role;

namespace {

// Both ends of one handshake, with keys from a seed; the same seed gives the same bytes.
struct Pair {
  explicit Pair(const noise::Pattern& pattern, std::uint64_t seed = 1)
      : random(seed),
        initiator_key(crypto::DhKey::generate(random)),
        responder_key(crypto::DhKey::generate(random)),
        psk(random_secret()),
        initiator(pattern, Role::kInitiator, as_bytes("prologue"),
                  keys(pattern, initiator_key, pattern.knows_responder)),
        responder(pattern, Role::kResponder, as_bytes("prologue"),
                  keys(pattern, responder_key, false)) {}

  crypto::Secret<32> random_secret() {
    crypto::Secret<32> out;
    random.fill(out.mutable_view());
    return out;
  }
  noise::HandshakeKeys keys(const noise::Pattern& pattern, const crypto::DhKey& own, bool knows) {
    noise::HandshakeKeys out{
        .local_static = own.clone(), .remote_static = std::nullopt, .psk = std::nullopt};
    if (knows) out.remote_static = responder_key.wire();
    if (pattern.has_psk) out.psk = psk.clone();
    return out;
  }
  noise::Handshake& writer() { return initiator.is_my_turn() ? initiator : responder; }
  noise::Handshake& reader() { return initiator.is_my_turn() ? responder : initiator; }
  /// Passes messages until the next is number `count`.
  void run_until(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      noise::Handshake& to = reader();
      Result<Bytes> message = writer().write_message({}, random);
      REQUIRE(message.has_value());
      REQUIRE(to.read_message(message.value()).has_value());
    }
  }

  crypto::SeededRandom random;
  crypto::DhKey initiator_key, responder_key;
  crypto::Secret<32> psk;
  noise::Handshake initiator, responder;
};

const std::vector<const noise::Pattern*> kPatterns = {&noise::kIk, &noise::kXx, &noise::kXxPsk3};

// Curve25519's points of small order that have a canonical encoding (RFC 7748, section 6.1, asks
// for the check; the coordinates 0, 1 and p-1 follow from the curve's equation).
std::vector<WireKey> low_order_points() {
  WireKey zero, one, minus_one;
  one.value[0] = 1;
  minus_one.value.fill(0xff);
  minus_one.value[0] = 0xec;
  minus_one.value[31] = 0x7f;
  return {zero, one, minus_one};
}

}  // namespace

TEST_CASE("both ends agree on keys, hash and who the other is") {
  for (const noise::Pattern* pattern : kPatterns) {
    INFO(pattern->protocol_name);
    Pair pair(*pattern);
    pair.run_until(pattern->messages.size());
    REQUIRE(pair.initiator.finished());
    REQUIRE(pair.responder.finished());
    noise::Session a = pair.initiator.finish();
    noise::Session b = pair.responder.finish();
    CHECK(a.hash == b.hash);
    CHECK(a.remote_static == pair.responder_key.wire());
    CHECK(b.remote_static == pair.initiator_key.wire());
    for (int i = 0; i < 3; ++i) {
      Bytes sealed = a.send.encrypt({}, as_bytes("ping")).value();
      CHECK(as_text(b.receive.decrypt({}, sealed).value()) == "ping");
      CHECK(b.receive.decrypt({}, sealed).error().code == Errc::kBadSignature);
      sealed = b.send.encrypt({}, as_bytes("pong")).value();
      CHECK(as_text(a.receive.decrypt({}, sealed).value()) == "pong");
    }
  }
}

TEST_CASE("a flipped bit in any handshake message ends the handshake") {
  for (const noise::Pattern* pattern : kPatterns) {
    INFO(pattern->protocol_name);
    for (std::size_t number = 0; number < pattern->messages.size(); ++number) {
      std::size_t bits = 1;
      // Every bit of IK, which strangers can send; every byte and every place in a byte of the
      // rest.
      const std::size_t stride = pattern == &noise::kIk ? 1 : 7;
      for (std::size_t bit = 0; bit < bits; bit += stride) {
        CAPTURE(number, bit);
        Pair pair(*pattern);
        pair.run_until(number);
        noise::Handshake& to = pair.reader();
        Bytes message = pair.writer().write_message({}, pair.random).value();
        bits = message.size() * 8;
        message[bit / 8] = static_cast<std::uint8_t>(message[bit / 8] ^ (1U << (bit % 8)));
        // An unkeyed message is covered only by what follows it, so the handshake goes on.
        bool failed = !to.read_message(message).has_value();
        while (!failed && !(pair.initiator.finished() && pair.responder.finished())) {
          noise::Handshake& next = pair.reader();
          failed = !next.read_message(pair.writer().write_message({}, pair.random).value());
        }
        // This includes the top bit of a coordinate, which X25519 ignores: the hash covers it.
        REQUIRE(failed);
      }
    }
  }
}

TEST_CASE("a handshake that has failed stays failed") {
  Pair pair(noise::kIk);
  const Bytes message = pair.initiator.write_message({}, pair.random).value();
  Bytes changed = message;
  changed.back() ^= 1;
  CHECK(pair.responder.read_message(changed).error().code == Errc::kBadSignature);
  CHECK(pair.responder.read_message(message).error().code == Errc::kProtocol);
}

TEST_CASE("a truncated handshake message is an error at every length") {
  for (const noise::Pattern* pattern : kPatterns) {
    for (std::size_t number = 0; number < pattern->messages.size(); ++number) {
      std::size_t full = 1;
      for (std::size_t length = 0; length < full; ++length) {
        CAPTURE(pattern->protocol_name, number, length);
        Pair pair(*pattern);
        pair.run_until(number);
        noise::Handshake& to = pair.reader();
        Bytes message = pair.writer().write_message({}, pair.random).value();
        full = message.size();
        message.resize(length);
        REQUIRE_FALSE(to.read_message(message).has_value());
      }
    }
  }
}

TEST_CASE("a different prologue, responder key or psk ends the handshake") {
  Pair pair(noise::kIk);
  noise::Handshake other(noise::kIk, Role::kResponder, as_bytes("prologuf"),
                         pair.keys(noise::kIk, pair.responder_key, false));
  const Bytes first = pair.initiator.write_message({}, pair.random).value();
  CHECK(other.read_message(first).error().code == Errc::kBadSignature);

  noise::Handshake stranger(noise::kIk, Role::kResponder, as_bytes("prologue"),
                            pair.keys(noise::kIk, crypto::DhKey::generate(pair.random), false));
  CHECK(stranger.read_message(first).error().code == Errc::kBadSignature);

  Pair psk_pair(noise::kXxPsk3);
  psk_pair.psk = psk_pair.random_secret();
  noise::Handshake guesser(noise::kXxPsk3, Role::kInitiator, as_bytes("prologue"),
                           psk_pair.keys(noise::kXxPsk3, psk_pair.initiator_key, false));
  Bytes message = guesser.write_message({}, psk_pair.random).value();
  REQUIRE(psk_pair.responder.read_message(message).has_value());
  message = psk_pair.responder.write_message({}, psk_pair.random).value();
  REQUIRE(guesser.read_message(message).has_value());
  message = guesser.write_message({}, psk_pair.random).value();
  CHECK(psk_pair.responder.read_message(message).error().code == Errc::kBadSignature);
}

TEST_CASE("a low-order key gives no session") {
  for (const WireKey& point : low_order_points()) {
    CAPTURE(point.hex());
    // As the peer's ephemeral key: the responder's first DH uses it.
    Pair pair(noise::kIk);
    Bytes first = pair.initiator.write_message({}, pair.random).value();
    std::copy(point.value.begin(), point.value.end(), first.begin());
    CHECK(pair.responder.read_message(first).error().code == Errc::kProtocol);
    // As the static key that the initiator was told.
    noise::Handshake fooled(
        noise::kIk, Role::kInitiator, {},
        {.local_static = pair.initiator_key.clone(), .remote_static = point, .psk = std::nullopt});
    CHECK(fooled.write_message({}, pair.random).error().code == Errc::kProtocol);
  }
}

TEST_CASE("an exhausted counter and a message over the limit are errors") {
  crypto::SeededRandom random(7);
  crypto::Secret<32> key;
  random.fill(key.mutable_view());
  noise::CipherState sender(key), receiver(key);
  constexpr std::uint64_t kLast = std::numeric_limits<std::uint64_t>::max() - 1;
  sender.set_nonce(kLast);
  receiver.set_nonce(kLast);
  const Bytes sealed = sender.encrypt({}, as_bytes("last")).value();
  CHECK(as_text(receiver.decrypt({}, sealed).value()) == "last");
  CHECK(sender.encrypt({}, as_bytes("one more")).error().code == Errc::kLimit);
  CHECK(receiver.decrypt({}, sealed).error().code == Errc::kLimit);

  noise::CipherState fresh(key);
  const Bytes largest(limits::kMaxNoiseMessageBytes - crypto::kTagBytes);
  CHECK(fresh.encrypt({}, largest).value().size() == limits::kMaxNoiseMessageBytes);
  CHECK(fresh.encrypt({}, Bytes(largest.size() + 1)).error().code == Errc::kLimit);
  CHECK(fresh.decrypt({}, Bytes(limits::kMaxNoiseMessageBytes + 1)).error().code == Errc::kLimit);

  Pair pair(noise::kXx);
  const Bytes huge(limits::kMaxNoiseMessageBytes - 31);
  CHECK(pair.initiator.write_message(huge, pair.random).error().code == Errc::kLimit);
  CHECK(pair.responder.read_message(Bytes(limits::kMaxNoiseMessageBytes + 1)).error().code ==
        Errc::kLimit);
}
