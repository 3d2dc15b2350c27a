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
/// At this moment.
void show_peer_event(Terminal& terminal, const peers::PeerEvent& event, TransferClock& clock);

/// What a program gets of an event, but for progress.
boost::json::object event_object(const peers::PeerEvent& event);

/// One peer of a serving node: connected, being called, or waited for, and why.
registry::Label words_of(const peers::PeerStatus& peer);
boost::json::object status_object(const std::vector<peers::PeerStatus>& peers);

/// How far a transfer is, and what is left of it.
registry::Label words_of(const sync::Progress& progress, const TransferLeft& left);
boost::json::object progress_object(const peers::PeerEvent& event, const TransferLeft& left);

/// Why a link ended or none came about, in words for the two who stand at its ends.
registry::Label link_reason(const Error& error);

}  // namespace cunju::cli
