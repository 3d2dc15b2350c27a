// SPDX-License-Identifier: Apache-2.0
// The half of Network that moves bytes: send, damage, deliver, establish, close.
#include <algorithm>

#include "tests/simulation/network.h"

namespace cunju::simulation {

void Network::send_bytes(Connection& connection, std::size_t side, Bytes bytes, bool is_end) {
  if (connection.is_cut || (bytes.empty() && !is_end)) return;
  End& to = connection.ends[1 - side];
  // A stream has no seams: what is sent may arrive together with what was sent before.
  const bool may_join = connection.is_encrypted && !is_end && !connection.is_damaged;
  if (may_join && !to.inbox.empty() && context_.dice.one_in(3)) {
    append(to.inbox.back().bytes, bytes);
    return;
  }
  Time delay = context_.dice.between(Time{1}, is_slow_ ? Time{4000} : Time{120});
  // A lost packet is sent again by TCP: order stays, everything behind it waits.
  if (is_slow_ && context_.dice.one_in(8)) delay += std::chrono::seconds(10);
  Time arrival = context_.events.now() + delay;
  if (!to.inbox.empty()) arrival = std::max(arrival, to.inbox.back().arrival);
  to.inbox.push_back({.arrival = arrival, .bytes = std::move(bytes), .is_end = is_end});
  const std::uint64_t number = connection.number;
  context_.events.at(arrival, [this, number, side] { pump(number, 1 - side); });
}

void Network::send_damaged(Connection& connection, std::size_t side, Bytes bytes) {
  connection.is_damaged = true;
  End& to = connection.ends[1 - side];
  switch (context_.dice.below(4)) {
    case 0:
      ++context_.counts["flipped bits"];
      bytes[context_.dice.below(bytes.size())] ^=
          static_cast<std::uint8_t>(1U << context_.dice.below(8));
      return send_bytes(connection, side, std::move(bytes));
    case 1:
      ++context_.counts["lost frames"];
      return;
    case 2:
      ++context_.counts["doubled frames"];
      send_bytes(connection, side, bytes);
      return send_bytes(connection, side, std::move(bytes));
    default:
      ++context_.counts["swapped frames"];
      send_bytes(connection, side, std::move(bytes));
      if (to.inbox.size() > 1)
        std::swap(to.inbox.back().bytes, to.inbox[to.inbox.size() - 2].bytes);
  }
}

void Network::pump(std::uint64_t number, std::size_t side) {
  for (;;) {
    Connection* connection = find(number);
    if (connection == nullptr) return;
    End& end = connection->ends[side];
    if (!end.is_open || end.inbox.empty() || end.node->disk().has_crashed()) return;
    if (end.inbox.front().arrival > context_.events.now()) return;
    if (is_blocked(end.peer->index(), end.node->index())) return;
    Parcel parcel = std::move(end.inbox.front());
    end.inbox.pop_front();
    deliver(*connection, side, std::move(parcel));
  }
}

void Network::deliver(Connection& connection, std::size_t side, Parcel parcel) {
  End& end = connection.ends[side];
  end.last_heard = context_.events.now();
  if (parcel.is_end) return close_end(connection, side, "the peer closed");
  context_.note(connection.name() + " to " + end.node->name() + " " +
                std::to_string(parcel.bytes.size()) + " " + brief(crypto::hash({parcel.bytes})));
  if (connection.is_encrypted) return on_bytes(connection, side, parcel.bytes);
  on_message(connection, side, parcel.bytes);
}

void Network::on_bytes(Connection& connection, std::size_t side, ByteView bytes) {
  End& end = connection.ends[side];
  const bool was_established = end.channel->established();
  // Nor does it respect ours.
  const std::size_t cut = context_.dice.below(bytes.size() + 1);
  Result<void> outcome = end.channel->on_bytes(bytes.first(cut));
  if (outcome && !end.channel->awaits_start()) outcome = end.channel->on_bytes(bytes.subspan(cut));
  if (outcome && end.channel->awaits_start())
    outcome = end.channel->start_known(end.node->person().wire, end.peer->wire());
  send_bytes(connection, side, end.channel->take_output());
  const std::vector<Bytes> messages = end.channel->take_messages();
  if (!was_established && end.channel->established())
    establish(connection, side, end.channel->handshake_hash());
  for (const Bytes& message : messages) {
    if (end.is_open) on_message(connection, side, message);
  }
  if (outcome || !end.is_open) return;
  // A stranger's call is refused: a joiner may be calling somebody whose roster lacks it yet.
  if (!connection.is_damaged && outcome.error().code != Errc::kPermission)
    context_.fail(connection.name() + " died undamaged: " + outcome.error().context);
  ++context_.counts["connections killed by the channel"];
  close_in_order(connection, side);
}

void Network::on_message(Connection& connection, std::size_t side, ByteView message) {
  End& end = connection.ends[side];
  if (!end.session) return;
  // Whatever happens below the channel, a session gets what the other one said, in order, or less.
  if (end.promised.empty() || !equal(end.promised.front(), message)) {
    context_.fail(connection.name() + " delivered a message that was not sent next");
    return;
  }
  end.promised.pop_front();
  carry_out(connection, side, end.session->on_message(context_.events.now(), message));
}

void Network::establish(Connection& connection, std::size_t side, ByteView handshake_hash) {
  End& end = connection.ends[side];
  sync::Options options;
  options.leave_when_caught_up = connection.leaves_when_caught_up;
  // So few heads as here would always be listed. Both ends must do the same.
  if (connection.number % 2 == 1) options.whole_list_heads = 0;
  // Small ones, so that a few changes already make several batches and a full window.
  if (context_.dice.one_in(2)) options.batch_target_bytes = 256 << context_.dice.below(6);
  if (context_.dice.one_in(4)) options.window_bytes = 1024 << context_.dice.below(6);
  end.session =
      std::make_unique<sync::Session>(end.node->port(), end.peer->wire(), handshake_hash, options);
  carry_out(connection, side, end.session->start(context_.events.now()));
}

void Network::carry_out(Connection& connection, std::size_t side, const sync::Actions& actions) {
  End& end = connection.ends[side];
  // A process that died while it worked says nothing any more.
  if (end.node->disk().has_crashed()) return;
  for (const std::string& line : actions.log) {
    context_.note(end.node->name() + " logs " + line);
    if (line.find(" is forked") != std::string::npos) ++context_.counts["forks that a session saw"];
  }
  for (const Bytes& message : actions.messages) {
    connection.ends[1 - side].promised.push_back(message);
    if (!connection.is_encrypted) {
      send_bytes(connection, side, message);
      continue;
    }
    if (end.channel->send(message).has_error()) return close_in_order(connection, side);
    Bytes frames = end.channel->take_output();
    if (damage_one_in_ != 0 && context_.dice.one_in(damage_one_in_)) {
      send_damaged(connection, side, std::move(frames));
    } else {
      send_bytes(connection, side, std::move(frames));
    }
  }
  if (actions.close) {
    const std::optional<Error>& error = actions.close->error;
    if (error) {
      context_.note(connection.name() + " " + end.node->name() + " ends: " + error->context);
      ++context_.counts["sessions ended by an error"];
      const bool is_explained = actions.close->by_peer || end.node->explains(*error) ||
                                !end.peer->is_honest() || !end.node->is_honest();
      if (!is_explained)
        context_.fail("an honest session ended: " + std::string(errc_name(error->code)) + " " +
                      error->context);
    }
    close_in_order(connection, side);
  }
}

void Network::close_in_order(Connection& connection, std::size_t side) {
  send_bytes(connection, side, {}, true);
  close_end(connection, side, "closed");
}

void Network::close_end(Connection& connection, std::size_t side, const std::string& why) {
  End& end = connection.ends[side];
  if (!end.is_open) return;
  end.is_open = false;
  end.inbox.clear();
  context_.note(connection.name() + " " + end.node->name() + " " + why);
}

void Network::close_later(const Connection& connection, std::size_t side, Time most) {
  const std::uint64_t number = connection.number;
  context_.events.after(context_.dice.between(Time{1}, most), [this, number, side] {
    if (Connection* found = find(number)) close_end(*found, side, "learns that it is cut");
  });
}

}  // namespace cunju::simulation
