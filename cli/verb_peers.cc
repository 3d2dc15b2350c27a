// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <boost/json/array.hpp>
#include <map>
#include <set>

#include "cli/known_log.h"
#include "cli/known_peers.h"
#include "cli/meet_words.h"
#include "cli/pairing_lines.h"
#include "cli/record_lookup.h"
#include "cli/session.h"
#include "cli/verbs.h"
#include "node/peers/peer_book.h"

namespace cunju::cli {
namespace {

using peers::MeetWay;

/// This node's own logs, and what peers said that they have of them.
Result<std::map<SpaceId, std::vector<KnownLog>>> own_logs(node::Node& node,
                                                          const std::vector<SpaceId>& spaces) {
  std::map<SpaceId, std::vector<KnownLog>> out;
  for (const SpaceId& space : spaces) {
    for (const keys::Clerk& clerk : node.keystore().clerks()) {
      CUNJU_TRY(KnownLog log, read_known_log(node.replica(), space, clerk.author));
      out[space].push_back(std::move(log));
    }
  }
  return out;
}

/// Changes of these logs that the peer had not, by what it said last; of what it never said a word
/// of it has nothing.
std::uint64_t lacking(const std::map<SpaceId, std::vector<KnownLog>>& logs,
                      const std::vector<SpaceId>& shared, const WireKey& peer) {
  std::uint64_t out = 0;
  for (const SpaceId& space : shared) {
    const auto found = logs.find(space);
    if (found == logs.end()) continue;
    for (const KnownLog& log : found->second) {
      std::uint64_t has = 0;
      for (const replica::ToldHead& told : log.told)
        if (told.peer == peer) has = std::max(has, told.seq.value + 1);
      out += has < log.count ? log.count - has : 0;
    }
  }
  return out;
}

Label way_text(const peers::PeerHints& hints) {
  const std::string when = local_time(hints.met_ms);
  switch (hints.way) {
    case MeetWay::kNever:
      return {"还没有见过面", "never met"};
    case MeetWay::kNetwork:
      return {"上次 " + when + "，经网络", "last met " + when + ", over a network"};
    case MeetWay::kStick:
      return {"上次 " + when + "，经 U 盘", "last met " + when + ", by a stick"};
  }
  return {};
}

std::string_view way_name(MeetWay way) {
  return way == MeetWay::kNetwork ? "network" : way == MeetWay::kStick ? "stick" : "never";
}

boost::json::array show_addresses(Terminal& terminal, const peers::PeerHints& hints) {
  boost::json::array out;
  for (const peers::AddressHint& hint : hints.addresses) {
    const MeetFinding finding = finding_of(visible(hint.address, false), hint.end);
    const std::string when = hint.tried_ms == 0 ? "" : local_time(hint.tried_ms) + "  ";
    terminal.say({"    " + when + finding.text.zh, "    " + when + finding.text.en});
    if (!finding.is_met) terminal.say({"      " + finding.advice.zh, "      " + finding.advice.en});
    out.push_back(boost::json::object{{"address", hint.address},
                                      {"tried_ms", hint.tried_ms},
                                      {"met_ms", hint.met_ms},
                                      {"cause", finding.cause}});
  }
  return out;
}

boost::json::array json_of(const std::set<std::string>& texts) {
  boost::json::array out;
  for (const std::string& text : texts) out.emplace_back(text);
  return out;
}

Result<ExitCode> set_peer(Invocation& call) {
  const std::optional<std::string> metered = call.value("--metered");
  if (call.arguments.size() != 2 || !metered || (*metered != "on" && *metered != "off"))
    return refused(
        call, Errc::kInvalidArgument,
        {"请写明哪一台电脑，以及 --metered on 或 off", "which node, and --metered on or off"});
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(const std::vector<SpaceId> spaces, chosen_spaces(*node, call));
  CUNJU_TRY(const auto known, known_peers(*node, spaces));
  CUNJU_TRY(const WireKey wire, require_known_peer(call, *node, known, call.arguments[1]));
  const bool is_metered = *metered == "on";
  CUNJU_TRYV(node->peer_book().set_metered(wire, is_metered));
  const std::string name = visible(known.at(wire).name, false);
  call.terminal.say(
      is_metered ? Label{"已记下：与“" + name +
                             "”交换按流量计费。从下次连接起，保密内容和附件先不交换；改回用 off。",
                         "Noted: exchanging with " + name +
                             " costs money. From the next connection on confidential parts and "
                             "attachments wait; off takes that back."}
                 : Label{"已记下：与“" + name + "”交换不计费。以前没有带上的，下次连接时补上。",
                         "Noted: exchanging with " + name +
                             " costs nothing. What waited comes with the next connection."});
  call.terminal.object(
      {{"peer", wire.hex()}, {"name", known.at(wire).name}, {"metered", is_metered}});
  return ExitCode::kOk;
}

std::string joined(const std::set<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) out += (out.empty() ? "" : "、") + visible(text, false);
  return out;
}

/// Whoever is invited, or has invited this node, is no stranger while words wait. How many do.
Result<std::size_t> show_waiting(Invocation& call, node::Node& node) {
  std::size_t out = 0;
  for (const auto side :
       {peers::InvitationBook::Side::kTaken, peers::InvitationBook::Side::kGiven}) {
    CUNJU_TRY(const std::vector<peers::Invitation> all, node.invitations(side));
    for (const peers::Invitation& invitation : all) {
      const std::optional<peers::PairingNews> news = waiting_words(invitation, side);
      if (!news) continue;
      show_pairing_news(call.terminal, *news);
      call.terminal.object({{"pairing", pairing_object(*news)}});
      ++out;
    }
  }
  return out;
}

Result<ExitCode> list_peers(Invocation& call) {
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(const std::vector<SpaceId> spaces, chosen_spaces(*node, call));
  CUNJU_TRY(const auto known, known_peers(*node, spaces));
  CUNJU_TRY(const auto logs, own_logs(*node, spaces));
  for (const auto& [wire, peer] : known) {
    CUNJU_TRY(const peers::PeerHints hints, node->peer_book().find(wire));
    CUNJU_TRY(const std::vector<SpaceId> shared, node->replica().shared_spaces(wire));
    const Label way = way_text(hints);
    const std::string who =
        visible(peer.name, false) + "（" + joined(peer.roles) + "）  " + joined(peer.spaces) + "  ";
    call.terminal.say({who + way.zh, who + way.en});
    boost::json::object out{{"peer", wire.hex()},           {"name", peer.name},
                            {"roles", json_of(peer.roles)}, {"spaces", json_of(peer.spaces)},
                            {"way", way_name(hints.way)},   {"met_ms", hints.met_ms},
                            {"shared", shared.size()},      {"metered", hints.is_metered}};
    if (hints.is_metered)
      call.terminal.say({"    按流量计费：保密内容和附件先不与它交换",
                         "    metered: confidential parts and attachments wait"});
    if (hints.way != MeetWay::kNever) {
      const std::uint64_t lacks = lacking(logs, shared, wire);
      const std::string count = std::to_string(lacks);
      out["lacks"] = lacks;
      if (lacks > 0)
        call.terminal.say({"    还缺本机的 " + count + " 份（按它上次所说）",
                           "    lacks " + count + " changes of this node, by what it said last"});
    }
    out["addresses"] = show_addresses(call.terminal, hints);
    call.terminal.object(out);
  }
  CUNJU_TRY(const std::size_t waiting, show_waiting(call, *node));
  CUNJU_TRY(const peers::PeerHints strangers, node->peer_book().find(WireKey{}));
  if (!strangers.addresses.empty()) {
    call.terminal.say({"这些地址上还没有见过名册里的电脑：",
                       "At these addresses no node of a roster was met yet:"});
    boost::json::object out{{"peer", nullptr}};
    out["addresses"] = show_addresses(call.terminal, strangers);
    call.terminal.object(out);
  }
  if (known.empty() && waiting == 0 && strangers.addresses.empty())
    call.terminal.say({"还不认识别的电脑；先 " + call.terminal.command("invite") + " 或 " +
                           call.terminal.command("join"),
                       "no other node is known; " + call.terminal.command("invite") + " or " +
                           call.terminal.command("join") + " first"});
  return ExitCode::kOk;
}

const Option kOptions[] = {
    {"--metered",
     "on|off",
     {"与这台电脑交换是否按流量计费", "whether exchanging with this node costs money"}}};
const ActionOptions kActions[] = {{"list", {}}, {"set", {"--metered"}}};

Result<ExitCode> run(Invocation& call) {
  const std::string action = call.arguments.empty() ? "list" : call.arguments[0];
  CUNJU_TRYV(require_options_of(call, action, kActions));
  if (action == "list" && call.arguments.size() <= 1) return list_peers(call);
  if (action == "set") return set_peer(call);
  return refused(call, Errc::kInvalidArgument,
                 {action + "；可用 list、set", action + "; there are list, set"});
}

}  // namespace

const Verb kPeersVerb{
    .name = "peers",
    .arguments = "[list | set NODE --metered on|off]",
    .min_arguments = 0,
    .max_arguments = 2,
    .summary = {"认识哪些电脑，上次怎样见面，为什么没连上",
                "which nodes are known, when and how they were met, and why not"},
    .details =
        {"输过的和连通过的地址都记在本机（加密），只是线索：认的是钥匙，不是地址。各自还缺什么见 "
         "status；要当场试，用 doctor。set 记下与谁交换按流量计费，sync 和 serve 都照办；NODE "
         "写名称、见过面的地址或钥匙的开头。",
         "Addresses that were typed, and those that worked, are kept here (sealed). They "
         "are hints: keys say who somebody is. What each lacks is in status; doctor tries "
         "it now. set notes with whom exchanging costs money, for sync and serve; NODE is its "
         "name, an address where it was met, or how its key begins."},
    .options = kOptions,
    .run = run};

}  // namespace cunju::cli
