// SPDX-License-Identifier: Apache-2.0
#include "crdt/crypto/crypto.h"

#include <catch2/catch.hpp>

using namespace cunju;

TEST_CASE("a signature verifies under its label only") {
  crypto::SeededRandom random(1);
  crypto::SigningKey key = crypto::SigningKey::generate(random);
  Signature signature = key.sign("cunju change 1", {as_bytes("hello")});
  CHECK(crypto::verify(key.public_key(), "cunju change 1", {as_bytes("hel"), as_bytes("lo")},
                       signature));
  CHECK_FALSE(crypto::verify(key.public_key(), "cunju change 2", {as_bytes("hello")}, signature));
  CHECK_FALSE(crypto::verify(key.public_key(), "cunju change 1", {as_bytes("hellp")}, signature));
}

TEST_CASE("BLAKE2b-256 and BLAKE2b-512 match the published digests of abc") {
  // RFC 7693 appendix A for 512; the 256-bit digest of b2sum -l 256.
  CHECK(to_hex(crypto::hash512({as_bytes("abc")})) ==
        "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
        "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923");
  CHECK(crypto::hash({as_bytes("a"), as_bytes("bc")}).hex() ==
        "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
}

TEST_CASE("a sealed value opens only with its key, its place and its bytes") {
  crypto::SeededRandom random(2);
  crypto::Secret<32> key, other;
  random.fill(key.mutable_view());
  random.fill(other.mutable_view());
  Bytes sealed = crypto::seal(key, as_bytes("place"), as_bytes("content"), random);
  REQUIRE(crypto::open(key, as_bytes("place"), sealed).has_value());
  CHECK(as_text(*crypto::open(key, as_bytes("place"), sealed)) == "content");
  CHECK_FALSE(crypto::open(other, as_bytes("place"), sealed).has_value());
  CHECK_FALSE(crypto::open(key, as_bytes("palce"), sealed).has_value());
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    Bytes changed = sealed;
    changed[i] ^= 1;
    CHECK_FALSE(crypto::open(key, as_bytes("place"), changed).has_value());
  }
}

TEST_CASE("a low-order point gives no shared secret") {
  crypto::SeededRandom random(3);
  crypto::DhKey key = crypto::DhKey::generate(random);
  Bytes zero(32, 0);
  CHECK_FALSE(key.exchange(zero).has_value());
}
