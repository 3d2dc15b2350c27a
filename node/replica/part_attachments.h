// SPDX-License-Identifier: Apache-2.0
//
// Which attachments a part of a change refers to, whatever its registry: the bytes tell a reference
// (crdt/attachment/reference.h). Pure.
#pragma once

#include <set>

#include "crdt/attachment/reference.h"
#include "crdt/change/change.h"

namespace cunju::replica {

/// Adds those of a part that is present and opened; nothing of others. False: something of it does
/// not decode, as what a newer program wrote, and may refer to any.
bool add_attachments_of(const Part& part, std::set<attachment::Address>& out);

}  // namespace cunju::replica
