// SPDX-License-Identifier: Apache-2.0
//
// Links between connection handlers in one process: real wire::Channels whose bytes go through
// queues in memory. What transport::Connection promises is kept: calls of a handler never come from
// inside send or close, and on_closed is the last. A cut loses what is on its way.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "net/transport/link.h"

namespace cunju::test {

class MemoryLink final : public transport::Link {
 public:
  MemoryLink(transport::ConnectionHandler& handler, const crypto::DhKey& key, std::string address,
             noise::Role role, crypto::RandomSource& random)
      : handler_(handler),
        key_(key),
        address_(std::move(address)),
        channel_(role == noise::Role::kInitiator ? wire::Channel::initiator(random)
                                                 : wire::Channel::responder(key, handler, random)) {
  }

  Result<void> send(ByteView message) override {
    if (is_closing_ || !channel_.established()) return fail(Errc::kNetwork, "the link is not open");
    return channel_.send(message);
  }
  void close(std::optional<Error> reason) override {
    if (is_closing_) return;
    is_closing_ = true;
    reason_ = std::move(reason);
  }
  const std::string& peer_address() const override { return address_; }
  const wire::Channel& channel() const override { return channel_; }
  transport::LinkCounters counters() const override { return {}; }

  bool is_closing() const { return is_closing_; }
  bool is_closed() const { return is_closed_; }
  const std::optional<Error>& reason() const { return reason_; }
  Bytes take_output() { return channel_.take_output(); }

  void on_bytes(ByteView bytes) {
    if (is_closing_ || bytes.empty()) return;
    const bool was_established = channel_.established();
    Result<void> outcome = channel_.on_bytes(bytes);
    if (outcome && channel_.awaits_start()) outcome = start();
    std::vector<Bytes> messages = channel_.take_messages();
    if (!was_established && channel_.established()) handler_.on_established(*this);
    for (const Bytes& message : messages) {
      if (!is_closing_) handler_.on_message(*this, message);
    }
    if (!outcome) close(outcome.error());
  }
  void report_closed() {
    if (!std::exchange(is_closed_, true)) handler_.on_closed(*this, reason_ ? &*reason_ : nullptr);
  }

 private:
  Result<void> start() {
    std::optional<transport::Start> choice = handler_.on_greeting(*this, *channel_.greeting());
    if (!choice) return fail(Errc::kNotFound, "none of the nodes we look for");
    if (const auto* known = std::get_if<transport::StartKnown>(&*choice))
      return channel_.start_known(key_, known->remote);
    const auto& pairing = std::get<transport::StartPairing>(*choice);
    return channel_.start_pairing(pairing.invitation, pairing.psk);
  }

  transport::ConnectionHandler& handler_;
  const crypto::DhKey& key_;
  std::string address_;
  wire::Channel channel_;
  bool is_closing_ = false;
  bool is_closed_ = false;
  std::optional<Error> reason_;
};

/// The two ends of one connection.
class MemoryWire {
 public:
  struct End {
    transport::ConnectionHandler& handler;
    const crypto::DhKey& key;
    std::string address;  ///< Of the other end, as this one sees it.
  };
  MemoryWire(const End& caller, const End& listener, crypto::RandomSource& random)
      : caller_(caller.handler, caller.key, caller.address, noise::Role::kInitiator, random),
        listener_(listener.handler, listener.key, listener.address, noise::Role::kResponder,
                  random) {}

  MemoryLink& caller() { return caller_; }
  MemoryLink& listener() { return listener_; }
  bool is_closed() const { return caller_.is_closed() && listener_.is_closed(); }
  /// Loses what the listener says from now on.
  void lose_answers() { loses_answers_ = true; }
  /// Carries what waits in both directions once; false when there was nothing.
  bool step() {
    Bytes there = caller_.take_output(), back = listener_.take_output();
    if (loses_answers_) back.clear();
    const bool has_moved = !there.empty() || !back.empty();
    listener_.on_bytes(there);
    caller_.on_bytes(back);
    return has_moved;
  }
  /// Both ends learn that the connection is gone.
  void cut() {
    for (MemoryLink* link : {&caller_, &listener_}) {
      link->close(Error{Errc::kNetwork, "cut"});
      link->report_closed();
    }
  }
  /// Until nobody says anything more. An end that closes takes the other with it.
  void pump() {
    for (int turns = 0; turns < 10'000 && !is_closed(); ++turns) {
      if (step()) continue;
      if (!caller_.is_closing() && !listener_.is_closing()) return;
      // In order: the end that did not close learns of it without a reason.
      caller_.close(std::nullopt);
      listener_.close(std::nullopt);
      caller_.report_closed();
      listener_.report_closed();
    }
  }

 private:
  MemoryLink caller_;
  MemoryLink listener_;
  bool loses_answers_ = false;
};

}  // namespace cunju::test
