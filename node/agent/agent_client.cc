// SPDX-License-Identifier: Apache-2.0
#include "node/agent/agent_client.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "node/store/private_file.h"

namespace cunju::agent {
namespace {

constexpr timeval kTimeout{.tv_sec = 5, .tv_usec = 0};

Error no_answer(int number) {
  if (number == EAGAIN || number == EWOULDBLOCK)
    return {Errc::kTimeout, "the serving node does not answer"};
  return {Errc::kIo, std::string("the serving node: ") + std::strerror(number)};
}

}  // namespace

std::filesystem::path socket_path(const std::filesystem::path& home) { return home / "agent"; }

bool is_same_user(int socket_fd) {
  ucred peer{};
  socklen_t size = sizeof(peer);
  return ::getsockopt(socket_fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
         peer.uid == ::geteuid();
}

Result<Reply> ask(const std::filesystem::path& home, const Request& request) {
  const std::string path = socket_path(home).string();
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path))
    return fail(Errc::kLimit, path + " is too long for a socket");
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  store::FileDescriptor socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  if (socket.value() < 0) return no_answer(errno);
  ::setsockopt(socket.value(), SOL_SOCKET, SO_RCVTIMEO, &kTimeout, sizeof(kTimeout));
  ::setsockopt(socket.value(), SOL_SOCKET, SO_SNDTIMEO, &kTimeout, sizeof(kTimeout));
  if (::connect(socket.value(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) !=
      0) {
    // A socket without a listener is what a killed node left behind.
    if (errno == ENOENT || errno == ECONNREFUSED)
      return fail(Errc::kNotFound, "nobody serves " + home.string());
    return no_answer(errno);
  }
  if (!is_same_user(socket.value()))
    return fail(Errc::kPermission, "another user serves " + home.string());
  Bytes message = encode_request(request);
  const ssize_t sent = ::send(socket.value(), message.data(), message.size(), MSG_NOSIGNAL);
  const int send_error = errno;
  crypto::wipe(message);
  if (sent < 0) return no_answer(send_error);
  Bytes answer(kMaxMessageBytes);
  const ssize_t size = ::recv(socket.value(), answer.data(), answer.size(), 0);
  if (size < 0) return no_answer(errno);
  Result<Reply> reply = parse_reply(ByteView(answer).first(static_cast<std::size_t>(size)));
  crypto::wipe(answer);
  return reply;
}

}  // namespace cunju::agent
