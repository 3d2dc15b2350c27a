// SPDX-License-Identifier: Apache-2.0
//
// Fields that the program itself writes beside those of a definition. Nobody gives them a value by
// their name, neither at a desk nor by a table's column: what stands there would pass for what the
// program has noted. Pure.
#pragma once

#include <string_view>

#include "crdt/types/operation.h"
#include "node/registry/definition.h"
#include "node/registry/readmission.h"

namespace cunju::registry {

/// `definition`: of the record; null: none is known.
inline bool is_program_field(const Definition* definition, std::string_view field) {
  if (field == kReadmittedField) return true;
  return field == kFreezeField &&
         (definition == nullptr || definition->find_field(field) == nullptr);
}

}  // namespace cunju::registry
