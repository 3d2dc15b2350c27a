// SPDX-License-Identifier: Apache-2.0
//
// Peers that change their address, die without a word, or sit behind somebody who answers in their
// place: the program notices, says so in one line, and is connected again by itself.
#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>

#include "tests/end_to_end/linked_desks.h"

namespace cunju::test {
namespace {

using namespace std::chrono_literals;
using Side = EmulatedLink::Side;

template <class Condition>
bool holds_within(std::chrono::seconds time, Condition&& condition) {
  for (auto until = std::chrono::steady_clock::now() + time;
       std::chrono::steady_clock::now() < until;) {
    if (condition()) return true;
    std::this_thread::sleep_for(100ms);
  }
  return false;
}

/// What the last status line of this side says of its only peer; empty before the first.
std::string state_of_peer(const LinkedDesks& desks, Side side, const char* key = "state") {
  const auto lines = desks.events(side, "status");
  if (lines.empty()) return {};
  const boost::json::array& peers = lines.back().at("peers").as_array();
  if (peers.size() != 1) return std::to_string(peers.size()) + " peers";
  const boost::json::value* value = peers[0].as_object().if_contains(key);
  return value == nullptr ? "" : boost::json::value_to<std::string>(*value);
}

/// Both serve, and have the same.
void connect_desks(LinkedDesks& desks) {
  REQUIRE(desks.serve_a());
  desks.serve_b();
  REQUIRE(desks.wait_until_equal(20s).is_equal);
}

void check_stops(LinkedDesks& desks) {
  CHECK(desks.server(Side::kB).stop() == 0);
  CHECK(desks.server(Side::kA).stop() == 0);
}

/// Answers whoever calls port 7700 with a web page, as a hotel's network does before a login.
class CaptivePortal {
 public:
  explicit CaptivePortal(const EmulatedLink& link) {
    link.at(Side::kA, [&] {
      listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      const int yes = 1;
      ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
      sockaddr_in own{};
      own.sin_family = AF_INET;
      own.sin_port = htons(7700);
      const bool is_open = ::bind(listener_, reinterpret_cast<sockaddr*>(&own), sizeof(own)) == 0 &&
                           ::listen(listener_, 16) == 0;
      CUNJU_CHECK(is_open, "tests need a port");
    });
    thread_ = std::thread([this] { run(); });
  }
  ~CaptivePortal() {
    is_over_ = true;
    thread_.join();
    ::close(listener_);
  }
  int calls() const { return calls_; }

 private:
  void run() {
    const std::string page =
        "HTTP/1.1 302 Found\r\nLocation: http://10.77.0.1/login\r\n\r\n<html>" +
        std::string(100'000, 'x');
    while (!is_over_) {
      pollfd wait{listener_, POLLIN, 0};
      if (::poll(&wait, 1, 50) <= 0) continue;
      const int caller = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
      (void)!::send(caller, page.data(), page.size(), MSG_NOSIGNAL);
      ::close(caller);
      ++calls_;
    }
  }

  int listener_ = -1;
  std::atomic<bool> is_over_{false};
  std::atomic<int> calls_{0};
  std::thread thread_;
};

}  // namespace

TEST_CASE("Whose address changes is connected again within seconds, and goes on where it was",
          "[links]") {
  auto link = require_link("delay=40", 120s);
  if (!link) return;
  LinkedDesks desks(*link);
  connect_desks(desks);
  REQUIRE(link->order("address b 10.77.0.9") != "");
  REQUIRE(desks.run(Side::kB, {"add", "rental", "address=" + random_address(1, 20)}));
  const auto convergence = desks.wait_until_equal(20s);
  CHECK(convergence.is_equal);
  WARN("after a new address equal again in " << convergence.seconds << " s");
  // The village serves the colleague at the new address, and keeps nothing of the old link.
  REQUIRE(holds_within(
      10s, [&] { return state_of_peer(desks, Side::kA, "address").starts_with("10.77.0.9:"); }));
  const auto closed = desks.events(Side::kB, "closed");
  REQUIRE(closed.size() == 1);
  CHECK(Desk::text_of(closed[0], "context") == "this computer's address has changed");
  check_stops(desks);
}

TEST_CASE("Who dies without a word and comes back takes the place of its half-open connection",
          "[links]") {
  auto link = require_link("delay=40", 120s);
  if (!link) return;
  LinkedDesks desks(*link);
  connect_desks(desks);
  // Nothing of the death reaches the village, as in a power cut.
  REQUIRE(link->order("cut") != "");
  desks.kill(Side::kB);
  REQUIRE(desks.run(Side::kB, {"add", "rental", "address=" + random_address(2, 20)}));
  std::this_thread::sleep_for(1s);
  CHECK(state_of_peer(desks, Side::kA) == "connected");
  REQUIRE(link->order("join") != "");
  desks.serve_b();
  const auto convergence = desks.wait_until_equal(20s);
  CHECK(convergence.is_equal);
  WARN("after a death without a word equal again in " << convergence.seconds << " s");
  CHECK(desks.events(Side::kA, "connected").size() == 2);
  check_stops(desks);
}

TEST_CASE("A peer that is gone for good is given up, and the status line says why",
          "[links][.long]") {
  auto link = require_link("delay=40", 240s);
  if (!link) return;
  LinkedDesks desks(*link);
  connect_desks(desks);
  REQUIRE(link->order("cut") != "");
  CHECK(holds_within(60s, [&] { return desks.events(Side::kA, "closed").size() == 1; }));
  CHECK(holds_within(15s, [&] { return state_of_peer(desks, Side::kB) == "waiting"; }));
  CHECK(state_of_peer(desks, Side::kB, "error") == "timeout");
  REQUIRE(link->order("join") != "");
  CHECK(holds_within(75s, [&] { return state_of_peer(desks, Side::kB) == "connected"; }));
}

TEST_CASE(
    "A captive portal's page is no peer: it is named, called ever less, and left for the node",
    "[links]") {
  auto link = require_link("delay=20", 120s);
  if (!link) return;
  LinkedDesks desks(*link);
  {
    CaptivePortal portal(*link);
    desks.serve_b();
    REQUIRE(holds_within(20s, [&] { return portal.calls() >= 3; }));
    REQUIRE(holds_within(5s, [&] { return state_of_peer(desks, Side::kB) == "waiting"; }));
    CHECK(state_of_peer(desks, Side::kB, "error") == "protocol");
    CHECK(state_of_peer(desks, Side::kB, "context") == "whoever answers is not a Cunju node");
  }
  REQUIRE(desks.serve_a());
  const auto convergence = desks.wait_until_equal(30s);
  CHECK(convergence.is_equal);
  CHECK(state_of_peer(desks, Side::kB) == "connected");
  check_stops(desks);
}

}  // namespace cunju::test
