// SPDX-License-Identifier: Apache-2.0
//
// Tags on persons that no registry here may have, whoever asks for them: religion, ethnicity,
// health, petition history and the like. They are sensitive data without a purpose that a
// committee could state (PIPL articles 6 and 28), and a field for them is the beginning of a watch
// list. Refused in definitions and in the mapping of an import; a person's free text is theirs.
#pragma once

#include <string_view>

namespace cunju::registry {

/// True when a field or column of this name (id or label) would be such a tag. Only whole names
/// count: "涉民族宗教" as a class of disputes is not a tag on a person.
bool is_refused_person_tag(std::string_view name);

}  // namespace cunju::registry
