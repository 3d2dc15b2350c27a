// SPDX-License-Identifier: Apache-2.0
#include "crdt/graph/version_vector.h"

#include <catch2/catch.hpp>
#include <map>
#include <random>

namespace cunju {
namespace {

Dot dot(std::uint8_t author, std::uint64_t seq) {
  AuthorKey key;
  key.value[31] = author;
  return {.author = key, .seq = Seq{seq}};
}

}  // namespace

TEST_CASE("an empty vector covers no change, not even the first of a log") {
  CHECK_FALSE(VersionVector().covers(dot(1, 0)));
  CHECK(VersionVector().covers(VersionVector()));
}

TEST_CASE("raising covers everything of that author up to the sequence number and no other") {
  VersionVector vector;
  vector.raise(dot(2, 5));
  vector.raise(dot(2, 3));
  CHECK(vector.covers(dot(2, 0)));
  CHECK(vector.covers(dot(2, 5)));
  CHECK_FALSE(vector.covers(dot(2, 6)));
  CHECK_FALSE(vector.covers(dot(1, 0)));
  CHECK_FALSE(vector.covers(dot(3, 0)));
  CHECK(vector.size() == 1);
}

TEST_CASE("entries that do not ascend by author are refused") {
  CHECK(VersionVector::from_entries({dot(1, 9), dot(2, 0)}).has_value());
  CHECK_FALSE(VersionVector::from_entries({dot(2, 0), dot(1, 9)}).has_value());
  CHECK_FALSE(VersionVector::from_entries({dot(1, 0), dot(1, 1)}).has_value());
}

TEST_CASE("merging is the union of what both have seen") {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    VersionVector a;
    VersionVector b;
    std::map<Dot, bool> expected;
    for (VersionVector* vector : {&a, &b}) {
      for (std::uint64_t i = random() % 6; i > 0; --i) {
        const Dot up_to = dot(static_cast<std::uint8_t>(random() % 5), random() % 4);
        vector->raise(up_to);
        for (std::uint64_t s = 0; s <= up_to.seq.value; ++s)
          expected[{.author = up_to.author, .seq = Seq{s}}] = true;
      }
    }
    VersionVector merged = a;
    merged.merge(b);
    for (std::uint8_t author = 0; author < 5; ++author)
      for (std::uint64_t seq = 0; seq < 5; ++seq)
        REQUIRE(merged.covers(dot(author, seq)) == (expected.count(dot(author, seq)) == 1));
    REQUIRE(merged.covers(a));
    REQUIRE(merged.covers(b));
    REQUIRE(a.covers(b) == (merged == a));
    VersionVector other_way = b;
    other_way.merge(a);
    REQUIRE(other_way == merged);
  }
}

}  // namespace cunju
