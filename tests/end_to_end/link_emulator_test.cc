// SPDX-License-Identifier: Apache-2.0
// The emulator itself: if a bad link were a good one, the tests over it would say nothing.
#include <arpa/inet.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <random>

#include "tests/end_to_end/linked_desks.h"
#include "tests/support/link_emulator/lane.h"

namespace cunju::test {
namespace {

using namespace std::chrono_literals;
using Side = EmulatedLink::Side;

Bytes frame(std::uint8_t number, std::size_t size = 100) {
  Bytes out(size);
  out[0] = number;
  return out;
}

std::vector<int> numbers(const std::vector<Bytes>& frames) {
  std::vector<int> out;
  for (const Bytes& one : frames) out.push_back(one[0]);
  return out;
}

LaneOptions options_of(std::string_view words) {
  Result<LinkProfile> profile = parse_profile(words);
  REQUIRE(profile.has_value());
  return profile.value().a_to_b;
}

}  // namespace

TEST_CASE("a link profile is read word by word, for both directions or one", "[links]") {
  const LinkProfile profile =
      parse_profile("delay=300 loss=50 ba.rate=64000 ba.delay=5 up=3000 down=2000 seed=7").value();
  CHECK(profile.a_to_b.delay == 300ms);
  CHECK(profile.a_to_b.loss_per_mille == 50);
  CHECK(profile.a_to_b.bits_per_second == 0);
  CHECK(profile.b_to_a.delay == 5ms);
  CHECK(profile.b_to_a.bits_per_second == 64000);
  CHECK(profile.up == 3s);
  CHECK(profile.down == 2s);
  CHECK(profile.seed == 7);
  for (const char* bad : {"delay", "delay=", "delay=x", "delay=-1", "speed=3", "ab.up=1",
                          "delay=1000000001", "loss=5%", "=3"}) {
    CAPTURE(bad);
    CHECK(parse_profile(bad).has_error());
  }
}

TEST_CASE("a frame arrives after its delay and not before", "[links]") {
  Lane lane(options_of("delay=300"), 1);
  lane.offer(1s, frame(1), false);
  CHECK(lane.next_due() == 1300ms);
  CHECK(lane.take_due(1299ms).empty());
  CHECK(lane.take_due(1300ms).size() == 1);
  CHECK(lane.next_due() == Lane::kNever);
}

TEST_CASE("jitter keeps the order, reordering does not, and doubles come twice", "[links]") {
  Lane shaky(options_of("delay=10 jitter=50"), 2);
  for (std::uint8_t i = 0; i < 100; ++i) shaky.offer(Lane::Time(i * 1000), frame(i), false);
  std::vector<int> seen = numbers(shaky.take_due(10s));
  CHECK(seen.size() == 100);
  CHECK(std::ranges::is_sorted(seen));
  Lane mixed(options_of("delay=10 reorder=300"), 3);
  for (std::uint8_t i = 0; i < 100; ++i) mixed.offer(Lane::Time(i * 1000), frame(i), false);
  seen = numbers(mixed.take_due(10s));
  CHECK(seen.size() == 100);
  CHECK_FALSE(std::ranges::is_sorted(seen));
  Lane doubled(options_of("dup=1000"), 4);
  doubled.offer(0s, frame(9), false);
  CHECK(numbers(doubled.take_due(0s)) == std::vector<int>{9, 9});
}

TEST_CASE("so many of a thousand frames are lost, the same ones for the same seed", "[links]") {
  const auto survivors = [](std::uint64_t seed) {
    Lane lane(options_of("loss=200"), seed);
    for (int i = 0; i < 10'000; ++i) lane.offer(0s, frame(1), false);
    CHECK(lane.counters().offered == lane.counters().lost + lane.take_due(0s).size() * 100);
    return lane.counters().lost / 100;
  };
  CHECK(survivors(5) > 1'850);
  CHECK(survivors(5) < 2'150);
  CHECK(survivors(5) == survivors(5));
  CHECK(survivors(5) != survivors(6));
}

TEST_CASE("a rate spaces frames, and what its queue has no room for is lost", "[links]") {
  // 100 bytes at 8,000 bits a second take 100 ms; room for four that wait.
  Lane lane(options_of("rate=8000 queue=400"), 6);
  for (std::uint8_t i = 0; i < 20; ++i) lane.offer(0s, frame(i), false);
  CHECK(numbers(lane.take_due(99ms)).empty());
  CHECK(numbers(lane.take_due(100ms)) == std::vector<int>{0});
  CHECK(numbers(lane.take_due(250ms)) == std::vector<int>{1});
  CHECK(numbers(lane.take_due(10s)) == std::vector<int>{2, 3, 4});
  CHECK(lane.counters().lost == 1'500);
  // It does not save up what was not used.
  lane.offer(20s, frame(1), false);
  lane.offer(20s, frame(2), false);
  CHECK(lane.take_due(20s + 100ms).size() == 1);
}

TEST_CASE("what is offered while the link is cut is lost, and memory is bounded", "[links]") {
  Lane lane(options_of("delay=1000"), 7);
  lane.offer(0s, frame(1), true);
  CHECK(lane.next_due() == Lane::kNever);
  for (int i = 0; i < 20'000; ++i) lane.offer(0s, frame(1, 1500), false);
  CHECK(lane.counters().offered - lane.counters().lost <= Lane::kMaxHeldBytes);
  CHECK(lane.counters().lost > 0);
}

TEST_CASE("Between two namespaces frames take their time, and nothing passes a cut", "[links]") {
  auto link = require_link("delay=150", 60s);
  if (!link) return;
  int listener = -1;
  link->at(Side::kA, [&] {
    listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in own{};
    own.sin_family = AF_INET;
    own.sin_port = htons(7700);
    CUNJU_CHECK(::bind(listener, reinterpret_cast<sockaddr*>(&own), sizeof(own)) == 0 &&
                    ::listen(listener, 4) == 0,
                "tests need a port");
  });
  const auto connects = [&](std::chrono::seconds limit, double& seconds) {
    bool out = false;
    link->at(Side::kB, [&] {
      const int file = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      const timeval time{limit.count(), 0};
      ::setsockopt(file, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof(time));
      sockaddr_in to{};
      to.sin_family = AF_INET;
      to.sin_port = htons(7700);
      ::inet_pton(AF_INET, EmulatedLink::kAddressOfA, &to.sin_addr);
      const auto begin = std::chrono::steady_clock::now();
      out = ::connect(file, reinterpret_cast<sockaddr*>(&to), sizeof(to)) == 0;
      seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
      ::close(file);
    });
    return out;
  };
  double seconds = 0;
  REQUIRE(connects(10s, seconds));
  CHECK(seconds >= 0.3);
  REQUIRE(link->order("cut") != "");
  CHECK_FALSE(connects(1s, seconds));
  REQUIRE(link->order("join") != "");
  CHECK(connects(10s, seconds));
  CHECK(link->order("nonsense") == "");
  CHECK(link->order("profile delay=bad") == "");
  CHECK(link->offered_bytes(Side::kB) > 0);
  ::close(listener);
}

}  // namespace cunju::test
