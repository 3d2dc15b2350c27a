// SPDX-License-Identifier: Apache-2.0
// Clients that do not keep to the protocol, each while an honest client is served.
#include <sys/resource.h>
#include <unistd.h>

#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <catch2/catch.hpp>

#include "tests/net/transport/tcp_house.h"

using namespace cunju;
using namespace cunju::transport;
using namespace std::chrono_literals;
using boost::asio::ip::tcp;
using ErrorCode = boost::system::error_code;

namespace {

// An honest client sends and hears its message back.
void check_serves(House& house) {
  auto client = house.connect();
  Link* link = &client->link();
  house.at_client.messages.erase(link);
  house.at_client.when_established = [](Link& own) {
    REQUIRE(own.send(as_bytes("honest")).has_value());
  };
  REQUIRE(house.run_until([&] { return house.at_client.messages[link].size() == 1; }));
  CHECK(as_text(house.at_client.messages[link][0]) == "honest");
}

void make_echo(House& house) {
  house.at_server.when_message = [](Link& link, ByteView message) {
    REQUIRE(link.send(message).has_value());
  };
}

// Lowers the limit of open files for its lifetime, so that the next descriptor is refused. No
// Catch2 macro may run meanwhile: the sanitizers' own checks need a descriptor.
class NoMoreDescriptors {
 public:
  NoMoreDescriptors() {
    getrlimit(RLIMIT_NOFILE, &before_);
    const int lowest_free = dup(0);
    close(lowest_free);
    rlimit now = before_;
    now.rlim_cur = static_cast<rlim_t>(lowest_free);
    setrlimit(RLIMIT_NOFILE, &now);
  }
  ~NoMoreDescriptors() { setrlimit(RLIMIT_NOFILE, &before_); }
  NoMoreDescriptors(const NoMoreDescriptors&) = delete;
  NoMoreDescriptors& operator=(const NoMoreDescriptors&) = delete;

 private:
  rlimit before_{};
};

}  // namespace

TEST_CASE("clients that send random bytes are dropped and honest ones served") {
  House house;
  make_echo(house);
  std::vector<tcp::socket> hostile;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    crypto::SeededRandom random(seed);
    Bytes noise(3000);
    random.fill(noise);
    hostile.push_back(house.raw_socket());
    ErrorCode ignored;
    boost::asio::write(hostile.back(), boost::asio::buffer(noise), ignored);
  }
  check_serves(house);
  REQUIRE(house.run_until([&] { return house.at_server.reasons.size() >= hostile.size(); }));
  CHECK(house.at_server.established.size() == 1);
}

TEST_CASE("a client that says nothing loses its place after the handshake time") {
  House house({.handshake_timeout = 500ms});
  make_echo(house);
  tcp::socket silent = house.raw_socket();
  // One that drips a byte at a time gains nothing by it.
  tcp::socket dripping = house.raw_socket();
  check_serves(house);
  const auto begin = std::chrono::steady_clock::now();
  REQUIRE(house.run_until([&] {
    ErrorCode ignored;
    const std::uint8_t one = 1;
    boost::asio::write(dripping, boost::asio::buffer(&one, 1), ignored);
    return std::ranges::count(house.at_server.reasons, Errc::kTimeout) >= 1 &&
           house.at_server.reasons.size() >= 3;
  }));
  CHECK(std::chrono::steady_clock::now() - begin < 5s);
}

TEST_CASE("a crowd from one address pushes out itself and nobody of another address") {
  House house({.max_handshakes = 8});
  make_echo(house);
  tcp::socket early = house.raw_socket();
  house.run_for(20ms);
  std::vector<tcp::socket> crowd;
  for (int i = 0; i < 40; ++i) {
    tcp::socket& one = crowd.emplace_back(house.io);
    one.open(tcp::v4());
    one.bind({boost::asio::ip::make_address("127.0.0.2"), 0});
    one.connect({boost::asio::ip::make_address("127.0.0.1"), house.server->port()});
    house.run_for(1ms);
  }
  REQUIRE(house.run_until([&] { return house.at_server.reasons.size() >= 33; }));
  CHECK(house.server->open_connections() == 8);
  // Whoever came first and alone is still listened to, and ends by its own fault.
  const std::uint8_t nonsense = 9;
  boost::asio::write(early, boost::asio::buffer(&nonsense, 1));
  REQUIRE(house.run_until(
      [&] { return std::ranges::count(house.at_server.reasons, Errc::kProtocol) == 1; }));
  check_serves(house);
}

TEST_CASE("an established link without a byte is closed after the idle time") {
  House house({.idle_timeout = 700ms});
  auto client = house.connect();
  REQUIRE(house.run_until([&] { return house.at_client.established.size() == 1; }));
  // Traffic keeps it open beyond the idle time.
  for (int i = 0; i < 10; ++i) {
    REQUIRE(client->link().send(as_bytes("ping")).has_value());
    house.run_for(100ms);
  }
  CHECK(house.at_server.closed.empty());
  REQUIRE(house.run_until([&] { return house.at_server.reasons.size() == 1; }));
  CHECK(house.at_server.reasons[0] == Errc::kTimeout);
}

