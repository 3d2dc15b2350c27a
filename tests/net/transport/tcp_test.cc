// SPDX-License-Identifier: Apache-2.0
#include "net/transport/tcp.h"

#include <catch2/catch.hpp>

#include "tests/net/transport/tcp_house.h"

using namespace cunju;
using namespace cunju::transport;
using namespace std::chrono_literals;

namespace {

// Sends back what comes.
void make_echo(House& house) {
  house.at_server.when_message = [](Link& link, ByteView message) {
    REQUIRE(link.send(message).has_value());
  };
}

}  // namespace

TEST_CASE("two handlers exchange messages over TCP and close in order") {
  House house;
  make_echo(house);
  const Bytes large(limits::kMaxMessageBytes, 'L');
  house.at_client.when_established = [&](Link& link) {
    REQUIRE(link.send(as_bytes("hello")).has_value());
    REQUIRE(link.send(large).has_value());
  };
  auto client = house.connect();
  Link* link = &client->link();
  CHECK(link->peer_address() == house.server->address());
  REQUIRE(house.run_until([&] { return house.at_client.messages[link].size() == 2; }));
  CHECK(as_text(house.at_client.messages[link][0]) == "hello");
  CHECK(house.at_client.messages[link][1] == large);
  CHECK(link->channel().remote_static() == house.server_key.wire());
  REQUIRE(house.at_server.established.size() == 1);
  Link& other = *house.at_server.established[0];
  CHECK(other.channel().remote_static() == house.client_key.wire());
  CHECK(other.channel().handshake_hash() == link->channel().handshake_hash());
  CHECK(other.counters().bytes_in == link->counters().bytes_out);
  CHECK(other.counters().bytes_out == link->counters().bytes_in);
  CHECK(link->counters().bytes_out > limits::kMaxMessageBytes);
  CHECK(link->counters().backlog_bytes == 0);

  link->close(std::nullopt);
  CHECK(house.at_client.closed.empty());
  CHECK(link->send(as_bytes("late")).error().code == Errc::kNetwork);
  REQUIRE(house.run_until(
      [&] { return house.at_client.reasons.size() == 1 && house.at_server.reasons.size() == 1; }));
  CHECK_FALSE(house.at_client.reasons[0].has_value());
  CHECK_FALSE(house.at_server.reasons[0].has_value());
  CHECK(house.server->open_connections() == 0);
}

TEST_CASE("pairing runs over TCP") {
  House house;
  house.at_server.known.clear();
  house.at_server.invitation = house.random.make<wire::InvitationId>();
  house.random.fill(house.at_server.psk.mutable_view());
  house.at_client.pairing = true;
  house.at_client.invitation = house.at_server.invitation;
  house.at_client.psk = house.at_server.psk.clone();
  auto client = house.connect();
  REQUIRE(house.run_until([&] { return house.at_server.established.size() == 1; }));
  CHECK(house.at_server.established[0]->channel().mode() == wire::Mode::kPairing);
}

TEST_CASE("addresses are numeric with a port, and the server reports the one it got") {
  House house;
  CHECK(house.server->port() != 0);
  CHECK(house.server->address() == "127.0.0.1:" + std::to_string(house.server->port()));
  for (const char* wrong : {"", ":", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1",
                            "127.0.0.1:1x", "::1:7700", "[127.0.0.1]:7700", "[::1]", "[::1:7700",
                            "localhost:7700", "127.0.0.1:7700 "}) {
    CAPTURE(wrong);
    CHECK(TcpServer::listen(house.server_context(), wrong).error().code == Errc::kInvalidArgument);
    CHECK(tcp_connect(house.client_context(), wrong).error().code == Errc::kInvalidArgument);
  }
  const Result<std::unique_ptr<TcpServer>> again =
      TcpServer::listen(house.server_context(), house.server->address());
  CHECK(again.error().code == Errc::kIo);
  CHECK(again.error().context == kAddressInUse);
  CHECK(TcpServer::listen(house.server_context(), "203.0.113.7:1").error().context ==
        kAddressNotOurs);

  auto six = TcpServer::listen(house.server_context(), "[::1]:0");
  if (!six) {
    WARN("no IPv6 here: skipped");
    return;
  }
  auto client = tcp_connect(house.client_context(), six.value()->address());
  REQUIRE(house.run_until([&] { return house.at_client.established.size() == 1; }));
}

TEST_CASE("a node that is not known gets no link and no reason") {
  House house;
  house.at_server.known.clear();
  auto client = house.connect();
  REQUIRE(house.run_until(
      [&] { return house.at_client.reasons.size() == 1 && house.at_server.reasons.size() == 1; }));
  CHECK(house.at_server.reasons[0] == Errc::kPermission);
  CHECK(house.at_client.reasons[0] == Errc::kNetwork);
  CHECK(house.at_server.established.empty());
  CHECK(house.at_client.established.empty());
}

TEST_CASE("a caller that meets a node it does not look for goes away") {
  House house;
  house.at_client.known = {house.client_key.wire()};
  auto client = house.connect();
  REQUIRE(house.run_until([&] { return house.at_client.reasons.size() == 1; }));
  CHECK(house.at_client.reasons[0] == Errc::kNotFound);
}

