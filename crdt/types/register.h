// SPDX-License-Identifier: Apache-2.0
//
// The multi-value register. With W the effective changes that write the field, and value(w) what
// the last write in w's list says:
//   candidates = { (w, value(w)) | w ∈ W, no v ∈ W has w ∈ ancestors(v) }
//   shown      = value(w) of the candidate with the greatest (depth(w), id(w))
//   conflict   = two candidates with different values
// Clearing writes NoValue, which is a candidate like any other. depth(w) > depth(a) for every
// ancestor a, so the law agrees with causality; between concurrent writes it is arbitrary but equal
// everywhere, and the others stay until a change that has seen them all writes again.
#pragma once

#include "crdt/types/field.h"

namespace cunju {

/// The law for any candidate: what `write` has seen goes, `candidate` takes its place in the order.
void apply_candidate(std::vector<Entry>& entries, const Write& write, Entry candidate);

/// Applies one write of `write`; in causal order the result does not depend on the order.
void apply_register_set(std::vector<Entry>& entries, const Write& write, const Value& value);

}  // namespace cunju
