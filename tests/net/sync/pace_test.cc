// SPDX-License-Identifier: Apache-2.0
#include "net/sync/pace.h"

#include <catch2/catch.hpp>
#include <deque>

#include "tests/support/session_pair.h"
#include "tests/support/test_world.h"

using namespace cunju;
using namespace std::chrono_literals;
using sync::Pace;
using sync::Time;

namespace {

constexpr std::size_t kLeastWindow = sync::kSmallestWindowBytes;

/// A link that carries batches one after the other, and a sender with very much to send.
class PacedLink {
 public:
  PacedLink(double bytes_a_second, Time round_trip)
      : bytes_a_ms_(bytes_a_second / 1000), round_trip_(round_trip) {}

  /// Sends what the window has room for; then time goes on to the next ack.
  void step() {
    while (on_the_way_.empty() || outstanding_ + pace.batch_bytes() <= pace.window_bytes()) {
      const std::size_t bytes = pace.batch_bytes();
      outstanding_ += bytes;
      free_at_ = std::max(free_at_, static_cast<double>(now.count())) +
                 static_cast<double>(bytes) / bytes_a_ms_;
      on_the_way_.push_back({bytes, outstanding_, now, Time(static_cast<Time::rep>(free_at_))});
      ++batches;
    }
    const Batch batch = on_the_way_.front();
    on_the_way_.pop_front();
    now = std::max(now, batch.arrives + round_trip_);
    outstanding_ -= batch.bytes;
    carried += batch.bytes;
    pace.note_ack(batch.outstanding, now - batch.sent_at);
  }
  void run(Time until) {
    while (now < until) step();
  }
  /// How long something that is written now waits for what is on its way.
  Time wait() const { return std::max(Time{0}, Time(static_cast<Time::rep>(free_at_)) - now); }
  void change(double bytes_a_second) { bytes_a_ms_ = bytes_a_second / 1000; }

  Pace pace{sync::Options{}};
  Time now{0};
  std::size_t carried = 0, batches = 0;

 private:
  struct Batch {
    std::size_t bytes, outstanding;
    Time sent_at, arrives;
  };
  double bytes_a_ms_;
  Time round_trip_;
  double free_at_ = 0;
  std::size_t outstanding_ = 0;
  std::deque<Batch> on_the_way_;
};

}  // namespace

TEST_CASE("on a link of 64 kbit/s nothing waits much longer than two seconds, from the start on") {
  for (const Time round_trip : {20ms, 200ms, 600ms}) {
    CAPTURE(round_trip.count());
    PacedLink link(8'000, round_trip);
    // Alone: nothing is known of the link yet.
    CHECK(link.pace.batch_bytes() == kLeastWindow);
    Time longest{0};
    while (link.now < 10min) {
      link.step();
      longest = std::max(longest, link.wait());
    }
    CHECK(longest < 2'300ms);
    // And the link is never idle for it.
    CHECK(link.carried > 8'000 * 600 * 95 / 100);
  }
}

TEST_CASE("a quick link is soon at few large batches") {
  for (const Time round_trip : {1ms, 30ms, 200ms}) {
    CAPTURE(round_trip.count());
    PacedLink link(10e6, round_trip);
    while (link.pace.batch_bytes() < limits::kBatchTargetBytes && link.batches < 100) link.step();
    CHECK(link.batches < 40);
    link.run(link.now + 60s);
    CHECK(link.pace.batch_bytes() == limits::kBatchTargetBytes);
    CHECK(link.pace.window_bytes() <= limits::kWindowBytes);
  }
}

TEST_CASE("a far link that carries much is filled although each ack takes seconds") {
  PacedLink link(1e6, 3s);
  link.run(2min);
  CHECK(link.pace.window_bytes() > 1'500'000);
}

TEST_CASE("a link that becomes narrow, and wide again, is followed") {
  PacedLink link(1e6, 50ms);
  link.run(30s);
  CHECK(link.pace.window_bytes() > 900'000);
  link.change(8'000);
  // What is on its way already goes first.
  link.run(link.now + 10min);
  CHECK(link.wait() < 2'300ms);
  link.change(1e6);
  link.run(link.now + 60s);
  CHECK(link.pace.window_bytes() > 900'000);
}

TEST_CASE("one ack that was seconds late halves the window at most, and never below the least") {
  Pace pace{sync::Options{}};
  for (int i = 0; i < 5; ++i) pace.note_ack(pace.window_bytes(), 100ms);
  const std::size_t before = pace.window_bytes();
  CHECK(before == kLeastWindow * 32);
  pace.note_ack(before, 60s);
  CHECK(pace.window_bytes() == before / 2);
  for (int i = 0; i < 10; ++i) pace.note_ack(1, 100s);
  CHECK(pace.window_bytes() == kLeastWindow);
}

TEST_CASE("quick acks of small live edits say nothing about what a link can carry") {
  Pace pace{sync::Options{}};
  for (int i = 0; i < 100; ++i) pace.note_ack(500, 10ms);
  CHECK(pace.window_bytes() == kLeastWindow);
}

TEST_CASE("a smaller target and window than the first ones are kept") {
  Pace pace{{.window_bytes = 4000, .batch_target_bytes = 1000}};
  CHECK(pace.batch_bytes() == 1000);
  CHECK(pace.window_bytes() == 4000);
  for (int i = 0; i < 10; ++i) pace.note_ack(4000, 1ms);
  CHECK(pace.batch_bytes() == 1000);
  CHECK(pace.window_bytes() == 4000);
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
  CHECK(batches.at(0) <= sync::kSmallestWindowBytes);
  // Some batches later, after quick acks, they are larger: of the smallest ones it would be 120.
  CHECK(batches.rbegin()->first < 30);
}
