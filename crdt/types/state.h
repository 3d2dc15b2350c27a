// SPDX-License-Identifier: Apache-2.0
//
// The state machine: a register over moves (left, entered). With M the effective changes that move
// the field, and the last move in a change's list counting:
//   candidates = { (m, left(m), entered(m)) | m ∈ M, no n ∈ M has m ∈ ancestors(n) }
//   shown      = entered(m) of the candidate with the greatest (depth(m), id(m))
//   conflict   = two candidates with different entered states
// Two clerks who both close a case agree; one who closes and one who reopens it do not, and both
// stay until somebody moves on from both. `left` is what the author saw, kept for the reader; it
// decides nothing, because which moves are allowed is for definitions, and those never affect
// merge. entered is text, left is text or NoValue; any other move has no effect.
#pragma once

#include "crdt/types/field.h"

namespace cunju {

/// `move` is a kStateMove's previous and value, both of the right type.
void apply_state_move(std::vector<Entry>& entries, const Write& write, const Value& left,
                      const Value& entered);

}  // namespace cunju
