// SPDX-License-Identifier: Apache-2.0
#include "net/transport/connection.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/post.hpp>
#include <utility>

#include "net/transport/endpoint.h"

namespace cunju::transport {
namespace {

namespace asio = boost::asio;

LinkEnd end_of_connecting(const boost::system::error_code& error) {
  if (error == asio::error::connection_refused) return LinkEnd::kRefused;
  if (error == asio::error::host_unreachable || error == asio::error::network_unreachable ||
      error == asio::error::network_down || error == asio::error::address_family_not_supported ||
      // Of an address in a zone: its interface is gone.
      error == asio::error::invalid_argument)
    return LinkEnd::kNoRoute;
  return error == asio::error::timed_out ? LinkEnd::kNoAnswer : LinkEnd::kOther;
}

Error network_error(std::string_view what, const boost::system::error_code& error) {
  return {Errc::kNetwork, std::string(what) + ": " + error.message()};
}

}  // namespace

Connection::Connection(const Context& context, const Options& options, noise::Role role,
                       Socket socket)
    : context_(context),
      options_(options),
      handler_(&context.handler),
      socket_(std::move(socket)),
      timer_(context.io),
      channel_(role == noise::Role::kInitiator
                   ? wire::Channel::initiator(context.random)
                   : wire::Channel::responder(context.own_key, context.handler, context.random)),
      last_read_(Clock::now()),
      last_write_(last_read_) {}

void Connection::set_on_finished(std::function<void(Connection&)> on_finished) {
  on_finished_ = std::move(on_finished);
}

void Connection::start_accepted(const Endpoint& peer) {
  peer_ = peer;
  peer_address_ = to_text(peer);
  begin_handshake();
}

void Connection::start_connecting(const Endpoint& peer, std::string address) {
  peer_ = peer;
  peer_address_ = std::move(address);
  enter(Phase::kConnecting, options_.connect_timeout);
  socket_.async_connect(peer, [self = shared_from_this()](const ErrorCode& error) {
    if (self->phase_ == Phase::kClosed) return;
    if (error) {
      self->end_ = end_of_connecting(error);
      return self->finish(network_error("cannot connect", error));
    }
    self->begin_handshake();
  });
}

void Connection::enter(Phase phase, std::chrono::milliseconds time_limit) {
  phase_ = phase;
  phase_deadline_ = Clock::now() + time_limit;
  watch();
}

void Connection::begin_handshake() {
  ErrorCode ignored;
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  enter(Phase::kHandshake, channel_.role() == noise::Role::kInitiator ? options_.call_timeout
                                                                      : options_.handshake_timeout);
  flush();
  read();
}

// --- input ---------------------------------------------------------------------------------------

void Connection::read() {
  const bool listening = phase_ == Phase::kHandshake || phase_ == Phase::kOpen;
  const bool discarding = phase_ == Phase::kClosing || phase_ == Phase::kLingering;
  // Undelivered messages are kept from piling up: each read brings at most one buffer of them.
  const bool hungry = listening && !congested_ && messages_.empty();
  if (reading_ || !(discarding || hungry)) return;
  reading_ = true;
  socket_.async_read_some(asio::buffer(input_),
                          [self = shared_from_this()](const ErrorCode& error, std::size_t count) {
                            self->on_read(error, count);
                          });
}

void Connection::on_read(const ErrorCode& error, std::size_t count) {
  reading_ = false;
  if (phase_ == Phase::kClosed) return;
  if (error == asio::error::eof) return on_end_of_stream();
  if (error) return finish(reason_ ? *reason_ : network_error("the link was cut", error));
  bytes_in_ += count;
  last_read_ = Clock::now();
  // A link that closes discards what still comes: a peer that is blocked on writing to us would
  // not read our last messages, and closing a socket with unread input resets it, which loses them.
  if (phase_ == Phase::kHandshake || phase_ == Phase::kOpen)
    on_bytes(ByteView(input_).first(count));
  read();
}

void Connection::on_end_of_stream() {
  if (phase_ == Phase::kClosing || phase_ == Phase::kLingering) return finish(reason_);
  if (phase_ == Phase::kHandshake)
    return finish(Error{Errc::kNetwork, "the peer hung up during the handshake"});
  if (channel_.buffered_bytes() != 0)
    return finish(Error{Errc::kNetwork, "the link was cut inside a frame"});
  finish(std::nullopt);
}

void Connection::on_bytes(ByteView bytes) {
  Result<void> outcome = channel_.on_bytes(bytes);
  if (outcome && channel_.awaits_start()) outcome = start();
  for (Bytes& message : channel_.take_messages()) messages_.push_back(std::move(message));
  if (phase_ == Phase::kHandshake && channel_.established()) {
    phase_ = Phase::kOpen;
    input_.resize(kInputBytes);
    watch();
    handler_->on_established(*this);
  }
  deliver();
  if (!outcome && phase_ != Phase::kClosing) return finish(outcome.error());
  flush();
}

Result<void> Connection::start() {
  std::optional<Start> choice = handler_->on_greeting(*this, *channel_.greeting());
  if (phase_ != Phase::kHandshake) return ok();
  if (!choice) return fail(Errc::kNotFound, "whoever answers is none of the nodes we look for");
  if (const StartKnown* known = std::get_if<StartKnown>(&*choice))
    return channel_.start_known(context_.own_key, known->remote);
  const StartPairing& pairing = *std::get_if<StartPairing>(&*choice);
  return channel_.start_pairing(pairing.invitation, pairing.psk);
}

// The handler may send, close or drop this link in each call, so every turn looks again.
void Connection::deliver() {
  if (delivering_) return;
  delivering_ = true;
  while (phase_ == Phase::kOpen && !congested_ && !messages_.empty()) {
    const Bytes message = std::move(messages_.front());
    messages_.pop_front();
    handler_->on_message(*this, message);
  }
  delivering_ = false;
}

void Connection::check_address() {
  if (phase_ != Phase::kOpen) return;
  ErrorCode error;
  const Endpoint own = socket_.local_endpoint(error);
  if (error || own.address().is_loopback()) return;
  // Whether an address is ours, the operating system tells whoever wants to bind to it.
  asio::ip::udp::socket probe(context_.io);
  probe.open(own.address().is_v6() ? asio::ip::udp::v6() : asio::ip::udp::v4(), error);
  if (error) return;
  probe.bind({own.address(), 0}, error);
  if (error == boost::system::errc::address_not_available)
    abort(Error{Errc::kNetwork, "this computer's address has changed"});
}

// --- output --------------------------------------------------------------------------------------

Result<void> Connection::send(ByteView message) {
  if (phase_ != Phase::kOpen) return fail(Errc::kNetwork, "the link is not open");
  const std::size_t most = options_.backlog_bytes + limits::kMaxMessageBytes;
  if (backlog() + message.size() > std::min(most, limits::kMaxBacklogBytes))
    return fail(Errc::kLimit, "too much is waiting on this link");
  CUNJU_TRYV(channel_.send(message));
  if (backlog() > options_.backlog_bytes) congested_ = true;
  flush();
  return ok();
}

void Connection::flush() {
  if (writing_ || phase_ == Phase::kConnecting || phase_ == Phase::kClosed) return;
  if (sent_ == outgoing_.size()) {
    outgoing_ = channel_.take_output();
    sent_ = 0;
  }
  if (outgoing_.empty()) {
    if (phase_ == Phase::kClosing) begin_lingering();
    return;
  }
  writing_ = true;
  last_write_ = Clock::now();
  socket_.async_write_some(asio::buffer(outgoing_) + sent_,
                           [self = shared_from_this()](const ErrorCode& error, std::size_t count) {
                             self->on_written(error, count);
                           });
  watch();
}

void Connection::on_written(const ErrorCode& error, std::size_t count) {
  writing_ = false;
  if (phase_ == Phase::kClosed) return;
  if (error) return finish(reason_ ? *reason_ : network_error("the link was cut", error));
  bytes_out_ += count;
  sent_ += count;
  flush();
  if (congested_ && backlog() <= options_.backlog_bytes / 2) relieve();
}

// What came in goes before what the handler wants to push: a handler that fills the link to the
// brim in every on_writable would never hear its peer otherwise.
void Connection::relieve() {
  congested_ = false;
  // The pause was ours, so the peer's idle time starts anew.
  last_read_ = Clock::now();
  deliver();
  read();
  if (phase_ == Phase::kOpen) handler_->on_writable(*this);
  watch();
}

// --- the end -------------------------------------------------------------------------------------

void Connection::close(std::optional<Error> reason) {
  if (phase_ == Phase::kConnecting || phase_ == Phase::kHandshake) return finish(std::move(reason));
  if (phase_ != Phase::kOpen) return;
  reason_ = std::move(reason);
  phase_ = Phase::kClosing;
  messages_.clear();
  flush();
  read();
}

void Connection::abort(Error reason) {
  if (phase_ == Phase::kClosed) return;
  ErrorCode ignored;
  socket_.set_option(asio::socket_base::linger(true, 0), ignored);
  finish(std::move(reason));
}

void Connection::begin_lingering() {
  ErrorCode ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
  enter(Phase::kLingering, options_.linger_timeout);
  read();
}

LinkEnd Connection::end_of_handshake(const std::optional<Error>& error) const {
  if (!error) return LinkEnd::kOther;
  if (!channel_.greeting())
    return error->code == Errc::kUnsupported ? LinkEnd::kOtherVersion : LinkEnd::kNoCunju;
  return error->code == Errc::kNotFound ? LinkEnd::kOtherNode : LinkEnd::kNotLetIn;
}

void Connection::finish(std::optional<Error> error) {
  if (phase_ == Phase::kClosed) return;
  if (phase_ == Phase::kConnecting && end_ == LinkEnd::kOpen) end_ = LinkEnd::kNoAnswer;
  if (phase_ == Phase::kHandshake) end_ = end_of_handshake(error);
  phase_ = Phase::kClosed;
  reason_ = std::move(error);
  messages_.clear();
  timer_.cancel();
  ErrorCode ignored;
  socket_.close(ignored);
  // Later, because the handler may be the one who called us.
  asio::post(context_.io, [self = shared_from_this()] { self->report_closed(); });
}

void Connection::report_closed() {
  if (handler_ != nullptr)
    std::exchange(handler_, nullptr)->on_closed(*this, reason_ ? &*reason_ : nullptr);
  if (on_finished_) std::exchange(on_finished_, nullptr)(*this);
}

void Connection::drop() {
  handler_ = nullptr;
  on_finished_ = nullptr;
  finish(std::nullopt);
}

LinkCounters Connection::counters() const {
  return {.bytes_in = bytes_in_, .bytes_out = bytes_out_, .backlog_bytes = backlog()};
}

// --- deadlines -----------------------------------------------------------------------------------

Connection::Clock::time_point Connection::next_deadline() const {
  if (phase_ == Phase::kConnecting || phase_ == Phase::kHandshake || phase_ == Phase::kLingering)
    return phase_deadline_;
  Clock::time_point out = Clock::time_point::max();
  if (phase_ == Phase::kOpen && !congested_) out = last_read_ + options_.idle_timeout;
  if (writing_) out = std::min(out, last_write_ + options_.stalled_write_timeout);
  return out;
}

// Sets the timer when the next deadline is earlier than the one it waits for. Deadlines that move
// away are noticed when the timer fires, so traffic costs no timer operations.
void Connection::watch() {
  if (phase_ == Phase::kClosed) return;
  const Clock::time_point deadline = next_deadline();
  if (deadline >= timer_.expiry() && timer_.expiry() > Clock::now()) return;
  timer_.expires_at(deadline);
  timer_.async_wait([self = shared_from_this()](const ErrorCode& error) {
    if (!error && self->phase_ != Phase::kClosed) self->on_timer();
  });
}

void Connection::on_timer() {
  if (Clock::now() < next_deadline()) return watch();
  switch (phase_) {
    case Phase::kConnecting:
      return finish(Error{Errc::kTimeout, "nobody answers"});
    case Phase::kHandshake:
      return finish(Error{Errc::kTimeout, "the handshake took too long"});
    case Phase::kOpen:
    case Phase::kClosing:
      return abort(
          Error{Errc::kTimeout, writing_ ? "the peer takes no data" : "the peer is silent"});
    case Phase::kLingering:
    case Phase::kClosed:
      return finish(reason_);
  }
}

}  // namespace cunju::transport
