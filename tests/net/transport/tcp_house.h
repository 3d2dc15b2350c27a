// SPDX-License-Identifier: Apache-2.0
//
// A server, its handler and clients on loopback for tests. Everything runs on one io_context that
// the test drives with run_until; nothing waits longer than the given limit.
#pragma once

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/transport/tcp.h"

namespace cunju::transport {

/// Records every call and answers as its functions say.
class RecordingHandler final : public ConnectionHandler {
 public:
  explicit RecordingHandler(const crypto::DhKey& key) : own_key(key) {}

  bool is_known(const WireKey& initiator) override {
    return std::ranges::find(known, initiator) != known.end();
  }
  std::optional<wire::PairingSecret> find_pairing(const wire::InvitationId& id) override {
    if (id != invitation) return std::nullopt;
    return wire::PairingSecret{.psk = psk.clone(), .key = own_key.clone()};
  }
  std::optional<Start> on_greeting(Link&, const wire::Greeting& greeting) override {
    if (pairing) return StartPairing{.invitation = invitation, .psk = psk.clone()};
    for (const WireKey& key : known)
      if (greeting.is_from(key)) return StartKnown{.remote = key};
    return std::nullopt;
  }
  void on_established(Link& link) override {
    established.push_back(&link);
    if (when_established) when_established(link);
  }
  void on_message(Link& link, ByteView message) override {
    messages[&link].push_back(to_bytes(message));
    if (when_message) when_message(link, message);
  }
  void on_writable(Link& link) override {
    ++writable;
    if (when_writable) when_writable(link);
  }
  void on_closed(Link& link, const Error* error) override {
    closed[&link] = error != nullptr ? std::optional<Error>(*error) : std::nullopt;
    reasons.push_back(error != nullptr ? std::optional<Errc>(error->code) : std::nullopt);
    if (when_closed) when_closed(link);
  }

  const crypto::DhKey& own_key;
  std::vector<WireKey> known;
  bool pairing = false;
  wire::InvitationId invitation;
  crypto::Secret<32> psk;
  std::function<void(Link&)> when_established, when_writable, when_closed;
  std::function<void(Link&, ByteView)> when_message;

  std::vector<Link*> established;
  std::map<Link*, std::vector<Bytes>> messages;
  std::map<Link*, std::optional<Error>> closed;
  std::vector<std::optional<Errc>> reasons;
  int writable = 0;
};

struct House {
  explicit House(const Options& server_options = {})
      : random(11),
        server_key(crypto::DhKey::generate(random)),
        client_key(crypto::DhKey::generate(random)),
        at_server(server_key),
        at_client(client_key) {
    at_server.known = {client_key.wire()};
    at_client.known = {server_key.wire()};
    server = std::move(TcpServer::listen(server_context(), "127.0.0.1:0", server_options)).value();
  }

  Context server_context() { return {io, server_key, at_server, random}; }
  Context client_context() { return {io, client_key, at_client, random}; }
  std::unique_ptr<TcpClient> connect(const Options& options = {}) {
    return std::move(tcp_connect(client_context(), server->address(), options)).value();
  }
  /// A socket for clients that do not keep to the protocol.
  boost::asio::ip::tcp::socket raw_socket() {
    boost::asio::ip::tcp::socket out(io);
    out.connect({boost::asio::ip::make_address("127.0.0.1"), server->port()});
    return out;
  }
  /// Runs until the condition holds; false when it does not within the limit.
  template <class Condition>
  bool run_until(Condition&& condition, std::chrono::seconds limit = std::chrono::seconds(10)) {
    const auto end = std::chrono::steady_clock::now() + limit;
    io.restart();
    while (!condition()) {
      if (std::chrono::steady_clock::now() > end) return false;
      io.run_one_for(std::chrono::milliseconds(20));
      if (io.stopped()) io.restart();
    }
    return true;
  }
  /// Runs for a time in any case; the number of completed operations.
  std::size_t run_for(std::chrono::milliseconds time) {
    io.restart();
    return io.run_for(time);
  }

  boost::asio::io_context io;
  crypto::SeededRandom random;
  crypto::DhKey server_key, client_key;
  RecordingHandler at_server, at_client;
  std::unique_ptr<TcpServer> server;
};

}  // namespace cunju::transport
