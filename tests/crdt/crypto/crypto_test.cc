// SPDX-License-Identifier: Apache-2.0
#include "crdt/crypto/crypto.h"

#include <sodium.h>

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

TEST_CASE("the published example of XChaCha20-Poly1305 opens, and no other tag") {
  // draft-irtf-cfrg-xchacha-03, A.3.1.
  Bytes key(32), sealed(24);
  for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<std::uint8_t>(0x80 + i);
  for (std::size_t i = 0; i < sealed.size(); ++i) sealed[i] = static_cast<std::uint8_t>(0x40 + i);
  append(sealed, *parse_hex("bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb"
                            "731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452"
                            "2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9"
                            "21f9664c97637da9768812f615c68b13b52e"
                            "c0875924c1c7987947deafd8780acf49"));
  const std::optional<Bytes> opened =
      crypto::open(crypto::Secret<32>(key), *parse_hex("50515253c0c1c2c3c4c5c6c7"), sealed);
  REQUIRE(opened);
  CHECK(as_text(*opened) ==
        "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the "
        "future, sunscreen would be it.");
}

TEST_CASE("values of any length are sealed and opened as libsodium itself does it") {
  const std::uint64_t seed = 9'301;
  CAPTURE(seed);
  crypto::SeededRandom random(seed);
  crypto::Secret<32> key;
  random.fill(key.mutable_view());
  // Past the longest that is opened in one go.
  for (std::size_t size = 0; size < 2'200; ++size) {
    CAPTURE(size);
    Bytes value(size), place(size % 61);
    random.fill(value);
    random.fill(place);
    Bytes sealed = crypto::seal(key, place, value, random), theirs(size + crypto::kTagBytes);
    crypto_aead_xchacha20poly1305_ietf_encrypt(theirs.data(), nullptr, value.data(), size,
                                               place.data(), place.size(), nullptr, sealed.data(),
                                               key.view().data());
    REQUIRE(equal(ByteView(sealed).subspan(24), theirs));
    Bytes opened;
    REQUIRE(crypto::open_into(key, place, sealed, opened));
    REQUIRE(opened == value);
    sealed[(size * 31) % sealed.size()] ^= 1;
    REQUIRE_FALSE(crypto::open_into(key, place, sealed, opened));
    REQUIRE(opened.empty());
  }
}

TEST_CASE("a low-order point gives no shared secret") {
  crypto::SeededRandom random(3);
  crypto::DhKey key = crypto::DhKey::generate(random);
  Bytes zero(32, 0);
  CHECK_FALSE(key.exchange(zero).has_value());
}
