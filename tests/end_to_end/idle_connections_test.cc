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

#include <thread>

#include "tests/support/village_process.h"

namespace cunju::test {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kMostBytesEach = 64 * 1024;
/// The bar is 10 s; a busy machine notices a little later.
constexpr auto kMostTime = 12s;

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
    for (const int file : files_) ::close(file);
  }
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

  std::size_t size() const { return files_.size(); }
  /// Connections that the node has not ended yet.
  std::size_t still_open() {
    std::size_t out = 0;
    for (const int file : files_) {
      char buffer[256];
      ssize_t count = 0;
      while ((count = ::recv(file, buffer, sizeof(buffer), MSG_DONTWAIT)) > 0) {
      }
      if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) ++out;
    }
    return out;
  }

 private:
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
    files_.push_back(file);
  }
  std::vector<int> files_;
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
  const auto begin = Clock::now();
  Crowd crowd(address, count);
  const std::string id = desks.b.add({"rental", "address=幸福路1"});
  // The whole of a command: reading keys, connecting, handshake, exchange, goodbye.
  const auto called = Clock::now();
  const RunResult honest = desks.b.try_run({"sync", address});
  const double honest_s = std::chrono::duration<double>(Clock::now() - called).count();
  const std::size_t after = resident_bytes(server->pid());
  while (crowd.still_open() > 0 && Clock::now() < begin + kMostTime)
    std::this_thread::sleep_for(100ms);
  const double gone_s = std::chrono::duration<double>(Clock::now() - begin).count();
  const std::size_t each = after > before ? (after - before) / count : 0;
  WARN(count << " idle and half-open connections: " << each << " bytes resident each ("
             << (before >> 10) << " to " << (after >> 10) << " KiB), the last was dropped after "
             << gone_s << " s, an honest sync took " << honest_s << " s");
  CHECK(honest.exit_code == 0);
  CHECK(desks.a.field("rental", id, "address") == "幸福路1");
  CHECK(crowd.still_open() == 0);
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
