// SPDX-License-Identifier: Apache-2.0
#include "cli/peer_calls.h"

#include <algorithm>

#include "cli/peer_lines.h"
#include "node/peers/peer_book.h"

namespace cunju::cli {
namespace {

using transport::LinkEnd;

MeetFinding finding_of_call(const PeerCall& call, const CallOptions& options) {
  const std::string name = visible(call.peer.name, false);
  if (call.end == LinkEnd::kOtherPeer)
    return wrong_key(call.address, name, visible(options.expected_name, false));
  if (call.outcome.has_error()) return finding_of(call.address, call.outcome.error(), call.end);
  const node::SyncOutcome& outcome = call.outcome.value();
  if (!outcome.exchanged) {
    const bool is_over = std::ranges::any_of(outcome.pairings, [](const peers::PairingNews& news) {
      return news.kind == peers::PairingNews::Kind::kOver;
    });
    if (is_over) return finding_of(call.address, LinkEnd::kNoInvitation);
    return {.cause = "pairing",
            .text = {call.address + "：连通，等待核对邀请的词语（见 invite list）",
                     call.address + ": met; the words of an invitation are to be compared (see "
                                    "invite list)"}};
  }
  MeetFinding out = finding_of(call.address, LinkEnd::kOpen);
  if (call.peer.wire)
    out.text = {call.address + "：连通，是 " + name, call.address + ": met, it is " + name};
  return out;
}

}  // namespace

PeerCall call_address(node::Node& node, const std::string& address, const CallOptions& options) {
  PeerCall out{.address = address, .outcome = fail(Errc::kNetwork, "not called"), .finding = {}};
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
    // The peer is there: elsewhere it would go as here.
    const PeerCall& last = out.back();
    const bool is_there = last.end == LinkEnd::kOpen || last.end == LinkEnd::kNotLetIn ||
                          last.end == LinkEnd::kNoInvitation;
    if (is_there || last.is_stopped()) break;
  }
  return out;
}

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

}  // namespace cunju::cli
