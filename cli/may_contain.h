// SPDX-License-Identifier: Apache-2.0
//
// Where else what is erased may still be, as far as this node knows.
#pragma once

#include <boost/json/array.hpp>
#include <set>
#include <string>

#include "cli/session.h"

namespace cunju::cli {

/// What was written or given out until that time, and may still contain what is erased: exports and
/// letters of this node, and what the disclosure ledger has of all nodes. Those of the space in
/// which one of the registries had records, or all of the space where none is named. Says and
/// returns them, this node's first, newest first.
Result<boost::json::array> show_may_contain(Invocation& call, node::Node& node,
                                            const SpaceId& space, std::uint64_t until_ms,
                                            const std::set<std::string>& registries);

}  // namespace cunju::cli
