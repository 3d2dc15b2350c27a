// SPDX-License-Identifier: Apache-2.0
#include "cli/peer_lines.h"

#include <algorithm>

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

void show_progress(Terminal& terminal, const sync::Progress& progress) {
  auto share = [](const sync::Amount& done, const sync::Amount& planned) {
    return std::to_string(done.changes) + "/" +
           std::to_string(std::max(done.changes, planned.changes));
  };
  registry::Label line{"收到 " + share(progress.received, progress.planned_in) + "，送出 " +
                           share(progress.acked, progress.planned_out),
                       "received " + share(progress.received, progress.planned_in) + ", sent " +
                           share(progress.acked, progress.planned_out)};
  terminal.progress(terminal.in_language(line));
}

}  // namespace

void show_peer_event(Terminal& terminal, const peers::PeerEvent& event) {
  if (event.kind == Kind::kProgress) return show_progress(terminal, event.progress);
  const std::string who =
      event.peer.empty() ? event.address : event.peer + " (" + event.address + ")";
  switch (event.kind) {
    case Kind::kConnected:
      terminal.say({"已连接 " + who, "connected to " + who});
      break;
    case Kind::kPairing:
      if (event.pairing) show_pairing_news(terminal, *event.pairing);
      break;
    case Kind::kPaired:
      terminal.say({"已配对 " + who, "paired with " + who});
      break;
    case Kind::kCaughtUp:
      terminal.say({"与 " + who + " 已一致", "up to date with " + who});
      break;
    case Kind::kClosed:
      if (event.error) {
        terminal.say({"与 " + who + " 断开：" + event.error->context,
                      "closed " + who + ": " + event.error->context});
      } else {
        terminal.say({"与 " + who + " 结束", "closed " + who});
      }
      break;
    case Kind::kLog:
      terminal.warn({event.text, event.text});
      break;
    case Kind::kProgress:
      break;
  }
  boost::json::object object{
      {"event", kind_name(event.kind)}, {"address", event.address}, {"peer", event.peer}};
  if (event.error) {
    object["error"] = errc_name(event.error->code);
    object["context"] = event.error->context;
  }
  if (event.pairing) object["pairing"] = pairing_object(*event.pairing);
  if (event.kind == Kind::kLog) object["text"] = event.text;
  terminal.object(object);
}

}  // namespace cunju::cli
