// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <boost/json/array.hpp>
#include <utility>

#include "cli/exchange_report.h"
#include "cli/known_peers.h"
#include "cli/peer_calls.h"
#include "cli/peer_lines.h"
#include "cli/record_lookup.h"
#include "cli/session.h"
#include "cli/verbs.h"

namespace cunju::cli {
namespace {

using Kind = node::PeerEvent::Kind;

const Option kOptions[] = {
    {"--metered",
     "",
     {"用的是按流量计费的网络：保密内容和附件这次不交换，下次不加这一项时补上",
      "the network costs money: confidential parts and attachments wait for the next sync without "
      "this"}}};

/// The exchange with whom a person names, or has the address of.
Result<ExitCode> sync_with(Invocation& call, node::Node& node, CallOptions options) {
  CUNJU_TRY(PeerCall done, call_whom(call, node, call.arguments[0], std::move(options)));
  node.wake_server();
  const ExitCode code = code_of(done);
  if (code != ExitCode::kOk) return code;
  CUNJU_TRYV(report_exchange(call, node, done, {"交换完成：", "Exchanged: "}));
  return ExitCode::kOk;
}

// --- everybody -----------------------------------------------------------------------------------

struct Round {
  std::vector<std::string> met;  ///< Names.
  std::vector<std::string> missed;
  std::size_t without_address = 0;
  std::vector<PeerCall> failed;  ///< The last call to each that was missed.
};

/// One line: where it was not met, and why.
void say_missed(Terminal& terminal, const std::string& name, const std::vector<PeerCall>& calls) {
  Label why;
  for (const PeerCall& call : calls) {
    why.zh += (why.zh.empty() ? "" : "；") + call.finding.text.zh;
    why.en += (why.en.empty() ? "" : "; ") + call.finding.text.en;
  }
  terminal.say({name + " 没连上（" + why.zh + "）", name + " was not met (" + why.en + ")"});
}

/// One peer of the round.
Result<void> sync_in_turn(Invocation& call, node::Node& node, const CallOptions& options,
                          Round& round) {
  const std::string name = visible(options.expected_name, false);
  CUNJU_TRY(std::vector<PeerCall> calls, call_remembered(node, options));
  if (calls.empty()) {
    ++round.without_address;
    return ok();
  }
  PeerCall& last = calls.back();
  // What is wrong here is so with everybody.
  if (last.outcome.has_error() && (last.is_stopped() || !last.has_called))
    return last.outcome.error();
  for (const PeerCall& each : calls)
    if (code_of(each) != ExitCode::kOk) report_miss(call.terminal, each, options);
  if (code_of(last) != ExitCode::kOk) {
    say_missed(call.terminal, name, calls);
    round.missed.push_back(options.expected_name);
    round.failed.push_back(std::move(last));
    return ok();
  }
  round.met.push_back(options.expected_name);
  return report_exchange(call, node, last,
                         {name + "（" + last.address + "）：", name + " (" + last.address + "): "});
}

/// "乙、丙", as they are shown.
std::string listed(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : "、") + visible(name, false);
  return out;
}

boost::json::array json_of(const std::vector<std::string>& names) {
  boost::json::array out;
  for (const std::string& name : names) out.emplace_back(name);
  return out;
}

Result<ExitCode> report_round(Invocation& call, const Round& round) {
  const std::string met = std::to_string(round.met.size()),
                    count = std::to_string(round.missed.size());
  Label line{"连通 " + met + " 台", "Met " + met};
  if (!round.met.empty()) {
    line.zh += "：" + listed(round.met);
    line.en += ": " + listed(round.met);
  }
  const std::string doctor = call.terminal.command("doctor --peers");
  if (!round.missed.empty()) {
    line.zh += "；没连上 " + count + " 台：" + listed(round.missed) + "；怎么办见 " + doctor;
    line.en += "; not met " + count + ": " + listed(round.missed) + "; what to do: " + doctor;
  }
  if (round.without_address > 0) {
    const std::string others = std::to_string(round.without_address);
    line.zh += "；另有 " + others + " 台没有记住地址";
    line.en += "; of " + others + " more no address is remembered";
  }
  call.terminal.say({line.zh + "。", line.en + "."});
  call.terminal.object({{"met", round.met.size()},
                        {"met_names", json_of(round.met)},
                        {"missed", json_of(round.missed)},
                        {"without_address", round.without_address}});
  return round.met.empty() ? common_code(round.failed) : ExitCode::kOk;
}

/// Everybody of the rosters who was met at some address, one after the other.
Result<ExitCode> sync_with_all(Invocation& call, node::Node& node, const KnownPeers& known,
                               CallOptions options) {
  Round round;
  for (const auto& [wire, peer] : known) {
    options.expected = wire;
    options.expected_name = peer.name;
    options.on_call = [&](const std::string& address) {
      say_calling(call.terminal, options.expected_name, address);
    };
    CUNJU_TRYV(sync_in_turn(call, node, options, round));
  }
  if (round.met.empty() && round.missed.empty())
    return nowhere_met(call, {"别的电脑", "another computer"});
  if (!round.met.empty()) node.wake_server();
  return report_round(call, round);
}

Result<ExitCode> run(Invocation& call) {
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  TransferClock clock;
  const bool is_one = !call.arguments.empty();
  CallOptions options{
      .is_metered = call.has("--metered"), .listener = [&](const node::PeerEvent& event) {
        // Of everybody there is one line each, at the end of its turn.
        const bool is_step = event.kind == Kind::kConnected || event.kind == Kind::kCaughtUp;
        if (is_step && !is_one) return call.terminal.object(event_object(event));
        show_peer_event(call.terminal, event, clock);
      }};
  if (is_one) return sync_with(call, *node, std::move(options));
  CUNJU_TRY(const std::vector<SpaceId> spaces, chosen_spaces(*node, call));
  CUNJU_TRY(const KnownPeers known, known_peers(*node, spaces));
  return sync_with_all(call, *node, known, std::move(options));
}

}  // namespace

const Verb kSyncVerb{
    .name = "sync",
    .arguments = "[ADDRESS | NODE]",
    .min_arguments = 0,
    .max_arguments = 1,
    .summary = {"与认识的电脑（或一个地址）交换数据，交换完就结束",
                "exchange changes with known nodes, or with one address, then stop"},
    .details =
        {"第一次写地址，例如 192.168.1.8:7700；连上过的地址都记住，以后写名称（或钥匙的开头）就行，"
         "什么都不写就和每一台记得地址的电脑交换一次，连上一台就算成功。中断后再运行会从断点继续。"
         "有邀请待用时先配对。",
         "The first time with an address, for example 192.168.1.8:7700. Where a node was met is "
         "remembered: then its name, or how its key begins, is enough, and with nothing at all "
         "every node is called of which an address is remembered; one that is met is a success. A "
         "cut exchange continues where it stopped. Pairs first if an invitation waits."},
    .options = kOptions,
    .run = run};

}  // namespace cunju::cli
