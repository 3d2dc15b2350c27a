// SPDX-License-Identifier: Apache-2.0
// How a session behaves between two honest replicas.
#include "net/sync/session.h"

#include <catch2/catch.hpp>

#include "tests/support/session_pair.h"
#include "tests/support/test_world.h"

using namespace cunju;
using testing::MemoryPort;
using testing::SessionPair;
using testing::TestWorld;

namespace {

/// Small enough that a few dozen changes fill the window several times.
constexpr sync::Options kTight{.window_bytes = 6000, .batch_target_bytes = 2000};

/// A random prefix of every author's log: prev is there, pins may be missing and then wait.
void put_random_prefixes(TestWorld& world, MemoryPort& port) {
  port.share(world.space());
  std::vector<std::size_t> prefix(world.authors());
  for (std::size_t i = 0; i < prefix.size(); ++i) prefix[i] = world.roll(world.log(i).size() + 1);
  for (const Change& change : world.all())
    for (std::size_t i = 0; i < prefix.size(); ++i)
      if (change.header.author == world.author(i) && change.header.seq.value < prefix[i])
        port.put(change);
}

void put_all(const TestWorld& world, MemoryPort& port) {
  port.share(world.space());
  for (const Change& change : world.all()) port.put(change);
}

void put_first(const TestWorld& world, MemoryPort& port, std::size_t count) {
  port.share(world.space());
  for (std::size_t i = 0; i < count; ++i) port.put(world.all()[i]);
}

/// What both hold when they hold together what either has, in the pool or in the log.
std::set<ChangeId> united(const MemoryPort& a, const MemoryPort& b, const TestWorld& world) {
  MemoryPort both;
  both.share(world.space());
  for (const Change& change : world.all())
    if (a.holds(world.space(), change.id) || b.holds(world.space(), change.id)) both.put(change);
  return both.ids(world.space());
}

}  // namespace

TEST_CASE("two replicas converge from any two random sets of prefixes") {
  const testing::Sketching sketching(GENERATE(false, true));
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    TestWorld world(seed, 1 + seed % 6);
    world.write_any(30);
    MemoryPort a;
    MemoryPort b;
    put_random_prefixes(world, a);
    put_random_prefixes(world, b);
    std::set<ChangeId> expected = united(a, b, world);
    SessionPair pair(a, b, kTight, seed % 2 == 0 ? kTight : sync::Options{});
    pair.start();
    // A random order of deliveries first, so that neither side is always the faster.
    for (int i = 0; i < 200; ++i) {
      std::size_t side = world.roll(2);
      if (pair.can_deliver(side)) pair.deliver(side);
    }
    REQUIRE(pair.pump());
    CHECK(a.ids(world.space()) == expected);
    CHECK(b.ids(world.space()) == expected);
    for (std::size_t side : {0u, 1u}) {
      CHECK(pair.session(side).is_live());
      CHECK(pair.side(side).caught_up == 1);
      CHECK_FALSE(pair.side(side).close);
    }
  }
}

TEST_CASE("several spaces are synced in one session and unshared ones are not named") {
  TestWorld first(1, 2);
  TestWorld second(2, 2);
  TestWorld only_a(3, 2);
  TestWorld only_b(4, 2);
  for (TestWorld* world : {&first, &second, &only_a, &only_b}) world->write_any(10);
  MemoryPort a;
  MemoryPort b;
  put_all(first, a);
  put_first(first, b, 4);
  put_first(second, a, 3);
  put_all(second, b);
  put_all(only_a, a);
  put_all(only_b, b);
  SessionPair pair(a, b);
  pair.start();
  REQUIRE(pair.pump());
  CHECK(b.size(first.space()) == first.all().size());
  CHECK(a.size(second.space()) == second.all().size());
  CHECK(a.size(only_b.space()) == 0);
  CHECK(b.size(only_a.space()) == 0);
  CHECK(pair.session(0).is_live());
  // Beyond the tokens, which mean nothing to the other side, an unshared space is never spoken of.
  for (std::size_t side : {0u, 1u}) {
    std::set<wire::SpaceToken> spoken_of;
    for (const Bytes& bytes : pair.side(side).sent) {
      wire::Message message = wire::decode_message(bytes).value();
      if (const auto* heads = std::get_if<wire::Heads>(&message)) spoken_of.insert(heads->token);
      if (const auto* runs = std::get_if<wire::Runs>(&message)) spoken_of.insert(runs->token);
    }
    CHECK(spoken_of.size() == 2);
  }
}

