// SPDX-License-Identifier: Apache-2.0
//
// `doctor PEER` and `doctor --peers`: calls peers for real, and says in plain words why two nodes
// do not meet. A call that works exchanges what there is, as `sync` would.
#pragma once

#include <string>

#include "cli/doctor_report.h"
#include "node/node.h"

namespace cunju::cli {

/// `what`: an address with its port, or the name of a node or the beginning of its wire key.
Result<void> check_peer(DoctorReport& report, node::Node& node, const std::string& what);
/// Every node of the rosters at every address that is remembered of it.
Result<void> check_all_peers(DoctorReport& report, node::Node& node);

}  // namespace cunju::cli
