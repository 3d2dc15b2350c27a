// SPDX-License-Identifier: Apache-2.0
//
// The list of a handover 交接清单: who, to whom, which roles, where each log of whoever hands over
// is pinned, what is open, and by when the law wants it done. In words, and for programs.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <vector>

#include "cli/record_lookup.h"
#include "node/council/fork_outlook.h"
#include "node/council/handover.h"
#include "node/council/open_items.h"

namespace cunju::cli {

struct HandoverList {
  council::Handover handover;
  council::HandoverReach reach;
  council::OpenItems open;
  std::uint64_t waiting = 0;  ///< Changes that are here and wait for what they depend on.
  /// Invitations of this home into the space that nobody has used, and that whoever hands over can
  /// let nobody in with any more.
  std::uint64_t invitations = 0;
  std::optional<registry::Date> elected;
  std::set<AuthorKey> successors;           ///< Keys with which the new holder can sign.
  std::vector<council::ForkOutlook> forks;  ///< Unless it is done.
};

/// Says the whole list; what programs get of it, without `space`, `done` and `change`.
Result<boost::json::object> show_handover(Invocation& call, node::Node& node, const Book& book,
                                          const HandoverList& list);

}  // namespace cunju::cli
