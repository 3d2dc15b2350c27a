// SPDX-License-Identifier: Apache-2.0
// What happens after catching up: live pushes, chains of nodes, pings.
#include <catch2/catch.hpp>

#include "tests/support/session_pair.h"
#include "tests/support/test_world.h"

using namespace cunju;
using testing::MemoryPort;
using testing::SessionPair;
using testing::TestWorld;

namespace {

/// a - b - c: what b accepts on one link it pushes on the other.
struct Line {
  MemoryPort ports[3];
  SessionPair left{ports[0], ports[1]};
  SessionPair right{ports[1], ports[2]};

  void commit_at(std::size_t node, const Change& change) {
    ports[node].put(change);
    if (node < 2) left.apply(node, left.session(node).on_changes_committed(change.space()));
    if (node > 0) right.apply(node - 1, right.session(node - 1).on_changes_committed());
  }
  bool step(TestWorld& world) {
    SessionPair* pair = world.roll(2) == 0 ? &left : &right;
    std::size_t side = world.roll(2);
    for (int tries = 0; !pair->can_deliver(side); ++tries) {
      if (tries == 4) return false;
      if (tries % 2 == 1) pair = pair == &left ? &right : &left;
      side = 1 - side;
    }
    bool is_middle = pair == &left ? side == 1 : side == 0;
    std::uint64_t before = ports[1].accepted().admitted;
    pair->deliver(side);
    if (!is_middle || ports[1].accepted().admitted == before) return true;
    if (pair == &left) right.apply(0, right.session(0).on_changes_committed());
    if (pair == &right) left.apply(1, left.session(1).on_changes_committed());
    return true;
  }
};

}  // namespace

TEST_CASE("three nodes in a line converge while all of them write, and nothing is sent twice") {
  for (std::uint64_t seed = 1; seed <= 25; ++seed) {
    CAPTURE(seed);
    TestWorld world(seed, 3);
    Line line;
    for (MemoryPort& port : line.ports) port.share(world.space());
    line.ports[0].put(world.all()[0]);
    line.left.start();
    line.right.start();
    for (int i = 0; i < 40; ++i) {
      // Each author writes at its own node, with what that node has as pins.
      std::size_t node = world.roll(3);
      if (line.ports[node].size(world.space()) > 0) {
        const Change change = world.write(node);
        line.commit_at(node, change);
      }
      for (std::uint64_t steps = world.roll(6); steps > 0; --steps) line.step(world);
    }
    int steps = 0;
    while (line.step(world) && ++steps < 20'000) {
    }
    REQUIRE(steps < 20'000);
    for (MemoryPort& port : line.ports) {
      CHECK(port.size(world.space()) == world.all().size());
      CHECK(port.accepted().known == 0);
    }
    CHECK(line.left.session(0).is_live());
    CHECK(line.right.session(1).is_live());
  }
}

TEST_CASE("a commit is pushed at once, once, and not back to where it came from") {
  TestWorld world(3, 2);
  MemoryPort a;
  MemoryPort b;
  for (MemoryPort* port : {&a, &b}) {
    port->share(world.space());
    port->put(world.all()[0]);
  }
  SessionPair pair(a, b);
  pair.start();
  REQUIRE(pair.pump());
  a.put(world.write(0));
  sync::Actions pushed = pair.session(0).on_changes_committed(world.space());
  CHECK(pushed.messages.size() == 1);
  CHECK(pair.session(0).on_changes_committed().messages.empty());
  pair.apply(0, std::move(pushed));
  pair.deliver(1);
  CHECK(b.size(world.space()) == 2);
  CHECK(pair.session(1).on_changes_committed().messages.empty());
  REQUIRE(pair.pump());
  CHECK(pair.session(0).on_changes_committed(SpaceId{{99}}).messages.empty());
  CHECK(pair.session(0).progress().acked.changes == 1);
}

TEST_CASE("a commit before the plan is not lost and not sent early") {
  TestWorld world(4, 2);
  world.write(1);
  MemoryPort a;
  MemoryPort b;
  for (MemoryPort* port : {&a, &b}) {
    port->share(world.space());
    port->put(world.all()[0]);
  }
  SECTION("when the replicas are equal at the start") {}
  SECTION("when they differ") { b.put(world.all()[1]); }
  SessionPair pair(a, b);
  pair.start();
  a.put(world.write(0));
  CHECK(pair.session(0).on_changes_committed().messages.empty());
  REQUIRE(pair.pump());
  CHECK(b.holds(world.space(), world.log(0)[1].id));
  CHECK(pair.session(0).is_live());
}

TEST_CASE("a side that says nothing pings, not too often, and is answered") {
  MemoryPort a;
  MemoryPort b;
  SessionPair pair(a, b, {}, {.ping_after = std::chrono::hours(1)});
  pair.start();
  REQUIRE(pair.pump());
  std::size_t before = pair.side(0).sent.size();
  pair.tick(std::chrono::seconds(14));
  CHECK(pair.side(0).sent.size() == before);
  pair.tick(std::chrono::seconds(1));
  pair.tick(std::chrono::seconds(1));
  CHECK(pair.side(0).sent.size() == before + 1);
  REQUIRE(pair.pump());
  CHECK(std::holds_alternative<wire::Pong>(wire::decode_message(pair.side(1).sent.back()).value()));
  pair.tick(std::chrono::seconds(15));
  CHECK(pair.side(0).sent.size() == before + 2);
  REQUIRE(pair.pump());
  CHECK_FALSE(pair.side(0).close);
}

TEST_CASE("unanswered pings go on and stay few, and late answers are taken in any number") {
  MemoryPort a;
  MemoryPort b;
  SessionPair pair(a, b, {}, {.ping_after = std::chrono::hours(1)});
  pair.start();
  REQUIRE(pair.pump());
  const std::size_t before = pair.side(0).sent.size();
  for (int i = 0; i < 20; ++i) pair.tick(std::chrono::seconds(20));
  // All of them waited behind something: the peer takes them at once.
  CHECK(pair.side(0).sent.size() - before == limits::kMaxPingsPerTick / 2);
  REQUIRE(pair.pump());
  CHECK_FALSE(pair.side(0).close);
  CHECK_FALSE(pair.side(1).close);
  pair.tick(std::chrono::seconds(20));
  CHECK(pair.side(0).sent.size() - before == limits::kMaxPingsPerTick / 2 + 1);
}

TEST_CASE("who hears only acks still pings, so that the peer knows that it is there") {
  TestWorld world(9, 1);
  MemoryPort a;
  MemoryPort b;
  for (MemoryPort* port : {&a, &b}) {
    port->share(world.space());
    port->put(world.all()[0]);
  }
  SessionPair pair(a, b, {}, {.ping_after = std::chrono::hours(1)});
  pair.start();
  REQUIRE(pair.pump());
  for (int i = 0; i < 4; ++i) {
    a.put(world.write(0));
    pair.apply(0, pair.session(0).on_changes_committed());
    pair.deliver(1);
  }
  const std::size_t before = pair.side(0).sent.size();
  for (int i = 0; i < 4; ++i) {
    pair.tick(std::chrono::seconds(10));
    pair.deliver(0);
  }
  CHECK(pair.side(0).sent.size() == before + 2);
}