TEST_CASE("equal replicas part after one round trip of 135 bytes each way at any size") {
  const bool have_met = GENERATE(false, true);
  for (std::size_t authors : {1u, 200u}) {
    TestWorld world(5, authors);
    for (std::size_t i = 1; i < authors; ++i) world.write(i);
    world.write_any(20);
    MemoryPort a;
    MemoryPort b;
    put_all(world, a);
    put_all(world, b);
    if (have_met)
      for (MemoryPort* port : {&a, &b}) port->meet();
    const sync::Options one_shot{.leave_when_caught_up = true};
    SessionPair pair(a, b, one_shot, one_shot);
    pair.start();
    REQUIRE(pair.pump());
    for (std::size_t side : {0u, 1u}) {
      CHECK(pair.side(side).caught_up == 1);
      REQUIRE(pair.side(side).close);
      CHECK_FALSE(pair.side(side).close->error);
      CHECK(pair.side(side).sent.size() == 2);  // hello and goodbye
      CHECK(pair.side(side).sent[0].size() == (have_met ? 89 : 106));
      CHECK(pair.side(side).sent_bytes == (have_met ? 118 : 135));
    }
  }
}

TEST_CASE("a joiner who knows the space's id and nothing else gets all of it in one session") {
  const testing::Sketching sketching(GENERATE(false, true));
  TestWorld world(6, 3);
  world.write_any(25);
  MemoryPort inviter;
  MemoryPort joiner;
  put_all(world, inviter);
  joiner.share(world.space());
  SessionPair pair(inviter, joiner, {.leave_when_caught_up = true}, {});
  pair.start();
  REQUIRE(pair.pump());
  CHECK(joiner.ids(world.space()) == inviter.ids(world.space()));
  // The one-shot side leaves and the other, which would have stayed, ends cleanly with it.
  REQUIRE(pair.side(0).close);
  REQUIRE(pair.side(1).close);
  CHECK_FALSE(pair.side(0).close->by_peer);
  CHECK(pair.side(1).close->by_peer);
  CHECK_FALSE(pair.side(1).close->error);
  const sync::Progress& progress = pair.session(0).progress();
  CHECK(progress.planned_out.changes == 26);
  CHECK(progress.sent.changes == 26);
  CHECK(progress.acked.changes == 26);
  CHECK(progress.acked.bytes == progress.planned_out.bytes);
  CHECK(progress.taken.admitted == 26);
  CHECK(pair.session(1).progress().planned_in.bytes == progress.planned_out.bytes);
  CHECK(pair.session(1).progress().received.bytes == progress.planned_out.bytes);
  CHECK(pair.session(1).progress().accepted.admitted == 26);
}

TEST_CASE("one-shot sessions end on both sides with everything acknowledged") {
  const testing::Sketching sketching(GENERATE(false, true));
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    TestWorld world(seed, 4);
    world.write_any(40);
    MemoryPort a;
    MemoryPort b;
    put_random_prefixes(world, a);
    put_random_prefixes(world, b);
    std::set<ChangeId> expected = united(a, b, world);
    sync::Options options = kTight;
    options.leave_when_caught_up = true;
    SessionPair pair(a, b, options, options);
    pair.start();
    REQUIRE(pair.pump());
    for (std::size_t side : {0u, 1u}) {
      REQUIRE(pair.side(side).close);
      CHECK_FALSE(pair.side(side).close->error);
      CHECK(pair.session(side).progress().acked.changes ==
            pair.session(side).progress().sent.changes);
    }
    CHECK(a.ids(world.space()) == expected);
    CHECK(b.ids(world.space()) == expected);
  }
}

