// SPDX-License-Identifier: Apache-2.0
#include "cli/peer_lines.h"
#include "cli/session.h"
#include "cli/verbs.h"

namespace cunju::cli {
namespace {

const Option kOptions[] = {
    {"--listen",
     "ADDRESS",
     {"监听地址，如 192.168.1.8:7700；端口 0 表示任选", "address to listen on; port 0 picks one"}},
    {"--peer",
     "ADDRESS",
     {"保持连接的对方地址，可重复", "address to stay connected to; may be repeated"}},
};

Result<ExitCode> run(Invocation& call) {
  node::ServeOptions options;
  options.listen = call.value("--listen").value_or("");
  options.peers = call.values("--peer");
  if (options.listen.empty() && options.peers.empty())
    return fail(Errc::kInvalidArgument, "--listen | --peer");
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_unlocked(call));
  options.on_listening = [&](const std::string& address) {
    call.terminal.say({"正在 " + address + " 等待交换数据；按 Ctrl+C 停止。",
                       "Listening on " + address + "; Ctrl+C stops."});
    call.terminal.object({{"listening", address}});
  };
  options.listener = [&](const node::PeerEvent& event) { show_peer_event(call.terminal, event); };
  CUNJU_TRYV(node->serve(options));
  return ExitCode::kOk;
}

}  // namespace

const Verb kServeVerb{
    .name = "serve",
    .arguments = "",
    .min_arguments = 0,
    .max_arguments = 0,
    .summary = {"等待对方连接并随时交换数据", "wait for peers and exchange changes as they come"},
    .details = {},
    .options = kOptions,
    .run = run};

}  // namespace cunju::cli
