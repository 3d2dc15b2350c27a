// SPDX-License-Identifier: Apache-2.0
//
// What an exchange that a command ran came to: how much moved, and what did not go the usual way.
#pragma once

#include "cli/peer_calls.h"

namespace cunju::cli {

/// `head` begins the line that counts. The call has exchanged.
Result<void> report_exchange(const Invocation& call, node::Node& node, PeerCall& done,
                             const Label& head);

}  // namespace cunju::cli
