// SPDX-License-Identifier: Apache-2.0
//
// One connection between two nodes: two ends, each with a sync session, and what is on its way to
// each. It keeps order, as TCP does: a lost packet is a delay, a dead link a cut. Either the
// session's messages travel as they are, or through a real encrypted channel below which bytes may
// be damaged; then the connection must die and no other message may come out.
#pragma once

#include <array>
#include <deque>
#include <memory>

#include "net/sync/session.h"
#include "net/wire/channel.h"
#include "tests/simulation/node.h"

namespace cunju::simulation {

/// Who may open an encrypted connection to a node: whom its roster names.
class Door final : public wire::Gatekeeper {
 public:
  explicit Door(Node& node) : node_(node) {}
  bool is_known(const WireKey& initiator) override {
    Result<std::vector<SpaceId>> shared = node_.port().shared_spaces(initiator);
    return shared.has_value() && !shared.value().empty();
  }
  std::optional<wire::PairingSecret> find_pairing(const wire::InvitationId&) override {
    return std::nullopt;
  }

 private:
  Node& node_;
};

/// Something on its way to an end.
struct Parcel {
  Time arrival;
  Bytes bytes;
  bool is_end = false;  ///< The sender closed in order; nothing comes after it.
};

struct End {
  End(Node& at, Node& other) : node(&at), peer(&other), door(at) {}

  Node* node;
  Node* peer;
  Door door;
  std::unique_ptr<wire::Channel> channel;  ///< Null on a plain connection.
  std::unique_ptr<sync::Session> session;  ///< Null until established.
  bool is_open = true;
  Time last_heard{0};
  std::deque<Parcel> inbox;    ///< In order; `arrival` never falls.
  std::deque<Bytes> promised;  ///< What the other session sent and this one has not received.
};

struct Connection {
  Connection(std::uint64_t number_, Node& caller, Node& listener)
      : number(number_), ends{End(caller, listener), End(listener, caller)} {}

  bool is_closed() const { return !ends[0].is_open && !ends[1].is_open; }
  std::string name() const {
    return "c" + std::to_string(number) + " " + ends[0].node->name() + ">" + ends[1].node->name();
  }

  std::uint64_t number;
  std::array<End, 2> ends;  ///< The caller's, the listener's.
  bool is_encrypted = false;
  bool leaves_when_caught_up = false;
  bool is_cut = false;      ///< Nothing arrives any more, and an end may not know it yet.
  bool is_damaged = false;  ///< Some of its bytes were tampered with on the way.
};

}  // namespace cunju::simulation
