// SPDX-License-Identifier: Apache-2.0
//
// The half of Node that owns the io_context: serving, calling peers, waking.
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/datagram_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <set>

#include "net/transport/mdns.h"
#include "net/transport/tcp.h"
#include "net/wire/announcement.h"
#include "node/agent/agent_server.h"
#include "node/attachments/attachment_depot.h"
#include "node/node.h"
#include "node/peers/peer_book.h"
#include "node/peers/session_manager.h"

namespace cunju::node {
namespace {

namespace asio = boost::asio;
using ErrorCode = boost::system::error_code;
using namespace std::chrono_literals;

constexpr auto kTick = 1s;
/// How long a stopping node waits for its sessions to say goodbye.
constexpr auto kStopTime = 3s;
/// How often the rosters and the book of peers are looked at for addresses to call.
constexpr sync::Time kRememberedPause = 1min;
/// So long after an announcement, which others follow, its peer is called.
constexpr sync::Time kHeardTime = transport::kAnnouncementTime + 1min;

sync::Time monotonic_now() {
  return std::chrono::duration_cast<sync::Time>(
      std::chrono::steady_clock::now().time_since_epoch());
}

/// Goes on while the computer sleeps: who opens the lid after a night finds the node locked.
sync::Time time_with_sleep() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return std::chrono::duration_cast<sync::Time>(std::chrono::seconds(now.tv_sec) +
                                                std::chrono::nanoseconds(now.tv_nsec));
}

/// Where a peer was met, or was not. A hint that can't be written costs the hint.
void note_meeting(peers::PeerBook& book, const PeerEvent& event) {
  // Whoever called may have written the number of an interface that was not there yet.
  const Result<std::string> spelled = transport::spell_address(event.address);
  const std::string& address = spelled.has_value() ? spelled.value() : event.address;
  if (event.kind == PeerEvent::Kind::kConnected && event.wire)
    (void)book.note_met(*event.wire, peers::MeetWay::kNetwork, event.is_outgoing ? address : "",
                        Node::now_ms());
  if (event.kind == PeerEvent::Kind::kClosed && event.is_outgoing &&
      event.end != transport::LinkEnd::kOpen)
    (void)book.note_failed(address, event.end, Node::now_ms(), event.expected);
}

/// Everything that lives while a node serves or syncs.
class Engine {
 public:
  Engine(Node& node, replica::Replica& replica, peers::InvitationBook& invitations,
         peers::PeerBook& book, attachments::BlobFolder& blobs, attachments::WantBook& wants,
         PeerListener listener)
      : replica_(replica),
        book_(book),
        listener_(std::move(listener)),
        depot_(replica, blobs, wants, node.unlocked().author.author(), monotonic_now),
        manager_({.replica = replica,
                  .keys = node.unlocked(),
                  .invitations = invitations,
                  .random = node.random(),
                  .now = monotonic_now,
                  .claimed_ms = Node::now_ms,
                  .attachments = &depot_,
                  .is_metered =
                      [&book](const WireKey& peer) {
                        const Result<peers::PeerHints> hints = book.find(peer);
                        return hints.has_value() && hints.value().is_metered;
                      },
                  .expected_at =
                      [this](const std::string& address) {
                        return expected_ ? expected_ : plan_.expected_at(address);
                      }},
                 listener_),
        context_{io_, node.unlocked().wire, manager_, node.random()},
        tick_(io_),
        plan_(node.random()) {
    // Posted, because a commit may happen inside a session's own call.
    verdicts_ = manager_.untold_verdicts();
    depot_.set_damage_listener([this](const WireKey& peer, const Error& why) {
      PeerEvent log;
      log.kind = PeerEvent::Kind::kLog;
      log.wire = peer;
      log.peer = manager_.name_of(peer);
      log.error = why;
      log.text = "an attachment can't be given: " + why.context;
      if (listener_) listener_(log);
    });
    replica_.set_commit_listener([this] { asio::post(io_, [this] { manager_.on_commit(); }); });
    tick();
  }
  ~Engine() { replica_.set_commit_listener(nullptr); }
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  asio::io_context& io() { return io_; }
  peers::SessionManager& manager() { return manager_; }
  const transport::Context& context() const { return context_; }

