// SPDX-License-Identifier: Apache-2.0
//
// Two sessions over a link in memory that keeps order, as the channel does. Steps are explicit, so
// a test decides who is slow and where the link is cut. Counts what it carries by itself, so that a
// session's own accounting can be held against it.
#pragma once

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "net/sync/session.h"
#include "tests/support/memory_port.h"

namespace cunju::testing {

inline Bytes test_handshake_hash(std::uint8_t fill = 7) { return Bytes(64, fill); }

/// While it lives, pairs reconcile by sketches however few heads there are.
class Sketching {
 public:
  explicit Sketching(bool is_on) { whole_list_heads() = is_on ? 0 : limits::kWholeListHeads; }
  Sketching(const Sketching&) = delete;
  Sketching& operator=(const Sketching&) = delete;
  ~Sketching() { whole_list_heads() = limits::kWholeListHeads; }

  static std::size_t& whole_list_heads() {
    static std::size_t heads = limits::kWholeListHeads;
    return heads;
  }
};

class SessionPair {
 public:
  SessionPair(sync::Port& a, sync::Port& b, sync::Options options_a = {},
              sync::Options options_b = {}, Bytes handshake_hash = test_handshake_hash(),
              const WireKey& key_of_a = WireKey{{1}}, const WireKey& key_of_b = WireKey{{2}},
              std::array<sync::AttachmentPort*, 2> attachments = {}) {
    options_a.whole_list_heads = options_b.whole_list_heads = Sketching::whole_list_heads();
    sides_[0].session =
        std::make_unique<sync::Session>(a, key_of_b, handshake_hash, options_a, attachments[0]);
    sides_[1].session =
        std::make_unique<sync::Session>(b, key_of_a, handshake_hash, options_b, attachments[1]);
  }

  void start() {
    for (std::size_t side : {0u, 1u}) apply(side, session(side).start(now_));
  }
  bool can_deliver(std::size_t side) const { return !sides_[side].inbox.empty(); }
  /// The next message for `side`.
  void deliver(std::size_t side) {
    Bytes message = std::move(sides_[side].inbox.front());
    sides_[side].inbox.pop_front();
    wire::Message content = wire::decode_message(message).value();
    if (const auto* ack = std::get_if<wire::Ack>(&content)) {
      sides_[side].unacked -= sides_[side].batches.at(ack->batch);
    }
    apply(side, session(side).on_message(now_, message));
  }
  /// Until nobody has anything to say; at most so many messages. False when it goes on and on.
  bool pump(std::size_t max_messages = 100'000) {
    for (std::size_t i = 0; i < max_messages; ++i) {
      std::size_t side = i % 2;
      if (!can_deliver(side)) side = 1 - side;
      if (!can_deliver(side)) return true;
      deliver(side);
    }
    return false;
  }
  void apply(std::size_t side, sync::Actions actions) {
    Side& from = sides_[side];
    for (Bytes& message : actions.messages) {
      from.sent_bytes += message.size();
      wire::Message content = wire::decode_message(message).value();
      if (const auto* runs = std::get_if<wire::Runs>(&content)) {
        from.batches[runs->batch] = message.size();
        from.unacked += message.size();
        from.max_unacked = std::max(from.max_unacked, from.unacked);
      }
      from.sent.push_back(message);
      sides_[1 - side].inbox.push_back(std::move(message));
    }
    if (actions.close) from.close = actions.close;
    from.caught_up += actions.caught_up ? 1 : 0;
    from.log.insert(from.log.end(), actions.log.begin(), actions.log.end());
  }
  void tick(sync::Time step) {
    now_ += step;
    for (std::size_t side : {0u, 1u}) apply(side, session(side).on_tick(now_));
  }

  struct Side {
    std::unique_ptr<sync::Session> session;
    std::deque<Bytes> inbox;
    std::vector<Bytes> sent;
    std::map<std::uint64_t, std::size_t> batches;
    std::size_t sent_bytes = 0;
    std::size_t unacked = 0;
    std::size_t max_unacked = 0;
    std::optional<sync::Close> close;
    int caught_up = 0;
    std::vector<std::string> log;
  };
  Side& side(std::size_t index) { return sides_[index]; }
  sync::Session& session(std::size_t index) { return *sides_[index].session; }

 private:
  std::array<Side, 2> sides_;
  sync::Time now_{0};
};

}  // namespace cunju::testing
