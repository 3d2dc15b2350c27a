// SPDX-License-Identifier: Apache-2.0
//
// Every connection of a node: chooses whom it talks to from the greeting, pairs new nodes over an
// open invitation, runs one sync session per peer and pushes new commits to all of them. No
// sockets: it drives transport::Link, so a simulator can stand in for TCP. Single thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "net/sync/session.h"
#include "net/transport/link.h"
#include "net/wire/announcement.h"
#include "node/keys/keystore.h"
#include "node/peers/call_plan.h"
#include "node/peers/invitation.h"
#include "node/peers/pairing_desk.h"
#include "node/peers/peer_event.h"
#include "node/replica/replica.h"

namespace cunju::peers {

/// What the manager borrows from the node; all of it outlives the manager.
struct SessionContext {
  replica::Replica& replica;
  const keys::UnlockedKeys& keys;
  InvitationBook& invitations;
  crypto::RandomSource& random;
  std::function<sync::Time()> now;              ///< Monotonic.
  std::function<std::uint64_t()> claimed_ms;    ///< This machine's claim of the date.
  sync::AttachmentPort* attachments = nullptr;  ///< Null: none are exchanged.
  /// Whether exchanging with this peer costs money, whatever holds for others; empty: with nobody.
  std::function<bool(const WireKey&)> is_metered = {};
  /// Who alone is to be met at an address that this node calls; empty: whoever it knows.
  std::function<std::optional<WireKey>(const std::string& address)> expected_at = {};
};

/// How long a node that witnesses collects what peers push before it states it. What ends a planned
/// transfer is stated at once, so that a village that calls once gets its receipt in that call.
inline constexpr sync::Time kWitnessPause = std::chrono::seconds(60);

/// Two nodes that call each other in the same moments see both calls within this time. A link that
/// is older than that, and whose peer calls anew, is one that the peer has lost.
inline constexpr sync::Time kCrossingCalls = std::chrono::seconds(20);

class SessionManager final : public transport::ConnectionHandler {
 public:
  SessionManager(SessionContext context, PeerListener listener);
  ~SessionManager() override;

  /// One-shot: sessions end when both sides have caught up.
  void set_leave_when_caught_up(bool leave) { leave_when_caught_up_ = leave; }

  /// The link costs money: sessions hold back what can wait.
  void set_metered(bool is_metered) { is_metered_ = is_metered; }

  /// Invitations with which nothing is asked in this run.
  void pass_over(const wire::InvitationId& id) { passed_over_.insert(id); }
  /// As PairingDesk's: when it grows, whoever invited is to be called.
  std::map<wire::InvitationId, wire::PairVerdict> untold_verdicts() {
    return pairing_.untold_verdicts();
  }

  bool is_known(const WireKey& initiator) override;
  std::optional<wire::PairingSecret> find_pairing(const wire::InvitationId& id) override;
  std::optional<transport::Start> on_greeting(transport::Link& link,
                                              const wire::Greeting& greeting) override;
  void on_established(transport::Link& link) override;
  void on_message(transport::Link& link, ByteView message) override;
  void on_writable(transport::Link& link) override;
  void on_closed(transport::Link& link, const Error* error) override;

  /// Whose announcement it is, if it is of somebody whom this node would call.
  std::optional<WireKey> find_announced(const wire::Announcement& announcement);

  /// After a commit of this or another process: every session pushes what its peer lacks.
  void on_commit();
  /// About once a second.
  void tick();
  /// States what this node holds, where it is a witness. What can't be signed is told as a log line
  /// and stays for the next time.
  void witness();
  /// Asks every session to end in order.
  void leave_all();
  bool has_connections() const { return !connections_.empty(); }
  bool is_connected(const WireKey& peer) const;
  /// Peers with a session; kConnected.
  std::vector<std::pair<WireKey, PeerStatus>> connected();
  /// Of its node in a roster, or its key in short.
  std::string name_of(const WireKey& wire);

 private:
  struct Connection {
    std::optional<PairTalk> pairing;                ///< On either side.
    std::optional<transport::LinkEnd> pairing_end;  ///< What was said of an invitation.
    bool is_outgoing = false;
    std::optional<WireKey> expected;  ///< As PeerEvent::expected.
    std::optional<WireKey> greeted;   ///< The acquaintance who greeted in its place.
    std::optional<WireKey> peer;      ///< Once a session runs.
    std::unique_ptr<sync::Session> session;
    sync::Time since{0};         ///< When the session began.
    std::optional<Error> error;  ///< The session's own reason to close.
    bool caught_up = false;
  };

  bool is_witness_due() const;
  /// The first acquaintance of any roster, or inviter, whose key `is_it`.
  std::optional<WireKey> find_acquaintance(const std::function<bool(const WireKey&)>& is_it);
  /// The session with this peer is over: others may bring what it was to bring.
  void end_session(Connection& connection);
  void start_session(transport::Link& link, Connection& connection);
  /// Of two links with one peer one goes: true if it is the newcomer.
  bool yields_to_existing(const WireKey& peer, bool is_outgoing, transport::Link& newcomer);
  void carry_out(transport::Link& link, Connection& connection, const sync::Actions& actions);
  Result<void> on_pair_message(transport::Link& link, Connection& connection, ByteView message);
  /// The node that greets has invited this one, and there is nothing to ask it.
  void remind_of_pairing(transport::Link& link, Connection& connection, const Invitation& taken);
  void tell_of_pairing(transport::Link& link, const PairTalk& talk, const PairStep& step);
  PeerEvent event(PeerEvent::Kind kind, transport::Link& link);
  void tell(const PeerEvent& event);

  SessionContext context_;
  PairingDesk pairing_;
  std::set<wire::InvitationId> passed_over_;
  PeerListener listener_;
  bool leave_when_caught_up_ = false;
  bool is_metered_ = false;
  std::optional<sync::Time> witnessed_;  ///< When it was looked for something to state.
  std::map<transport::Link*, Connection> connections_;
};

}  // namespace cunju::peers
