// SPDX-License-Identifier: Apache-2.0
//
// The links between nodes and the connections over them. A link has a direction that may be blocked
// on its own; what is said over a blocked direction waits, and an end that hears nothing for the
// idle timeout gives up, as net/transport does. Everything happens in events of the context's
// queue. The world must call after each event what is in World::settle().
#pragma once

#include <map>
#include <set>
#include <utility>
#include <vector>

#include "tests/simulation/connection.h"

namespace cunju::simulation {

struct Dial {
  bool leaves_when_caught_up = false;
  bool is_encrypted = false;
};

class Network {
 public:
  Network(Context& context, Nodes& nodes) : context_(context), nodes_(nodes) {}

  /// Opens a connection; nothing when either node is down or they are connected already.
  void dial(std::size_t caller, std::size_t listener, Dial options);
  /// Both ends learn of it, each after its own while.
  void cut_any();
  void cut_all();
  /// The node's process is gone: its ends vanish without a word.
  void drop_node(const Node& node);
  /// Something was committed at the node: its sessions push.
  void push(const Node& node);
  /// About once in ten seconds of virtual time.
  void tick();

  /// From a node to another, this direction only.
  void block(std::size_t from, std::size_t to) { blocked_.insert({from, to}); }
  void unblock(std::size_t from, std::size_t to);
  /// Nodes of different groups don't reach each other.
  void set_groups(std::vector<std::size_t> groups);
  /// No direction is blocked any more.
  void heal();
  /// Of every message over an encrypted connection, one in so many is damaged; 0: none.
  void set_damage(std::size_t one_in) { damage_one_in_ = one_in; }
  void set_slow(bool is_slow) { is_slow_ = is_slow; }

  bool are_connected(std::size_t a, std::size_t b) const;

 private:
  bool is_blocked(std::size_t from, std::size_t to) const;
  Connection* find(std::uint64_t number);
  void pump_all();
  void pump(std::uint64_t number, std::size_t side);
  void deliver(Connection& connection, std::size_t side, Parcel parcel);
  void on_message(Connection& connection, std::size_t side, ByteView message);
  void on_bytes(Connection& connection, std::size_t side, ByteView bytes);
  void establish(Connection& connection, std::size_t side, ByteView handshake_hash);
  void carry_out(Connection& connection, std::size_t side, const sync::Actions& actions);
  void send_bytes(Connection& connection, std::size_t side, Bytes bytes, bool is_end = false);
  void send_damaged(Connection& connection, std::size_t side, Bytes bytes);
  void close_end(Connection& connection, std::size_t side, const std::string& why);
  void close_in_order(Connection& connection, std::size_t side);
  void close_later(const Connection& connection, std::size_t side, Time most);
  void forget_closed();

  Context& context_;
  Nodes& nodes_;
  std::map<std::uint64_t, std::unique_ptr<Connection>> connections_;
  std::uint64_t next_number_ = 0;
  std::set<std::pair<std::size_t, std::size_t>> blocked_;
  std::vector<std::size_t> groups_;
  std::size_t damage_one_in_ = 0;
  bool is_slow_ = false;
};

}  // namespace cunju::simulation
