// SPDX-License-Identifier: Apache-2.0
//
// Whom a bundle is for: as `--to` and `--continue` name them, and who still waits for a part.
#pragma once

#include <vector>

#include "cli/session.h"
#include "node/peers/bundle_writing.h"

namespace cunju::cli {

/// Everybody for whom a part is still to be written, of whatever spaces.
Result<std::vector<peers::BundlePeer>> all_waiting(node::Node& node);
/// Each once, with those of the chosen spaces that it shares. kNotFound, kConflict (a name is of
/// several), kInvalidArgument (nobody is named): said in words.
Result<std::vector<peers::BundlePeer>> chosen_peers(Invocation& call, node::Node& node);
/// kConflict in words where a bundle for one of them is unfinished and of spaces that are not among
/// these: what is written of some alone would be called its rest.
Result<void> refuse_narrowed(Invocation& call, node::Node& node,
                             const std::vector<peers::BundlePeer>& recipients);

}  // namespace cunju::cli
