// SPDX-License-Identifier: Apache-2.0
//
// From which scopes a record is shown where the one that counts says nothing. Pure.
#pragma once

#include <string_view>
#include <tuple>

namespace cunju::registry {

/// The scopes of a record in the order in which they count for what belongs to the scope `wanted`
/// now: that one, the registry's own, then by name. What is confidential now was in the open before
/// any scope had it, so there the open counts last.
inline auto order_of_scope(std::string_view scope, std::string_view wanted, std::string_view home) {
  return std::tuple(scope != wanted, scope.empty() && !wanted.empty(), scope != home, scope);
}

}  // namespace cunju::registry
