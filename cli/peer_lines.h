// SPDX-License-Identifier: Apache-2.0
//
// What happens with peers, as lines for an operator.
#pragma once

#include "cli/terminal.h"
#include "node/peers/peer_event.h"

namespace cunju::cli {

void show_peer_event(Terminal& terminal, const peers::PeerEvent& event);

}  // namespace cunju::cli