  Result<std::string> listen(const std::string& address) {
    CUNJU_TRY(server_, transport::TcpServer::listen(context_, address));
    return server_->address();
  }

  /// Calls each address again and again, with growing, jittered pauses. kInvalidArgument for one
  /// that no call could ever reach.
  Result<void> keep_calling(const std::vector<std::string>& addresses) {
    for (const std::string& address : addresses) {
      CUNJU_TRY(std::string spelled, transport::spell_address(address));
      plan_.add(spelled);
    }
    call_due();
    return ok();
  }

  /// Nobody else is to be met by the calls of this engine.
  void expect(const std::optional<WireKey>& peer) { expected_ = peer; }

  /// Calls peers where they were met before, as long as a roster has them.
  void call_remembered() {
    remembers_at_ = monotonic_now() + kRememberedPause;
    const Result<std::vector<peers::PeerHints>> rows = book_.all();
    // Hints that can't be read cost the hints.
    if (rows.has_error()) return;
    plan_.set_remembered(peers::remembered_addresses(
        rows.value(), [this](const WireKey& peer) { return manager_.is_known(peer); },
        [this](const WireKey& peer) { return manager_.name_of(peer); }));
    call_due();
  }

  void on_event(const PeerEvent& event) {
    if (event.wire && event.kind == PeerEvent::Kind::kConnected)
      plan_.note_reached(event.address, *event.wire, event.peer);
    const bool is_durable =
        event.progress.accepted.admitted > 0 || event.progress.acked.changes > 0;
    if (event.kind == PeerEvent::Kind::kCaughtUp || is_durable) plan_.note_progress(event.address);
    const bool waits_for_words = event.pairing && event.pairing->words && event.is_outgoing;
    if (waits_for_words) plan_.note_words(event.address);
    if (event.kind == PeerEvent::Kind::kPaired && event.is_outgoing) plan_.hurry(event.address);
    if (event.kind == PeerEvent::Kind::kClosed) on_closed(event);
    if (event.kind != PeerEvent::Kind::kProgress && event.kind != PeerEvent::Kind::kLog)
      asio::post(io_, [this] { tell_status(); });
  }

  /// Tells acquaintances on the local network where this node listens, and calls those it hears of.
  void discover() {
    transport::MdnsOptions options;
    options.own = context_.own_key.wire();
    options.on_found = [this](const std::string& text, const std::string& address) {
      on_announcement(text, address);
    };
    if (server_) {
      options.port = server_->port();
      const std::string& address = server_->address();
      const std::string host = address.substr(0, address.rfind(':'));
      const bool is_any = host == "0.0.0.0" || host == "[::]";
      // Nobody else reaches the loopback.
      const bool is_loopback = host.starts_with("127.") || host == "[::1]";
      if (is_any) options.addresses = transport::own_addresses();
      if (!is_any && !is_loopback) options.addresses = {bare_host(host)};
    }
    mdns_.emplace(std::move(options), context_.random);
    mdns_->poll();
  }

  void set_status_listener(std::function<void(const std::vector<peers::PeerStatus>&)> listener) {
    status_listener_ = std::move(listener);
  }

  void watch_wake_socket(const std::filesystem::path& path) {
    // Asio throws on a longer path. Without the socket, commits are noticed at the next tick.
    if (path.native().size() >= sizeof(sockaddr_un::sun_path)) return;
    ::unlink(path.c_str());
    ErrorCode error;
    wake_.emplace(io_);
    wake_->open(asio::local::datagram_protocol(), error);
    if (!error) wake_->bind(asio::local::datagram_protocol::endpoint(path.string()), error);
    if (error) {
      wake_.reset();
      return;
    }
    receive_wake();
  }

