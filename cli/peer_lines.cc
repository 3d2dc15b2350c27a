// SPDX-License-Identifier: Apache-2.0
#include "cli/peer_lines.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <chrono>
#include <cstdint>

#include "net/wire/greeting.h"
#include "node/peers/own_node.h"

#include "cli/pairing_lines.h"

namespace cunju::cli {
namespace {

using Kind = peers::PeerEvent::Kind;

std::string_view kind_name(Kind kind) {
  switch (kind) {
    case Kind::kConnected:
      return "connected";
    case Kind::kPairing:
      return "pairing";
    case Kind::kPaired:
      return "paired";
    case Kind::kProgress:
      return "progress";
    case Kind::kCaughtUp:
      return "caught_up";
    case Kind::kClosed:
      return "closed";
    case Kind::kLog:
      return "log";
  }
  return "unknown";
}

std::string_view state_name(peers::PeerStatus::State state) {
  switch (state) {
    case peers::PeerStatus::State::kCalling:
      return "calling";
    case peers::PeerStatus::State::kConnected:
      return "connected";
    case peers::PeerStatus::State::kWaiting:
      return "waiting";
    case peers::PeerStatus::State::kWords:
      return "words";
  }
  return "unknown";
}

std::string name_and_address(const std::string& peer, const std::string& address) {
  if (peer.empty() || address.empty()) return peer + address;
  return peer + " (" + address + ")";
}

/// Whole seconds, rounded up: nobody waits 0 seconds.
std::int64_t seconds_of(std::chrono::milliseconds wait) {
  return std::chrono::ceil<std::chrono::seconds>(wait).count();
}

/// An attachment that the peer asked for and that is here, but can't be given.
registry::Label not_given(const Terminal& terminal, const std::string& who, const Error& why) {
  const std::string doctor = terminal.command("doctor");
  if (why.code == Errc::kCorrupt)
    return {
        who +
            " 要的一个附件，本机的文件已损坏，没有给。记录不受影响；坏的放在一边，已记下要重新取"
            "（" +
            doctor + " 看是哪些）。有原件请再附一次。",
        who +
            " asked for an attachment whose file is damaged here, so it was not given. No "
            "record is touched; the damaged file is kept aside, and a good one is fetched "
            "from whoever has it (" +
            doctor + " says more). Who has the original attaches it again."};
  return {who + " 要的一个附件，本机读不出来，没有给：" + why.context + "。请运行 " + doctor + "。",
          who + " asked for an attachment that can't be read here, so it was not given: " +
              why.context + ". See " + doctor + "."};
}

}  // namespace

registry::Label words_of(const peers::PeerStatus& peer) {
  const std::string who = name_and_address(peer.peer, peer.address);
  if (peer.state == peers::PeerStatus::State::kConnected)
    return {who + " 已连接", who + " connected"};
  if (peer.state == peers::PeerStatus::State::kCalling)
    return {who + " 正在呼叫", who + " being called"};
  if (peer.state == peers::PeerStatus::State::kWords)
    return {who + " 等待核对邀请的词语（见 cunju invite list）",
            who + ": the words of an invitation are to be compared (see cunju invite list)"};
  const std::string seconds = std::to_string(seconds_of(peer.wait));
  const registry::Label why =
      peer.why ? link_reason(*peer.why) : registry::Label{"对方已离开", "the peer has left"};
  return {who + " 未连接（" + why.zh + "），" + seconds + " 秒后再呼叫",
          who + " not connected (" + why.en + "), next call in " + seconds + " s"};
}

registry::Label words_of(const sync::Progress& progress, const TransferLeft& left) {
  auto share = [](const sync::Amount& done, const sync::Amount& planned) {
    return std::to_string(done.changes) + "/" +
           std::to_string(std::max(done.changes, planned.changes));
  };
  registry::Label line{"收到 " + share(progress.received, progress.planned_in) + "，送出 " +
                           share(progress.acked, progress.planned_out),
                       "received " + share(progress.received, progress.planned_in) + ", sent " +
                           share(progress.acked, progress.planned_out)};
  if (left.is_something()) {
    line.zh += "，" + words_of(left).zh;
    line.en += ", " + words_of(left).en;
  }
  return line;
}

boost::json::object progress_object(const peers::PeerEvent& event, const TransferLeft& left) {
  const sync::Progress& progress = event.progress;
  boost::json::object object{{"event", kind_name(Kind::kProgress)},
                             {"address", event.address},
                             {"peer", event.peer},
                             {"received", progress.received.changes},
                             {"accepted", progress.accepted.admitted},
                             {"known", progress.accepted.known},
                             {"acknowledged", progress.acked.changes}};
  if (left.bytes > 0) object["bytes_left"] = left.bytes;
  if (left.attachments > 0) object["attachment_bytes_left"] = left.attachments;
  if (left.time) object["seconds_left"] = left.time->count();
  return object;
}

registry::Label link_reason(const Error& error) {
  if (error.context == peers::kOwnNode)
    return {"那是这台电脑自己，或者是另一台用着同一份数据拷贝的电脑",
            "that is this computer, or another one with a copy of this home"};
  if (error.context == peers::kOtherPeer)
    return {"那里是另一台认识的电脑，不是要找的这一台",
            "that is another known node, not the one that was looked for"};
  switch (error.code) {
    case Errc::kTimeout:
      return {"没有应答", "no answer: " + error.context};
    case Errc::kNetwork:
      return {"网络不通或中断：" + error.context, "unreachable or cut: " + error.context};
    case Errc::kNotFound:
      return {"应答的不是名册里的节点", "whoever answers is no node of the roster"};
    case Errc::kPermission:
      return {"名册里没有对方", "the peer is in no roster here"};
    case Errc::kUnsupported:
      return {
          "双方程序的版本合不上，请升级较旧的一方（" + error.context + "）",
          "the two programs' versions don't meet, update the older one (" + error.context + ")"};
    case Errc::kProtocol:
      if (error.context == wire::kNotCunju)
        return {"应答的不是村居，可能要先在浏览器里登录这个网络",
                "whoever answers is not Cunju; this network may want a login in a browser first"};
      return {"对方没有遵守约定：" + error.context,
              "the peer broke the protocol: " + error.context};
    default:
      return {error.context, error.context};
  }
}

boost::json::object status_object(const std::vector<peers::PeerStatus>& peers) {
  boost::json::array list;
  for (const peers::PeerStatus& peer : peers) {
    boost::json::object object{
        {"address", peer.address}, {"peer", peer.peer}, {"state", state_name(peer.state)}};
    if (peer.state == peers::PeerStatus::State::kWaiting) object["wait_ms"] = peer.wait.count();
    if (peer.why) {
      object["error"] = errc_name(peer.why->code);
      object["context"] = peer.why->context;
    }
    list.push_back(std::move(object));
  }
  return {{"event", "status"}, {"peers", std::move(list)}};
}

void show_peer_event(Terminal& terminal, const peers::PeerEvent& event, TransferClock& clock) {
  if (event.kind != Kind::kProgress) return show_peer_event(terminal, event);
  const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now().time_since_epoch());
  const TransferLeft left = clock.left(event.progress, now);
  terminal.progress(terminal.in_language(words_of(event.progress, left)));
  if (clock.pace.is_due(now, left)) terminal.object(progress_object(event, left));
}