TEST_CASE("a client that asks and never reads costs bounded memory and is dropped") {
  House house({.stalled_write_timeout = 500ms, .backlog_bytes = 256 * 1024});
  const Bytes answer(64 * 1024, 'a');
  std::size_t largest = 0, asked = 0;
  Link* victim = nullptr;
  house.at_server.when_message = [&](Link& link, ByteView message) {
    if (as_text(message) == "honest") {
      REQUIRE(link.send(message).has_value());
      return;
    }
    victim = &link;
    ++asked;
    REQUIRE(link.send(answer).has_value());
    largest = std::max(largest, link.counters().backlog_bytes);
  };
  // A client made by hand: the handshake is read, nothing after it.
  tcp::socket socket = house.raw_socket();
  wire::Channel channel = wire::Channel::initiator(house.random);
  Bytes greeting(wire::Greeting::kBytes), second(50);
  house.run_for(20ms);
  boost::asio::read(socket, boost::asio::buffer(greeting));
  REQUIRE(channel.on_bytes(greeting).has_value());
  REQUIRE(channel.start_known(house.client_key, house.server_key.wire()).has_value());
  boost::asio::write(socket, boost::asio::buffer(channel.take_output()));
  house.run_for(20ms);
  boost::asio::read(socket, boost::asio::buffer(second));
  REQUIRE(channel.on_bytes(second).has_value());
  REQUIRE(channel.established());
  socket.non_blocking(true);

  constexpr std::size_t kRequests = 20'000;
  for (std::size_t i = 0; i < kRequests; ++i) REQUIRE(channel.send(as_bytes("ask")).has_value());
  const Bytes requests = channel.take_output();
  std::size_t written = 0;
  const auto flood = [&] {
    ErrorCode error;
    while (!error && written < requests.size())
      written += socket.write_some(boost::asio::buffer(requests) + written, error);
  };
  flood();
  REQUIRE(house.run_until([&] { return victim != nullptr; }));
  check_serves(house);
  REQUIRE(house.run_until([&] {
    flood();
    return house.at_server.closed.contains(victim);
  }));
  CHECK(house.at_server.closed[victim]->code == Errc::kTimeout);
  // It stopped reading long before the requests were over.
  CHECK(asked < kRequests / 2);
  CHECK(largest <= 256 * 1024 + answer.size() + 100);
  check_serves(house);
}

TEST_CASE("more than the permitted backlog is refused and the handler hears when to go on") {
  House house({.backlog_bytes = 1024 * 1024});
  Link* link = nullptr;
  bool refused = false;
  const Bytes block(512 * 1024, 'b');
  house.at_server.when_established = [&](Link& own) {
    link = &own;
    for (int i = 0; i < 100 && !refused; ++i) {
      Result<void> outcome = own.send(block);
      if (outcome) continue;
      refused = true;
      CHECK(outcome.error().code == Errc::kLimit);
      CHECK(own.counters().backlog_bytes <= limits::kMaxBacklogBytes);
    }
  };
  auto client = house.connect();
  REQUIRE(house.run_until([&] { return house.at_server.writable == 1; }));
  CHECK(refused);
  CHECK(link->counters().backlog_bytes <= 512 * 1024);
  REQUIRE(link->send(block).has_value());
}

TEST_CASE("more silent clients than places do not keep an honest one out") {
  House house({.max_connections = 6, .max_handshakes = 4});
  make_echo(house);
  std::vector<tcp::socket> silent;
  for (int i = 0; i < 20; ++i) silent.push_back(house.raw_socket());
  check_serves(house);
  CHECK(house.server->open_connections() <= 6);
  CHECK(std::ranges::count(house.at_server.reasons, Errc::kLimit) >= 16);
}

TEST_CASE("a house full of known peers turns a newcomer away and keeps its peers") {
  House house({.max_connections = 2, .max_handshakes = 2});
  make_echo(house);
  auto first = house.connect();
  auto second = house.connect();
  REQUIRE(house.run_until([&] { return house.at_server.established.size() == 2; }));
  auto third = house.connect();
  Link* link = &third->link();
  REQUIRE(house.run_until([&] { return house.at_client.closed.contains(link); }));
  CHECK(house.server->refused_connections() == 1);
  CHECK(house.at_server.closed.empty());
  first.reset();
  REQUIRE(house.run_until([&] { return house.at_server.reasons.size() == 1; }));
  check_serves(house);
}

TEST_CASE("running out of descriptors pauses accepting and ends by itself") {
  House house({.accept_pause = 50ms});
  make_echo(house);
  tcp::socket waiting(house.io, tcp::v4());
  std::size_t attempts = 0, served = 0;
  {
    NoMoreDescriptors scarce;
    waiting.connect({boost::asio::ip::make_address("127.0.0.1"), house.server->port()});
    attempts = house.run_for(200ms);
    served = house.server->open_connections();
  }
  // A failed accept and a timer every 50 ms, not thousands.
  CHECK(attempts >= 2);
  CHECK(attempts < 20);
  CHECK(served == 0);
  check_serves(house);
}
