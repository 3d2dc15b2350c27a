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
#include "net/transport/tcp.h"
#include "node/peers/peer_book.h"

namespace cunju::cli {
namespace {

using Kind = node::PeerEvent::Kind;

const Option kOptions[] = {
    {"--metered",
     "",
     {"用的是按流量计费的网络：保密内容和附件这次不交换，下次不加这一项时补上",
      "the network costs money: confidential parts and attachments wait for the next sync without "
      "this"}}};

/// Nothing was exchanged yet, because persons have to decide, or have decided against it.
ExitCode pairing_verdict(const node::SyncOutcome& outcome) {
  const bool is_over = std::ranges::any_of(outcome.pairings, [](const peers::PairingNews& news) {
    return news.kind == peers::PairingNews::Kind::kOver;
  });
  return is_over ? ExitCode::kPermission : ExitCode::kConflict;
}

ExitCode code_of(const PeerCall& call) {
  if (call.outcome.has_error()) return exit_code_of(call.outcome.error().code);
  return call.outcome.value().exchanged ? ExitCode::kOk : pairing_verdict(call.outcome.value());
}

/// Of calls that all failed: the code with which each of them ended, else that nobody was reached.
ExitCode common_code(const std::vector<PeerCall>& calls) {
  const ExitCode first = code_of(calls.front());
  const bool is_common =
      std::ranges::all_of(calls, [&](const PeerCall& call) { return code_of(call) == first; });
  return is_common ? first : ExitCode::kNetwork;
}

void report_miss(Terminal& terminal, const PeerCall& call, const CallOptions& options) {
  terminal.object({{"address", call.address},
                   {"cause", call.finding.cause},
                   {"peer", options.expected ? options.expected->hex() : ""},
                   {"name", options.expected_name}});
}

/// The one call that was to be made, or the last one of a peer.
Result<ExitCode> report_call(Invocation& call, node::Node& node, PeerCall& done,
                             const CallOptions& options) {
  if (done.outcome.has_error()) {
    if (done.has_called) report_miss(call.terminal, done, options);
    explain_call(call.terminal, done);
    return done.outcome.error();
  }
  node.wake_server();
  if (!done.outcome.value().exchanged) return pairing_verdict(done.outcome.value());
  CUNJU_TRYV(report_exchange(call, node, done, {"交换完成：", "Exchanged: "}));
  return ExitCode::kOk;
}

Error nowhere_met(const Invocation& call, const Label& who) {
  const std::string sync = call.terminal.command("sync 192.168.1.8:7700");
  call.terminal.explain_whole({{"还没有在哪个地址连上过" + who.zh + "，不知道往哪里连。",
                                "No address is known at which " + who.en + " was met."},
                               {"没有改动任何数据。", "Nothing was changed."},
                               {"问到地址后写一次，例如 " + sync + "，以后就记得。",
                                "Ask for the address and write it once, for example " + sync +
                                    "; it is remembered from then on."}});
  return {Errc::kNotFound, "no remembered address"};
}

Result<ExitCode> sync_with(Invocation& call, node::Node& node, CallOptions options) {
  const std::string name = visible(options.expected_name, false);
  CUNJU_TRY(std::vector<PeerCall> calls, call_remembered(node, options));
  if (calls.empty()) return nowhere_met(call, {"“" + name + "”", name});
  for (std::size_t i = 0; i + 1 < calls.size(); ++i) {
    report_miss(call.terminal, calls[i], options);
    call.terminal.warn(calls[i].finding.text);
  }
  PeerCall& last = calls.back();
  const bool is_missed = last.outcome.has_error() && !last.is_stopped();
  // A code of one address says nothing of the others.
  const bool is_mixed = is_missed && common_code(calls) != code_of(last);
  Result<ExitCode> out = report_call(call, node, last, options);
  if (is_mixed) return Error{Errc::kNetwork, "met at none of its addresses"};
  return out;
}

// --- everybody -----------------------------------------------------------------------------------

struct Round {
  std::size_t met = 0;
  std::size_t without_address = 0;
  std::vector<std::string> missed;  ///< Names.
  std::vector<PeerCall> failed;     ///< The last call to each of them.
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
  ++round.met;
  return report_exchange(call, node, last,
                         {name + "（" + last.address + "）：", name + " (" + last.address + "): "});
}

Result<ExitCode> report_round(Invocation& call, const Round& round) {
  boost::json::array missed;
  std::string names;
  for (const std::string& name : round.missed) {
    missed.emplace_back(name);
    names += (names.empty() ? "" : "、") + visible(name, false);
  }
  const std::string met = std::to_string(round.met), count = std::to_string(round.missed.size());
  Label line{"连通 " + met + " 台", "Met " + met};
  const std::string doctor = call.terminal.command("doctor --peers");
  if (!round.missed.empty()) {
    line.zh += "，没连上 " + count + " 台：" + names + "；怎么办见 " + doctor;
    line.en += ", not met " + count + ": " + names + "; what to do: " + doctor;
  }
  if (round.without_address > 0) {
    const std::string others = std::to_string(round.without_address);
    line.zh += "；另有 " + others + " 台没有记住地址";
    line.en += "; of " + others + " more no address is remembered";
  }
  call.terminal.say({line.zh + "。", line.en + "."});
  call.terminal.object({{"met", round.met},
                        {"missed", std::move(missed)},
                        {"without_address", round.without_address}});
  return round.met > 0 ? ExitCode::kOk : common_code(round.failed);
}

/// Everybody of the rosters who was met at some address, one after the other.
Result<ExitCode> sync_with_all(Invocation& call, node::Node& node, const KnownPeers& known,
                               CallOptions options) {
  Round round;
  for (const auto& [wire, peer] : known) {
    options.expected = wire;
    options.expected_name = peer.name;
    CUNJU_TRYV(sync_in_turn(call, node, options, round));
  }
  if (round.met == 0 && round.missed.empty())
    return nowhere_met(call, {"别的电脑", "another computer"});
  if (round.met > 0) node.wake_server();
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
  if (is_one && transport::spell_address(call.arguments[0]).has_value()) {
    PeerCall done = call_address(*node, call.arguments[0], options);
    return report_call(call, *node, done, options);
  }
  CUNJU_TRY(const std::vector<SpaceId> spaces, chosen_spaces(*node, call));
  CUNJU_TRY(const KnownPeers known, known_peers(*node, spaces));
  if (!is_one) return sync_with_all(call, *node, known, std::move(options));
  const std::string& word = call.arguments[0];
  CUNJU_TRY(const std::vector<WireKey> found, find_known_peers(*node, known, word));
  if (found.empty() && word.find(':') != std::string::npos)
    return refused(call, Errc::kInvalidArgument, bad_address(word));
  CUNJU_TRY(const WireKey wire, require_known_peer(call, *node, known, word));
  options.expected = wire;
  options.expected_name = known.at(wire).name;
  return sync_with(call, *node, std::move(options));
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
