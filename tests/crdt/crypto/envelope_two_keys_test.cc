// SPDX-License-Identifier: Apache-2.0
// A member who knows two epoch keys makes one ciphertext that plain ChaCha20-Poly1305 opens under
// both, to two texts: the mediator would read one agreement and the auditor another. The
// derivations are written here from docs/formats/envelope.md, not taken from the code.
#include <catch2/catch.hpp>

#include "crdt/crypto/derivation.h"
#include "crdt/crypto/padding.h"
#include "tests/crdt/crypto/poly1305_collision.h"
#include "tests/crdt/crypto/sealed_example.h"

using namespace cunju;
using crypto::EpochKey;
using crypto::PartKey;
using crypto::Secret;
using poly1305_collision::Attack;
using sealed_example::Example;

namespace {

Bytes exclusive_or(Bytes a, ByteView b) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] = static_cast<std::uint8_t>(a[i] ^ b[i]);
  return a;
}

const Bytes kLinksNonce{1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};

struct Keys {
  EpochKey epoch;
  PartKey part;
  Bytes commitment;
  Bytes message_key;
};

Keys derive(EpochKey epoch, const crypto::Place& place, ByteView salt) {
  Bytes where = to_bytes(place.space.view());
  append(where, place.author.view());
  put_u64(where, place.seq.value);
  append(where, place.prev.view());
  put_u16(where, place.part_index);
  put_u16(where, place.scope.value);
  append(where, place.epoch.view());
  PartKey part{
      crypto::derive_secret<32>(epoch.secret, {crypto::label("cunju part key 1"), where, salt})};
  const Secret<64> both =
      crypto::derive_secret<64>(part.secret, {crypto::label("cunju envelope 1"), where, salt});
  return {.epoch = std::move(epoch),
          .part = std::move(part),
          .commitment = to_bytes(both.view().first(32)),
          .message_key = to_bytes(both.view().last(32))};
}

Bytes header_with(const crypto::Place& place, ByteView salt, ByteView commitment) {
  Bytes out{1};
  append(out, crypto::epoch_hint(place.epoch).view());
  append(out, salt);
  append(out, commitment);
  return out;
}

/// One ciphertext with tag, of the smallest bucket, that opens under both message keys to two
/// plaintexts with good padding.
Bytes forge(Example& example, const Keys& one, const Keys& two, ByteView header) {
  const Bytes stream = poly1305_collision::chacha20_block(one.message_key, 1, kLinksNonce);
  const Attack attack{.key_1 = one.message_key,
                      .key_2 = two.message_key,
                      .nonce = kLinksNonce,
                      .associated = header,
                      .open_block = 2};
  for (;;) {
    const Bytes plaintext = crypto::pad(example.bytes(63));
    if (auto forged = poly1305_collision::solve(attack, exclusive_or(plaintext, stream)))
      return *forged;
  }
}

}  // namespace

TEST_CASE("the key stream of the attack is that of the library") {
  Example example = sealed_example::make_example(41);
  const Bytes key = example.bytes(32), nonce = example.bytes(12);
  const Bytes sealed = crypto::aead_seal(key, nonce, {}, Bytes(64));
  CHECK(equal(ByteView(sealed).first(64), poly1305_collision::chacha20_block(key, 1, nonce)));
}

TEST_CASE("a ciphertext made to open under two keys is refused by the commitment") {
  const std::uint64_t seed = GENERATE(as<std::uint64_t>{}, 42, 43, 44);
  CAPTURE(seed);
  Example example = sealed_example::make_example(seed);
  const Bytes salt = example.bytes(16);
  const Keys one = derive(EpochKey::generate(example.random), example.place, salt);
  const auto last_of_stream = [](const Keys& keys) {
    return poly1305_collision::chacha20_block(keys.message_key, 1, kLinksNonce)[63];
  };
  // The adversary chooses keys, so that the padding is good under both.
  Keys two = derive(EpochKey::generate(example.random), example.place, salt);
  while (last_of_stream(two) != last_of_stream(one))
    two = derive(EpochKey::generate(example.random), example.place, salt);

  // With either commitment in the envelope; nothing else could stand there.
  const bool commits_to_first = GENERATE(true, false);
  const Keys& committed = commits_to_first ? one : two;
  const Keys& other = commits_to_first ? two : one;
  Bytes links = header_with(example.place, salt, committed.commitment);
  const Bytes forged = forge(example, one, two, links);

  // Plain ChaCha20-Poly1305 takes it under both, to two different texts, both well padded.
  const auto plain_one = crypto::aead_open(one.message_key, kLinksNonce, links, forged);
  const auto plain_two = crypto::aead_open(two.message_key, kLinksNonce, links, forged);
  REQUIRE(plain_one.has_value());
  REQUIRE(plain_two.has_value());
  REQUIRE(*plain_one != *plain_two);
  REQUIRE(crypto::unpadded_size(*plain_one) == 63);
  REQUIRE(crypto::unpadded_size(*plain_two) == 63);

  append(links, forged);
  CHECK(crypto::derive_part_key(committed.epoch, example.place, links).has_value());
  CHECK(crypto::open_links(committed.part, example.place, links).has_value());
  const auto key = crypto::derive_part_key(other.epoch, example.place, links);
  REQUIRE(key.has_error());
  CHECK(key.error().code == Errc::kTampered);
  CHECK_THAT(key.error().context, Catch::StartsWith("envelope: commitment"));
  const auto opened = crypto::open_links(other.part, example.place, links);
  REQUIRE(opened.has_error());
  CHECK(opened.error().code == Errc::kTampered);
  CHECK_THAT(opened.error().context, Catch::StartsWith("envelope: commitment"));
}
