// SPDX-License-Identifier: Apache-2.0
#include "crdt/types/text/floor_set.h"

#include <catch2/catch.hpp>
#include <iterator>
#include <random>
#include <set>

using namespace cunju;

TEST_CASE("the floor is the largest member that is not above") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    const auto end = static_cast<std::uint32_t>(1 + random() % (seed % 2 == 0 ? 300 : 3'000'000));
    FloorSet set;
    set.start(end);
    std::set<std::uint32_t> model;
    for (int i = 0; i < 60; ++i) {
      const auto added = static_cast<std::uint32_t>(random() % end);
      set.add(added);
      model.insert(added);
      const auto asked = static_cast<std::uint32_t>(random() % end);
      const auto above = model.upper_bound(asked);
      if (above != model.begin()) REQUIRE(set.floor(asked) == *std::prev(above));
      REQUIRE(set.floor(added) == added);
    }
    set.start(end);
    set.add(0);
    REQUIRE(set.floor(end - 1) == 0);
  }
}
