// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor_peers.h"

#include <vector>

#include "cli/known_peers.h"
#include "cli/peer_calls.h"
#include "net/transport/tcp.h"

namespace cunju::cli {
namespace {

boost::json::object keys_of(std::string_view cause, const std::string& address,
                            const std::string& name) {
  return {{"cause", cause}, {"address", address}, {"peer", name}};
}

void report_call(DoctorReport& report, const PeerCall& call) {
  const MeetFinding& finding = call.finding;
  boost::json::object more = keys_of(finding.cause, call.address, call.peer.name);
  if (call.peer_clock_ms != 0) more["peer_clock_ms"] = call.peer_clock_ms;
  report.add(finding.is_met, "peer", finding.text, finding.advice, std::move(more));
  // Shown, because claimed times look odd then; no clock decides anything.
  const Label clocks = clock_difference(node::Node::now_ms(), call.peer_clock_ms);
  if (!clocks.zh.empty())
    report.add(true, "clock",
               {clocks.zh + "（只影响显示的时间）", clocks.en + " (only the times shown differ)"},
               {}, keys_of("clock", call.address, call.peer.name));
}

Result<void> check_target(DoctorReport& report, node::Node& node, const WireKey& wire,
                          const std::string& peer_name) {
  CUNJU_TRY(const std::vector<PeerCall> calls,
            call_remembered(node, {.expected = wire, .expected_name = peer_name}));
  // Met at one address, it does not matter that the others are old.
  const bool is_met = !calls.empty() && calls.back().finding.is_met;
  for (const PeerCall& call : calls)
    if (!is_met || &call == &calls.back()) report_call(report, call);
  if (!calls.empty()) return ok();
  const std::string name = visible(peer_name, false);
  report.add(false, "peer", {name + "：不知道它的地址", name + ": no address of it is known"},
             {"问到地址后 sync 一次，以后就记得；或用 U 盘（bundle write）。",
              "Ask for it and sync once, then it is remembered; or use a stick (bundle write)."},
             keys_of("no_address", "", peer_name));
  return ok();
}

Result<KnownPeers> all_peers(node::Node& node) {
  CUNJU_TRY(const std::vector<SpaceId> spaces, node.replica().spaces());
  return known_peers(node, spaces);
}

}  // namespace

Result<void> check_peer(DoctorReport& report, node::Node& node, const std::string& what) {
  CUNJU_TRY(const KnownPeers known, all_peers(node));
  const bool is_address = transport::spell_address(what).has_value();
  std::vector<WireKey> found;
  if (!is_address) {
    CUNJU_TRY(found, find_known_peers(node, known, what));
  }
  if (is_address || (found.empty() && what.find(':') != std::string::npos)) {
    report_call(report, call_address(node, what, {}));
    return ok();
  }
  for (const WireKey& wire : found) {
    CUNJU_TRYV(check_target(report, node, wire, known.at(wire).name));
  }
  if (!found.empty()) return ok();
  const std::string name = visible(what, false);
  report.add(false, "peer",
             {name + "：本机的名册里没有这台电脑（没加入过，或已移除）",
              name + ": no roster here has this node (it never joined, or was removed)"},
             {"核对名称（peers 列出认识的）；要加入的，请主任 invite。",
              "Check the name (peers lists those known); who is to join needs an invitation."},
             keys_of("not_in_roster", "", what));
  return ok();
}

Result<void> check_all_peers(DoctorReport& report, node::Node& node) {
  CUNJU_TRY(const KnownPeers known, all_peers(node));
  for (const auto& [wire, peer] : known) {
    CUNJU_TRYV(check_target(report, node, wire, peer.name));
  }
  return ok();
}

}  // namespace cunju::cli
