// SPDX-License-Identifier: Apache-2.0
//
// What nearly every verb needs first: the node of the home, the space that is meant, the clerk's
// unlocked keys.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "cli/verb.h"
#include "node/registry/date.h"

namespace cunju::cli {

/// The node of --home, unlocked: by --key-file or a passphrase of --clerk, else by a node that
/// serves this home and is unlocked. kNotFound with advice when there is none.
Result<std::unique_ptr<node::Node>> open_node(Invocation& call);

/// The spaces that --space names; all of them when it was not given.
Result<std::vector<SpaceId>> chosen_spaces(node::Node& node, const Invocation& call);
/// The one space to write to: --space, or the only one, or the only one founded by this node.
Result<SpaceId> chosen_space(node::Node& node, const Invocation& call);

/// Asks for (or reads) what opens or is to open a clerk's keys.
Result<keys::Unlock> ask_unlock(Invocation& call, bool is_new);

std::string space_name(node::Node& node, const SpaceId& space);
/// "2026-11-23 21:05", in China Standard Time (UTC+8, no daylight saving since 1991).
std::string local_time(std::uint64_t claimed_ms);
registry::Date today();
/// The clerk or node behind an author key: a member's name, or the key in short.
std::string author_name(const Roster& roster, const AuthorKey& author);
std::string short_id(const std::string& hex);

}  // namespace cunju::cli
