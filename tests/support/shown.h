// SPDX-License-Identifier: Apache-2.0
//
// Holds what a save does to the view of whoever saved: afterwards it shows what was shown before,
// with what was typed, in texts and in all other fields, and nothing else. What others wrote and
// took away must not move it, whatever hangs below the heads of the record.
#pragma once

#include <map>
#include <span>
#include <string>
#include <tuple>

#include "crdt/types/record_view.h"
#include "node/replica/replica.h"

namespace cunju::test {

class ShownBefore {
 public:
  /// The records that `drafts` speak of, as they are shown now.
  ShownBefore(replica::Replica& replica, const SpaceId& space,
              std::span<const replica::ChangeDraft> drafts);

  /// After they were saved as `saved`. Says what is shown otherwise than it should be; empty: none.
  std::string find_difference(replica::Replica& replica, const replica::Appended& saved) const;

 private:
  using Place = std::tuple<RecordId, Scope, std::string>;

  SpaceId space_;
  std::span<const replica::ChangeDraft> drafts_;
  std::map<Place, RecordView> before_;
};

}  // namespace cunju::test
