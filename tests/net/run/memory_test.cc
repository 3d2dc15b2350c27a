// SPDX-License-Identifier: Apache-2.0
#include "net/run/memory.h"

#include <catch2/catch.hpp>

#include "tests/support/test_world.h"

using namespace cunju;

namespace {

using Small = run::Recent<RecordId, int, 4>;

RecordId record(std::uint8_t number) { return RecordId{{number}}; }

}  // namespace

TEST_CASE("the last keys are found by how far back they are, and older ones are gone") {
  Small recent(true);
  for (std::uint8_t i = 0; i < 6; ++i) CHECK(recent.add(record(i), i) == i);
  CHECK_FALSE(recent.find(record(0)));
  CHECK_FALSE(recent.find(record(1)));
  for (std::uint8_t i = 2; i < 6; ++i) {
    REQUIRE(recent.find(record(i)) == std::optional<std::uint64_t>(i));
    const auto* entry = recent.at_back(recent.end() - i);
    REQUIRE(entry != nullptr);
    CHECK(entry->key == record(i));
    CHECK(entry->value == i);
  }
  CHECK(recent.at_back(0) == nullptr);
  CHECK(recent.at_back(5) == nullptr);
  CHECK(recent.at_back(UINT64_MAX) == nullptr);
}

TEST_CASE("a key that was added again outlives its first place") {
  Small recent(true);
  recent.add(record(1), 1);
  recent.add(record(2), 2);
  recent.add(record(1), 3);
  for (std::uint8_t i = 5; i < 7; ++i) recent.add(record(i), i);
  REQUIRE(recent.find(record(1)) == std::optional<std::uint64_t>(2));
  CHECK(recent.at_back(recent.end() - 2)->value == 3);
}

TEST_CASE("who is told places holds what who looks things up holds") {
  const std::uint64_t seed = 23;
  CAPTURE(seed);
  testing::TestWorld world(seed, 1);
  Small sender(true), receiver(false);
  for (int step = 0; step < 5000; ++step) {
    const RecordId key = record(static_cast<std::uint8_t>(world.roll(9)));
    const auto place = sender.find(key);
    const std::uint64_t back = place ? sender.end() - *place : 0;
    if (back == 0) {
      sender.add(key, step);
      receiver.add(key, step);
      continue;
    }
    auto* there = receiver.at_back(back);
    REQUIRE(there != nullptr);
    CHECK(there->key == key);
    CHECK(there->value == sender.at_back(back)->value);
    there->value = sender.at_back(back)->value = step;
  }
}
