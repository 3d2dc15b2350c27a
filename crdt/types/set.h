// SPDX-License-Identifier: Apache-2.0
//
// The add-wins set. With A(e), R(e) the effective changes that add, remove element e:
//   additions(e) = { a ∈ A(e) | no r ∈ R(e) has a ∈ ancestors(r) }
//   e is in the set  ⇔  additions(e) ≠ ∅
// A removal takes away only additions it has seen, so an addition concurrent with it stays. Every
// addition is kept, not the newest alone: who put an entry on a roll stays visible when somebody
// adds it again. Inside one change the list decides: a removal also takes away the additions
// before it in the list, an addition after it counts. NoValue is not an element.
#pragma once

#include "crdt/types/field.h"

namespace cunju {

void apply_set_add(std::vector<Entry>& entries, const Write& write, const Value& element);
void apply_set_remove(std::vector<Entry>& entries, const Write& write, const Value& element);

}  // namespace cunju
