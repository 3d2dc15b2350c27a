// SPDX-License-Identifier: Apache-2.0
#include "crdt/crypto/envelope.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "crdt/base/limits.h"
#include "crdt/crypto/derivation.h"
#include "crdt/crypto/padding.h"
#include "tests/crdt/crypto/sealed_example.h"
#include "tests/support/vector_bytes.h"

using namespace cunju;
using crypto::PartKey;
using crypto::Place;
using crypto::SealedPart;
using sealed_example::Example;
using sealed_example::make_example;
using sealed_example::seal;

namespace {

PartKey part_key(const Example& example, const SealedPart& part) {
  return crypto::derive_part_key(example.epoch_key, example.place, part.links).value();
}

template <class T>
void check_refused(const Result<T>& result, Errc code, const std::string& reason) {
  REQUIRE(result.has_error());
  CHECK(result.error().code == code);
  CHECK_THAT(result.error().context, Catch::StartsWith("envelope: " + reason));
}

Bytes flipped(Bytes bytes, std::size_t bit) {
  bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] ^ (1u << (bit % 8)));
  return bytes;
}

}  // namespace

TEST_CASE("version 1 of an envelope has the recorded bytes") {
  Example example = make_example(7);
  const std::string_view links = "links of the part, packed";
  const std::string_view body = "张三与李四因宅基地边界发生纠纷，双方同意以老墙为界。";
  const SealedPart part = seal(example, as_bytes(links), as_bytes(body));
  CHECK(to_hex(part.links) == to_hex(test::vector_bytes("envelope_1_links.hex")));
  CHECK(to_hex(part.body) == to_hex(test::vector_bytes("envelope_1_body.hex")));

  const Bytes old_links = test::vector_bytes("envelope_1_links.hex");
  const Bytes old_body = test::vector_bytes("envelope_1_body.hex");
  const Result<PartKey> key = crypto::derive_part_key(example.epoch_key, example.place, old_links);
  REQUIRE(key.has_value());
  CHECK(to_hex(key.value().secret.view()) == to_hex(test::vector_bytes("envelope_1_part_key.hex")));
  const Result<Bytes> opened_links = crypto::open_links(key.value(), example.place, old_links);
  REQUIRE(opened_links.has_value());
  CHECK(as_text(opened_links.value()) == links);
  const Result<Bytes> opened_body =
      crypto::open_body(key.value(), example.place, old_links, old_body);
  REQUIRE(opened_body.has_value());
  CHECK(as_text(opened_body.value()) == body);
}

