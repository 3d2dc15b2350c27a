// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor_peers.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "cli/meet_words.h"
#include "cli/met_peer.h"
#include "cli/session.h"
#include "node/peers/peer_book.h"

namespace cunju::cli {
namespace {

/// A node that is to be met, from a roster.
struct Target {
  WireKey wire;
  std::string name;
};

Result<std::vector<Target>> all_targets(node::Node& node) {
  std::vector<Target> out;
  CUNJU_TRY(const std::vector<SpaceId> spaces, node.replica().spaces());
  for (const SpaceId& space : spaces) {
    Result<std::shared_ptr<const Roster>> roster = node.replica().roster(space);
    if (roster.has_error()) continue;
    for (const auto& [key, entry] : roster.value()->nodes) {
      const bool is_listed = std::ranges::find(out, entry.wire, &Target::wire) != out.end();
      if (entry.wire != node.keystore().wire() && !is_listed)
        out.push_back({entry.wire, entry.name});
    }
  }
  return out;
}

boost::json::object keys_of(std::string_view cause, const std::string& address,
                            const std::string& name) {
  return {{"cause", cause}, {"address", address}, {"peer", name}};
}

struct Call {
  MeetFinding finding;
  std::string address;
  std::string met_name;
  std::uint64_t peer_clock_ms = 0;
};

/// One call. `expected`: who is to be met there, if anybody in particular.
Call call_address(node::Node& node, const std::string& address, const Target* expected) {
  std::optional<WireKey> met;
  std::string met_name;
  transport::LinkEnd end = transport::LinkEnd::kOpen;
  std::uint64_t peer_clock_ms = 0;
  Result<node::SyncOutcome> outcome = node.sync(address, [&](const node::PeerEvent& event) {
    if (event.wire) met = event.wire;
    if (!event.peer.empty()) met_name = event.peer;
    if (event.progress.peer_clock_ms != 0) peer_clock_ms = event.progress.peer_clock_ms;
    if (event.kind == node::PeerEvent::Kind::kClosed) end = event.end;
  });
  const bool is_waiting = outcome.has_value() && !outcome.value().exchanged;
  MeetFinding finding = outcome.has_error() ? finding_of(address, outcome.error(), end)
                                            : finding_of(address, transport::LinkEnd::kOpen);
  if (is_waiting)
    finding = {.cause = "pairing",
               .text = {address + "：连通，等待核对邀请的词语（见 invite list）",
                        address + ": met; the words of an invitation are to be compared (see "
                                  "invite list)"}};
  if (finding.is_met && met) {
    const std::string name = visible(met_name, false);
    finding.text = {address + "：连通，是 " + name, address + ": met, it is " + name};
    if (expected != nullptr && *met != expected->wire)
      finding = {
          .cause = "wrong_key",
          .text = {address + "：那里是 " + name + "，不是 " + visible(expected->name, false),
                   address + ": that is " + name + ", not " + visible(expected->name, false)},
          .advice = {"地址已换给另一台电脑；请问它现在的地址，再 sync 一次。",
                     "The address is another computer's now; ask for the new one and sync "
                     "with it."}};
  }
  return {std::move(finding), address, met_name, peer_clock_ms};
}

void report_call(DoctorReport& report, const Call& call) {
  const MeetFinding& finding = call.finding;
  boost::json::object more = keys_of(finding.cause, call.address, call.met_name);
  if (call.peer_clock_ms != 0) more["peer_clock_ms"] = call.peer_clock_ms;
  report.add(finding.is_met, "peer", finding.text, finding.advice, std::move(more));
  // Shown, because claimed times look odd then; no clock decides anything.
  const Label clocks = clock_difference(node::Node::now_ms(), call.peer_clock_ms);
  if (!clocks.zh.empty())
    report.add(true, "clock",
               {clocks.zh + "（只影响显示的时间）", clocks.en + " (only the times shown differ)"},
               {}, keys_of("clock", call.address, call.met_name));
}

Result<void> check_target(DoctorReport& report, node::Node& node, const Target& target) {
  CUNJU_TRY(const peers::PeerHints hints, node.peer_book().find(target.wire));
  std::vector<Call> failed;
  for (const peers::AddressHint& hint : hints.addresses) {
    Call call = call_address(node, hint.address, &target);
    // Met at one address, it does not matter that the others are old.
    if (call.finding.is_met) {
      report_call(report, call);
      return ok();
    }
    failed.push_back(std::move(call));
  }
  for (const Call& call : failed) report_call(report, call);
  if (!hints.addresses.empty()) return ok();
  const std::string name = visible(target.name, false);
  report.add(false, "peer", {name + "：不知道它的地址", name + ": no address of it is known"},
             {"问到地址后 sync 一次，以后就记得；或用 U 盘（bundle write）。",
              "Ask for it and sync once, then it is remembered; or use a stick (bundle write)."},
             keys_of("no_address", "", target.name));
  return ok();
}

}  // namespace

Result<void> check_peer(DoctorReport& report, node::Node& node, const std::string& what) {
  if (what.find(':') != std::string::npos) {
    report_call(report, call_address(node, what, nullptr));
    return ok();
  }
  CUNJU_TRY(const std::vector<Target> targets, all_targets(node));
  constexpr std::size_t kFewestDigits = 4;
  bool is_found = false;
  for (const Target& target : targets) {
    const bool is_meant = target.name == what ||
                          (what.size() >= kFewestDigits && target.wire.hex().starts_with(what));
    if (!is_meant) continue;
    is_found = true;
    CUNJU_TRYV(check_target(report, node, target));
  }
  if (is_found) return ok();
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
  CUNJU_TRY(const std::vector<Target> targets, all_targets(node));
  for (const Target& target : targets) {
    CUNJU_TRYV(check_target(report, node, target));
  }
  return ok();
}

}  // namespace cunju::cli
