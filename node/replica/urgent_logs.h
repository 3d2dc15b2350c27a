// SPDX-License-Identifier: Apache-2.0
//
// How much of what a peer lacks has to go before everything else: the roster, without which nobody
// can be judged, and what says of erasing, so that a node which was away hides before it shows. An
// author's log goes in order, so what stands in it before such a change goes with it. Reads only.
#pragma once

#include <cstdint>
#include <vector>

#include "node/replica/books.h"

namespace cunju::replica {

/// A log of which a peer lacks everything from a seq on.
struct LackedLog {
  AuthorKey author;
  std::uint32_t branch_no = 0;
  std::uint64_t from = 0;
};

/// Of each log the seq after its last change that says of the roster or of erasing; 0: none of what
/// is lacked does.
Result<std::vector<std::uint64_t>> find_urgent(const Reader& reader, std::uint32_t space_no,
                                               const std::vector<LackedLog>& lacked);

}  // namespace cunju::replica
