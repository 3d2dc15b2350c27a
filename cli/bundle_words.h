// SPDX-License-Identifier: Apache-2.0
//
// What `bundle` says: what is on a stick, what became of it, what did not fit, and what to do next.
#pragma once

#include <string>
#include <vector>

#include "cli/session.h"
#include "node/peers/bundle_reading.h"
#include "node/peers/bundle_writing.h"

namespace cunju::cli {

/// The node as a roster calls it, and the beginning of its key.
std::string peer_text(const peers::BundlePeer& peer);

/// Whether attachments of it were not taken because what refers to them may be in another part.
bool is_early(const peers::ReadFile& file);

/// One recipient's bundle, written or (`is_dry_run`) only counted.
void show_written(Invocation& call, node::Node& node, const peers::WrittenBundle& bundle,
                  bool is_dry_run);

/// Whoever a part is still to be written for, of this run or one before, and how. `is_full`: the
/// stick had no room for a letter at all.
void show_waiting(Invocation& call, const std::vector<peers::BundlePeer>& waiting, bool is_full);

/// A file of a stick before anything of it is taken: whose it is, and what is in it.
/// `takes_unknown`: one of an unknown writer is taken afterwards.
void show_file(Invocation& call, node::Node& node, const peers::ReadFile& file, bool takes_unknown);
/// What became of it.
void show_taken(Invocation& call, node::Node& node, const peers::ReadFile& file);
/// The rest of the stick: receipts, files of others, what a computer might start.
void show_stick(Invocation& call, node::Node& node, const peers::StickReport& report);

/// Why a stick could not be written, in words.
void explain_stick(Invocation& call, const Error& error, const std::string& dir);

}  // namespace cunju::cli
