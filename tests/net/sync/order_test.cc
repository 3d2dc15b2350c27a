// SPDX-License-Identifier: Apache-2.0
// What goes first over a link that may be cut at any time.
#include <catch2/catch.hpp>
#include <list>
#include <random>

#include "tests/support/session_pair.h"
#include "tests/support/test_world.h"

using namespace cunju;
using testing::MemoryPort;
using testing::SessionPair;
using testing::TestWorld;

namespace {

/// So small that every batch is one of many.
constexpr sync::Options kTight{.window_bytes = 8'000, .batch_target_bytes = 2'000};

/// An office's link: one village with much that is new, and others with little.
struct District {
  District(std::uint64_t seed, std::size_t small_ones, std::size_t changes = 400) {
    large = &add(seed, changes);
    for (std::size_t i = 0; i < small_ones; ++i) small.push_back(&add(seed + 100 + i, 2));
  }
  TestWorld& add(std::uint64_t seed, std::size_t changes) {
    worlds.emplace_back(seed, 2);
    TestWorld& world = worlds.back();
    world.write_any(changes);
    a.share(world.space());
    b.share(world.space());
    for (const Change& change : world.all()) a.put(change);
    return world;
  }
  bool is_whole(const TestWorld& world) const {
    return b.size(world.space()) == world.all().size();
  }
  std::size_t whole_small_ones() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(small, [&](const TestWorld* world) { return is_whole(*world); }));
  }

  std::list<TestWorld> worlds;
  TestWorld* large;
  std::vector<TestWorld*> small;
  MemoryPort a, b;
};

/// Delivers until `is_far`, then the link is cut. False: it came to its end before.
template <class IsFar>
bool run_until(SessionPair& pair, const IsFar& is_far) {
  for (std::size_t i = 0; i < 100'000; ++i) {
    if (is_far()) return true;
    std::size_t side = i % 2;
    if (!pair.can_deliver(side)) side = 1 - side;
    if (!pair.can_deliver(side)) return false;
    pair.deliver(side);
  }
  return false;
}

}  // namespace

TEST_CASE("what is cut midway is the village with much, and fifty with little have arrived") {
  const std::uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  District district(seed, 50);
  const testing::Sketching sketching(GENERATE(false, true));
  SessionPair pair(district.a, district.b, kTight, kTight);
  pair.start();
  const SpaceId large = district.large->space();
  REQUIRE(run_until(pair, [&] { return district.b.size(large) > 0; }));
  CHECK(district.whole_small_ones() == 50);
  CHECK_FALSE(district.is_whole(*district.large));
  // The next session brings the rest.
  SessionPair again(district.a, district.b, kTight, kTight, testing::test_handshake_hash(8));
  again.start();
  REQUIRE(again.pump());
  CHECK(district.is_whole(*district.large));
}

TEST_CASE("what is urgent of a large village goes before all that is not, and the rest after it") {
  const std::uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  District district(seed, 20);
  const Change& act = district.large->all()[5];
  district.a.mark_urgent(act.id);
  SessionPair pair(district.a, district.b, kTight, kTight);
  pair.start();
  const SpaceId large = district.large->space();
  REQUIRE(run_until(pair, [&] { return district.b.ids(large).contains(act.id); }));
  CHECK(district.whole_small_ones() == 0);
  const std::size_t so_far = district.b.size(large);
  REQUIRE(run_until(pair, [&] { return district.b.size(large) > so_far; }));
  CHECK(district.whole_small_ones() == 20);
  REQUIRE(pair.pump());
  CHECK(district.is_whole(*district.large));
}

TEST_CASE("what is written in a small village while a large one is sent does not wait for it") {
  const std::uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  District district(seed, 1);
  SessionPair pair(district.a, district.b, kTight, kTight);
  pair.start();
  const SpaceId large = district.large->space();
  REQUIRE(run_until(pair, [&] { return district.b.size(large) > 50; }));
  TestWorld& small = *district.small.front();
  REQUIRE(district.is_whole(small));
  district.a.put(small.write(0));
  pair.apply(0, pair.session(0).on_changes_committed(small.space()));
  REQUIRE(run_until(pair, [&] { return district.is_whole(small); }));
  CHECK(district.b.size(large) < district.large->all().size() / 2);
  REQUIRE(pair.pump());
  CHECK(district.is_whole(*district.large));
}

TEST_CASE("what becomes urgent while another village is sent goes before the rest of that") {
  const std::uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  District district(seed, 0);
  TestWorld& larger = district.add(seed + 1, 800);
  SessionPair pair(district.a, district.b, kTight, kTight);
  pair.start();
  const SpaceId large = district.large->space();
  REQUIRE(run_until(pair, [&] { return district.b.size(large) > 20; }));
  REQUIRE(district.b.size(larger.space()) == 0);
  // Nobody's log but its own is before it.
  const Change& act = larger.all().front();
  district.a.mark_urgent(act.id);
  pair.apply(0, pair.session(0).on_changes_committed(larger.space()));
  REQUIRE(run_until(pair, [&] { return district.b.ids(larger.space()).contains(act.id); }));
  CHECK(district.b.size(large) < district.large->all().size() / 2);
  REQUIRE(pair.pump());
  CHECK(district.is_whole(*district.large));
  CHECK(district.is_whole(larger));
}

TEST_CASE("whatever goes first, all of it arrives, and nothing twice") {
  const std::uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 dice(seed);
  for (int turn = 0; turn < 20; ++turn) {
    District district(seed + 1000 * static_cast<std::uint64_t>(turn), dice() % 8, dice() % 60);
    for (const TestWorld& world : district.worlds) {
      for (const Change& change : world.all())
        if (dice() % 8 == 0) district.a.mark_urgent(change.id);
    }
    SessionPair pair(district.a, district.b, kTight, kTight);
    pair.start();
    REQUIRE(pair.pump());
    for (const TestWorld& world : district.worlds) CHECK(district.is_whole(world));
    CHECK(district.b.accepted().known == 0);
  }
}
