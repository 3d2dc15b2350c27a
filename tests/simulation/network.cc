// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/network.h"

#include <algorithm>

namespace cunju::simulation {
namespace {

constexpr Time kIdleTimeout = std::chrono::seconds(60);

}  // namespace

bool Network::is_blocked(std::size_t from, std::size_t to) const {
  if (blocked_.contains({from, to})) return true;
  return !groups_.empty() && groups_[from] != groups_[to];
}

bool Network::are_connected(std::size_t a, std::size_t b) const {
  return std::ranges::any_of(connections_, [&](const auto& entry) {
    const std::array<End, 2>& ends = entry.second->ends;
    const std::size_t one = ends[0].node->index(), two = ends[1].node->index();
    const bool is_theirs = (one == a && two == b) || (one == b && two == a);
    return is_theirs && ends[0].is_open && ends[1].is_open;
  });
}

Connection* Network::find(std::uint64_t number) {
  auto found = connections_.find(number);
  return found == connections_.end() ? nullptr : found->second.get();
}

void Network::dial(std::size_t caller, std::size_t listener, Dial options) {
  Node &from = *nodes_[caller], &to = *nodes_[listener];
  if (!from.is_up() || !to.is_up() || are_connected(caller, listener)) return;
  if (is_blocked(caller, listener) || is_blocked(listener, caller)) {
    ++context_.counts["calls without an answer"];
    return;
  }
  // An end that does not know yet that its connection is dead learns from the new call.
  for (auto& [number, connection] : connections_) {
    for (std::size_t side : {0U, 1U}) {
      const End& end = connection->ends[side];
      const bool is_theirs =
          (end.node == &from && end.peer == &to) || (end.node == &to && end.peer == &from);
      if (is_theirs && end.is_open) close_end(*connection, side, "replaced by a newer call");
    }
  }
  auto made = std::make_unique<Connection>(next_number_++, from, to);
  Connection& connection = *made;
  connections_.emplace(connection.number, std::move(made));
  connection.is_encrypted = options.is_encrypted;
  connection.leaves_when_caught_up = options.leaves_when_caught_up;
  ++context_.counts[options.is_encrypted ? "encrypted connections" : "connections"];
  context_.note(connection.name() + (options.is_encrypted ? " encrypted" : " plain") + " call");
  for (End& end : connection.ends) end.last_heard = context_.events.now();
  if (!options.is_encrypted) {
    std::array<std::uint8_t, 64> handshake_hash{};
    context_.random.fill(handshake_hash);
    for (std::size_t side : {0U, 1U}) {
      if (connection.ends[side].is_open) establish(connection, side, handshake_hash);
    }
    return;
  }
  End &calling = connection.ends[0], &listening = connection.ends[1];
  calling.channel.reset(new wire::Channel(wire::Channel::initiator(from.random())));
  listening.channel.reset(
      new wire::Channel(wire::Channel::responder(to.person().wire, listening.door, to.random())));
  send_bytes(connection, 1, listening.channel->take_output());
}

void Network::unblock(std::size_t from, std::size_t to) {
  blocked_.erase({from, to});
  pump_all();
}

void Network::set_groups(std::vector<std::size_t> groups) {
  groups_ = std::move(groups);
  pump_all();
}

void Network::heal() {
  blocked_.clear();
  groups_.clear();
  damage_one_in_ = 0;
  is_slow_ = false;
  pump_all();
}

void Network::pump_all() {
  for (const auto& [number, connection] : connections_) {
    for (std::size_t side : {0U, 1U}) {
      const std::uint64_t which = number;
      context_.events.after(Time{1}, [this, which, side] { pump(which, side); });
    }
  }
}

void Network::cut_any() {
  if (connections_.empty()) return;
  auto chosen = connections_.begin();
  std::advance(chosen, static_cast<std::ptrdiff_t>(context_.dice.below(connections_.size())));
  Connection& connection = *chosen->second;
  ++context_.counts["cuts"];
  context_.note(connection.name() + " cut");
  connection.is_cut = true;
  for (std::size_t side : {0U, 1U}) {
    connection.ends[side].inbox.clear();
    // One end may take minutes to notice, and goes on as if somebody listened.
    close_later(connection, side, context_.dice.one_in(3) ? kIdleTimeout : Time{500});
  }
}

void Network::cut_all() {
  for (auto& [number, connection] : connections_) {
    for (std::size_t side : {0U, 1U}) {
      if (connection->ends[side].is_open) close_end(*connection, side, "cut");
    }
  }
  connections_.clear();
}

void Network::drop_node(const Node& node) {
  for (auto& [number, connection] : connections_) {
    for (std::size_t side : {0U, 1U}) {
      if (connection->ends[side].node != &node || !connection->ends[side].is_open) continue;
      close_end(*connection, side, "the process is gone");
      // The other side hears of it, or runs into its timeout.
      close_later(*connection, 1 - side, context_.dice.one_in(2) ? kIdleTimeout : Time{200});
    }
  }
}

void Network::push(const Node& node) {
  std::vector<std::uint64_t> numbers;
  for (const auto& [number, connection] : connections_) numbers.push_back(number);
  for (std::uint64_t number : numbers) {
    Connection* connection = find(number);
    for (std::size_t side : {0U, 1U}) {
      End& end = connection->ends[side];
      if (end.node != &node || !end.is_open || !end.session) continue;
      // As the session manager does: who was removed meanwhile is cut off at once.
      Result<std::vector<SpaceId>> shared = end.node->port().shared_spaces(end.peer->wire());
      if (shared.has_value() && shared.value().empty()) {
        ++context_.counts["connections of removed nodes closed"];
        close_in_order(*connection, side);
        continue;
      }
      carry_out(*connection, side, end.session->on_changes_committed());
    }
  }
}

void Network::tick() {
  for (auto& [number, connection] : connections_) {
    for (std::size_t side : {0U, 1U}) {
      End& end = connection->ends[side];
      if (!end.is_open) continue;
      if (context_.events.now() - end.last_heard >= kIdleTimeout) {
        ++context_.counts["timeouts"];
        close_end(*connection, side, "idle timeout");
        close_later(*connection, 1 - side, Time{200});
      } else if (end.session) {
        carry_out(*connection, side, end.session->on_tick(context_.events.now()));
      }
    }
  }
  forget_closed();
}

void Network::forget_closed() {
  std::erase_if(connections_, [](const auto& entry) { return entry.second->is_closed(); });
}

}  // namespace cunju::simulation
