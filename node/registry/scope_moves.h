// SPDX-License-Identifier: Apache-2.0
//
// What a new version of a definition does to who may read its fields. Pure.
#pragma once

#include <string>
#include <vector>

#include "node/registry/definition.h"

namespace cunju::registry {

/// A field whose values a new version of a definition puts into another scope.
struct ScopeMove {
  std::string field;
  std::string from;  ///< Confidential.
  std::string to;    ///< Empty: open.
};
/// Fields that were confidential and are open or of another scope by `after`, which may not know
/// them any more. In the order of `before`.
std::vector<ScopeMove> find_scope_moves(const Definition& before, const Definition& after);

}  // namespace cunju::registry
