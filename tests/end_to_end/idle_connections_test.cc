// SPDX-License-Identifier: Apache-2.0
//
// Connections on which nobody says anything, and ones that stop in the middle of a handshake: each
// costs the real node little memory and a few seconds, and keeps no honest peer out.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <thread>

#include "tests/support/village_process.h"

namespace cunju::test {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kMostBytesEach = 64 * 1024;
/// From opened to dropped, each.
constexpr auto kMostTime = 10s;

void allow_descriptors(std::size_t count) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, std::max<rlim_t>(limit.rlim_cur, count));
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

/// Strangers' connections from addresses of their own, so that none is the honest peer's.
class Crowd {
 public:
  Crowd(const std::string& address, std::size_t count) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port =
        htons(static_cast<std::uint16_t>(std::stoul(address.substr(address.rfind(':') + 1))));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (std::size_t i = 0; i < count; ++i) open(to, i);
  }
  ~Crowd() {
    for (const Guest& guest : guests_) ::close(guest.file);
  }
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

  /// Connections that the node has not ended yet.
  std::size_t still_open() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(guests_, [](const Guest& guest) { return !guest.lasted; }));
  }
  /// The longest that one of those lasted which have ended.
  std::chrono::duration<double> longest() const {
    std::chrono::duration<double> out{0};
    for (const Guest& guest : guests_)
      if (guest.lasted) out = std::max(out, *guest.lasted);
    return out;
  }
  /// Notes which have ended meanwhile.
  void look() {
    for (Guest& guest : guests_) {
      if (guest.lasted) continue;
      char buffer[256];
      ssize_t count = 0;
      while ((count = ::recv(guest.file, buffer, sizeof(buffer), MSG_DONTWAIT)) > 0) {
      }
      if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) continue;
      guest.lasted = Clock::now() - guest.opened;
    }
  }

 private:
  struct Guest {
    int file = -1;
    Clock::time_point opened;
    std::optional<std::chrono::duration<double>> lasted;
  };
  void open(const sockaddr_in& to, std::size_t number) {
    const int file = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in own{};
    own.sin_family = AF_INET;
    // 127.0.2.x to 127.0.9.x: some thousand households.
    own.sin_addr.s_addr =
        htonl(static_cast<std::uint32_t>(0x7f000200u + number % 8 * 256 + number % 251));
    const bool is_open = file >= 0 &&
                         ::bind(file, reinterpret_cast<const sockaddr*>(&own), sizeof(own)) == 0 &&
                         ::connect(file, reinterpret_cast<const sockaddr*>(&to), sizeof(to)) == 0;
    CUNJU_CHECK(is_open, "tests need sockets");
    // Every third is silent, every third stops in its first message, every third after its length.
    const std::string first("\x01\x60\x00 and no more", 16);
    if (number % 3 != 0) (void)!::send(file, first.data(), number % 3 == 1 ? 16 : 3, MSG_NOSIGNAL);
    guests_.push_back({.file = file, .opened = Clock::now(), .lasted = {}});
  }
  std::vector<Guest> guests_;
};

void check_crowd(std::size_t count) {
  ::setenv("ASAN_OPTIONS", "quarantine_size_mb=8", 1);
  allow_descriptors(count + 100);
  ThreeDesks desks;
  auto server = desks.a.serve();
  const std::string address = server->wait_until_listening();
  REQUIRE_FALSE(address.empty());
  desks.b.run({"sync", address});
  const std::size_t before = resident_bytes(server->pid());
  Crowd crowd(address, count);
  // What is noticed late counts as late, so it is looked for all the time.
  std::jthread watcher([&](const std::stop_token& over) {
    while (!over.stop_requested()) {
      crowd.look();
      std::this_thread::sleep_for(20ms);
    }
  });
  const std::string id = desks.b.add({"rental", "address=幸福路1"});
  // The whole of a command: reading keys, connecting, handshake, exchange, goodbye.
  const auto called = Clock::now();
  const RunResult honest = desks.b.try_run({"sync", address});
  const double honest_s = std::chrono::duration<double>(Clock::now() - called).count();
  const std::size_t after = resident_bytes(server->pid());
  std::this_thread::sleep_until(Clock::now() + kMostTime + 500ms);
  watcher.request_stop();
  watcher.join();
  const double gone_s = crowd.longest().count();
  const std::size_t each = after > before ? (after - before) / count : 0;
  WARN(count << " idle and half-open connections: " << each << " bytes resident each ("
             << (before >> 10) << " to " << (after >> 10)
             << " KiB), the one that lasted longest was dropped after " << gone_s
             << " s, an honest sync took " << honest_s << " s");
  CHECK(honest.exit_code == 0);
  CHECK(desks.a.field("rental", id, "address") == "幸福路1");
  CHECK(crowd.still_open() == 0);
  CHECK(gone_s <= std::chrono::duration<double>(kMostTime).count());
  CHECK(each <= kMostBytesEach);
  CHECK(honest_s < 5);
  CHECK(server->stop() == 0);
}

}  // namespace

TEST_CASE("Idle and half-open connections cost little, end soon and keep no honest peer out",
          "[hostile]") {
  check_crowd(200);
}

TEST_CASE("A thousand idle and half-open connections cost little and keep no honest peer out",
          "[hostile][.long]") {
  check_crowd(1'000);
}

}  // namespace cunju::test
