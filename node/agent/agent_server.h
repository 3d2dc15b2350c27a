// SPDX-License-Identifier: Apache-2.0
//
// The socket of an Agent: takes one request from each connection of the same user, answers, closes.
// At most kMaxAskers at a time, each for kAskerTime. Runs on the io_context it is given.
#pragma once

#include <array>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/generic/seq_packet_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>

#include "node/agent/agent.h"
#include "node/store/private_file.h"

namespace cunju::agent {

inline constexpr std::size_t kMaxAskers = 16;
inline constexpr std::chrono::seconds kAskerTime{5};

class AgentServer {
 public:
  /// `agent` is borrowed. `on_request` runs after each answered request. Errors: kExists (another
  /// node serves this home), kLimit (the path is too long for a socket), kIo.
  static Result<std::unique_ptr<AgentServer>> listen(boost::asio::io_context& io,
                                                     const std::filesystem::path& home,
                                                     Agent& agent,
                                                     std::function<void()> on_request);
  /// Goes on where another server of this process stopped listening.
  static Result<std::unique_ptr<AgentServer>> resume(boost::asio::io_context& io,
                                                     const std::filesystem::path& home,
                                                     Agent& agent, std::function<void()> on_request,
                                                     store::FileDescriptor listener);
  /// Stops, and gives the socket: who connects meanwhile waits in it for the next server.
  store::FileDescriptor release();
  ~AgentServer();
  AgentServer(const AgentServer&) = delete;
  AgentServer& operator=(const AgentServer&) = delete;

 private:
  struct Asker;

  AgentServer(boost::asio::io_context& io, std::filesystem::path path, Agent& agent,
              std::function<void()> on_request)
      : path_(std::move(path)),
        agent_(agent),
        on_request_(std::move(on_request)),
        acceptor_(io),
        pause_(io) {}
  void accept();
  void serve(const std::shared_ptr<Asker>& asker);

  std::filesystem::path path_;
  Agent& agent_;
  std::function<void()> on_request_;
  bool owns_name_ = false;  ///< The socket in the home is this one's.
  boost::asio::basic_socket_acceptor<boost::asio::generic::seq_packet_protocol> acceptor_;
  boost::asio::steady_timer pause_;  ///< Before the next try when accepting fails.
  std::shared_ptr<std::size_t> askers_ = std::make_shared<std::size_t>(0);
};

}  // namespace cunju::agent