  /// Lends keys to commands from now on; stops serving when it has to lock.
  Result<void> lend_keys(const std::filesystem::path& home, agent::Agent& agent,
                         std::chrono::seconds lock_after,
                         std::optional<store::FileDescriptor> listener) {
    lock_after_ = lock_after;
    lent_ = &agent;
    last_asked_ = time_with_sleep();
    auto on_request = [this, &agent] {
      last_asked_ = time_with_sleep();
      if (agent.take_lock_request()) lock();
    };
    CUNJU_TRY(agent_, listener ? agent::AgentServer::resume(io_, home, agent, on_request,
                                                            std::move(*listener))
                               : agent::AgentServer::listen(io_, home, agent, on_request));
    return ok();
  }
  bool is_locking() const { return is_locking_; }

  void stop_on_signals() {
    signals_.emplace(io_, SIGINT, SIGTERM);
    signals_->async_wait([this](const ErrorCode& error, int) {
      if (!error) stop();
    });
  }

  void stop() {
    is_stopping_ = true;
    manager_.leave_all();
    if (server_) server_->stop();
    // Whoever has not said goodbye by then is cut.
    tick_.expires_after(manager_.has_connections() ? std::chrono::milliseconds(kStopTime) : 0ms);
    tick_.async_wait([this](const ErrorCode&) { io_.stop(); });
  }
  bool is_stopping() const { return is_stopping_; }

 private:
  void lock() {
    is_locking_ = true;
    lent_->close();
    stop();
  }

  /// Without the brackets of an IPv6 address.
  static std::string bare_host(const std::string& host) {
    return host.starts_with('[') ? host.substr(1, host.size() - 2) : host;
  }

  /// Foreign bytes: whoever is recognised is called, and has to prove who it is as ever.
  void on_announcement(const std::string& text, const std::string& address) {
    const std::optional<wire::Announcement> heard = wire::Announcement::parse(text);
    if (!heard || is_stopping_) return;
    const Result<std::string> spelled = transport::spell_address(address);
    const std::optional<WireKey> peer = manager_.find_announced(*heard);
    if (peer && spelled.has_value())
      plan_.add_heard(spelled.value(), *peer, monotonic_now() + kHeardTime);
  }

  void tick() {
    tick_.expires_after(kTick);
    tick_.async_wait([this](const ErrorCode& error) {
      if (error || is_stopping_) return;
      if (server_) server_->check_addresses();
      for (auto& [address, client] : clients_) client->check_address();
      manager_.tick();
      // Commits of other processes whose wake-up was lost are noticed here.
      notice_commits();
      if (mdns_) mdns_->poll();
      if (remembers_at_ && monotonic_now() >= *remembers_at_) call_remembered();
      call_due();
      if (lock_after_ > 0s && time_with_sleep() - last_asked_ >= lock_after_) return lock();
      tick();
    });
  }

  /// What other processes of this home have written: for the peers that are connected, or about an
  /// invitation, for who invited.
  void notice_commits() {
    manager_.on_commit();
    Verdicts said = manager_.untold_verdicts();
    const auto is_new = [this](const Verdicts::value_type& each) {
      const auto known = verdicts_.find(each.first);
      return known == verdicts_.end() || known->second != each.second;
    };
    if (std::ranges::any_of(said, is_new)) plan_.hurry();
    verdicts_ = std::move(said);
  }

  void call_due() {
    const auto is_connected = [this](const WireKey& peer) { return manager_.is_connected(peer); };
    for (const std::string& address : plan_.take_due(monotonic_now(), is_connected)) {
      const std::optional<WireKey> expected = plan_.expected_at(address);
      // Removed since it was looked at.
      if (expected && !manager_.is_known(*expected)) {
        plan_.forget(address);
        continue;
      }
      Result<std::unique_ptr<transport::TcpClient>> client =
          transport::tcp_connect(context_, address);
      if (client.has_value()) {
        clients_[address] = std::move(client).value();
      } else {
        plan_.note_closed(address, monotonic_now(), client.error());
      }
    }
    tell_status();
  }

