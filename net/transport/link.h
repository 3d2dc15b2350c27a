// SPDX-License-Identifier: Apache-2.0
//
// What a transport shows to the session layer: links that carry whole messages, and the handler
// that is told what happens on them. Free of sockets, so a simulator can implement Link as well.
// Everything happens on the thread that runs the transport.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "crdt/base/bytes.h"
#include "crdt/base/error.h"
#include "crdt/base/limits.h"
#include "crdt/base/result.h"
#include "crdt/crypto/crypto.h"
#include "net/wire/channel.h"

namespace cunju::transport {

struct LinkCounters {
  std::uint64_t bytes_in = 0;     ///< Received from the network, handshake and framing included.
  std::uint64_t bytes_out = 0;    ///< Handed to the operating system.
  std::size_t backlog_bytes = 0;  ///< Waiting to be handed to it.
};

/// How far a connection had come when it ended, for who explains it to a person.
enum class LinkEnd : std::uint8_t {
  kOpen,          ///< It has not ended, or it was established before it did.
  kNoRoute,       ///< The network has no way to that address, or there is no network.
  kRefused,       ///< The computer is there, and nothing listens at that port.
  kNoAnswer,      ///< Nobody answered within the time limit.
  kNoCunju,       ///< Something answered that does not greet as a node does, or says nothing.
  kOtherVersion,  ///< It greeted in another version of the channel.
  kOtherNode,     ///< A node greeted that is none of those that were looked for.
  kNotLetIn,      ///< It hung up when it heard who calls.
  kOther,
  // Of these sessions find out, not links.
  kOwnNode,       ///< The caller's own node answered, or a copy of it.
  kOtherPeer,     ///< An acquaintance greeted, and another one was to be met there.
  kNoInvitation,  ///< Nobody is let in by the invitation: it is not known there, or no more.
  kWords,         ///< Words of an invitation wait for persons who compare them.
};

/// One connection. Valid, and so its address usable as a key, from the first handler call that
/// names it until on_closed returns. Two sessions that both push while neither reads would wait for
/// each other: what a session sends unasked must stay below Options::backlog_bytes of backlog.
class Link {
 public:
  virtual ~Link() = default;

  /// Queues a message of 1 to limits::kMaxMessageBytes bytes. Errors: kNetwork on a link that is
  /// not established or is closing; kLimit for a message too long or over limits::kMaxBacklogBytes
  /// together with the backlog (nothing is queued: wait for on_writable); kInvalidArgument for an
  /// empty one.
  virtual Result<void> send(ByteView message) = 0;
  /// Delivers no further message, sends what is queued, then closes; on_closed follows later, never
  /// from inside this call, with this reason. Closing twice keeps the first reason.
  virtual void close(std::optional<Error> reason) = 0;
  /// Closes a link that is taken to be dead: what is queued is thrown away, here and in the
  /// operating system, which would go on sending it to nobody over a link that others need.
  virtual void abort(Error reason) { close(std::move(reason)); }
  /// Address and port of the other end, as text for people and logs.
  virtual const std::string& peer_address() const = 0;
  /// Who is at the other end: role, mode, remote key, handshake hash.
  virtual const wire::Channel& channel() const = 0;
  virtual LinkCounters counters() const = 0;
  virtual LinkEnd end() const { return LinkEnd::kOther; }
};

/// What an initiator does once it has seen a greeting.
struct StartKnown {
  WireKey remote;
};
struct StartPairing {
  wire::InvitationId invitation;
  crypto::Secret<32> psk;
};
using Start = std::variant<StartKnown, StartPairing>;

/// The owner of sessions. It outlives servers and clients that name it. Every function may call
/// send and close on any link, and may destroy the server or client that the link belongs to; it
/// must not throw. is_known and find_pairing (Gatekeeper) decide for links that others opened.
class ConnectionHandler : public wire::Gatekeeper {
 public:
  /// The link that we opened reached this node. Empty closes it with kNotFound.
  virtual std::optional<Start> on_greeting(Link& link, const wire::Greeting& greeting) = 0;
  virtual void on_established(Link& link) = 0;
  /// `message` is valid during the call.
  virtual void on_message(Link& link, ByteView message) = 0;
  /// The backlog had exceeded Options::backlog_bytes and has fallen to half of that.
  virtual void on_writable(Link& link) = 0;
  /// The last call for each link, established or not. `error` is null when an end closed in order
  /// and gave no reason; the other end's close is not authenticated, so what a session has not
  /// acknowledged is not known to have arrived.
  virtual void on_closed(Link& link, const Error* error) = 0;
};

struct Options {
  std::chrono::milliseconds connect_timeout = std::chrono::seconds(10);
  /// From accepted to established, of a link that somebody else opened; fixed, so that dripping
  /// bytes gain nothing. Half a second less than the ten that a stranger may cost at most, for a
  /// busy machine; at 1.5 s a way pairing, the longer handshake, takes six.
  std::chrono::milliseconds handshake_timeout = std::chrono::milliseconds(9'500);
  /// The same of a link that we opened: it takes nobody's place, and where a lost packet costs nine
  /// seconds it needs them.
  std::chrono::milliseconds call_timeout = std::chrono::seconds(30);
  /// Without a byte from the peer: three pings of its session (sync::Options::ping_after) are lost.
  /// Does not run while the link itself has stopped reading.
  std::chrono::milliseconds idle_timeout = std::chrono::seconds(45);
  /// Output waits and the peer takes none of it.
  std::chrono::milliseconds stalled_write_timeout = std::chrono::seconds(60);
  /// After our last byte until the peer closes too.
  std::chrono::milliseconds linger_timeout = std::chrono::seconds(5);
  /// Pause after the operating system refused to accept (out of descriptors, for instance).
  std::chrono::milliseconds accept_pause = std::chrono::milliseconds(250);
  /// Reading pauses while more than this is unsent.
  std::size_t backlog_bytes = limits::kWindowBytes;
  std::size_t max_connections = limits::kMaxConnections;
  std::size_t max_handshakes = limits::kMaxHandshakes;
};

}  // namespace cunju::transport
