// SPDX-License-Identifier: Apache-2.0
//
// What `bundle` says: what is on a stick, what became of it, what did not fit, and what to do next.
#pragma once

#include <string>

#include "cli/session.h"
#include "node/peers/bundle_reading.h"
#include "node/peers/bundle_writing.h"

namespace cunju::cli {

/// The node as a roster calls it, and the beginning of its key.
std::string peer_text(const peers::BundlePeer& peer);

/// Whether what its records refer to, or what refers to its attachments, may be in another part.
bool is_of_several(const peers::ReadFile& file);

/// One recipient's bundle, written or (`is_dry_run`) only counted.
void show_written(Invocation& call, node::Node& node, const peers::WrittenBundle& bundle,
                  bool is_dry_run);

/// A file of a stick before anything of it is taken: whose it is, and what is in it.
void show_file(Invocation& call, node::Node& node, const peers::ReadFile& file);
/// What became of it.
void show_taken(Invocation& call, node::Node& node, const peers::ReadFile& file);
/// The rest of the stick: receipts, files of others, what a computer might start.
void show_stick(Invocation& call, node::Node& node, const peers::StickReport& report);

/// Why a stick could not be written, in words.
void explain_stick(Invocation& call, const Error& error, const std::string& dir);

}  // namespace cunju::cli
