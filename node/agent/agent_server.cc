// SPDX-License-Identifier: Apache-2.0
#include "node/agent/agent_server.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/basic_seq_packet_socket.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include "node/agent/agent_client.h"

namespace cunju::agent {
namespace {

namespace asio = boost::asio;
using Protocol = asio::generic::seq_packet_protocol;
using ErrorCode = boost::system::error_code;

}  // namespace

struct AgentServer::Asker {
  Asker(Protocol::socket connected, std::shared_ptr<std::size_t> asker_count)
      : socket(std::move(connected)), limit(socket.get_executor()), count(std::move(asker_count)) {
    ++*count;
  }
  ~Asker() {
    crypto::wipe(message);
    --*count;
  }
  Asker(const Asker&) = delete;
  Asker& operator=(const Asker&) = delete;

  Protocol::socket socket;
  asio::steady_timer limit;
  std::shared_ptr<std::size_t> count;
  Bytes message = Bytes(kMaxMessageBytes);
  asio::socket_base::message_flags flags = 0;
};

Result<std::unique_ptr<AgentServer>> AgentServer::listen(asio::io_context& io,
                                                         const std::filesystem::path& home,
                                                         Agent& agent,
                                                         std::function<void()> on_request) {
  const std::filesystem::path path = socket_path(home);
  if (path.native().size() >= sizeof(sockaddr_un::sun_path))
    return fail(Errc::kLimit, path.string() + " is too long for a socket");
  Result<Reply> other = ask(home, {.kind = RequestKind::kKeys, .clerk = "?", .keys = {}});
  // One that does not answer, or answers nonsense, serves it as well.
  if (other.has_value() || other.error().code != Errc::kNotFound)
    return fail(Errc::kExists, "a node serves " + home.string() + " already");
  ::unlink(path.c_str());
  std::unique_ptr<AgentServer> out(new AgentServer(io, path, agent, std::move(on_request)));
  ErrorCode error;
  const Protocol::endpoint endpoint(asio::local::stream_protocol::endpoint(path.string()));
  out->acceptor_.open(Protocol(AF_UNIX, 0), error);
  if (!error) out->acceptor_.bind(endpoint, error);
  out->owns_name_ = !error;
  // The home is private already; the socket is as well, whatever the umask.
  if (!error) ::chmod(path.c_str(), S_IRUSR | S_IWUSR);
  if (!error) out->acceptor_.listen(asio::socket_base::max_listen_connections, error);
  if (error) return fail(Errc::kIo, path.string() + ": " + error.message());
  out->accept();
  return out;
}

Result<std::unique_ptr<AgentServer>> AgentServer::resume(asio::io_context& io,
                                                         const std::filesystem::path& home,
                                                         Agent& agent,
                                                         std::function<void()> on_request,
                                                         store::FileDescriptor listener) {
  std::unique_ptr<AgentServer> out(
      new AgentServer(io, socket_path(home), agent, std::move(on_request)));
  // Asio owns what it is given, so it gets a descriptor of its own.
  const int copy = ::fcntl(listener.value(), F_DUPFD_CLOEXEC, 0);
  ErrorCode error;
  if (copy >= 0) out->acceptor_.assign(Protocol(AF_UNIX, 0), copy, error);
  if (copy < 0 || error) return fail(Errc::kIo, "going on to listen for commands");
  out->owns_name_ = true;
  out->accept();
  return out;
}

store::FileDescriptor AgentServer::release() {
  store::FileDescriptor out(::fcntl(acceptor_.native_handle(), F_DUPFD_CLOEXEC, 0));
  ErrorCode ignored;
  acceptor_.close(ignored);
  return out;
}

AgentServer::~AgentServer() {
  ErrorCode ignored;
  if (!acceptor_.is_open()) return;  // Released: the name stays.
  acceptor_.close(ignored);
  if (owns_name_) ::unlink(path_.c_str());
}

void AgentServer::accept() {
  acceptor_.async_accept([this](const ErrorCode& error, Protocol::socket socket) {
    if (error == asio::error::operation_aborted) return;
    if (error) {  // No descriptors are left, for instance.
      pause_.expires_after(std::chrono::seconds(1));
      pause_.async_wait([this](const ErrorCode& stopped) {
        if (!stopped) accept();
      });
      return;
    }
    if (*askers_ < kMaxAskers && is_same_user(socket.native_handle()))
      serve(std::make_shared<Asker>(std::move(socket), askers_));
    accept();
  });
}

void AgentServer::serve(const std::shared_ptr<Asker>& asker) {
  asker->limit.expires_after(kAskerTime);
  asker->limit.async_wait([asker](const ErrorCode& error) {
    ErrorCode ignored;
    if (!error) asker->socket.close(ignored);
  });
  asker->socket.async_receive(
      asio::buffer(asker->message), asker->flags,
      [this, asker](const ErrorCode& error, std::size_t size) {
        if (error == asio::error::operation_aborted) return;
        if (!error) {
          Result<Request> request = parse_request(ByteView(asker->message).first(size));
          Bytes reply =
              encode_reply(request.has_value() ? agent_.answer(request.value()) : Reply{});
          ErrorCode ignored;
          asker->socket.send(asio::buffer(reply), 0, ignored);
          crypto::wipe(reply);
        }
        asker->limit.cancel();
        if (!error && on_request_) on_request_();
      });
}

}  // namespace cunju::agent
