// SPDX-License-Identifier: Apache-2.0
#include "node/peers/session_manager.h"

#include <algorithm>

#include "net/wire/pairing.h"
#include "node/council/scope_acts.h"

namespace cunju::peers {
namespace {

/// A node's place in a space, from the role that it was invited with.
Replication replication_of(std::string_view role) {
  return role == "auditor" ? Replication::kShell : Replication::kFull;
}

}  // namespace

SessionManager::SessionManager(SessionContext context, PeerListener listener)
    : context_(std::move(context)), listener_(std::move(listener)) {
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
    if (found->second.peer) out.peer = name_of(*found->second.peer);
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
  Result<std::vector<SpaceId>> shared = context_.replica.shared_spaces(initiator);
  return shared.has_value() && !shared.value().empty();
}

std::optional<wire::PairingSecret> SessionManager::find_pairing(const wire::InvitationId& id) {
  Result<std::optional<Invitation>> found =
      context_.invitations.find(InvitationBook::Side::kGiven, id, context_.keys.storage);
  if (found.has_error() || !found.value() || !found.value()->one_time_key) return std::nullopt;
  return wire::PairingSecret{.psk = found.value()->psk.clone(),
                             .key = crypto::DhKey::from_secret(*found.value()->one_time_key)};
}

std::optional<transport::Start> SessionManager::on_greeting(transport::Link& link,
                                                            const wire::Greeting& greeting) {
  Connection& connection = connections_[&link];
  connection.is_outgoing = true;
  Result<std::vector<Invitation>> taken =
      context_.invitations.all(InvitationBook::Side::kTaken, context_.keys.storage);
  if (taken.has_value()) {
    for (const Invitation& invitation : taken.value()) {
      if (!greeting.is_from(invitation.inviter_wire)) continue;
      connection.pairing = invitation.id;
      return transport::StartPairing{.invitation = invitation.id, .psk = invitation.psk.clone()};
    }
  }
  Result<std::vector<SpaceId>> spaces = context_.replica.spaces();
  if (spaces.has_error()) return std::nullopt;
  for (const SpaceId& space : spaces.value()) {
    Result<std::shared_ptr<const Roster>> roster = context_.replica.roster(space);
    if (roster.has_value()) {
      for (const auto& [key, node] : roster.value()->nodes) {
        if (greeting.is_from(node.wire)) return transport::StartKnown{node.wire};
      }
    }
    Result<std::optional<WireKey>> inviter = context_.replica.inviter(space);
    if (inviter.has_value() && inviter.value() && greeting.is_from(*inviter.value()))
      return transport::StartKnown{*inviter.value()};
  }
  return std::nullopt;
}

void SessionManager::on_established(transport::Link& link) {
  Connection& connection = connections_[&link];
  if (link.channel().mode() == wire::Mode::kPairing) {
    if (connection.is_outgoing) return send_pair_request(link, connection);
    connection.is_inviter = true;
    connection.pairing = link.channel().invitation();
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
    other.peer.reset();
    other.session.reset();
    return false;
  }
  return false;
}

void SessionManager::start_session(transport::Link& link, Connection& connection) {
  const WireKey peer = link.channel().remote_static();
  if (yields_to_existing(peer, connection.is_outgoing, link)) {
    link.close(Error{Errc::kExists, "already connected to this peer"});
    return;
  }
  connection.peer = peer;
  connection.since = context_.now();
  forget_used_invitations(peer);
  witness();
  sync::Options options;
  options.leave_when_caught_up = leave_when_caught_up_;
  connection.session = std::make_unique<sync::Session>(context_.replica, peer,
                                                       link.channel().handshake_hash(), options);
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
  Result<void> done = connection.is_inviter ? on_pair_request(link, connection, message)
                                            : on_pair_reply(link, connection, message);
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
  if (found != connections_.end() && found->second.error) {
    closed.error = found->second.error;
  } else if (error != nullptr) {
    closed.error = *error;
  } else if (found != connections_.end() && found->second.session &&
             !found->second.session->is_closed()) {
    closed.error = Error{Errc::kNetwork, "the connection was cut"};
  }
  if (found != connections_.end()) connections_.erase(found);
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

void SessionManager::send_pair_request(transport::Link& link, Connection& connection) {
  Result<std::optional<Invitation>> found = context_.invitations.find(
      InvitationBook::Side::kTaken, *connection.pairing, context_.keys.storage);
  if (found.has_error() || !found.value()) {
    link.close(Error{Errc::kNotFound, "the invitation"});
    return;
  }
  const Invitation& invitation = *found.value();
  wire::PairRequest request = wire::sign_pair_request(
      context_.keys.node, context_.keys.author, link.channel().handshake_hash(),
      context_.keys.wire.wire(), {invitation.space, invitation.member}, context_.keys.clerk);
  request.entry =
      sign_node_entry(context_.keys.node, invitation.space, request.wire, invitation.member);
  request.device_entry =
      device_entry(context_.keys.author, invitation.space, invitation.member).signature;
  Result<Bytes> bytes = wire::encode_pair_request(request);
  if (bytes.has_error() || link.send(bytes.value()).has_error())
    link.close(Error{Errc::kNetwork, "the pairing request could not be sent"});
}

Result<void> SessionManager::admit(const wire::PairRequest& request, const Invitation& invitation) {
  CUNJU_TRY(std::shared_ptr<const Roster> roster, context_.replica.roster(invitation.space));
  auto member = roster->members.find(invitation.member);
  bool is_admitted = member != roster->members.end();
  // Who was removed does not come back by the invitation it once came with.
  if (!is_admitted && roster->names.contains(invitation.member))
    return fail(Errc::kPermission, "the invitation has been used");
  // After a crash between admission and reply the same device may ask again; nobody else may.
  if (is_admitted && !member->second.devices.contains(request.author))
    return fail(Errc::kPermission, "the invitation has been used");
  if (!is_admitted) {
    const std::string& name =
        invitation.member_name.empty() ? request.name : invitation.member_name;
    AddNode node{.node = request.node,
                 .wire = request.wire,
                 .name = name,
                 .replication = replication_of(invitation.role),
                 .member = invitation.member,
                 .signature = request.entry};
    if (!verify_node_entry(node, invitation.space))
      return fail(Errc::kBadSignature, "the new node's entry");
    const AddDevice device{
        .member = invitation.member, .author = request.author, .signature = request.device_entry};
    if (!verify_device_entry(device, invitation.space))
      return fail(Errc::kBadSignature, "the new device's entry");
    std::vector<RosterOperation> operations = {
        AdmitMember{.member = invitation.member, .name = name},
        GrantRole{.member = invitation.member, .role = invitation.role}, device};
    if (roster->find_wire(request.wire) == nullptr) operations.push_back(node);
    CUNJU_TRYV(council::add_epochs(context_.replica, invitation.space,
                                   context_.keys.author.author(), context_.random, operations));
    CUNJU_TRYV(context_.replica.append_roster(invitation.space, context_.keys.author, operations,
                                              context_.claimed_ms()));
  }
  // The invitation stays until the new node comes back as a known one: the reply may get lost, and
  // a node without it can only ask again.
  return ok();
}

void SessionManager::forget_used_invitations(const WireKey& peer) {
  Result<std::vector<Invitation>> given =
      context_.invitations.all(InvitationBook::Side::kGiven, context_.keys.storage);
  if (given.has_error()) return;
  for (const Invitation& invitation : given.value()) {
    Result<std::shared_ptr<const Roster>> roster = context_.replica.roster(invitation.space);
    if (roster.has_error()) continue;
    const AddNode* node = roster.value()->find_wire(peer);
    if (node == nullptr || node->member != invitation.member) continue;
    // One that stays by mistake admits nobody: its member has a device already.
    (void)context_.invitations.erase(InvitationBook::Side::kGiven, invitation.id);
  }
}

Result<void> SessionManager::on_pair_request(transport::Link& link, Connection& connection,
                                             ByteView message) {
  CUNJU_TRY(wire::PairRequest request, wire::decode_pair_request(message));
  CUNJU_TRY(std::optional<Invitation> invitation,
            context_.invitations.find(InvitationBook::Side::kGiven, *connection.pairing,
                                      context_.keys.storage));
  if (!invitation) return fail(Errc::kNotFound, "the invitation");
  if (!wire::verify_pair_request(request, link.channel().handshake_hash(),
                                 {invitation->space, invitation->member}))
    return fail(Errc::kBadSignature, "pairing request");
  Result<void> admitted = admit(request, *invitation);
  wire::PairStatus status =
      admitted.has_value() ? wire::PairStatus::kAdmitted : wire::PairStatus::kRefused;
  CUNJU_TRY(Bytes reply, wire::encode_pair_reply(wire::sign_pair_reply(
                             context_.keys.node, link.channel().handshake_hash(),
                             context_.keys.wire.wire(), invitation->space, status)));
  CUNJU_TRYV(link.send(reply));
  if (admitted.has_value()) {
    PeerEvent paired = event(PeerEvent::Kind::kPaired, link);
    paired.peer = request.name;
    paired.text = invitation->space.hex();
    tell(paired);
    link.close(std::nullopt);
  }
  return admitted;
}

Result<void> SessionManager::on_pair_reply(transport::Link& link, Connection& connection,
                                           ByteView message) {
  CUNJU_TRY(wire::PairReply reply, wire::decode_pair_reply(message));
  CUNJU_TRY(std::optional<Invitation> invitation,
            context_.invitations.find(InvitationBook::Side::kTaken, *connection.pairing,
                                      context_.keys.storage));
  if (!invitation) return fail(Errc::kNotFound, "the invitation");
  if (!wire::verify_pair_reply(reply, link.channel().handshake_hash()) ||
      reply.wire != invitation->inviter_wire || reply.node != invitation->inviter_node ||
      reply.space != invitation->space)
    return fail(Errc::kBadSignature, "the answer is not from the node that invited");
  if (reply.status != wire::PairStatus::kAdmitted)
    return fail(Errc::kPermission, "the inviting node refused: the invitation has been used");
  CUNJU_TRYV(context_.invitations.erase(InvitationBook::Side::kTaken, invitation->id));
  connection.paired = true;
  PeerEvent paired = event(PeerEvent::Kind::kPaired, link);
  paired.text = invitation->space.hex();
  tell(paired);
  link.close(std::nullopt);
  return ok();
}

}  // namespace cunju::peers