void show_peer_event(Terminal& terminal, const peers::PeerEvent& event, const TransferLeft& left) {
  if (event.kind != Kind::kProgress) return show_peer_event(terminal, event);
  terminal.progress(terminal.in_language(words_of(event.progress, left)));
  terminal.object(progress_object(event, left));
}

void show_peer_event(Terminal& terminal, const peers::PeerEvent& event) {
  if (event.kind == Kind::kProgress) return show_peer_event(terminal, event, TransferLeft{});
  const std::string who = name_and_address(event.peer, event.address);
  switch (event.kind) {
    case Kind::kConnected:
      terminal.say({"已连接 " + who, "connected to " + who});
      break;
    case Kind::kPairing:
      if (event.pairing)
        show_pairing_news(terminal, *event.pairing, event.is_outgoing ? event.address : "");
      break;
    case Kind::kPaired:
      terminal.say({"已配对 " + who, "paired with " + who});
      break;
    case Kind::kCaughtUp:
      terminal.say({"与 " + who + " 已一致", "up to date with " + who});
      break;
    case Kind::kClosed:
      if (event.error) {
        const registry::Label why = link_reason(*event.error);
        terminal.say({"与 " + who + " 断开：" + why.zh, "closed " + who + ": " + why.en});
      } else {
        terminal.say({"与 " + who + " 结束", "closed " + who});
      }
      break;
    case Kind::kLog:
      terminal.warn(event.error ? not_given(terminal, who, *event.error)
                                : registry::Label{event.text, event.text});
      break;
    case Kind::kProgress:
      break;
  }
  terminal.object(event_object(event));
}

boost::json::object event_object(const peers::PeerEvent& event) {
  boost::json::object object{
      {"event", kind_name(event.kind)}, {"address", event.address}, {"peer", event.peer}};
  if (event.error) {
    object["error"] = errc_name(event.error->code);
    object["context"] = event.error->context;
  }
  if (event.pairing) object["pairing"] = pairing_object(*event.pairing);
  if (event.kind == Kind::kLog) object["text"] = event.text;
  if (event.kind == Kind::kClosed) {
    object["received"] = event.progress.received.changes;
    object["known"] = event.progress.accepted.known;
    object["bytes_in"] = event.bytes_in;
    object["bytes_out"] = event.bytes_out;
  }
  return object;
}

}  // namespace cunju::cli
