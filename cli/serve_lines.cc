// SPDX-License-Identifier: Apache-2.0
#include "cli/serve_lines.h"

namespace cunju::cli {
namespace {

using Kind = peers::PeerEvent::Kind;

registry::Label nobody() { return {"没有连接", "nobody is connected"}; }

}  // namespace

void ServeLines::on_event(const peers::PeerEvent& event, std::chrono::milliseconds now) {
  if (event.kind == Kind::kProgress) {
    const auto [at, is_new] = transfers_.try_emplace(event.address);
    Transfer& transfer = at->second;
    if (is_new) transfer.told_at = now;
    transfer.progress = event.progress;
    transfer.left = transfer.clock.left(event.progress, now);
    if (transfer.clock.pace.is_due(now, transfer.left))
      terminal_.object(progress_object(event, transfer.left));
    const bool is_line_due = !terminal_.is_interactive && transfer.left.is_something() &&
                             now - transfer.told_at >= kTransferLinePause;
    if (is_line_due) {
      const std::string who =
          event.peer.empty() ? event.address : event.peer + " (" + event.address + ")";
      const registry::Label words = words_of(event.progress, transfer.left);
      terminal_.say({who + "：" + words.zh, who + ": " + words.en});
      transfer.told_at = now;
    }
  } else {
    if (event.kind == Kind::kCaughtUp || event.kind == Kind::kClosed)
      transfers_.erase(event.address);
    const bool is_repeated = event.pairing && is_said(*event.pairing);
    if (is_repeated) repeats_.insert(event.address);
    const bool ends_repeat = event.kind == Kind::kClosed && repeats_.erase(event.address) > 0;
    if (is_repeated || ends_repeat) {
      terminal_.object(event_object(event));
    } else {
      show_peer_event(terminal_, event);
    }
  }
  show_in_place();
}

bool ServeLines::is_said(const peers::PairingNews& news) {
  const bool is_repeated = news.kind == peers::PairingNews::Kind::kStillWaiting ||
                           news.kind == peers::PairingNews::Kind::kOver;
  if (!news.words && !is_repeated) return false;
  // At the joining side what is to be done changes once its own person has compared them.
  const SaidWords now{news.words.value_or(peers::PairingWords{}),
                      news.is_inviter ? peers::PairStage::kWaiting : news.stage};
  const auto [known, is_new] = said_.try_emplace(news.invitation, now);
  if (is_new) return false;
  if (known->second == now) return is_repeated;
  known->second = now;
  return false;
}

void ServeLines::on_status(const std::vector<peers::PeerStatus>& status) {
  status_ = status;
  terminal_.object(status_object(status));
  if (terminal_.is_interactive) return show_in_place();
  registry::Label line = status.empty() ? nobody() : registry::Label{};
  for (const peers::PeerStatus& peer : status) {
    const registry::Label one = words_of(peer);
    line.zh += (line.zh.empty() ? "" : "；") + one.zh;
    line.en += (line.en.empty() ? "" : "; ") + one.en;
  }
  terminal_.say({"状态：" + line.zh, "Status: " + line.en});
}

void ServeLines::show_in_place() {
  if (!terminal_.is_interactive) return;
  std::vector<std::string> lines;
  for (const peers::PeerStatus& peer : status_) {
    if (lines.size() == kMostPeerLines) {
      const std::string more = std::to_string(status_.size() - kMostPeerLines);
      lines.emplace_back(
          terminal_.in_language({"另有 " + more + " 台电脑", "and " + more + " more nodes"}));
      break;
    }
    registry::Label line = words_of(peer);
    const auto transfer = transfers_.find(peer.address);
    if (transfer != transfers_.end() && transfer->second.left.is_something()) {
      const registry::Label words = words_of(transfer->second.progress, transfer->second.left);
      line.zh += "，" + words.zh;
      line.en += ", " + words.en;
    }
    lines.emplace_back(terminal_.in_language(line));
  }
  if (lines.empty()) lines.emplace_back(terminal_.in_language(nobody()));
  terminal_.progress(lines);
}

}  // namespace cunju::cli
