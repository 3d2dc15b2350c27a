// SPDX-License-Identifier: Apache-2.0
//
// What of confidential scopes may be late where its key is not here. Such a part has no place in
// any graph, so no row says whether it is late; but the act that made it late, and who may put it
// in force, are everybody's to see. The law asks in which registry a part writes, and that is
// sealed: it may be late if it would be in some registry that its author might write in.
#pragma once

#include <set>
#include <utility>

#include "node/replica/books.h"

namespace cunju::replica {

/// Whether a change is on the branch of its author's forked log that stands.
Result<bool> stands(const Reader& reader, const Change& change, const IdRow& row,
                    const RosterGraph& graph);

/// Parts by (ordinal, number). None that somebody has admitted. Reads the changes that are sealed.
Result<std::set<std::pair<std::uint64_t, std::uint16_t>>> find_sealed_late(const Reader& reader,
                                                                           std::uint32_t space_no,
                                                                           const SpaceId& space);

}  // namespace cunju::replica