TEST_CASE("what is sealed comes back, at any size, and sizes are buckets") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    CAPTURE(seed);
    Example example = make_example(seed);
    const Bytes links = example.bytes(example.below(seed % 4 == 0 ? 12'000 : 150));
    const Bytes body = example.bytes(example.below(seed % 4 == 1 ? 200'000 : 600));
    const SealedPart part = seal(example, links, body);
    const PartKey key = part_key(example, part);
    CHECK(crypto::open_links(key, example.place, part.links).value() == links);
    CHECK(crypto::open_body(key, example.place, part.links, part.body).value() == body);
    CHECK(crypto::read_epoch_hint(part.links).value() == crypto::epoch_hint(example.place.epoch));
    CHECK(part.links.size() == 53 + crypto::bucket_size(links.size() + 1) + 16);
    CHECK(part.body.size() == crypto::bucket_size(body.size() + 1) + 16);
  }
}

TEST_CASE("plaintexts of one bucket give ciphertexts of one size") {
  Example example = make_example(21);
  for (std::size_t size = 0; size < crypto::kMinBucketBytes; ++size) {
    const Bytes bytes(size, 1);
    const SealedPart part = seal(example, bytes, bytes);
    CHECK(part.links.size() == 133);
    CHECK(part.body.size() == 80);
  }
}

TEST_CASE("every single flipped bit of an envelope is refused with a reason") {
  Example example = make_example(22);
  const SealedPart part = seal(example, example.bytes(50), example.bytes(130));
  const PartKey key = part_key(example, part);
  for (std::size_t bit = 0; bit < part.links.size() * 8; ++bit) {
    CAPTURE(bit);
    const Bytes links = flipped(part.links, bit);
    const std::size_t at = bit / 8;
    const Errc code = at == 0 ? Errc::kUnsupported : Errc::kTampered;
    const std::string reason = at == 0   ? "format"
                               : at < 5  ? "header"
                               : at < 53 ? "commitment"
                                         : "ciphertext";
    check_refused(crypto::open_links(key, example.place, links), code, reason);
    if (at >= 53) continue;  // The body does not depend on the links' ciphertext.
    check_refused(crypto::derive_part_key(example.epoch_key, example.place, links), code, reason);
    check_refused(crypto::open_body(key, example.place, links, part.body), code, reason);
  }
  for (std::size_t bit = 0; bit < part.body.size() * 8; ++bit) {
    CAPTURE(bit);
    check_refused(crypto::open_body(key, example.place, part.links, flipped(part.body, bit)),
                  Errc::kTampered, "ciphertext");
  }
}

TEST_CASE("an envelope that is cut short or goes on is refused") {
  Example example = make_example(23);
  const SealedPart part = seal(example, example.bytes(100), example.bytes(130));
  const PartKey key = part_key(example, part);
  for (std::size_t size = 0; size < part.links.size() + 40; ++size) {
    if (size == part.links.size()) continue;
    Bytes links = part.links;
    links.resize(size);
    REQUIRE(crypto::open_links(key, example.place, links).has_error());
  }
  for (std::size_t size = 0; size < part.body.size() + 40; ++size) {
    if (size == part.body.size()) continue;
    Bytes body = part.body;
    body.resize(size);
    const Result<Bytes> opened = crypto::open_body(key, example.place, part.links, body);
    const bool bucket = size >= 80 && crypto::bucket_size(size - 16) == size - 16;
    check_refused(opened, Errc::kTampered, bucket ? "ciphertext" : "size");
  }
}

TEST_CASE("a part that is copied to another place does not open there") {
  Example example = make_example(24);
  const SealedPart part = seal(example, example.bytes(50), example.bytes(130));
  const PartKey key = part_key(example, part);
  auto check_moved = [&](const std::string& reason, auto change) {
    Place place = example.place;
    change(place);
    check_refused(crypto::derive_part_key(example.epoch_key, place, part.links), Errc::kTampered,
                  reason);
    // An auditor who has the part's key alone is not misled either.
    check_refused(crypto::open_links(key, place, part.links), Errc::kTampered, reason);
    check_refused(crypto::open_body(key, place, part.links, part.body), Errc::kTampered, reason);
  };
  check_moved("commitment", [](Place& place) { place.space.value[0] ^= 1; });
  check_moved("commitment", [](Place& place) { place.author.value[31] ^= 0x80; });
  check_moved("commitment", [](Place& place) { place.seq.value ^= 1; });
  check_moved("commitment", [](Place& place) { place.seq.value ^= std::uint64_t{1} << 63; });
  check_moved("commitment", [](Place& place) { place.prev.value[7] ^= 1; });
  check_moved("commitment", [](Place& place) { place.part_index ^= 1; });
  check_moved("commitment", [](Place& place) { place.part_index ^= 0x8000; });
  check_moved("commitment", [](Place& place) { place.scope.value ^= 1; });
  check_moved("commitment", [](Place& place) { place.scope.value ^= 0x8000; });
  check_moved("header", [](Place& place) { place.epoch.value[0] ^= 1; });
  // Another epoch with the same hint.
  check_moved("commitment", [](Place& place) { place.epoch.value[31] ^= 1; });
}

TEST_CASE("a part's key opens that part and nothing else") {
  Example example = make_example(25);
  const Bytes links = example.bytes(50), body = example.bytes(130);
  const SealedPart shown = seal(example, links, body);
  const PartKey key = part_key(example, shown);
  // Sealed again at the same place, as after a crash; and the next part of the change.
  const SealedPart again = seal(example, links, body);
  check_refused(crypto::open_links(key, example.place, again.links), Errc::kTampered, "commitment");
  check_refused(crypto::open_body(key, example.place, again.links, again.body), Errc::kTampered,
                "commitment");
  check_refused(crypto::open_body(key, example.place, shown.links, again.body), Errc::kTampered,
                "ciphertext");
  Place next = example.place;
  ++next.part_index;
  const SealedPart neighbour =
      crypto::seal_part(example.epoch_key, next, {.links = links, .body = body}, example.random)
          .value();
  check_refused(crypto::open_links(key, next, neighbour.links), Errc::kTampered, "commitment");
  // An author who repeats a salt on purpose opens no other part with it either.
  crypto::SeededRandom same(1), salt(1);
  const SealedPart one =
      crypto::seal_part(example.epoch_key, example.place, {.links = links, .body = body}, same)
          .value();
  const SealedPart two =
      crypto::seal_part(example.epoch_key, next, {.links = links, .body = body}, salt).value();
  CHECK_FALSE(part_key(example, one).secret ==
              crypto::derive_part_key(example.epoch_key, next, two.links).value().secret);
  // And it is not the epoch's key, nor does it stand in the envelope.
  CHECK_FALSE(key.secret == example.epoch_key.secret);
  const ByteView secret = key.secret.view();
  CHECK(std::search(shown.links.begin(), shown.links.end(), secret.begin(), secret.end()) ==
        shown.links.end());
}

TEST_CASE("links stand without a body, and are no body") {
  Example example = make_example(26);
  const Bytes bytes = example.bytes(50);
  const SealedPart part = seal(example, bytes, bytes);
  const PartKey key = part_key(example, part);
  CHECK(crypto::open_links(key, example.place, part.links).value() == bytes);
  const ByteView links_ciphertext = ByteView(part.links).subspan(53);
  CHECK(links_ciphertext.size() == part.body.size());
  check_refused(crypto::open_body(key, example.place, part.links, links_ciphertext),
                Errc::kTampered, "ciphertext");
  Bytes as_links = to_bytes(ByteView(part.links).first(53));
  append(as_links, part.body);
  check_refused(crypto::open_links(key, example.place, as_links), Errc::kTampered, "ciphertext");
}

TEST_CASE("a key holder who pads otherwise than all others is refused") {
  Example example = make_example(27);
  const SealedPart part = seal(example, example.bytes(50), example.bytes(50));
  const PartKey key = part_key(example, part);
  const ByteView header = ByteView(part.links).first(53);
  Bytes where = to_bytes(example.place.space.view());
  append(where, example.place.author.view());
  put_u64(where, example.place.seq.value);
  append(where, example.place.prev.view());
  put_u16(where, example.place.part_index);
  put_u16(where, example.place.scope.value);
  append(where, example.place.epoch.view());
  const crypto::Secret<64> keys = crypto::derive_secret<64>(
      key.secret, {crypto::label("cunju envelope 1"), where, header.subspan(5, 16)});
  Bytes nonce(12);
  nonce[0] = 2;
  auto sealed = [&](const Bytes& padded) {
    return crypto::aead_seal(keys.view().last(32), nonce, header, padded);
  };
  auto open = [&](const Bytes& body) {
    return crypto::open_body(key, example.place, part.links, body);
  };
  REQUIRE(open(sealed(crypto::pad(Bytes(9, 1)))).value() == Bytes(9, 1));
  check_refused(open(sealed(Bytes(64))), Errc::kTampered, "padding");
  check_refused(open(sealed(Bytes(64, 1))), Errc::kTampered, "padding");
  Bytes larger = crypto::pad(Bytes(9, 1));
  larger.resize(128);
  check_refused(open(sealed(larger)), Errc::kTampered, "padding");
  larger.resize(65);
  check_refused(open(sealed(larger)), Errc::kTampered, "size");
}

TEST_CASE("an envelope keeps the limits of what a change carries, on both sides") {
  Example example = make_example(28);
  auto sealed = [&](std::size_t links, std::size_t body) {
    return crypto::seal_part(example.epoch_key, example.place,
                             {.links = Bytes(links), .body = Bytes(body)}, example.random);
  };
  // The largest buckets below 16 KiB less 69 bytes and 256 KiB less 16.
  REQUIRE(sealed(15'871, 258'047).has_value());
  check_refused(sealed(15'872, 10), Errc::kLimit, "size of links");
  check_refused(sealed(10, 258'048), Errc::kLimit, "size of body");

  const SealedPart part = sealed(10, 10).value();
  const PartKey key = part_key(example, part);
  Bytes links = part.links;
  links.resize(limits::kMaxLinksBytes + 1);
  check_refused(crypto::read_epoch_hint(links), Errc::kLimit, "size of links");
  check_refused(crypto::open_body(key, example.place, part.links, Bytes(limits::kMaxBodyBytes + 1)),
                Errc::kLimit, "size of body");
}

TEST_CASE("random bytes are no envelope and crash nothing") {
  Example example = make_example(29);
  const SealedPart part = seal(example, example.bytes(10), example.bytes(10));
  const PartKey key = part_key(example, part);
  for (int i = 0; i < 2000; ++i) {
    Bytes bytes = example.bytes(example.below(300));
    if (!bytes.empty() && i % 2 == 0) bytes[0] = 1;
    REQUIRE(crypto::derive_part_key(example.epoch_key, example.place, bytes).has_error());
    REQUIRE(crypto::open_links(key, example.place, bytes).has_error());
    REQUIRE(crypto::open_body(key, example.place, part.links, bytes).has_error());
  }
}