TEST_CASE("a change that waited here for what the peer sends still reaches a peer about to leave") {
  const testing::Sketching sketching(GENERATE(false, true));
  TestWorld world(12, 3);
  world.pins_any = false;
  const Change first = world.write(1);
  const Change waiting = world.write(1);
  MemoryPort a;
  MemoryPort b;
  put_first(world, a, 1);
  put_first(world, b, 2);
  a.put(waiting);
  REQUIRE(a.size(world.space()) == 1);
  SessionPair pair(a, b, {}, {.leave_when_caught_up = true});
  pair.start();
  REQUIRE(pair.pump());
  REQUIRE(pair.side(1).close);
  CHECK(a.size(world.space()) == 3);
  CHECK(b.size(world.space()) == 3);
}

TEST_CASE("the window bounds what is on its way without an acknowledgement") {
  TestWorld world(7, 1);
  for (int i = 0; i < 30; ++i) {
    std::vector<Part> parts;
    for (int k = 0; k < 6; ++k) parts.push_back(world.one_register(60'000).front());
    world.write(0, std::move(parts));
  }
  MemoryPort a;
  MemoryPort b;
  put_all(world, a);
  b.share(world.space());
  SessionPair pair(a, b);
  pair.start();
  // The receiver's answers are held back, so that the sender has to stop by itself.
  while (pair.can_deliver(0) && !pair.session(0).progress().sent.changes) {
    pair.deliver(0);
    while (pair.can_deliver(1) && !pair.session(0).progress().sent.changes) pair.deliver(1);
  }
  // Before the first ack nothing is known of the link.
  const std::size_t stalled_at = pair.side(0).unacked;
  CHECK(stalled_at > 0);
  CHECK(stalled_at <= sync::kSmallestWindowBytes);
  REQUIRE(pair.pump());
  // In memory acks are quick, so that the window opens. Random letters compress to three fifths.
  CHECK(pair.side(0).max_unacked > (sync::kBatchesInFlight - 1) * limits::kBatchTargetBytes / 2);
  CHECK(b.size(world.space()) == world.all().size());
  CHECK(pair.side(0).sent_bytes > limits::kWindowBytes * 3 / 2);
  CHECK(pair.side(0).max_unacked <= limits::kWindowBytes);
  for (const auto& [number, size] : pair.side(0).batches)
    CHECK(size < limits::kBatchTargetBytes + limits::kMaxChangeBytes);
}

TEST_CASE("after a cut at any message a fresh session sends only what is missing") {
  const testing::Sketching sketching(GENERATE(false, true));
  TestWorld world(8, 3);
  world.write_any(40);
  for (std::size_t cut = 0;; ++cut) {
    CAPTURE(cut);
    MemoryPort a;
    MemoryPort b;
    put_first(world, a, 30);
    put_first(world, b, 5);
    SessionPair first(a, b, kTight, kTight);
    first.start();
    std::size_t delivered = 0;
    for (; delivered < cut; ++delivered) {
      std::size_t side = first.can_deliver(delivered % 2) ? delivered % 2 : 1 - delivered % 2;
      if (!first.can_deliver(side)) break;
      first.deliver(side);
    }
    std::uint64_t missing = 30 - b.size(world.space());
    SessionPair second(a, b, kTight, kTight, testing::test_handshake_hash(9));
    second.start();
    REQUIRE(second.pump());
    CHECK(second.session(0).progress().sent.changes == missing);
    CHECK(b.accepted().known == 0);
    CHECK(b.ids(world.space()) == a.ids(world.space()));
    if (delivered < cut) {
      CHECK(cut > 10);
      break;
    }
  }
}

TEST_CASE("withheld parts travel as their hash and the change stays authentic") {
  const testing::Sketching sketching(GENERATE(false, true));
  TestWorld world(9, 1);
  std::vector<Part> parts = world.one_register();
  std::vector<Part> secret = world.one_register();
  parts.push_back(make_part(Scope{3}, secret[0].links, secret[0].body));
  const Change change = world.write(0, std::move(parts));
  MemoryPort a;
  MemoryPort b;
  put_all(world, a);
  a.withhold_closed_scopes();
  b.share(world.space());
  SessionPair pair(a, b);
  pair.start();
  REQUIRE(pair.pump());
  CHECK(b.ids(world.space()) == a.ids(world.space()));
  sync::Have have;
  std::vector<sync::Run> here =
      b.next_runs(world.space(), WireKey{}, have, limits::kMaxBatchBytes).value();
  const Change& received = here.back().changes.back();
  REQUIRE(received.id == change.id);
  CHECK(has_valid_signature(received));
  CHECK(received.parts[0] == change.parts[0]);
  CHECK(received.parts[1].presence == Presence::kWithheld);
  CHECK(received.parts[1].body.empty());
}

TEST_CASE("two copies of a forked log are both on both sides after one session") {
  const testing::Sketching sketching(GENERATE(false, true));
  TestWorld world(10, 3);
  world.pins_any = false;
  const std::size_t before = GENERATE(0u, 1u, 2u, 7u, 40u);
  const std::size_t more = GENERATE(0u, 1u, 30u);
  CAPTURE(before, more);
  for (std::size_t i = 0; i < before; ++i) world.write(1);
  world.write(1);
  world.write(2);
  const Change other = world.fork(1, before);
  MemoryPort a;
  MemoryPort b;
  b.share(world.space());
  b.put(world.all()[0]);
  for (std::size_t i = 0; i < before; ++i) b.put(world.log(1)[i]);
  b.put(other);
  const Change& news = world.write(0);
  b.put(news);
  for (std::size_t i = 0; i < more; ++i) world.write(1);
  put_all(world, a);
  const bool starts_longer = GENERATE(false, true);
  SessionPair pair(starts_longer ? a : b, starts_longer ? b : a);
  pair.start();
  REQUIRE(pair.pump());
  for (std::size_t side : {0u, 1u}) {
    CAPTURE(side);
    CHECK(pair.session(side).is_live());
  }
  CHECK(a.ids(world.space()) == b.ids(world.space()));
  CHECK(a.holds(world.space(), other.id));
  CHECK(b.size(world.space()) == world.all().size() + 1);
  // Whoever can see that the logs contradict each other says so.
  const std::vector<std::string>& log = pair.side(starts_longer ? 0 : 1).log;
  CHECK(std::ranges::count_if(log, [](const std::string& line) {
          return line.find("is forked: the peer has other changes") != std::string::npos;
        }) == 1);

  SECTION("another session has nothing to do, one with a third node tells it both branches") {
    SessionPair again(a, b);
    again.start();
    REQUIRE(again.pump());
    CHECK(again.session(0).progress().sent.changes == 0);
    CHECK(again.session(1).progress().sent.changes == 0);
    MemoryPort c;
    c.share(world.space());
    SessionPair third(b, c);
    third.start();
    REQUIRE(third.pump());
    CHECK(c.ids(world.space()) == a.ids(world.space()));
  }
}

TEST_CASE("a clean goodbye ends a session on both sides at any time") {
  TestWorld world(11, 1);
  MemoryPort a;
  MemoryPort b;
  put_all(world, a);
  b.share(world.space());
  SessionPair pair(a, b);
  pair.start();
  pair.apply(0, pair.session(0).leave("shutting down"));
  CHECK(pair.session(0).is_closed());
  REQUIRE(pair.pump());
  REQUIRE(pair.side(1).close);
  CHECK(pair.side(1).close->by_peer);
  CHECK_FALSE(pair.side(1).close->error);
  CHECK(pair.session(0).on_changes_committed().messages.empty());
  CHECK_FALSE(pair.session(0).leave("again").close);
}
