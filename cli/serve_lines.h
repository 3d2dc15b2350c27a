// SPDX-License-Identifier: Apache-2.0
//
// What a serving node shows of its peers: one line each, connected or waited for and why, and while
// something is transferred how much of it is left. On a terminal the lines stand in place;
// elsewhere a transfer has a line now and then. Every event is an object under --json. Times are
// passed in.
#pragma once

#include <chrono>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "cli/peer_lines.h"

namespace cunju::cli {

/// Between two lines of one transfer where lines can't be replaced.
inline constexpr std::chrono::seconds kTransferLinePause{10};
/// Peers of which the lines in place tell; of more a last line says how many they are.
inline constexpr std::size_t kMostPeerLines = 8;

class ServeLines {
 public:
  explicit ServeLines(Terminal& terminal) : terminal_(terminal) {}

  void on_event(const peers::PeerEvent& event, std::chrono::milliseconds now);
  void on_status(const std::vector<peers::PeerStatus>& status);

 private:
  struct Transfer {
    TransferClock clock;
    sync::Progress progress;
    TransferLeft left;
    std::chrono::milliseconds told_at{0};
  };
  void show_in_place();
  /// Words that wait, and that an invitation is over, are said once and not at each call, and
  /// neither is the end of such a call.
  bool is_said(const peers::PairingNews& news);

  Terminal& terminal_;
  std::vector<peers::PeerStatus> status_;
  std::map<std::string, Transfer> transfers_;  ///< By address.
  struct SaidWords {
    peers::PairingWords words{};
    peers::PairStage stage = peers::PairStage::kOpen;
    bool operator==(const SaidWords&) const = default;
  };
  std::map<wire::InvitationId, SaidWords> said_;
  std::set<std::string> repeats_;  ///< Addresses of calls that have said nothing new.
};

}  // namespace cunju::cli
