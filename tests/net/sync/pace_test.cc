// SPDX-License-Identifier: Apache-2.0
#include "net/sync/pace.h"

#include <catch2/catch.hpp>

#include "tests/support/session_pair.h"
#include "tests/support/test_world.h"

using namespace cunju;
using namespace std::chrono_literals;
using sync::Pace;

TEST_CASE("batches begin small and double with each quick ack up to the target") {
  Pace pace{sync::Options{}};
  CHECK(pace.batch_bytes() == sync::kSmallestBatchBytes);
  CHECK(pace.window_bytes() == sync::kSmallestBatchBytes * sync::kBatchesInFlight);
  std::size_t before = pace.batch_bytes();
  while (before < limits::kBatchTargetBytes) {
    pace.note_ack(before, 100ms);
    CHECK(pace.batch_bytes() == std::min(before * 2, limits::kBatchTargetBytes));
    before = pace.batch_bytes();
  }
  pace.note_ack(before, 100ms);
  CHECK(pace.batch_bytes() == limits::kBatchTargetBytes);
  CHECK(pace.window_bytes() <= limits::kWindowBytes);
}

TEST_CASE("slow acks halve batches, down to the smallest; what lies between changes nothing") {
  Pace pace{sync::Options{}};
  for (int i = 0; i < 3; ++i) pace.note_ack(pace.batch_bytes(), 1s);
  const std::size_t large = pace.batch_bytes();
  pace.note_ack(large, 8s);
  CHECK(pace.batch_bytes() == large);
  pace.note_ack(large, 13s);
  CHECK(pace.batch_bytes() == large / 2);
  for (int i = 0; i < 10; ++i) pace.note_ack(1, 100s);
  CHECK(pace.batch_bytes() == sync::kSmallestBatchBytes);
}

TEST_CASE("quick acks of small live edits say nothing about what a link can carry") {
  Pace pace{sync::Options{}};
  for (int i = 0; i < 100; ++i) pace.note_ack(500, 10ms);
  CHECK(pace.batch_bytes() == sync::kSmallestBatchBytes);
}

TEST_CASE("a smaller target and window than the first ones are kept") {
  Pace pace{{.window_bytes = 4000, .batch_target_bytes = 1000}};
  CHECK(pace.batch_bytes() == 1000);
  CHECK(pace.window_bytes() == 4000);
  pace.note_ack(1000, 99s);
  CHECK(pace.batch_bytes() == 1000);
}

TEST_CASE("a session's first batches are small, so that a link cut early has carried some") {
  testing::TestWorld world(5, 1);
  testing::MemoryPort full;
  testing::MemoryPort empty;
  full.share(world.space());
  empty.share(world.space());
  for (int i = 0; i < 600; ++i) world.write(0, world.one_register(400));
  for (const Change& change : world.all()) full.put(change);
  testing::SessionPair pair(full, empty);
  pair.start();
  REQUIRE(pair.pump());
  CHECK(empty.size(world.space()) == world.all().size());
  const auto& batches = pair.side(0).batches;
  REQUIRE(batches.size() > 3);
  CHECK(batches.at(0) <= sync::kSmallestBatchBytes);
  // Some batches later, after quick acks, they are larger: of the smallest ones it would be 30.
  CHECK(batches.rbegin()->first < 20);
}
