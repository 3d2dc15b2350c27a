// SPDX-License-Identifier: Apache-2.0
//
// What `bundle` says to programs: docs/cli.md lists the keys.
#pragma once

#include <boost/json/object.hpp>

#include "cli/session.h"
#include "node/peers/bundle_reading.h"
#include "node/peers/bundle_writing.h"

namespace cunju::cli {

/// One recipient's bundle, written or (`is_dry_run`) only counted.
boost::json::object written_json(node::Node& node, const peers::WrittenBundle& bundle,
                                 bool is_dry_run);
/// A file of a stick, and what became of it.
boost::json::object file_json(node::Node& node, const peers::ReadFile& file);

}  // namespace cunju::cli
