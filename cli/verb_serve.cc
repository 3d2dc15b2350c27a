// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <fstream>
#include <iostream>

#include "cli/meet_words.h"
#include "cli/record_lookup.h"
#include "cli/serve_lines.h"
#include "cli/session.h"
#include "cli/verbs.h"
#include "net/transport/tcp.h"
#include "node/peers/peer_book.h"

namespace cunju::cli {
namespace {

const Option kOptions[] = {
    {"--listen",
     "ADDRESS",
     {"监听地址，如 192.168.1.8:7700；端口 0 表示任选", "address to listen on; port 0 picks one"}},
    {"--peer",
     "ADDRESS",
     {"保持连接的对方地址，可重复", "address to stay connected to; may be repeated"}},
    {"--lock-after",
     "MINUTES",
     {"这么久没有人用命令就自动上锁", "lock when no command was run for so long"}},
    {"--metered",
     "",
     {"用的是按流量计费的网络：保密内容和附件先不交换",
      "the network costs money: confidential parts and attachments wait"}},
    {"--no-announce",
     "",
     {"不在本地网络上让认识的电脑找到本机，也不找它们",
      "neither be found by acquaintances on the local network nor look for them"}},
    {"--no-remembered",
     "",
     {"不呼叫以前连上过的地址", "call no address at which a peer was met before"}},
    {"--locked",
     "",
     {"先上锁，等 unlock（开机自启动用）", "start locked and wait for unlock, as at boot"}},
};

constexpr std::string_view kLockedOption = "--locked";
constexpr std::uint64_t kMaxLockMinutes = 24 * 60;

/// Becomes the same command in a new process image, locked: what this one has read and every key is
/// gone with its memory. Returns only when that fails.
Error restart_locked() {
  std::vector<std::string> words;
  {
    std::ifstream line("/proc/self/cmdline", std::ios::binary);
    for (std::string word; std::getline(line, word, '\0');) words.push_back(word);
  }
  if (std::ranges::find(words, kLockedOption) == words.end()) words.emplace_back(kLockedOption);
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  std::cout.flush();
  std::cerr.flush();
  ::execv("/proc/self/exe", arguments.data());
  return {Errc::kIo, std::string("restarting locked: ") + std::strerror(errno)};
}

Result<std::chrono::minutes> read_lock_after(const Invocation& call) {
  std::optional<std::string> text = call.value("--lock-after");
  if (!text) return std::chrono::minutes(0);
  std::uint64_t minutes = 0;
  auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), minutes);
  if (error != std::errc() || end != text->data() + text->size() || minutes == 0 ||
      minutes > kMaxLockMinutes)
    return refused(call, Errc::kInvalidArgument,
                   {"--lock-after：1 到 1440 分钟", "--lock-after: 1 to 1440 minutes"});
  return std::chrono::minutes(minutes);
}

/// What the system says of an address at which nobody can be waited for.
void explain_listen(const Invocation& call, const std::string& address, const Error& error) {
  const Label safe{"没有改动任何数据。", "Nothing was changed."};
  if (error.context == transport::kAddressInUse)
    call.terminal.explain_whole(
        {{"端口被占用：另一个程序正在用 " + address + "，可能是另一个 cunju serve。",
          "The port is taken: another program uses " + address + ", perhaps another cunju serve."},
         safe,
         {"先停掉那个程序，或换一个端口（--listen）；端口写 0 就任选一个。",
          "Stop that program, or choose another port (--listen); port 0 picks one."}});
  if (error.context == transport::kAddressNotOurs)
    call.terminal.explain_whole(
        {{"这台电脑没有 " + address + " 这个地址。",
          "This computer does not have the address " + address + "."},
         safe,
         {"地址可能换了；写现在的地址，或写 0.0.0.0:7700，表示所有网络。",
          "It may have changed: give the one of now, or 0.0.0.0:7700 for all networks."}});
}

/// Every address of the command line can be called, or listened at.
Result<void> check_addresses(const Invocation& call, const node::ServeOptions& options) {
  std::vector<std::string> all = options.peers;
  if (!options.listen.empty()) all.push_back(options.listen);
  for (const std::string& address : all)
    if (transport::spell_address(address).has_error())
      return refused(call, Errc::kInvalidArgument, bad_address(address));
  return ok();
}

