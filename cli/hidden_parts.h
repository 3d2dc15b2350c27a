// SPDX-License-Identifier: Apache-2.0
//
// How much confidential content a node keeps that can't be read at it, because the clerk may not,
// or the key is not here. Of which register or record a part is, is sealed like what it says; its
// scope is everybody's to see. So it is counted by scope.
#pragma once

#include <boost/json/object.hpp>
#include <map>
#include <string>

#include "cli/record_lookup.h"

namespace cunju::cli {

struct HiddenCount {
  std::uint64_t parts = 0;
  std::uint64_t closed = 0;  ///< Of these: from before the clerk's time (council::closed_parts).
};
/// By the scope's name, as the roster has it, or its number. What was erased since it came sealed
/// is counted as well.
using HiddenByScope = std::map<std::string, HiddenCount>;
Result<HiddenByScope> count_hidden(node::Node& node, const SpaceId& space);

/// Those of the scopes that the registry's definition names, or one that it had.
Result<HiddenByScope> count_hidden_of(node::Node& node, const Book& book,
                                      const std::string& registry);

/// "mediation 3 份（其中 2 份是您加入以前的，按规定不给）、rental_persons 1 份".
Label hidden_label(const HiddenByScope& hidden);
boost::json::object hidden_json(const HiddenByScope& hidden);
/// Of each scope that has any: how many are from before the clerk's time.
boost::json::object closed_json(const HiddenByScope& hidden);

}  // namespace cunju::cli
