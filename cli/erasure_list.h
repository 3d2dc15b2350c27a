// SPDX-License-Identifier: Apache-2.0
//
// Erasures as people and programs read them: how far each has come, and which computers have
// confirmed it.
#pragma once

#include <boost/json/array.hpp>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "cli/roster_words.h"

namespace cunju::cli {

/// The acts of one erasure.
using ErasureActs = std::vector<replica::ErasureEntry>;
/// Those of a space by the erasure's record.
std::map<RecordId, ErasureActs> group_acts(std::vector<replica::ErasureEntry> acts);
/// The least of its acts.
Fate fate_of(const ErasureActs& acts);

/// An id or its beginning, of an erasure that is here. Errors in words: kNotFound, kConflict.
Result<RecordId> require_erasure(const Invocation& call, const std::map<RecordId, ErasureActs>& all,
                                 const std::string& prefix);

/// What was written or given out until that time, and may still contain what is erased: exports and
/// letters of this node, and what the disclosure ledger has of all nodes. Those of the space in
/// which one of the registries had records, or all of the space where none is named. Says and
/// returns them, this node's first, newest first.
Result<boost::json::array> show_may_contain(Invocation& call, node::Node& node,
                                            const SpaceId& space, std::uint64_t until_ms,
                                            const std::set<std::string>& registries);

/// Says everything about one erasure.
Result<void> show_erasure(Invocation& call, node::Node& node, const SpaceId& space,
                          const Roster& roster, const RecordId& erasure, const ErasureActs& acts);

}  // namespace cunju::cli
