// SPDX-License-Identifier: Apache-2.0
//
// Days that a definition proposes for date fields of a new record which nobody filled in
// (FieldDefinition::proposed). Whoever types a day, or clears it, is not gainsaid. Pure.
#pragma once

#include <span>
#include <vector>

#include "node/registry/finding.h"
#include "node/registry/record_edit.h"

namespace cunju::registry {

/// Code of the warning that says which day was filled in, and from what it was counted.
inline constexpr std::string_view kProposedDay = "proposed_day";

/// The edits, and after them those that were proposed; `findings` says each of these.
std::vector<Edit> with_proposed_days(const Definition& definition, std::span<const Edit> edits,
                                     Date today, Findings& findings);

}  // namespace cunju::registry