/// Somebody to wait for, or to call.
Result<void> check_purpose(const Invocation& call, node::Node& node,
                           const node::ServeOptions& options) {
  if (!options.listen.empty() || !options.peers.empty()) return ok();
  CUNJU_TRY(const std::vector<peers::PeerHints> rows, node.peer_book().all());
  const bool has_met = std::ranges::any_of(rows, [](const peers::PeerHints& row) {
    return row.wire != WireKey{} && !row.addresses.empty();
  });
  if (!has_met || !options.calls_remembered)
    return refused(call, Errc::kInvalidArgument,
                   {"请用 --listen 写明在哪个地址等待，或用 --peer 写明连到哪个地址",
                    "say where to listen (--listen) or whom to call (--peer)"});
  call.terminal.say({"没有写 --listen：不等别人来连，只呼叫以前连上过的地址。",
                     "Without --listen nobody can call here; addresses at which peers were met "
                     "are called."});
  return ok();
}

/// The node with its keys. Null: stopped while it was locked.
Result<std::unique_ptr<node::Node>> open_for_serving(Invocation& call, agent::Agent& agent) {
  if (!call.has(kLockedOption)) {
    CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
    agent.add(node->unlocked().clone());
    return node;
  }
  CUNJU_TRY(std::unique_ptr<node::Node> node, node::Node::open(call.home));
  call.terminal.say({"已上锁，等待解锁：" + call.terminal.command("unlock"),
                     "Locked, waiting for " + call.terminal.command("unlock")});
  call.terminal.object({{"locked", true}});
  CUNJU_TRY(bool is_unlocked, node->wait_for_unlock(agent));
  if (!is_unlocked) node.reset();
  return node;
}

/// Whoever starts a second one of a home, as a colleague at the same computer might.
void explain_served(const Invocation& call, const Error& error) {
  if (error.code != Errc::kExists) return;
  call.terminal.explain_whole({{"这个数据文件夹已有一个 serve 在运行，没有再开一个。",
                                "This home is served already, and no second one was started."},
                               {"运行中的照常交换，没有改动任何数据。",
                                "The one that runs goes on as before; nothing was changed."},
                               {"几位工作人员共用一台电脑的，开一个就够，各人 " +
                                    call.terminal.command("unlock") + "；要换地址，先停掉原来的。",
                                "Clerks who share a computer need one: each of them runs " +
                                    call.terminal.command("unlock") +
                                    ". To serve at another address, stop the other one first."}});
}

Result<ExitCode> run(Invocation& call) {
  node::ServeOptions options;
  options.listen = call.value("--listen").value_or("");
  options.peers = call.values("--peer");
  options.is_metered = call.has("--metered");
  options.announces = !call.has("--no-announce");
  options.calls_remembered = !call.has("--no-remembered");
  CUNJU_TRYV(check_addresses(call, options));
  CUNJU_TRY(options.lock_after, read_lock_after(call));
  CUNJU_TRY(keys::Keystore keystore, keys::Keystore::load(call.home / "keystore"));
  agent::Agent agent(keystore.node(), keystore.wire());
  Result<std::unique_ptr<node::Node>> opened = open_for_serving(call, agent);
  if (opened.has_error()) explain_served(call, opened.error());
  CUNJU_TRY(std::unique_ptr<node::Node> node, std::move(opened));
  if (!node) return ExitCode::kOk;
  CUNJU_TRYV(check_purpose(call, *node, options));
  options.agent = &agent;
  options.on_no_agent = [&](const Error& error) {
    call.terminal.warn({"提醒：其他命令用不上本机的解锁：" + error.context,
                        "note: commands can't borrow this node's keys: " + error.context});
  };
  options.on_listening = [&](const std::string& address) {
    call.terminal.say({"正在 " + address + " 等待交换数据；按 Ctrl+C 停止。",
                       "Listening on " + address + "; Ctrl+C stops."});
    call.terminal.object({{"listening", address}});
  };
  ServeLines lines(call.terminal);
  options.listener = [&](const node::PeerEvent& event) {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    lines.on_event(event, std::chrono::duration_cast<std::chrono::milliseconds>(now));
  };
  options.on_status = [&](const std::vector<peers::PeerStatus>& status) {
    lines.on_status(status);
  };
  const Result<node::ServeEnd> served = node->serve(options);
  if (served.has_error()) explain_served(call, served.error());
  if (served.has_error()) explain_listen(call, options.listen, served.error());
  CUNJU_TRY(const node::ServeEnd end, served);
  if (end == node::ServeEnd::kStopped) return ExitCode::kOk;
  node.reset();
  return restart_locked();
}

}  // namespace

const Verb kServeVerb{
    .name = "serve",
    .arguments = "",
    .min_arguments = 0,
    .max_arguments = 0,
    .summary = {"等待对方连接并随时交换数据", "wait for peers and exchange changes as they come"},
    .details = {"认识的电脑在以前连上过的地址也会被呼叫，断了自己再连；地址换了人就不理会。",
                "Nodes of the rosters are called where they were met before, again after a cut; "
                "whoever else answers there is left alone."},
    .options = kOptions,
    .run = run};

}  // namespace cunju::cli
