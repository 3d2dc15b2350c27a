// SPDX-License-Identifier: Apache-2.0
//
// Who can put a draft of the recovery quorum into a log: its signatures cover the roster that it
// pins, so whoever carries it must be in that roster and be able to pin exactly that. As far as the
// logs that are here tell: a key on another computer may have gone on. Pure but for the reading.
#pragma once

#include <span>
#include <vector>

#include "node/replica/replica.h"

namespace cunju::council {

struct Carrier {
  AuthorKey key;
  MemberId member;
  replica::Carrying carrying = replica::Carrying::kCan;
};

/// All keys in use of everybody, those that can first. Errors: kMissing (something of what is
/// pinned is not here).
Result<std::vector<Carrier>> read_carriers(replica::Replica& replica, const SpaceId& space,
                                           std::span<const ChangeId> pins);

}  // namespace cunju::council
