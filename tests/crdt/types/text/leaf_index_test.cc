// SPDX-License-Identifier: Apache-2.0
#include "crdt/types/text/leaf_index.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

using namespace cunju;

namespace {

struct Leaf {
  std::uint32_t number = 0;
  std::size_t count = 0;
};

void check_equal(const LeafIndex& index, const std::vector<Leaf>& model, std::mt19937_64& random) {
  std::size_t total = 0;
  std::uint32_t at = index.first();
  std::uint32_t previous = LeafIndex::kNone;
  for (const Leaf& leaf : model) {
    REQUIRE(at == leaf.number);
    REQUIRE(index.previous(at) == previous);
    if (leaf.count != 0) {
      const LeafIndex::Place place = index.find(total + random() % leaf.count);
      REQUIRE(place.leaf == leaf.number);
      REQUIRE(place.before == total);
    }
    total += leaf.count;
    previous = at;
    at = index.next(at);
  }
  REQUIRE(at == LeafIndex::kNone);
  REQUIRE(index.total() == total);
  for (int i = 0; i < 20; ++i) {
    const std::size_t a = random() % model.size();
    const std::size_t b = random() % model.size();
    REQUIRE(index.compare(model[a].number, model[b].number) == (a <=> b));
  }
}

}  // namespace

TEST_CASE("an index of leaves equals a plain list under random changes") {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    LeafIndex index;
    std::vector<Leaf> model{{index.first(), 0}};
    for (int step = 0; step < 4000; ++step) {
      const std::size_t at = random() % model.size();
      const auto place = model.begin() + static_cast<std::ptrdiff_t>(at);
      // Grows first, shrinks later.
      const bool grows = random() % 4 < (step < 2500 ? 3U : 1U);
      if (grows) {
        const std::uint32_t fresh = index.insert_after(place->number);
        const std::size_t count = random() % 5;
        index.add(fresh, count);
        model.insert(place + 1, {fresh, count});
      } else if (model.size() > 1) {
        index.add(place->number, std::size_t{0} - place->count);
        index.remove(place->number);
        model.erase(place);
      }
      if (step % 500 == 0) check_equal(index, model, random);
    }
    check_equal(index, model, random);
    index.clear();
    CHECK(index.total() == 0);
    CHECK(index.next(index.first()) == LeafIndex::kNone);
  }
}
