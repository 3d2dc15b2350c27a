// SPDX-License-Identifier: Apache-2.0
//
// Erasures as people and programs read them: what each is about and why, how far it has come, and
// which computers have confirmed it.
#pragma once

#include "cli/known_erasures.h"

namespace cunju::cli {

/// Says everything about one erasure, or one lift. Before it is approved, also which records it
/// names and what a rule of retention says of them: they are hidden, so nobody can look.
Result<void> show_erasure(Invocation& call, node::Node& node, const KnownErasures& known,
                          const RecordId& erasure);

}  // namespace cunju::cli