  /// A link ended: if it was a call, frees its client and plans the next one.
  void on_closed(const PeerEvent& event) {
    // Of crossing calls the one that goes has reached its peer all the same.
    if (event.wire) plan_.note_peer(event.address, *event.wire);
    plan_.note_closed(event.address, monotonic_now(), event.error);
    // Not inside its own call.
    asio::post(io_, [this, address = event.address] { clients_.erase(address); });
  }

  void tell_status() {
    if (!status_listener_ || is_stopping_) return;
    const auto is_connected = [this](const WireKey& peer) { return manager_.is_connected(peer); };
    std::vector<peers::PeerStatus> status = plan_.status(monotonic_now(), is_connected);
    for (auto& [peer, callers] : manager_.connected())
      if (!plan_.has(peer)) status.push_back(std::move(callers));
    if (std::ranges::equal(status, told_, &peers::PeerStatus::is_same)) return;
    told_ = status;
    status_listener_(status);
  }

  void receive_wake() {
    wake_->async_receive(asio::buffer(wake_buffer_), [this](const ErrorCode& error, std::size_t) {
      if (error) return;
      notice_commits();
      call_due();
      receive_wake();
    });
  }

  replica::Replica& replica_;
  peers::PeerBook& book_;
  asio::io_context io_;
  PeerListener listener_;
  attachments::AttachmentDepot depot_;
  peers::SessionManager manager_;
  transport::Context context_;
  asio::steady_timer tick_;
  std::unique_ptr<transport::TcpServer> server_;
  peers::CallPlan plan_;
  std::optional<WireKey> expected_;
  using Verdicts = std::map<wire::InvitationId, wire::PairVerdict>;
  Verdicts verdicts_;
  std::optional<sync::Time> remembers_at_;  ///< Next; empty: remembered addresses are not called.
  std::map<std::string, std::unique_ptr<transport::TcpClient>> clients_;  ///< By address.
  std::function<void(const std::vector<peers::PeerStatus>&)> status_listener_;
  std::vector<peers::PeerStatus> told_;
  std::optional<transport::Mdns> mdns_;
  std::optional<asio::local::datagram_protocol::socket> wake_;
  std::array<std::uint8_t, 16> wake_buffer_{};
  std::optional<asio::signal_set> signals_;
  bool is_stopping_ = false;
  std::unique_ptr<agent::AgentServer> agent_;
  std::chrono::seconds lock_after_{0};
  agent::Agent* lent_ = nullptr;
  sync::Time last_asked_{0};
  bool is_locking_ = false;
};

}  // namespace

Result<ServeEnd> Node::serve(const ServeOptions& options) {
  Engine* engine_pointer = nullptr;
  PeerListener listener = [&](const PeerEvent& event) {
    note_meeting(*peer_book_, event);
    engine_pointer->on_event(event);
    if (options.listener) options.listener(event);
  };
  CUNJU_TRY(const auto blobs, attachments::BlobFolder::open(home_ / "blobs"));
  Engine engine(*this, *replica_, *invitations_, *peer_book_, *blobs, *want_book_, listener);
  engine_pointer = &engine;
  engine.manager().set_metered(options.is_metered);
  engine.set_status_listener(options.on_status);
  engine.stop_on_signals();
  if (options.agent != nullptr) {
    std::optional<store::FileDescriptor> socket = std::move(agent_listener_);
    agent_listener_.reset();
    Result<void> lent =
        engine.lend_keys(home_, *options.agent, options.lock_after, std::move(socket));
    // Two nodes that serve one home would take each other's connections, and wake in vain.
    if (lent.has_error() && lent.error().code == Errc::kExists) return lent.error();
    if (lent.has_error() && options.on_no_agent) options.on_no_agent(lent.error());
  }
  if (!options.listen.empty()) {
    CUNJU_TRY(std::string address, engine.listen(options.listen));
    if (options.on_listening) options.on_listening(address);
  }
  CUNJU_TRYV(engine.keep_calling(options.peers));
  if (options.calls_remembered) engine.call_remembered();
  if (options.announces) engine.discover();
  engine.watch_wake_socket(wake_path());
  engine.io().run();
  ::unlink(wake_path().c_str());
  return engine.is_locking() ? ServeEnd::kLocked : ServeEnd::kStopped;
}

