// SPDX-License-Identifier: Apache-2.0
#include "crdt/types/state.h"

#include "crdt/types/register.h"

namespace cunju {

void apply_state_move(std::vector<Entry>& entries, const Write& write, const Value& left,
                      const Value& entered) {
  apply_candidate(entries, write, {.value = entered, .previous = left});
}

}  // namespace cunju
