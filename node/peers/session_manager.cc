// SPDX-License-Identifier: Apache-2.0
#include "node/peers/session_manager.h"

#include <algorithm>

#include "node/peers/own_node.h"

namespace cunju::peers {
namespace {

Error nobody_let_in() { return {Errc::kPermission, "nobody is let in by this invitation"}; }

}  // namespace

SessionManager::SessionManager(SessionContext context, PeerListener listener)
    : context_(std::move(context)),
      pairing_({.replica = context_.replica,
                .keys = context_.keys,
                .invitations = context_.invitations,
                .random = context_.random,
                .claimed_ms = context_.claimed_ms}),
      listener_(std::move(listener)) {
  context_.replica.set_taken_listener([this](const SpaceId&, bool is_all) {
    if (is_all || is_witness_due()) witness();
  });
}

SessionManager::~SessionManager() { context_.replica.set_taken_listener(nullptr); }

bool SessionManager::is_witness_due() const {
  return !witnessed_ || context_.now() - *witnessed_ >= kWitnessPause;
}

void SessionManager::witness() {
  witnessed_ = context_.now();
  Result<std::vector<SpaceId>> spaces = context_.replica.spaces();
  if (spaces.has_error()) return;
  for (const SpaceId& space : spaces.value()) {
    // Who came to a confidential scope without its keys gets them from whoever meets them.
    Result<replica::Appended> handed =
        context_.replica.hand_over_epochs(space, context_.keys.author, context_.claimed_ms());
    if (handed.has_error()) {
      PeerEvent log;
      log.kind = PeerEvent::Kind::kLog;
      log.text = "no keys were handed over in space " + space.hex() + ": " + handed.error().context;
      tell(log);
    }
    Result<replica::Appended> receipts = context_.replica.append_receipts(
        space, context_.keys.author, context_.keys.node, context_.claimed_ms());
    if (receipts.has_error()) {
      PeerEvent log;
      log.kind = PeerEvent::Kind::kLog;
      log.text =
          "no receipt for an erasure in space " + space.hex() + ": " + receipts.error().context;
      tell(log);
    }
    Result<replica::Appended> made =
        context_.replica.append_statements(space, context_.keys.node, context_.claimed_ms());
    if (made.has_value()) continue;
    PeerEvent log;
    log.kind = PeerEvent::Kind::kLog;
    log.text = "nothing was witnessed in space " + space.hex() + ": " + made.error().context;
    tell(log);
  }
}

void SessionManager::tell(const PeerEvent& event) {
  if (listener_) listener_(event);
}

PeerEvent SessionManager::event(PeerEvent::Kind kind, transport::Link& link) {
  PeerEvent out;
  out.kind = kind;
  out.address = link.peer_address();
  transport::LinkCounters counters = link.counters();
  out.bytes_in = counters.bytes_in;
  out.bytes_out = counters.bytes_out;
  if (link.channel().established() && link.channel().mode() == wire::Mode::kKnown)
    out.wire = link.channel().remote_static();
  auto found = connections_.find(&link);
  if (found != connections_.end()) {
    if (found->second.greeted) out.peer = name_of(*found->second.greeted);
    if (found->second.peer) out.peer = name_of(*found->second.peer);
    out.expected = found->second.expected;
    out.is_outgoing = found->second.is_outgoing;
    if (found->second.session) out.progress = found->second.session->progress();
  }
  return out;
}

bool SessionManager::is_connected(const WireKey& peer) const {
  return std::ranges::any_of(connections_,
                             [&](const auto& entry) { return entry.second.peer == peer; });
}

std::vector<std::pair<WireKey, PeerStatus>> SessionManager::connected() {
  std::vector<std::pair<WireKey, PeerStatus>> out;
  for (const auto& [link, connection] : connections_) {
    if (!connection.peer) continue;
    PeerStatus status;
    status.address = link->peer_address();
    status.peer = name_of(*connection.peer);
    status.state = PeerStatus::State::kConnected;
    out.emplace_back(*connection.peer, std::move(status));
  }
  return out;
}

std::string SessionManager::name_of(const WireKey& wire) {
  Result<std::vector<SpaceId>> spaces = context_.replica.spaces();
  if (spaces.has_value()) {
    for (const SpaceId& space : spaces.value()) {
      Result<std::shared_ptr<const Roster>> roster = context_.replica.roster(space);
      if (roster.has_error()) continue;
      if (const AddNode* node = roster.value()->find_wire(wire)) return node->name;
    }
  }
  return wire.hex().substr(0, 12);
}

bool SessionManager::is_known(const WireKey& initiator) {
  // Its own keys stand in its rosters; what it told itself would be kept as a peer's word.
  if (initiator == context_.keys.wire.wire()) return false;
  const Result<bool> known = context_.replica.knows_peer(initiator);
  return known.has_value() && known.value();
}

std::optional<wire::PairingSecret> SessionManager::find_pairing(const wire::InvitationId& id) {
  return pairing_.find_secret(id);
}

std::optional<transport::Start> SessionManager::on_greeting(transport::Link& link,
                                                            const wire::Greeting& greeting) {
  Connection& connection = connections_[&link];
  connection.is_outgoing = true;
  if (greeting.is_from(context_.keys.wire.wire())) {
    connection.error = Error{Errc::kInvalidArgument, std::string(kOwnNode)};
    return std::nullopt;
  }
  const auto acquaintance = [&] {
    return find_acquaintance([&](const WireKey& wire) { return greeting.is_from(wire); });
  };
  if (context_.expected_at) connection.expected = context_.expected_at(link.peer_address());
  if (connection.expected && !greeting.is_from(*connection.expected)) {
    connection.greeted = acquaintance();
    if (connection.greeted) connection.error = Error{Errc::kNotFound, std::string(kOtherPeer)};
    return std::nullopt;
  }
  if (std::optional<Invitation> taken = pairing_.choose(greeting, passed_over_)) {
    connection.pairing = PairTalk{.invitation = taken->id};
    return transport::StartPairing{.invitation = taken->id, .psk = std::move(taken->psk)};
  }
  const std::optional<WireKey> known = acquaintance();
  if (known) return transport::StartKnown{*known};
  // No stranger: whoever invited this node has said before what there was to say.
  if (const std::optional<Invitation> taken = pairing_.find_taken(greeting))
    remind_of_pairing(link, connection, *taken);
  return std::nullopt;
}

void SessionManager::remind_of_pairing(transport::Link& link, Connection& connection,
                                       const Invitation& taken) {
  const bool is_ended = is_over(taken.state.stage);
  connection.pairing_end =
      is_ended ? transport::LinkEnd::kNoInvitation : transport::LinkEnd::kWords;
  if (!is_ended || passed_over_.contains(taken.id)) return;
  connection.error = nobody_let_in();
  tell_of_pairing(link, {.invitation = taken.id},
                  {.kind = PairStep::Kind::kOver,
                   .answer = {},
                   .space = taken.space,
                   .name = taken.space_name,
                   .role = taken.role,
                   .words = std::nullopt,
                   .stage = taken.state.stage});
}

std::optional<WireKey> SessionManager::find_announced(const wire::Announcement& announcement) {
  const auto is_it = [&](const WireKey& wire) {
    return wire != context_.keys.wire.wire() && announcement.is_from(wire);
  };
  if (const std::optional<WireKey> known = find_acquaintance(is_it)) return known;
  Result<std::vector<Invitation>> taken =
      context_.invitations.all(InvitationBook::Side::kTaken, context_.keys.storage);
  if (taken.has_error()) return std::nullopt;
  for (const Invitation& invitation : taken.value())
    if (!is_over(invitation.state.stage) && is_it(invitation.inviter_wire))
      return invitation.inviter_wire;
  return std::nullopt;
}

std::optional<WireKey> SessionManager::find_acquaintance(
    const std::function<bool(const WireKey&)>& is_it) {
  Result<std::vector<SpaceId>> spaces = context_.replica.spaces();
  if (spaces.has_error()) return std::nullopt;
  for (const SpaceId& space : spaces.value()) {
    Result<std::shared_ptr<const Roster>> roster = context_.replica.roster(space);
    if (roster.has_value()) {
      for (const auto& [key, node] : roster.value()->nodes) {
        if (is_it(node.wire)) return node.wire;
      }
    }
    Result<std::optional<WireKey>> inviter = context_.replica.inviter(space);
    if (inviter.has_value() && inviter.value() && is_it(*inviter.value())) return *inviter.value();
  }
  return std::nullopt;
}

void SessionManager::on_established(transport::Link& link) {
  Connection& connection = connections_[&link];
  if (link.channel().mode() == wire::Mode::kPairing) {
    if (connection.is_outgoing) return;
    connection.pairing = PairTalk{.invitation = *link.channel().invitation(), .is_inviter = true};
    Result<Bytes> offer = pairing_.make_offer(*connection.pairing);
    if (offer.has_error() || link.send(offer.value()).has_error())
      link.close(Error{Errc::kNetwork, "the pairing offer could not be sent"});
    return;
  }
  start_session(link, connection);
}

bool SessionManager::yields_to_existing(const WireKey& peer, bool is_outgoing,
                                        transport::Link& newcomer) {
  for (auto& [link, other] : connections_) {
    if (link == &newcomer || other.peer != peer) continue;
    // Two nodes may call each other at the same moment: both keep the call of the smaller key.
    // In one direction, and later, the newer call wins: the older link may be dead without knowing.
    bool we_are_smaller = context_.keys.wire.wire() < peer;
    bool is_crossing =
        other.is_outgoing != is_outgoing && context_.now() - other.since < kCrossingCalls;
    if (is_crossing && other.is_outgoing == we_are_smaller) return true;
    link->abort(Error{Errc::kExists, "replaced by a newer connection of the same peer"});
    end_session(other);
    return false;
  }
  return false;
}

void SessionManager::end_session(Connection& connection) {
  if (connection.session) connection.session->on_gone();
  connection.peer.reset();
  connection.session.reset();
}

void SessionManager::start_session(transport::Link& link, Connection& connection) {
  const WireKey peer = link.channel().remote_static();
  if (yields_to_existing(peer, connection.is_outgoing, link)) {
    link.close(Error{Errc::kExists, "already connected to this peer"});
    return;
  }
  connection.peer = peer;
  connection.since = context_.now();
  pairing_.forget_used(peer);
  witness();
  sync::Options options;
  options.leave_when_caught_up = leave_when_caught_up_;
  options.is_metered = is_metered_ || (context_.is_metered && context_.is_metered(peer));
  options.claimed_ms = context_.claimed_ms();
  connection.session = std::make_unique<sync::Session>(
      context_.replica, peer, link.channel().handshake_hash(), options, context_.attachments);
  tell(event(PeerEvent::Kind::kConnected, link));
  carry_out(link, connection, connection.session->start(context_.now()));
}

void SessionManager::carry_out(transport::Link& link, Connection& connection,
                               const sync::Actions& actions) {
  for (const std::string& line : actions.log) {
    PeerEvent log = event(PeerEvent::Kind::kLog, link);
    log.text = line;
    tell(log);
  }
  for (const Bytes& message : actions.messages) {
    Result<void> sent = link.send(message);
    if (sent.has_error()) {
      connection.error = sent.error();
      link.close(sent.error());
      return;
    }
  }
  if (actions.progressed) tell(event(PeerEvent::Kind::kProgress, link));
  if (actions.caught_up) {
    connection.caught_up = true;
    tell(event(PeerEvent::Kind::kCaughtUp, link));
  }
  if (actions.close) {
    connection.error = actions.close->error;
    link.close(actions.close->error);
  }
}

void SessionManager::on_message(transport::Link& link, ByteView message) {
  auto found = connections_.find(&link);
  if (found == connections_.end()) return;
  Connection& connection = found->second;
  if (connection.session) {
    carry_out(link, connection, connection.session->on_message(context_.now(), message));
    return;
  }
  if (!connection.pairing) return;
  Result<void> done = on_pair_message(link, connection, message);
  if (done.has_error()) {
    connection.error = done.error();
    link.close(done.error());
  }
}

void SessionManager::on_writable(transport::Link&) {
  // Sessions stop by themselves at their window; nothing waits for the link.
}

void SessionManager::on_closed(transport::Link& link, const Error* error) {
  auto found = connections_.find(&link);
  PeerEvent closed = event(PeerEvent::Kind::kClosed, link);
  closed.end = link.end();
  closed.is_outgoing = link.channel().role() == noise::Role::kInitiator;
  if (found != connections_.end() && found->second.error) {
    closed.error = found->second.error;
  } else if (error != nullptr) {
    closed.error = *error;
  } else if (found != connections_.end() && found->second.session &&
             !found->second.session->is_closed()) {
    closed.error = Error{Errc::kNetwork, "the connection was cut"};
  }
  if (closed.error && closed.error->context == kOwnNode) closed.end = transport::LinkEnd::kOwnNode;
  if (closed.error && closed.error->context == kOtherPeer)
    closed.end = transport::LinkEnd::kOtherPeer;
  // Who gave the invitation has forgotten it: it was used, or is too old.
  const bool has_asked = found != connections_.end() && found->second.pairing;
  if (closed.end == transport::LinkEnd::kNotLetIn && closed.is_outgoing && has_asked)
    closed.end = transport::LinkEnd::kNoInvitation;
  if (found != connections_.end() && found->second.pairing_end)
    closed.end = *found->second.pairing_end;
  if (found != connections_.end()) {
    end_session(found->second);
    connections_.erase(found);
  }
  tell(closed);
}

void SessionManager::on_commit() {
  for (auto& [link, connection] : connections_) {
    if (!connection.session) continue;
    if (!is_known(*connection.peer)) {
      // Removed meanwhile: what is written from now on is not its to read.
      connection.error = Error{Errc::kPermission, "the peer is in no roster of this node any more"};
      link->close(connection.error);
      continue;
    }
    carry_out(*link, connection, connection.session->on_changes_committed());
  }
}

void SessionManager::tick() {
  if (is_witness_due()) witness();
  for (auto& [link, connection] : connections_) {
    if (connection.session)
      carry_out(*link, connection, connection.session->on_tick(context_.now()));
  }
}

void SessionManager::leave_all() {
  for (auto& [link, connection] : connections_) {
    if (connection.session) {
      carry_out(*link, connection, connection.session->leave("the node stops"));
    } else {
      link->close(std::nullopt);
    }
  }
}

Result<void> SessionManager::on_pair_message(transport::Link& link, Connection& connection,
                                             ByteView message) {
  PairTalk& talk = *connection.pairing;
  CUNJU_TRY(const PairStep step,
            pairing_.on_message(talk, link.channel().handshake_hash(), message));
  if (!step.answer.empty()) {
    CUNJU_TRYV(link.send(step.answer));
  }
  if (!step.is_last) return ok();
  tell_of_pairing(link, talk, step);
  // A refusal is told as one on both sides; what waits for persons ends in order.
  const bool is_refused = step.kind == PairStep::Kind::kOver || step.kind == PairStep::Kind::kRival;
  if (is_refused || step.words)
    connection.pairing_end =
        is_refused ? transport::LinkEnd::kNoInvitation : transport::LinkEnd::kWords;
  if (is_refused) return nobody_let_in();
  link.close(std::nullopt);
  return ok();
}

void SessionManager::tell_of_pairing(transport::Link& link, const PairTalk& talk,
                                     const PairStep& step) {
  PeerEvent out = event(PeerEvent::Kind::kPairing, link);
  out.text = step.space.hex();
  PairingNews news{.kind = PairingNews::Kind::kOver,
                   .invitation = talk.invitation,
                   .is_inviter = talk.is_inviter,
                   .name = step.name,
                   .role = step.role,
                   .words = step.words,
                   .stage = step.stage};
  switch (step.kind) {
    case PairStep::Kind::kAsked:
      return;
    case PairStep::Kind::kAdmitted:
      out.kind = PeerEvent::Kind::kPaired;
      if (talk.is_inviter) out.peer = step.name;
      return tell(out);
    case PairStep::Kind::kNewWords:
      news.kind = PairingNews::Kind::kNewWords;
      break;
    case PairStep::Kind::kStillWaiting:
      news.kind = PairingNews::Kind::kStillWaiting;
      break;
    case PairStep::Kind::kOver:
      break;
    case PairStep::Kind::kRival:
      news.kind = PairingNews::Kind::kRival;
      break;
    case PairStep::Kind::kRegretted:
      news.kind = PairingNews::Kind::kRegretted;
      break;
  }
  out.pairing = std::move(news);
  tell(out);
}

}  // namespace cunju::peers