Result<bool> Node::wait_for_unlock(agent::Agent& agent) {
  asio::io_context io;
  CUNJU_TRY(std::unique_ptr<agent::AgentServer> server,
            agent::AgentServer::listen(io, home_, agent, [&] {
              (void)agent.take_lock_request();  // It is locked already.
              if (!agent.is_locked()) io.stop();
            }));
  asio::signal_set signals(io, SIGINT, SIGTERM);
  signals.async_wait([&io](const ErrorCode& error, int) {
    if (!error) io.stop();
  });
  io.run();
  if (agent.is_locked()) return false;
  agent_listener_.emplace(server->release());
  CUNJU_TRYV(unlock(agent.any()->clone()));
  return true;
}

Result<SyncOutcome> Node::sync(const std::string& address, const PeerListener& listener,
                               const SyncOptions& options) {
  // Each pairing takes a connection of its own; the last one exchanges.
  constexpr std::size_t kMaxRounds = 16;
  SyncOutcome outcome;
  std::set<wire::InvitationId> passed_over;
  CUNJU_TRY(const auto blobs, attachments::BlobFolder::open(home_ / "blobs"));
  for (std::size_t round = 0; round < kMaxRounds; ++round) {
    bool paired = false, caught_up = false, has_asked = false;
    std::optional<Error> error;
    Engine* engine_pointer = nullptr;
    Engine engine(*this, *replica_, *invitations_, *peer_book_, *blobs, *want_book_,
                  [&](const PeerEvent& event) {
                    note_meeting(*peer_book_, event);
                    if (event.kind == PeerEvent::Kind::kPaired) paired = true;
                    if (event.kind == PeerEvent::Kind::kCaughtUp) caught_up = true;
                    if (event.kind == PeerEvent::Kind::kPairing && event.pairing) {
                      has_asked = true;
                      passed_over.insert(event.pairing->invitation);
                      outcome.pairings.push_back(*event.pairing);
                    }
                    if (event.kind == PeerEvent::Kind::kClosed) {
                      outcome.bytes_in += event.bytes_in;
                      outcome.bytes_out += event.bytes_out;
                      outcome.progress = event.progress;
                      error = event.error;
                      asio::post(engine_pointer->io(), [&] { engine_pointer->io().stop(); });
                    }
                    if (listener) listener(event);
                  });
    engine_pointer = &engine;
    engine.manager().set_leave_when_caught_up(true);
    engine.manager().set_metered(options.is_metered);
    engine.expect(options.expected);
    for (const wire::InvitationId& id : passed_over) engine.manager().pass_over(id);
    engine.stop_on_signals();
    CUNJU_TRY(std::unique_ptr<transport::TcpClient> client,
              transport::tcp_connect(engine.context(), address));
    engine.io().run();
    if (engine.is_stopping()) return fail(Errc::kTimeout, std::string(kStoppedBySignal));
    if (has_asked) continue;
    // Whoever has just asked to be let in is no acquaintance yet, and gets no answer.
    if (!outcome.pairings.empty() && !caught_up) return outcome;
    if (error) return *error;
    if (paired) {
      outcome.paired = true;
      continue;
    }
    if (!caught_up) return fail(Errc::kNetwork, "the connection was cut");
    outcome.exchanged = true;
    engine.manager().witness();
    return outcome;
  }
  return fail(Errc::kLimit, "too many pending invitations of one node");
}

}  // namespace cunju::node
