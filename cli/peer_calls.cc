// SPDX-License-Identifier: Apache-2.0
#include "cli/peer_calls.h"

#include <algorithm>

#include "cli/known_peers.h"
#include "cli/peer_lines.h"
#include "cli/record_lookup.h"
#include "net/transport/tcp.h"
#include "node/peers/peer_book.h"

namespace cunju::cli {
namespace {

using transport::LinkEnd;

bool is_over(const node::SyncOutcome& outcome) {
  return std::ranges::any_of(outcome.pairings, [](const peers::PairingNews& news) {
    return news.kind == peers::PairingNews::Kind::kOver;
  });
}

MeetFinding finding_of_call(const PeerCall& call, const CallOptions& options) {
  const std::string name = visible(call.peer.name, false);
  if (call.end == LinkEnd::kOtherPeer)
    return wrong_key(call.address, name, visible(options.expected_name, false));
  if (call.outcome.has_error()) return finding_of(call.address, call.outcome.error(), call.end);
  const node::SyncOutcome& outcome = call.outcome.value();
  if (!outcome.exchanged) {
    if (is_over(outcome)) return finding_of(call.address, LinkEnd::kNoInvitation);
    return finding_of(call.address, LinkEnd::kWords);
  }
  MeetFinding out = finding_of(call.address, LinkEnd::kOpen);
  if (call.peer.wire)
    out.text = {call.address + "：连通，是 " + name, call.address + ": met, it is " + name};
  return out;
}

/// Nobody there spoke as the peer.
bool is_away(const PeerCall& call) {
  return call.end != LinkEnd::kNotLetIn && call.end != LinkEnd::kNoInvitation &&
         !call.is_stopped() && call.outcome.has_error();
}

/// What the error of such a call is to say, in place of the words for its kind.
void explain_call(Terminal& terminal, const PeerCall& call) {
  const Error& error = call.outcome.error();
  // Of a file this error says that a newer program wrote it; of a peer either may be the newer one.
  if (error.code == Errc::kUnsupported)
    return terminal.explain_whole({link_reason(error),
                                   {"双方的记录都还在。", "The records of both sides are safe."},
                                   {"升级之后再试。", "Try again after the update."}});
  if (error.context == peers::kOwnNode) return explain_own_node(terminal, call.address);
  if (call.end == LinkEnd::kOpen || call.end == LinkEnd::kOther) return;
  terminal.explain_whole({call.finding.text,
                          {"已保存的记录都在，没有丢失。", "What was saved is still there."},
                          call.finding.advice});
}

}  // namespace

ExitCode code_of(const PeerCall& call) {
  if (call.outcome.has_error()) return exit_code_of(call.outcome.error().code);
  const node::SyncOutcome& outcome = call.outcome.value();
  if (outcome.exchanged) return ExitCode::kOk;
  return is_over(outcome) ? ExitCode::kPermission : ExitCode::kConflict;
}

ExitCode common_code(const std::vector<PeerCall>& calls) {
  const ExitCode first = code_of(calls.front());
  const bool is_common =
      std::ranges::all_of(calls, [&](const PeerCall& call) { return code_of(call) == first; });
  return is_common ? first : ExitCode::kNetwork;
}

PeerCall call_address(node::Node& node, const std::string& address, const CallOptions& options) {
  PeerCall out{.address = address, .outcome = fail(Errc::kNetwork, "not called"), .finding = {}};
  if (options.on_call) options.on_call(address);
  out.outcome = node.sync(address,
                          [&](const node::PeerEvent& event) {
                            note_met_peer(event, out.peer);
                            if (event.progress.peer_clock_ms != 0)
                              out.peer_clock_ms = event.progress.peer_clock_ms;
                            if (event.kind == node::PeerEvent::Kind::kClosed) {
                              out.end = event.end;
                              out.has_called = true;
                            } else if (options.listener) {
                              options.listener(event);
                            }
                          },
                          {.is_metered = options.is_metered, .expected = options.expected});
  out.finding = finding_of_call(out, options);
  return out;
}

Result<std::vector<PeerCall>> call_remembered(node::Node& node, const CallOptions& options) {
  std::vector<PeerCall> out;
  CUNJU_TRY(const peers::PeerHints hints, node.peer_book().find(*options.expected));
  for (const peers::AddressHint& hint : hints.addresses) {
    out.push_back(call_address(node, hint.address, options));
    // That it does not let this node in, whoever greets in its name can say; words that wait only
    // the peer.
    const PeerCall& last = out.back();
    if (last.end == LinkEnd::kOpen || last.end == LinkEnd::kWords || last.is_stopped()) break;
  }
  // What is said last is what says most: it was there, or somebody in its name.
  if (!out.empty() && is_away(out.back())) std::stable_partition(out.begin(), out.end(), is_away);
  return out;
}

void say_calling(Terminal& terminal, const std::string& name, const std::string& address) {
  const std::string whom = name.empty() ? address : visible(name, false) + " (" + address + ")";
  const Label line{"正在呼叫 " + whom + " …", "calling " + whom + " …"};
  if (terminal.is_interactive) {
    terminal.progress(terminal.in_language(line));
  } else {
    terminal.say(line);
  }
  terminal.object({{"event", "calling"}, {"address", address}, {"name", name}});
}

void report_miss(Terminal& terminal, const PeerCall& call, const CallOptions& options) {
  terminal.object({{"address", call.address},
                   {"cause", call.finding.cause},
                   {"peer", options.expected ? options.expected->hex() : ""},
                   {"name", options.expected_name}});
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

Result<PeerCall> call_whom(Invocation& call, node::Node& node, const std::string& word,
                           CallOptions options) {
  std::vector<PeerCall> calls;
  if (transport::spell_address(word).has_value()) {
    options.on_call = [&](const std::string& address) { say_calling(call.terminal, "", address); };
    calls.push_back(call_address(node, word, options));
  } else {
    CUNJU_TRY(const std::vector<SpaceId> spaces, chosen_spaces(node, call));
    CUNJU_TRY(const KnownPeers known, known_peers(node, spaces));
    CUNJU_TRY(const std::vector<WireKey> found, find_known_peers(node, known, word));
    if (found.empty() && word.find(':') != std::string::npos)
      return refused(call, Errc::kInvalidArgument, bad_address(word));
    CUNJU_TRY(options.expected, require_known_peer(call, node, known, word));
    options.expected_name = known.at(*options.expected).name;
    options.on_call = [&](const std::string& address) {
      say_calling(call.terminal, options.expected_name, address);
    };
    CUNJU_TRY(calls, call_remembered(node, options));
    const std::string name = visible(options.expected_name, false);
    if (calls.empty()) return nowhere_met(call, {"“" + name + "”", name});
  }
  PeerCall& last = calls.back();
  for (const PeerCall& each : calls) {
    if (&each == &last) break;
    report_miss(call.terminal, each, options);
    call.terminal.warn(each.finding.text);
  }
  if (last.outcome.has_value()) return std::move(last);
  if (last.has_called) report_miss(call.terminal, last, options);
  explain_call(call.terminal, last);
  // A code of one address says nothing of the others.
  if (!last.is_stopped() && common_code(calls) != code_of(last))
    return Error{Errc::kNetwork, "met at none of its addresses"};
  return last.outcome.error();
}

}  // namespace cunju::cli
