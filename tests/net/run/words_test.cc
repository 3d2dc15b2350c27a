// SPDX-License-Identifier: Apache-2.0
#include "net/run/words.h"

#include <catch2/catch.hpp>

#include "crdt/change/part_codec.h"
#include "net/run/part_words.h"
#include "tests/support/random_runs.h"

using namespace cunju;

namespace {

Bytes random_words(testing::TestWorld& world) {
  Bytes out;
  for (std::uint64_t count = world.roll(600); count > 0; --count) {
    // Stretches of zeros, of full words and of anything between.
    const std::uint64_t kind = world.roll(4);
    for (std::size_t byte = 0; byte < run::kWordBytes; ++byte) {
      const bool is_zero =
          kind == 0 || (kind == 1 && world.roll(2) == 0) || (kind == 2 && world.roll(8) == 0);
      put_u8(out, is_zero ? 0 : static_cast<std::uint8_t>(1 + world.roll(255)));
    }
  }
  return out;
}

}  // namespace

TEST_CASE("words come back from their packing, whatever they are") {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    CAPTURE(seed);
    testing::TestWorld world(seed, 1);
    const Bytes words = random_words(world);
    const Bytes packed = run::pack_words(words);
    CHECK(run::unpack_words(packed, words.size()) == words);
    if (!words.empty()) CHECK_FALSE(run::unpack_words(packed, words.size() - 1));
    for (std::size_t size = 0; size < packed.size(); size += 1 + world.roll(9)) {
      const auto cut = run::unpack_words(ByteView(packed).first(size), words.size());
      CHECK((!cut || *cut != words));
    }
  }
}

TEST_CASE("long stretches of zeros and of full words are counted as far as a byte goes") {
  for (const std::size_t count : {1u, 255u, 256u, 257u, 600u}) {
    for (const std::uint8_t byte : {std::uint8_t{0}, std::uint8_t{7}}) {
      const Bytes words(count * run::kWordBytes, byte);
      const Bytes packed = run::pack_words(words);
      CAPTURE(count, byte);
      CHECK(run::unpack_words(packed, words.size()) == words);
      CHECK(packed.size() == (count + 255) / 256 * 2 + (byte == 0 ? 0 : count * run::kWordBytes));
    }
  }
}

TEST_CASE("a packed bomb is refused before it is unpacked") {
  Bytes bomb;
  for (int i = 0; i < 1000; ++i) append(bomb, Bytes{0, 255});
  CHECK_FALSE(run::unpack_words(bomb, 1024 * 1024));
}

TEST_CASE("links and bodies that this program writes have fields, and come back byte for byte") {
  std::size_t links_found = 0, bodies_found = 0;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    testing::RunStream stream(seed, 2);
    stream.next(30);
    for (const Change& change : stream.world.all()) {
      for (const Part& part : change.parts) {
        const bool is_ours =
            decode_links(part.links).has_value() && decode_body(part.body).has_value();
        if (!is_ours) continue;
        const auto links = run::unpack_words(part.links, 1 << 20);
        const auto body = run::unpack_words(part.body, 1 << 20);
        REQUIRE(links);
        REQUIRE(body);
        const bool is_packed_as_ours =
            run::pack_words(*links) == part.links && run::pack_words(*body) == part.body;
        if (!is_packed_as_ours) continue;
        const auto link_fields = run::find_links_fields(*links);
        const auto body_fields = run::find_body_fields(*body);
        REQUIRE(link_fields);
        REQUIRE(body_fields);
        CHECK(run::links_words(*link_fields) == *links);
        CHECK(run::body_words(*body_fields) == *body);
        const Links meant = decode_links(part.links).value();
        CHECK(equal(link_fields->salt, meant.salt.view()));
        CHECK(equal(link_fields->record, meant.record.view()));
        CHECK(as_text(link_fields->registry) == meant.registry);
        CHECK(link_fields->parents.size() == meant.parents.size() * ChangeId::kSize);
        CHECK(body_fields->operations.size() == decode_body(part.body).value().operations.size());
        ++links_found;
        ++bodies_found;
      }
    }
  }
  CHECK(links_found > 500);
  CHECK(bodies_found > 500);
}

TEST_CASE("words with one bit changed have no fields or give just these words") {
  testing::RunStream stream(3, 1);
  stream.next(12);
  for (const Change& change : stream.world.all()) {
    for (const Part& part : change.parts) {
      if (decode_links(part.links).has_error() || decode_body(part.body).has_error()) continue;
      for (const bool is_links : {true, false}) {
        Bytes words = *run::unpack_words(is_links ? part.links : part.body, 1 << 20);
        for (std::size_t bit = 0; bit < words.size() * 8; ++bit) {
          const auto flip = static_cast<std::uint8_t>(1u << bit % 8);
          words[bit / 8] = static_cast<std::uint8_t>(words[bit / 8] ^ flip);
          const auto links = run::find_links_fields(words);
          const auto body = run::find_body_fields(words);
          if (links) CHECK(run::links_words(*links) == words);
          if (body) CHECK(run::body_words(*body) == words);
          words[bit / 8] = static_cast<std::uint8_t>(words[bit / 8] ^ flip);
        }
      }
    }
  }
}

TEST_CASE("random words have no fields, and nothing is read beyond them") {
  const std::uint64_t seed = 17;
  CAPTURE(seed);
  testing::TestWorld world(seed, 1);
  for (int round = 0; round < 2000; ++round) {
    Bytes words(world.roll(40) * run::kWordBytes);
    world.random().fill(words);
    CHECK_FALSE(run::find_links_fields(words));
    CHECK_FALSE(run::find_body_fields(words));
  }
}