TEST_CASE("nobody listening is a network error and nobody accepting a timeout") {
  House house;
  const std::string address = house.server->address();
  house.server.reset();
  auto refused = std::move(tcp_connect(house.client_context(), address)).value();
  REQUIRE(house.run_until([&] { return house.at_client.reasons.size() == 1; }));
  CHECK(house.at_client.reasons[0] == Errc::kNetwork);

  // A listener whose queue is full: the operating system ignores further callers.
  using boost::asio::ip::tcp;
  tcp::acceptor full(house.io, tcp::v4());
  full.bind({boost::asio::ip::make_address("127.0.0.1"), 0});
  full.listen(0);
  tcp::socket first(house.io), second(house.io);
  first.async_connect(full.local_endpoint(), [](const auto&) {});
  second.async_connect(full.local_endpoint(), [](const auto&) {});
  house.run_for(50ms);
  auto waiting = std::move(tcp_connect(house.client_context(),
                                       "127.0.0.1:" + std::to_string(full.local_endpoint().port()),
                                       {.connect_timeout = 200ms, .handshake_timeout = 200ms}))
                     .value();
  REQUIRE(house.run_until([&] { return house.at_client.reasons.size() == 2; }));
  CHECK(house.at_client.reasons[1] == Errc::kTimeout);
}

TEST_CASE("a call into a zone whose interface is gone is known by what its caller wrote") {
  House house;
  const std::string address = "[fe80::1%gone0]:7700";
  auto called = std::move(tcp_connect(house.client_context(), address)).value();
  REQUIRE(house.run_until([&] { return house.at_client.reasons.size() == 1; }));
  CHECK(called->link().peer_address() == address);
  CHECK(called->link().end() == LinkEnd::kNoRoute);
}

TEST_CASE("an address of one link is known by its interface, and without one it is none") {
  // The loopback is everybody's first interface.
  for (const char* written : {"[fe80::1%1]:7700", "[fe80::1%lo]:7700", "[FE80:0::1%001]:7700"}) {
    CAPTURE(written);
    CHECK(spell_address(written).value() == "[fe80::1%lo]:7700");
  }
  // Plugged in later, it is called as it was written.
  CHECK(spell_address("[FE80::1%gone0]:7700").value() == "[fe80::1%gone0]:7700");
  CHECK(spell_address("[fe80::1%987654]:7700").value() == "[fe80::1%987654]:7700");
  CHECK(spell_address("[0::1]:7700").value() == "[::1]:7700");
  for (const char* bare : {"[fe80::1]:7700", "[fe80::1%]:7700", "[fe80::1%0]:7700"}) {
    CAPTURE(bare);
    const auto spelled = spell_address(bare);
    REQUIRE(spelled.has_error());
    CHECK(spelled.error().code == Errc::kInvalidArgument);
    CHECK(spelled.error().context == kNoZone);
  }
}

TEST_CASE("the last message before close arrives although the peer never stops sending") {
  House house;
  house.at_server.when_message = [](Link& link, ByteView) {
    // The second call fails, the link is closing then.
    static_cast<void>(link.send(as_bytes("goodbye")));
    link.close(Error{Errc::kProtocol, "enough"});
  };
  const Bytes noise(100'000, 'n');
  const auto send_more = [&](Link& link) {
    while (link.counters().backlog_bytes < limits::kWindowBytes && link.send(noise)) {
    }
  };
  house.at_client.when_established = send_more;
  house.at_client.when_writable = send_more;
  auto client = house.connect();
  REQUIRE(house.run_until(
      [&] { return house.at_client.reasons.size() == 1 && house.at_server.reasons.size() == 1; }));
  CHECK(house.at_server.reasons[0] == Errc::kProtocol);
  REQUIRE(house.at_client.messages[&client->link()].size() == 1);
  CHECK(as_text(house.at_client.messages[&client->link()][0]) == "goodbye");
}

TEST_CASE("stopping a server closes its links in order") {
  House house;
  auto client = house.connect();
  REQUIRE(house.run_until([&] { return house.at_server.established.size() == 1; }));
  house.server->stop();
  REQUIRE(house.run_until(
      [&] { return house.at_client.reasons.size() == 1 && house.at_server.reasons.size() == 1; }));
  CHECK_FALSE(house.at_client.reasons[0].has_value());
  auto late = house.connect();
  REQUIRE(house.run_until([&] { return house.at_client.reasons.size() == 2; }));
  CHECK(house.at_client.reasons[1] == Errc::kNetwork);
}

TEST_CASE("a server or client may be destroyed inside any call, and is silent afterwards") {
  for (int moment = 0; moment < 3; ++moment) {
    CAPTURE(moment);
    House house;
    std::unique_ptr<TcpClient> client;
    bool gone = false;
    const auto destroy = [&](Link&) {
      REQUIRE_FALSE(gone);
      gone = true;
      house.server.reset();
    };
    if (moment == 0) house.at_server.when_established = destroy;
    if (moment == 1) house.at_server.when_message = [&](Link& link, ByteView) { destroy(link); };
    if (moment == 2) house.at_server.when_closed = destroy;
    house.at_client.when_established = [&](Link& link) {
      REQUIRE(link.send(as_bytes("one")).has_value());
      REQUIRE(link.send(as_bytes("two")).has_value());
      if (moment == 2) link.close(std::nullopt);
    };
    house.at_client.when_closed = [&](Link&) { client.reset(); };
    client = house.connect();
    REQUIRE(house.run_until([&] { return gone && client == nullptr; }));
    CHECK(house.at_server.reasons.size() == (moment == 2 ? 1 : 0));
    CHECK(house.at_client.reasons.size() == 1);
  }
}
