// SPDX-License-Identifier: Apache-2.0
//
// Strangers on the network against a running node: it neither falls nor grows, and serves on.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <random>
#include <thread>

#include "tests/support/village_process.h"

namespace cunju::test {
namespace {

using namespace std::chrono_literals;

/// A connection that says whatever a test wants.
class RawSocket {
 public:
  explicit RawSocket(const std::string& address) {
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    std::size_t colon = address.rfind(':');
    to.sin_port = htons(static_cast<std::uint16_t>(std::stoul(address.substr(colon + 1))));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    timeval limit{2, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    is_open_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof(to)) == 0;
  }
  ~RawSocket() { ::close(fd_); }
  RawSocket(const RawSocket&) = delete;
  RawSocket& operator=(const RawSocket&) = delete;

  bool is_open() const { return is_open_; }
  void send(const std::string& bytes) {
    (void)!::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }
  /// Bytes until the other end closes or 2 s pass without one.
  std::string read(std::size_t most) {
    std::string out(most, '\0');
    std::size_t size = 0;
    while (size < most) {
      ssize_t count = ::recv(fd_, out.data() + size, most - size, 0);
      if (count <= 0) break;
      size += static_cast<std::size_t>(count);
    }
    out.resize(size);
    return out;
  }

 private:
  int fd_ = -1;
  bool is_open_ = false;
};

std::string random_bytes(std::mt19937_64& dice, std::size_t size) {
  std::string out(size, '\0');
  for (char& c : out) c = static_cast<char>(dice());
  return out;
}

/// A first message that has the right form: mode 1, a length, that many bytes.
std::string handshake_like(std::mt19937_64& dice) {
  return std::string("\x01\x60\x00", 3) + random_bytes(dice, 96);
}

/// One stranger of a random kind.
void attack(const std::string& address, std::mt19937_64& dice) {
  RawSocket socket(address);
  switch (dice() % 6) {
    case 0:  // Anything at all.
      return socket.send(random_bytes(dice, 1 + dice() % 5000));
    case 1:  // A handshake that ends in the middle.
      return socket.send(handshake_like(dice).substr(0, dice() % 99));
    case 2:  // The whole of one, of a key that nobody knows, and more.
      return socket.send(handshake_like(dice) + random_bytes(dice, dice() % 2000));
    case 3:  // A length that is a lie.
      return socket.send(std::string("\x01\xff\xff", 3) + random_bytes(dice, 70'000));
    case 4:  // An invitation that nobody gave.
      return socket.send("\x02" + random_bytes(dice, 16 + dice() % 100));
    default:  // The node's own greeting, sent back.
      return socket.send(socket.read(38));
  }
}

}  // namespace

TEST_CASE("Strangers neither stop nor swell a serving node, and an honest peer syncs meanwhile",
          "[hostile]") {
  // What the limits allow before authentication is far below a megabyte; the rest is the heap's
  // own and, in the sanitized program, its quarantine of freed memory.
  constexpr std::size_t kMostGrowth = std::size_t{96} << 20;
  ::setenv("ASAN_OPTIONS", "quarantine_size_mb=8", 1);
  const std::uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  ThreeDesks desks;
  auto server = desks.a.serve();
  const std::string address = server->wait_until_listening();
  REQUIRE_FALSE(address.empty());
  desks.o.run({"sync", address});
  const std::size_t before = resident_bytes(server->pid());
  REQUIRE(before > 0);
  std::vector<std::unique_ptr<RawSocket>> silent;
  for (int i = 0; i < 200; ++i) silent.push_back(std::make_unique<RawSocket>(address));
  std::atomic<bool> is_over{false};
  std::atomic<int> attacks{0};
  std::thread attacker([&] {
    std::mt19937_64 dice(seed);
    while (!is_over || attacks < 400) {
      attack(address, dice);
      ++attacks;
    }
  });
  // Catch2 must not be left by an exception while the thread runs: results are judged later.
  std::vector<int> codes;
  for (int i = 0; i < 4; ++i) {
    codes.push_back(
        desks.a.try_run({"add", "rental", "address=幸福路" + std::to_string(i)}).exit_code);
    codes.push_back(desks.b.try_run({"sync", address}).exit_code);
  }
  is_over = true;
  attacker.join();
  CHECK(codes == std::vector<int>(8, 0));
  CHECK(desks.b.state_hash() == desks.a.state_hash());
  REQUIRE(server->is_running());
  const std::size_t after = resident_bytes(server->pid());
  WARN(attacks << " attacks; resident before " << (before >> 10) << " KiB, after " << (after >> 10)
               << " KiB");
  CHECK(after < before + kMostGrowth);
  silent.clear();
  desks.o.run({"sync", address});
  // What the office states about what it got reaches the colleague with the next call.
  desks.b.run({"sync", address});
  desks.require_agreement();
  CHECK(server->stop() == 0);
}

}  // namespace cunju::test
