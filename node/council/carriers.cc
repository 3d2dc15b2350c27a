// SPDX-License-Identifier: Apache-2.0
#include "node/council/carriers.h"

#include <algorithm>

namespace cunju::council {

Result<std::vector<Carrier>> read_carriers(replica::Replica& replica, const SpaceId& space,
                                           std::span<const ChangeId> pins) {
  CUNJU_TRY(const std::shared_ptr<const Roster> roster, replica.roster(space));
  std::vector<Carrier> out;
  for (const auto& [key, member] : roster->devices) {
    Carrier carrier{.key = key, .member = member};
    CUNJU_TRY(carrier.carrying, replica.carrying(space, key, pins));
    out.push_back(carrier);
  }
  std::stable_partition(out.begin(), out.end(), [](const Carrier& carrier) {
    return carrier.carrying == replica::Carrying::kCan;
  });
  return out;
}

}  // namespace cunju::council
