// SPDX-License-Identifier: Apache-2.0
//
// What happens with peers, as lines for an operator.
#pragma once

#include <vector>

#include "cli/terminal.h"
#include "cli/transfer_left.h"
#include "node/peers/call_plan.h"
#include "node/peers/peer_event.h"

namespace cunju::cli {

void show_peer_event(Terminal& terminal, const peers::PeerEvent& event);
/// The same of a session whose plans are followed: progress says what is left.
void show_peer_event(Terminal& terminal, const peers::PeerEvent& event, const TransferLeft& left);

/// One line about all peers: connected, being called, or waited for, and why. On a terminal it
/// takes the place of the last one.
void show_status(Terminal& terminal, const std::vector<peers::PeerStatus>& peers);

/// Why a link ended or none came about, in words for the two who stand at its ends.
registry::Label link_reason(const Error& error);

}  // namespace cunju::cli
